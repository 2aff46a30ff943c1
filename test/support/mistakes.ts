// What somebody who is new here may type, and what the answer is: a line that matches, which ends in the code.
const LISTEN = ['--listen', 'http://127.0.0.1:0'];

export interface Mistake {
  readonly typed: string[];
  /** Of the configuration file; a name of a file and what is in it. */
  readonly file?: [name: string, text: string];
  readonly env?: Record<string, string>;
  readonly says: RegExp;
  readonly code: string;
}

export const MISTAKES: Record<string, Mistake> = {
  'nothing but the command': {
    typed: [],
    says: /expected the application, as in `pronghorn app\.mjs`/,
    code: 'CLI_USAGE',
  },
  'a command of pm2': { typed: ['restart'], says: /did you mean `pronghorn reload`\?/, code: 'CLI_APP' },
  'a slip in a command': { typed: ['statsu'], says: /did you mean `pronghorn status`\?/, code: 'CLI_APP' },
  'no ending': { typed: ['start', 'app'], says: /no such file; did you mean app\.mjs\?/, code: 'CLI_APP' },
  'another ending': { typed: ['app.js'], says: /no such file; did you mean app\.mjs\?/, code: 'CLI_APP' },
  'a folder': { typed: ['.'], says: /it is a folder; name the file in it/, code: 'CLI_APP' },
  'a port': {
    typed: ['app.mjs', '--port', '3000'],
    says: /`--port`, did you mean `--listen http:/,
    code: 'CONFIG_UNKNOWN',
  },
  'a bare number as address': {
    typed: ['app.mjs', '--listen', '3000'],
    says: /cannot understand the address 3000/,
    code: 'LISTEN_ADDRESS',
  },
  "Hypnotoad's way to stop": {
    typed: ['-s', 'app.mjs'],
    says: /did you mean `pronghorn stop`\?/,
    code: 'CONFIG_UNKNOWN',
  },
  'an option of start for stop': {
    typed: ['stop', 'app.mjs', '--workers', '2'],
    says: /unknown option `--workers`/,
    code: 'CONFIG_UNKNOWN',
  },
  'a word for a number': {
    typed: ['app.mjs', '--workers', 'max'],
    says: /expected an integer .*`--workers`, received 'max'/,
    code: 'CONFIG_VALUE',
  },
  'a time with a unit': {
    typed: ['app.mjs', '--boot-timeout', '10s'],
    says: /expected a number of seconds .*received '10s'/,
    code: 'CONFIG_VALUE',
  },
  'a status page for everybody': {
    typed: ['check', 'app.mjs', '--admin', 'http://0.0.0.0:9090'],
    says: /`admin` and `adminToken` .*other machines, which must need a token/,
    code: 'CONFIG_CONFLICT',
  },
  'which server to stop?': {
    typed: ['stop'],
    says: /which server\? Name its application/,
    code: 'CLI_USAGE',
  },
  'which server to reload?': {
    typed: ['reload'],
    says: /which server\? Name its application, as in `pronghorn reload app\.mjs`/,
    code: 'CLI_USAGE',
  },
  'which server to scale?': {
    typed: ['scale', '+1'],
    says: /which server\? Name its application, as in `pronghorn scale 4 app\.mjs`/,
    code: 'CLI_USAGE',
  },
  'a command after the application': {
    typed: ['app.mjs', 'stop'],
    says: /there is 'stop' after the application; .*did you mean `pronghorn stop app\.mjs`\?/,
    code: 'CLI_USAGE',
  },
  'words for the application without --': {
    typed: ['start', 'app.mjs', '--workers', '2', 'verbose', '--', 'quiet'],
    says: /there is 'verbose' after the application; what is meant for it comes after --, as in `app\.mjs -- verbose`/,
    code: 'CLI_USAGE',
  },
  'a word for help': { typed: ['hlep'], says: /did you mean `pronghorn help`\?/, code: 'CLI_APP' },
  'a word for the version': {
    typed: ['version'],
    says: /did you mean `pronghorn --version`\?/,
    code: 'CLI_APP',
  },
  'arguments of scale the wrong way round': {
    typed: ['scale', 'app.mjs', '4'],
    says: /expected a number of workers.*`pronghorn scale 4 app\.mjs`/,
    code: 'CLI_USAGE',
  },
  'a command of pm2 with the application': {
    typed: ['restart', 'app.mjs'],
    says: /there is no command 'restart'; did you mean `pronghorn reload app\.mjs`\?/,
    code: 'CLI_USAGE',
  },
  'a slip in a command with a number': {
    typed: ['scael', '4', 'app.mjs'],
    says: /no command 'scael'; did you mean `pronghorn scale 4 app\.mjs`\?/,
    code: 'CLI_USAGE',
  },
  'a command that there is not': {
    typed: ['benchmark', 'app.mjs', '--', 'app.mjs'],
    says: /no command 'benchmark'; `pronghorn help` lists the commands/,
    code: 'CLI_USAGE',
  },
  'a command for the log': {
    typed: ['logs', 'app.mjs'],
    says: /'logs'; the log is a file/,
    code: 'CLI_USAGE',
  },
  'no worker at all': {
    typed: ['scale', '0', 'app.mjs'],
    says: /a server has at least one worker; `pronghorn stop` ends all of them/,
    code: 'CLI_USAGE',
  },
  'bounds from nothing': { typed: ['scale', '0..4'], says: /has at least one worker/, code: 'CLI_USAGE' },
  'a size that is none': { typed: ['scale', 'many', 'app.mjs'], says: /received 'many'/, code: 'CLI_USAGE' },
  'a configuration file that is not there': {
    typed: ['app.mjs', '--config', 'other.json'],
    says: /configuration file .*other\.json: there is no such file/,
    code: 'CONFIG_FILE',
  },
  'a slip in the configuration file': {
    typed: ['app.mjs'],
    file: ['pronghorn.config.json', '{ "minServer": 2 }'],
    says: /unknown option `minServer` in pronghorn\.config\.json, did you mean `minServers`\?/,
    code: 'CONFIG_UNKNOWN',
  },
  'a bad value in the configuration file': {
    typed: ['app.mjs'],
    file: ['pronghorn.config.mjs', "export default { maxServers: '8' };"],
    says: /expected an integer .*`maxServers` in pronghorn\.config\.mjs, received '8'/,
    code: 'CONFIG_VALUE',
  },
  'a comma too many in the configuration file': {
    typed: ['check', 'app.mjs'],
    file: ['pronghorn.config.json', '{ "minServers": 2, }'],
    says: /configuration file .*pronghorn\.config\.json: .*JSON/,
    code: 'CONFIG_FILE',
  },
  'no default export in the configuration file': {
    typed: ['app.mjs'],
    file: ['pronghorn.config.mjs', 'export const minServers = 2;'],
    says: /expected an object of options as default export .*received undefined/,
    code: 'CONFIG_VALUE',
  },
  'a configuration file that throws': {
    typed: ['app.mjs'],
    file: ['pronghorn.config.mjs', "throw new Error('no environment here');"],
    says: /pronghorn\.config\.mjs: no environment here/,
    code: 'CONFIG_FILE',
  },
  'what cannot leave the configuration file': {
    typed: ['app.mjs'],
    file: ['pronghorn.config.mjs', 'export default { listen: () => 80 };'],
    says: /pronghorn\.config\.mjs: .*could not be cloned/,
    code: 'CONFIG_FILE',
  },
  'an application in the configuration file that is not there': {
    typed: ['start'],
    file: ['pronghorn.config.json', '{ "app": "sever.mjs" }'],
    says: /cannot use sever\.mjs as the application: there is no such file; did you mean server\.mjs\?/,
    code: 'CLI_APP',
  },
  'a slip in the environment': {
    typed: ['app.mjs'],
    env: { PRONGHORN_LISTN: 'http://*:80' },
    says: /PRONGHORN_LISTN.*did you mean `PRONGHORN_LISTEN`/,
    code: 'CONFIG_UNKNOWN',
  },
  'a user who does not exist': {
    typed: ['app.mjs', ...LISTEN, '--user', 'nobody-of-that-name'],
    says: /cannot run as user nobody-of-that-name: there is no such account/,
    code: 'CONFIG_ACCOUNT',
  },
  'a group without a user': {
    typed: ['app.mjs', '--group', 'nogroup'],
    says: /`group nogroup` and `user `.*must be given too/,
    code: 'CONFIG_CONFLICT',
  },
  'no scheme': {
    typed: ['app.mjs', '--listen', 'localhost:3000'],
    says: /address localhost:3000: expected .*; did you mean http:\/\/localhost:3000\?/,
    code: 'LISTEN_ADDRESS',
  },
  'a port alone': {
    typed: ['app.mjs', ...LISTEN, '--admin', '9090'],
    says: /address 9090: expected .*; did you mean http:\/\/\*:9090\?/,
    code: 'LISTEN_ADDRESS',
  },
  'a path as address': {
    typed: ['app.mjs', '--listen', '/run/app.sock'],
    says: /did you mean unix:\/run\/app\.sock\?/,
    code: 'LISTEN_ADDRESS',
  },
  'https without a certificate': {
    typed: ['app.mjs', '--listen', 'https://127.0.0.1:0'],
    says: /address https:.*: tls needs `cert`, as in https:\/\/host:port\?cert=cert\.pem&key=key\.pem/,
    code: 'LISTEN_ADDRESS',
  },
  'a pid for a server': {
    typed: ['stop', '12345'],
    says: /a server is named by its application or its --pid-file, not by its pid/,
    code: 'CLI_APP',
  },
  'a command of pm2 that is a file here': {
    typed: ['logs'],
    says: /the log is a file, which `pronghorn start` names/,
    code: 'CLI_APP',
  },
  'help for what is no command': {
    typed: ['help', 'strat'],
    says: /there is no command 'strat', did you mean 'start'\?/,
    code: 'CLI_USAGE',
  },
  'an option of another command': {
    typed: ['app.mjs', '--timeout', '5'],
    says: /unknown option `--timeout`, did you mean `pronghorn stop … --timeout`\?/,
    code: 'CONFIG_UNKNOWN',
  },
  'an option of pm2': {
    typed: ['app.mjs', '--max-memory-restart', '200M'],
    says: /`--max-memory-restart`, did you mean `--max-memory`\?/,
    code: 'CONFIG_UNKNOWN',
  },
  'the description of the package': {
    typed: ['data.json'],
    says: /cannot use data\.json as the application: it is data; name the module/,
    code: 'CLI_APP',
  },
  'an empty name, as of a variable that is not set': {
    typed: [''],
    says: /expected the application, as in `pronghorn app\.mjs`/,
    code: 'CLI_USAGE',
  },
  'a log where none can be made': {
    typed: ['start', 'app.mjs', '--log-file', '/proc/x/log'],
    says: /cannot write the log to \/proc\/x\/log: .*; --log-file names another file/,
    code: 'CLI_USAGE',
  },
  'a runtime folder where none can be made': {
    typed: ['app.mjs', ...LISTEN, '--runtime-dir', '/proc/x/run'],
    says: /cannot keep pid file and control socket in \/proc\/x\/run: .*; --runtime-dir names another folder/,
    code: 'RUNTIME_DIR',
  },
  'an address twice': {
    typed: [
      'app.mjs',
      '--listen',
      'http://127.0.0.1:18080',
      '--listen',
      'https://127.0.0.1:18080?cert=a&key=b',
    ],
    says: /cannot understand the address https:\/\/127\.0\.0\.1:18080: it is given twice/,
    code: 'LISTEN_ADDRESS',
  },
  'the status page where the server listens': {
    typed: ['check', 'app.mjs', '--listen', 'http://127.0.0.1:18080', '--admin', 'http://127.0.0.1:18080'],
    says: /address http:\/\/127\.0\.0\.1:18080: it is given twice/,
    code: 'LISTEN_ADDRESS',
  },
  'a format for the file of the access log': {
    typed: ['app.mjs', ...LISTEN, '--access-log', 'json'],
    says: /`accessLog json` and `accessLogFormat combined` .*a file of that name is \.\/combined or \.\/json/,
    code: 'CONFIG_CONFLICT',
  },
  'a size with a unit': {
    typed: ['app.mjs', '--max-memory', '200MB'],
    says: /expected a whole number of bytes of at least 0 for `--max-memory`, received '200MB'/,
    code: 'CONFIG_VALUE',
  },
  'another port': {
    typed: ['app.mjs', '-p', '3000'],
    says: /`-p`, did you mean `--listen http:\/\/\*:3000`\?/,
    code: 'CONFIG_UNKNOWN',
  },
  'another port in one word': {
    typed: ['app.mjs', '--port=3000'],
    says: /`--port`, did you mean `--listen http:\/\/\*:3000`\?/,
    code: 'CONFIG_UNKNOWN',
  },
  'a certificate by itself': {
    typed: ['app.mjs', '--cert', 'cert.pem'],
    says: /`--cert`, did you mean `--listen 'https:\/\/\*:8443\?cert=cert\.pem&key=key\.pem'`\?/,
    code: 'CONFIG_UNKNOWN',
  },
  'what start does anyway': {
    typed: ['start', 'app.mjs', '-d'],
    says: /unknown option `-d`; `pronghorn start` does that by itself/,
    code: 'CONFIG_UNKNOWN',
  },
  'a name as with pm2': {
    typed: ['start', '--name', 'api', 'app.mjs'],
    says: /`--name`; a server is named by its application or its --pid-file/,
    code: 'CONFIG_UNKNOWN',
  },
  'all servers': {
    typed: ['stop', 'all'],
    says: /there is no such file; a server is named by its application or its --pid-file, each by itself/,
    code: 'CLI_APP',
  },
  'watching files': {
    typed: ['app.mjs', '--watch'],
    says: /`--watch`, did you mean `pronghorn reload`\?/,
    code: 'CONFIG_UNKNOWN',
  },
  'watching a status': {
    typed: ['status', 'app.mjs', '--watch'],
    says: /`--watch`; the view in a terminal is a live one/,
    code: 'CONFIG_UNKNOWN',
  },
  'an environment as with pm2': {
    typed: ['app.mjs', '--env', 'production'],
    says: /`--env`; .*as in `NODE_ENV=production pronghorn app\.mjs`/,
    code: 'CONFIG_UNKNOWN',
  },
  "an option of Node.js's": {
    typed: ['app.mjs', '--max-old-space-size=512'],
    says: /; Node\.js takes it .*`NODE_OPTIONS=--max-old-space-size=512 pronghorn app\.mjs`/,
    code: 'CONFIG_UNKNOWN',
  },
  'a folder that is not there': {
    typed: ['app.mjs', '--chdir', 'releases/7'],
    says: /cannot change to the folder releases\/7 of --chdir/,
    code: 'CLI_USAGE',
  },
};
