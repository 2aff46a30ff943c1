// The texts of help that are no option's. Pure.
import { environmentName } from '../config/names.js';
import { COMMANDS } from './commands.js';

const EXIT_CODES = `Exit codes:
  0   done; or the server has stopped as it was told
  1   the application or its workers could not start, or a deployment failed: the old ones go on
  2   wrong use: an unknown option, a bad value, a missing file
  3   an address could not be listened on
  4   --start-method fork, but forking is not safe here
  5   the server is not running (status, reload, upgrade, scale)
  6   --timeout passed, or the manager does not answer
  70  an internal failure`;

export const RUN_NOTES = `
Each option can also stand in the configuration file (minServers: 2) and in the environment (${environmentName('minServers')}=2).
The command line wins over the environment, that over the file, that over the application.
Signals: INT, TERM and QUIT stop gracefully; a second one, half a second later or more, stops at once.

${EXIT_CODES}`;

export const COMMAND_NOTES = `
The server is found by its application, or by --pid-file or --runtime-dir if it was started with them.

${EXIT_CODES}`;

export const COMPLETION_NOTES = `
  bash  pronghorn completion bash > ~/.local/share/bash-completion/completions/pronghorn
  zsh   pronghorn completion zsh > "\${fpath[1]}/_pronghorn"
  fish  pronghorn completion fish > ~/.config/fish/completions/pronghorn.fish`;

export function overview(): string {
  const commands = Object.entries(COMMANDS).map(([name, text]) => `  ${name.padEnd(10)} ${text}`);
  return `Usage: pronghorn [command] [app] [options] [-- arguments for the application]

Serves HTTP from preforked Node.js workers.

Commands:
${commands.join('\n')}

Options that are asked for most:
  --listen <url>        where to listen, as in http://*:8080 or unix:/run/app.sock; may be given several times
  --workers <n>         a fixed number of workers
  --min-servers <n>     or as many as the load needs, from …
  --max-servers <n>     … to
  --start-method <how>  auto, fork or spawn
  --config <file>       otherwise pronghorn.config.{ts,mjs,js,json} in the working directory
  -V, --version         print the version
  -h, --help            print this help; \`pronghorn help run\` has every option

Examples:
  pronghorn app.mjs                                serve on http://*:8080, stop with Ctrl-C
  pronghorn start app.mjs --listen http://*:80     the same in the background; once more to deploy new code
  pronghorn status app.mjs
  pronghorn stop app.mjs

${EXIT_CODES}
`;
}
