// An Express application with the middleware that such applications have, unmodified.
//   npx pronghorn examples/express.mjs --listen http://127.0.0.1:8080

import { fileURLToPath } from 'node:url';
import compression from 'compression';
import cookieSession from 'cookie-session';
import express from 'express';
import helmet from 'helmet';
import morgan from 'morgan';
import multer from 'multer';

const app = express();
const upload = multer({ storage: multer.memoryStorage() });

app.use(morgan('tiny'), helmet(), compression({ threshold: 100 }));
app.use(cookieSession({ name: 'session', keys: ['change me'] }));
app.use('/files', express.static(fileURLToPath(new URL('.', import.meta.url))));

app.get('/', (_req, res) => res.json({ hello: 'world' }));
app.get('/visits', (req, res) => {
  req.session.visits = (req.session.visits ?? 0) + 1;
  res.send(`visit ${req.session.visits}`);
});
app.get('/long', (_req, res) => res.type('text').send('text '.repeat(1000)));
app.post('/json', express.json(), (req, res) => res.status(201).json(req.body));
app.post('/upload', upload.single('file'), (req, res) => {
  res.send(`${req.file.originalname}: ${req.file.size} bytes, ${req.body.title}`);
});
app.get('/fails', async () => {
  throw new Error('as an example');
});

export default app;
