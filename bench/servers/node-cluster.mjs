// Peer program: node:cluster with workers that run node:http, one handler per case of the benchmark.
//   BENCH_WORKERS=N node bench/servers/node-cluster.mjs PORT HANDLER
import cluster from 'node:cluster';

if (cluster.isPrimary) {
  for (let count = Number(process.env.BENCH_WORKERS ?? 1); count > 0; count--) cluster.fork();
  cluster.on('exit', (_worker, code) => process.exit(code ?? 1));
  process.on('SIGTERM', () => process.exit(0));
} else {
  await import('./node-http.mjs');
}
