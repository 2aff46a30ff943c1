// Rows of the option table that are about running the server: who may look at it, how it is found, what it writes. Pure data,
// used in every process.
import { LOG_LEVELS } from '../log.js';
import { choice, path, phrase, word } from './kinds.js';

export const OPERATION_OPTIONS = {
  admin: word({
    defaultDoc: 'off',
    expected: 'http://host:port or unix:/path',
    placeholder: '<location>',
    doc: 'where the status page, /status.json, /metrics, /healthz and /readyz are served: http://host:port or unix:/path',
  }),
  adminToken: word({
    defaultDoc: 'none',
    expected: 'a text without spaces',
    placeholder: '<token>',
    doc: 'what must be given to see more there than the two probes; needed where other machines reach it',
  }),
  advertise: phrase({
    defaultDoc: 'off',
    expected: 'a text of 1 to 60 bytes',
    placeholder: '<name>',
    doc: 'name under which the server is announced in the local network, by Bonjour (mDNS); needs the package bonjour-service',
  }),
  accessLog: path({
    defaultDoc: 'off',
    doc: 'where a line of each request goes: a file, stdout or off',
  }),
  accessLogFormat: choice(['combined', 'json'], {
    default: 'combined',
    placeholder: '<format>',
    doc: 'what these lines look like',
  }),
  logLevel: choice(LOG_LEVELS, {
    default: 'info',
    placeholder: '<level>',
    doc: 'the least severe lines that are logged',
  }),
} as const;
