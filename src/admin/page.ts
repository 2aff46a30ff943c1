// The status page: markup, style and script in one document, so that nothing is loaded from anywhere. Sent by the admin
// server as it stands; knows nothing of the server that it shows.
import { createHash } from 'node:crypto';
import { SCRIPT } from './page-script.js';
import { STYLE } from './page-style.js';

const WORKER_COLUMNS = [
  ...[
    'slot',
    'pid',
    'generation',
    'state',
    'age',
    'load',
    'requests',
    'in flight',
    'connections',
    'last turn',
  ],
];
const TEXT_COLUMNS = new Set(['state', 'load', 'time', 'what', 'why']);

function head(columns: readonly string[]): string {
  const cells = columns.map((name) => `<th${TEXT_COLUMNS.has(name) ? ' class="text"' : ''}>${name}</th>`);
  return `<thead><tr>${cells.join('')}</tr></thead>`;
}

function chart(id: string, title: string, key: string): string {
  return `<section><h2>${title}<span class="key">${key}</span></h2><svg id="${id}" role="img" aria-label="${title}"></svg></section>`;
}

const two = (first: string, second: string): string => `<i></i>${first}<i class="two"></i>${second}`;

export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pronghorn</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>Pronghorn</h1><span id="state" role="status">…</span><p id="about"></p></header>
<div id="tiles" class="tiles"></div>
<div class="charts">
${chart('requests', 'Requests per second', two('all', 'answered 5xx'))}
${chart('latency', 'Latency', two('median', '99 %'))}
${chart('load', 'Load', 'busy share of the event loops')}
${chart('pool', 'Workers', two('serving', 'draining'))}
</div>
<section><h2>Workers</h2><div class="scroll"><table>${head(WORKER_COLUMNS)}<tbody id="workers"></tbody></table></div></section>
<section><h2>Last decisions</h2><div class="scroll"><table>${head(['time', 'what', 'worker', 'why'])}<tbody id="decisions"></tbody></table></div></section>
<script>${SCRIPT}</script>
</body>
</html>
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Only this style and this script run, and they may ask only the admin server. */
export const CONTENT_POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(STYLE)}`,
  `script-src ${hashOf(SCRIPT)}`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
