// The public door `pronghorn/http`: what node:http has, with servers that the native engine serves. Re-exports only.
import http from 'node:http';
import { createServer, Server } from './server.js';

export * from 'node:http';
export { createServer, Server };
/** The same, as one object. @internal */
export default { ...http, createServer, Server };
