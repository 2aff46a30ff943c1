// The options in groups, as help and documentation show them. Pure data; a test sees that each option is in one of them.
import type { OptionName } from './options.js';

export const OPTION_GROUPS: Readonly<Record<string, readonly OptionName[]>> = {
  Listening: ['listen', 'backlog', 'bindModel', 'acceptMutex', 'lockFile'],
  Workers: [
    'workers',
    'minServers',
    'maxServers',
    'minLoad',
    'maxLoad',
    'loadAveragePeriod',
    'minSpareServers',
    'maxSpareServers',
    'maxExtraServers',
    'minWorkerTtl',
    'checkInterval',
    'workerModel',
    'startMethod',
  ],
  'Replacing workers': ['maxRequests', 'maxAccepts', 'maxMemory', 'activityTimeout'],
  'Starting and stopping': [
    'bootTimeout',
    'terminationTimeout',
    'forceWorkerStop',
    'shutdownDelay',
    'upgradeTimeout',
  ],
  Process: ['user', 'group', 'umask', 'pidFile', 'runtimeDir', 'logLevel'],
  Connections: [
    'clients',
    'keepAliveTimeout',
    'keepAliveRequests',
    'headerTimeout',
    'bodyTimeout',
    'sendTimeout',
    'maxPipeline',
  ],
  'Requests and answers': ['maxHeaderSize', 'maxHeaders', 'maxBodySize', 'compression'],
  'Behind a proxy': ['proxy', 'trustedProxies', 'proxyHeaders'],
  TLS: ['tlsTicketRotation', 'tlsCheckInterval'],
  WebSockets: ['websocketTimeout', 'websocketDeflate', 'maxMessageSize'],
};
