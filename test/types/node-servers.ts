// Compiled, never run: the types of pronghorn/http and pronghorn/https are those of node's own servers.
import type http from 'node:http';
import type https from 'node:https';
import { createServer, type IncomingMessage, STATUS_CODES } from 'pronghorn/http';
import { createServer as createSecureServer, request } from 'pronghorn/https';

export const plain: http.Server = createServer({ keepAliveTimeout: 1000 }, (req, res) => {
  const message: http.IncomingMessage = req satisfies IncomingMessage;
  res.writeHead(200, STATUS_CODES[200]).end(message.url);
});
export const secure: https.Server = createSecureServer({ key: 'pem', cert: 'pem', requestCert: true });
secure.addContext('example.org', { key: 'pem', cert: 'pem' });
// @ts-expect-error: names are text
secure.addContext(1, {});
export const ask: typeof https.request = request;
