// What the status page does in a browser: asks for the status every two seconds and draws it. A string of JavaScript, sent
// within the page; loads nothing else, and shows texts of the server as texts only.
export const SCRIPT = `
'use strict';
const PERIOD_MS = 2000, SPAN_MS = 600000, HEIGHT = 130;
let samples = [];
const at = (id) => document.getElementById(id);
const number = (value) => value >= 1e6 ? (value / 1e6).toFixed(1) + ' M' : value >= 10000 ? (value / 1000).toFixed(1) + ' k' : value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
const percent = (share) => Math.round(share * 100) + ' %';
const time = (s) => s === undefined ? '\u2013' : s < 0.001 ? Math.round(s * 1e6) + ' \u00b5s' : s < 1 ? (s * 1000).toFixed(s < 0.01 ? 1 : 0) + ' ms' : s.toFixed(1) + ' s';
function age(s) {
  if (s < 60) return Math.round(s) + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' min';
  return s < 86400 ? (s / 3600).toFixed(1) + ' h' : (s / 86400).toFixed(1) + ' d';
}
function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}
function shape(name, attributes, text) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const key of Object.keys(attributes)) made.setAttribute(key, attributes[key]);
  if (text !== undefined) made.textContent = text;
  return made;
}
function niceTop(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= most);
}
function chart(id, fields, show, least) {
  const svg = at(id), now = Date.now(), width = svg.clientWidth;
  svg.setAttribute('viewBox', '0 0 ' + width + ' 148');
  const top = niceTop(Math.max(least, ...samples.flatMap((sample) => fields.map((field) => sample[field] || 0))));
  const parts = [];
  for (const share of [0, 0.5, 1]) {
    const y = HEIGHT - share * HEIGHT;
    parts.push(shape('line', { x1: 0, x2: width, y1: y, y2: y, class: 'grid' }));
    if (share > 0) parts.push(shape('text', { x: 2, y: y + 12 }, show(top * share)));
  }
  parts.push(shape('text', { x: 0, y: HEIGHT + 14 }, '10 min ago'), shape('text', { x: width, y: HEIGHT + 14, 'text-anchor': 'end' }, 'now'));
  fields.forEach((field, index) => {
    let path = '', last = -Infinity;
    for (const sample of samples) {
      if (sample[field] === undefined) continue;
      const x = width * (1 - (now - sample.at) / SPAN_MS), y = HEIGHT - (sample[field] / top) * HEIGHT;
      path += (sample.at - last > 5000 ? 'M' : 'L') + x.toFixed(1) + ' ' + y.toFixed(1);
      last = sample.at;
    }
    parts.push(shape('path', { d: path, class: index === 0 ? 'a' : 'b' }));
  });
  svg.replaceChildren(...parts);
}
function tiles(status) {
  const last = samples[samples.length - 1] || {};
  const ready = status.workers.filter((worker) => worker.state === 'ready').length;
  const values = [
    [number(last.requests || 0), 'requests per second'], [percent(last.load || 0), 'load'],
    [time(last.p50), 'median latency'], [time(last.p99), '99th percentile'],
    [ready + ' of ' + status.minServers + '\u2013' + status.maxServers, 'workers'],
    [number(last.inFlight || 0), 'in flight'], [number(last.connections || 0), 'connections'], [number(status.queued), 'waiting'],
    [number(status.totals.requests), 'requests in all'], [number(status.totals.responses['5xx']), 'answers 5xx'],
  ];
  at('tiles').replaceChildren(...values.map(([value, what]) => {
    const tile = element('div', undefined, 'tile');
    tile.append(element('b', value), element('span', what));
    return tile;
  }));
}
function workers(status) {
  const rows = status.workers.map((worker) => {
    const row = element('tr'), bar = element('meter'), load = element('td', undefined, 'text');
    bar.value = worker.load;
    bar.title = percent(worker.load);
    load.append(bar, ' ' + percent(worker.load));
    row.append(element('td', worker.slot), element('td', worker.pid === undefined ? '' : worker.pid), element('td', worker.generation),
      element('td', worker.state + (worker.isOutdated ? ', to be replaced' : ''), 'text'), element('td', age(worker.age)), load,
      element('td', number(worker.requests)), element('td', worker.inFlight), element('td', worker.connections),
      element('td', time(worker.heartbeatAge), worker.heartbeatAge > 2 ? 'bad' : ''));
    return row;
  });
  at('workers').replaceChildren(...rows);
}
function decisions(status) {
  const rows = status.decisions.slice(-30).reverse().map((decision) => {
    const row = element('tr');
    row.append(element('td', new Date(decision.at).toLocaleTimeString(), 'text'), element('td', decision.kind, 'text'),
      element('td', decision.worker === undefined ? '' : decision.worker), element('td', decision.reason, 'text wide'));
    return row;
  });
  at('decisions').replaceChildren(...(rows.length ? rows : [element('tr')]));
}
function show(status) {
  const known = samples.length ? samples[samples.length - 1].at : 0;
  samples = samples.concat(status.history.filter((sample) => sample.at > known)).filter((sample) => sample.at > Date.now() - SPAN_MS);
  at('state').textContent = status.isReady ? 'ready' : status.state;
  at('state').className = status.isReady ? '' : 'bad';
  at('about').textContent = 'pid ' + status.pid + ', up ' + age(status.uptime) + ', generation ' + status.generation +
    (status.change ? ', ' + status.change + ' under way' : '') + ', ' + status.addresses.join(' ');
  tiles(status);
  chart('requests', ['requests', 'errors'], number, 10);
  chart('latency', ['p50', 'p99'], time, 0.001);
  chart('load', ['load'], percent, 1);
  chart('pool', ['workers', 'draining'], number, 2);
  workers(status);
  decisions(status);
}
async function look() {
  try {
    const since = samples.length ? samples[samples.length - 1].at : 0;
    const response = await fetch('status.json?since=' + since);
    if (!response.ok) throw new Error('status ' + response.status);
    show(await response.json());
  } catch (error) {
    at('state').textContent = 'no answer';
    at('state').className = 'bad';
  }
  setTimeout(look, PERIOD_MS);
}
look();
`;
