// One server for all tests of a `describe` block, for subjects whose tests do not disturb each other.
import { after, before, describe, test } from 'node:test';
import type { ServerProcess } from './server.js';

export type ServerTest = (title: string, run: (server: ServerProcess) => Promise<void>) => void;

export function describeServer(
  title: string,
  start: () => ServerProcess,
  define: (serverTest: ServerTest) => void,
): void {
  describe(title, () => {
    let server: ServerProcess;
    before(async () => {
      server = start();
      await server.explain(() => server.listening());
    });
    after(async () => {
      try {
        await server.explain(async () => {
          await server.stop();
          await server.assertGone();
        });
      } finally {
        server.kill();
      }
    });
    define((name, run) => {
      test(name, () => server.explain(() => run(server)));
    });
  });
}
