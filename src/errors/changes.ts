// Errors of changes of a server that runs: what was wanted did not happen, and all goes on as it was. A part of the table in
// errors.ts.
import { EXIT, row } from './row.js';

export const CHANGE_ERRORS = {
  ERR_PRONGHORN_RELOAD_WORKERS: row<{ generation: number; reason: string }>(
    EXIT.boot,
    ({ generation, reason }) =>
      `generation ${generation} of the application is no good, the one before it goes on: ${reason}`,
  ),

  ERR_PRONGHORN_RECONFIGURE_WORKERS: row<{ names: readonly string[]; reason: string }>(
    EXIT.boot,
    ({ names, reason }) =>
      `no worker can be had with the new ${names.map((name) => `\`${name}\``).join(', ')}, the old options are in force again: ${reason}`,
  ),
  ERR_PRONGHORN_RESTART_WORKERS: row<{ reason: string }>(
    EXIT.boot,
    ({ reason }) => `a new worker does not start, those that were not replaced yet go on: ${reason}`,
  ),

  ERR_PRONGHORN_UPGRADE: row<{ reason: string }>(EXIT.boot, ({ reason }) => `the upgrade failed: ${reason}`),
};
