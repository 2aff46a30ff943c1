// Compiled, never run: CommonJS TypeScript sees the same types.
import pronghorn = require('pronghorn');

const server: pronghorn.Server = pronghorn.createServer({ workers: 1 }, (request) =>
  request.respond({ body: 'hi' }),
);
export = server;
