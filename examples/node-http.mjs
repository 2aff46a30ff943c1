// An application of node:http without a framework: files by serve-static, an upload that busboy reads as it comes, and a
// chat of WebSockets by ws, all on one http.Server.
//   npx pronghorn examples/node-http.mjs --listen http://127.0.0.1:8080 --workers 1
import { createServer } from 'node:http';
import busboy from 'busboy';
import serveStatic from 'serve-static';
import { WebSocketServer } from 'ws';

const files = serveStatic(import.meta.dirname, { index: 'hello.mjs' });

function upload(req, res) {
  const received = [];
  let form;
  try {
    form = busboy({ headers: req.headers });
  } catch {
    // It is no form.
    res.writeHead(415).end();
    return;
  }
  form.on('file', (field, stream, { filename }) => {
    let size = 0;
    stream.on('data', (chunk) => {
      size += chunk.length;
    });
    stream.on('end', () => received.push({ field, filename, size }));
  });
  form.on('close', () => {
    res.writeHead(201, { 'Content-Type': 'application/json' }).end(JSON.stringify(received));
  });
  form.on('error', () => res.writeHead(400).end());
  req.pipe(form);
}

const server = createServer((req, res) => {
  if (req.method === 'POST') upload(req, res);
  else files(req, res, (error) => res.writeHead(error?.status ?? 404).end('no such file\n'));
});

const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => {
    for (const client of sockets.clients) client.send(data, { binary: isBinary });
  });
});

export default server;
