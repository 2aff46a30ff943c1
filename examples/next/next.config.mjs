// The build has all that it needs to run in one folder, without node_modules beside it.
export default { output: 'standalone', outputFileTracingRoot: import.meta.dirname };
