// What the admin server answers: a request's method, path and credentials, and the status of the server, become one of a
// few pages. Pure.
import { isIP } from 'node:net';
import type { ServerStatus } from '../status.js';
import { isAllowed } from './access.js';
import type { History } from './history.js';
import { metricsText } from './metrics.js';
import { CONTENT_POLICY, PAGE } from './page.js';

export interface Answer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Question {
  readonly method: string;
  readonly url: string;
  readonly host: string | undefined;
  readonly authorization: string | undefined;
}

export interface Knowledge {
  readonly token: string;
  readonly status: () => ServerStatus;
  readonly history: History;
}

/** Nothing is loaded from anywhere, framed or kept. */
const SAFE = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': CONTENT_POLICY,
};

function answer(code: number, type: string, body: string, headers: Record<string, string> = {}): Answer {
  return { code, headers: { 'Content-Type': type, ...SAFE, ...headers }, body };
}

function text(code: number, words: string, headers?: Record<string, string>): Answer {
  return answer(code, 'text/plain; charset=utf-8', `${words}\n`, headers);
}

type Page = (knowledge: Knowledge, query: URLSearchParams) => Answer;

/** For probes, which bring no credentials and learn nothing but yes or no. */
const OPEN: Record<string, Page> = {
  '/healthz': () => text(200, 'ok'),
  '/readyz': ({ status }) => (status().isReady ? text(200, 'ready') : text(503, status().state)),
};

const GUARDED: Record<string, Page> = {
  '/': () => answer(200, 'text/html; charset=utf-8', PAGE),
  '/status.json': ({ status, history }, query) => {
    const since = Number(query.get('since') ?? 0);
    const samples = history.samples.filter(({ at }) => at > since);
    return answer(200, 'application/json', JSON.stringify({ ...status(), history: samples }));
  },
  '/metrics': ({ status }) => answer(200, 'text/plain; version=0.0.4; charset=utf-8', metricsText(status())),
};

const pageOf = (pages: Record<string, Page>, path: string): Page | undefined =>
  Object.hasOwn(pages, path) ? pages[path] : undefined;

/**
 * Without a token, a page of somebody else's could read this one in a browser, by a name of its own that it lets point
 * here: only names that nobody else can give are answered.
 */
function isOurName(host: string | undefined): boolean {
  const name = (host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return name === '' || name === 'localhost' || isIP(name) !== 0;
}

export function answerTo({ method, url, host, authorization }: Question, knowledge: Knowledge): Answer {
  const [path = '/', query = ''] = url.split('?');
  const open = pageOf(OPEN, path);
  const page = open ?? pageOf(GUARDED, path);
  if (!page) return text(404, 'not found');
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'GET and HEAD only', { Allow: 'GET, HEAD' });
  if (!open && knowledge.token === '' && !isOurName(host))
    return text(403, 'a token is needed under this name');
  if (!open && !isAllowed(authorization, knowledge.token)) {
    return text(401, 'a token is needed', { 'WWW-Authenticate': 'Basic realm="Pronghorn", charset="UTF-8"' });
  }
  return page(knowledge, new URLSearchParams(query));
}
