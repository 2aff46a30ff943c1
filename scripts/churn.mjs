// Random events under load whose clients keep a ledger, for as long as wanted: every bind model with processes and with
// threads, all at once. Fails when a request was lost that nobody killed.
//   npm run churn -- [--events 10000] [--seed N] [--model reuseport|duplicate] [--workers fork|thread] [--clients 2] [--rest 5]
// Events are shared out evenly; --rest is how many milliseconds a client waits between two requests.
import { parseArgs } from 'node:util';

const PROGRESS_EVERY = 100;

function options() {
  const string = { type: 'string' };
  const names = {
    events: string,
    seed: string,
    model: string,
    workers: string,
    clients: string,
    rest: string,
  };
  const { values } = parseArgs({ options: names });
  const number = (name, fallback) => {
    const text = values[name] ?? String(fallback);
    if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a number, not '${text}'`);
    return Number(text);
  };
  const seed = number('seed', Date.now() % 1_000_000);
  const load = { clients: number('clients', 2), restMs: number('rest', 5) };
  return { events: number('events', 10_000), seed, load, model: values.model, workers: values.workers };
}

function chosen(servers, { model, workers }) {
  const found = servers.filter(
    (one) => (model ?? one.model) === one.model && (workers ?? one.workers) === one.workers,
  );
  if (found.length > 0) return found;
  throw new Error('--model is reuseport or duplicate, --workers is fork or thread');
}

async function churnOne(Churn, { name, config }, events, { seed, load }) {
  const onWrong = (failure) => console.error(`${name}: lost ${JSON.stringify(failure)}`);
  const churn = new Churn({ config, seed, ...load, onWrong });
  try {
    await churn.deeds.server.explain(async () => {
      await churn.run(events, (done) => {
        if (done % PROGRESS_EVERY === 0)
          console.error(`${name}: ${done} events, ${churn.report.wrong.length} wrong`);
      });
      await churn.stop();
    });
    return { name, ...churn.report };
  } catch (error) {
    return { name, ...churn.report, error };
  } finally {
    churn.kill();
  }
}

function tell({ name, events, connections, answered, lostWithWorker, lateClients, wrong, error }) {
  const count = Object.values(events).reduce((sum, one) => sum + one, 0);
  console.log(
    `${name}: ${count} events, ${connections} connections, ${answered} requests answered, ` +
      `${lostWithWorker} lost with a killed worker, ${lateClients} asked for after half a second of silence as their ` +
      `worker ended, ${wrong.length} lost otherwise`,
  );
  console.log(`  ${JSON.stringify(events)}`);
  if (error) console.log(`  FAILED: ${error.stack}`);
}

const wanted = options();
const { Churn } = await import('../out/test/support/churn.js');
const { churnServers } = await import('../out/test/support/churn-servers.js');
const servers = chosen(churnServers, wanted);
const each = Math.ceil(wanted.events / servers.length);
console.error(`${each} events each of ${servers.map(({ name }) => name).join('; ')}; seed ${wanted.seed}`);
const reports = await Promise.all(servers.map((server) => churnOne(Churn, server, each, wanted)));
reports.forEach(tell);
process.exit(reports.some(({ wrong, error }) => wrong.length > 0 || error) ? 1 : 0);
