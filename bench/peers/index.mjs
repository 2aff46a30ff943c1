// Who takes part in the benchmark, the subject first. A server that is a program of Node.js is a line here and a file in
// bench/servers; anything else has a module of its own. `takesPart(case)` may say no.
import bun from './bun.mjs';
import floor from './floor.mjs';
import nginx from './nginx.mjs';
import { nodeProgram } from './node-program.mjs';
import { hypnotoad, starman } from './perl.mjs';
import pronghorn from './pronghorn.mjs';

const TLS_CASES = ['tls', 'handshake'];

export const PEERS = [
  pronghorn,
  nginx,
  nodeProgram({ name: 'uwebsockets', npm: 'uwebsockets', without: TLS_CASES }),
  nodeProgram({ name: 'node-http' }),
  nodeProgram({
    name: 'node-cluster',
    hasWorkers: true,
    without: [...TLS_CASES, 'pipelined', 'post', 'large', 'async', 'json', 'many'],
  }),
  bun,
  hypnotoad,
  starman,
  floor,
];
