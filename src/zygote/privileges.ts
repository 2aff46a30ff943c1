// Gives up the privileges of root, where the options say so. Runs in hosts, before any code of the application; whatever
// is forked or started from here on has them no more.
import { binding } from '../binding/load.js';
import { succeeded } from '../binding/status.js';
import type { Identity } from '../channel/announcement.js';

/** @throws ERR_PRONGHORN_SYSTEM_CALL, which must end the process */
export function dropPrivileges({ uid, gid, name }: Identity): void {
  succeeded('setresuid', binding.dropPrivileges(uid, gid, name));
}
