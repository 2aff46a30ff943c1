// The public door `pronghorn/https`: what node:https has, with servers that the native engine serves. Re-exports only.
import https from 'node:https';
import { createServer, Server } from './secure-server.js';

export * from 'node:https';
export { createServer, Server };
/** The same, as one object. @internal */
export default { ...https, createServer, Server };
