// How the benchmark starts the floor: the bare C epoll program of bench/floor, which shows the kernel's own cost.
import { PROGRAMS } from '../build.mjs';

export default {
  name: 'floor',
  /** It answers with bytes of the right number, not of the right content. */
  fixedAnswer: true,
  version: () => 'floor: C, epoll',
  takesPart: ({ name, load, workers }) => workers === 1 && !load.tls && name !== 'async',
  command({ load, answer }, port) {
    const bytes = Buffer.byteLength(answer(port));
    return {
      file: PROGRAMS.floor,
      args: [String(port), String(bytes), String(load.bodyBytes), load.close ? 'close' : 'keep'],
    };
  },
};
