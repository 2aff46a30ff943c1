// Socket.IO on an http.Server that does not listen: Pronghorn serves it, with its 'upgrade' event. With more than one
// worker it needs an adapter and a client that begins with a WebSocket, as behind any load balancer.
//   npx pronghorn examples/socket-io.mjs --listen http://127.0.0.1:8080 --workers 1
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const server = createServer((_req, res) => res.end('the sockets are behind /socket.io/\n'));

new Server(server).on('connection', (socket) => {
  socket.on('echo', (text, done) => done(text));
});

export default server;
