// Puts the server of pronghorn/http in the place of node:http's, for programs that know nothing of it: by NODE_OPTIONS
// --require, before anything of theirs is loaded. Runs in the processes of a framework's own tests; changes nothing else.
const http = require('node:http');
const { syncBuiltinESMExports } = require('node:module');
const path = require('node:path');

const { createServer, Server } = require(path.join(__dirname, '../../dist/node-server/index.js'));

http.createServer = createServer;
// node's own is a function, which some call without `new`.
http.Server = new Proxy(Server, { apply: (server, _self, args) => new server(...args) });
syncBuiltinESMExports();
