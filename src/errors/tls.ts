// What can be wrong with certificates, keys and the options of TLS: rows of the table in errors.ts. Used in every process;
// imports nothing of ours but what a row is.
import { EXIT, row } from './row.js';

export const TLS_ERRORS = {
  ERR_PRONGHORN_TLS_FILE: row<{ path: string; reason: string }>(
    EXIT.usage,
    ({ path, reason }) => `cannot read ${path} for TLS: ${reason}`,
  ),
  ERR_PRONGHORN_TLS_CERTIFICATE: row<{ place: string; reason: string }>(
    EXIT.usage,
    ({ place, reason }) => `cannot use ${place} for TLS: ${reason}`,
  ),
  ERR_PRONGHORN_TLS_OPTION: row<{ name: string; reason: string }>(
    EXIT.usage,
    ({ name, reason }) => `cannot use \`${name}\` of https.createServer() here: ${reason}`,
  ),
};
