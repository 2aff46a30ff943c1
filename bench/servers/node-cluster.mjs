// Peer program: node:cluster with one worker that runs node:http, one handler per case of the benchmark.
//   node bench/servers/node-cluster.mjs PORT HANDLER
import cluster from 'node:cluster';

if (cluster.isPrimary) {
  const worker = cluster.fork();
  worker.on('exit', (code) => process.exit(code ?? 1));
  process.on('SIGTERM', () => process.exit(0));
} else {
  await import('./node-http.mjs');
}
