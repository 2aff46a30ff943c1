// Process main of a host that the command line starts: loads the application's file and becomes its host.
import './preload.js';
import { appPath } from '../channel/announcement.js';
import { PronghornError } from '../errors.js';
import { runHost } from './host.js';
import { loadApplication } from './load.js';

const path = appPath;
if (path === undefined) {
  throw new PronghornError('ERR_PRONGHORN_INTERNAL', { reason: 'this file is started by the manager only' });
}
void runHost(() => loadApplication(path));
