// Puts the servers of pronghorn/http and pronghorn/https in the place of node's, for programs that know nothing of it: by NODE_OPTIONS
// --require, before anything of theirs is loaded. Runs in the processes of a framework's own tests; changes nothing else.
const http = require('node:http');
const https = require('node:https');
const { syncBuiltinESMExports } = require('node:module');
const path = require('node:path');

const dist = path.join(__dirname, '../../dist/node-server');
const { createServer, Server } = require(path.join(dist, 'index.js'));
const secure = require(path.join(dist, 'https.js'));

// node's own are functions, which some call without `new`.
const callable = (Class) => new Proxy(Class, { apply: (target, _self, args) => new target(...args) });

http.createServer = createServer;
http.Server = callable(Server);
https.createServer = secure.createServer;
https.Server = callable(secure.Server);
syncBuiltinESMExports();
