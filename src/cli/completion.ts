// `pronghorn completion bash`: what a shell reads to complete our command lines. Made from the grammar of the commands, so
// that it knows what they know. Pure; the shell asks nobody while somebody types.
import { COMMANDS, type CommandName } from './commands.js';

/** An option of a command, as a shell has to know it. */
export interface CompletedFlag {
  /** As `--listen`. */
  readonly name: string;
  /** One line. */
  readonly doc: string;
  /** Undefined: it takes none. */
  readonly value?: {
    readonly placeholder: string;
    readonly choices: readonly string[];
  };
}

export type FlagsOf = (command: CommandName) => readonly CompletedFlag[];

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const FILE = '<file>';
const PATH = '<path>';
const FOLDER = '<folder>';
/** What comes after it is no application. */
const WITHOUT_APP: readonly CommandName[] = ['completion'];

type Kind = 'none' | 'file' | 'folder' | 'choice' | 'other';

function kindOf({ value }: CompletedFlag): Kind {
  if (!value) return 'none';
  if (value.choices.length > 0) return 'choice';
  if (value.placeholder === FILE || value.placeholder === PATH) return 'file';
  return value.placeholder === FOLDER ? 'folder' : 'other';
}

const names = Object.keys(COMMANDS) as CommandName[];

function unique(flagsOf: FlagsOf): CompletedFlag[] {
  const all = names.flatMap((name) => flagsOf(name));
  return [...new Map(all.map((flag) => [flag.name, flag])).values()];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function bash(flagsOf: FlagsOf): string {
  const flags = unique(flagsOf);
  const labels = (kind: Kind) =>
    flags
      .filter((flag) => kindOf(flag) === kind)
      .map(({ name }) => name)
      .join('|');
  const choices = flags.flatMap(({ name, value }) =>
    value && value.choices.length > 0
      ? [
          `    ${name}) mapfile -t COMPREPLY < <(compgen -W ${quoted(value.choices.join(' '))} -- "$cur"); return ;;`,
        ]
      : [],
  );
  const byCommand = names.map(
    (name) =>
      `    ${name}) flags=${quoted(
        flagsOf(name)
          .map((flag) => flag.name)
          .join(' '),
      )} ;;`,
  );
  return `# Completion of pronghorn for bash, written by \`pronghorn completion bash\`.
_pronghorn() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" flags word
  local commands=${quoted(names.join(' '))}
  COMPREPLY=()
  # What follows -- is the application's.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do [[ $word == -- ]] && return; done
  case "$previous" in
${choices.join('\n')}
    ${labels('folder')}) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); compopt -o filenames; return ;;
    ${labels('file')}|${labels('other')}) return ;;
  esac
  if [[ $COMP_CWORD -eq 1 && $cur != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands help" -- "$cur")
    return
  fi
  case "$command" in
    help) mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur"); return ;;
    completion) mapfile -t COMPREPLY < <(compgen -W '${SHELLS.join(' ')}' -- "$cur"); return ;;
${byCommand.join('\n')}
    *) flags=${quoted(
      flagsOf('run')
        .map(({ name }) => name)
        .join(' '),
    )} ;;
  esac
  if [[ $cur == -* ]]; then mapfile -t COMPREPLY < <(compgen -W "$flags --help" -- "$cur"); fi
}
# Where it knows nothing, files.
complete -o bashdefault -o default -F _pronghorn pronghorn
`;
}

/** A text in the specifications of _arguments and _describe. */
function zshText(text: string): string {
  return text.replace(/[\\[\]:]/g, '\\$&');
}

function zshFlag(flag: CompletedFlag): string {
  const { name, doc, value } = flag;
  const head = `*${name}[${zshText(doc)}]`;
  if (!value) return quoted(head);
  const label = value.placeholder.replace(/[<>]/g, '');
  const actions: Record<Kind, string> = {
    none: '',
    file: '_files',
    folder: '_files -/',
    choice: `(${value.choices.join(' ')})`,
    other: '',
  };
  return quoted(`${head}:${zshText(label)}:${actions[kindOf(flag)]}`);
}

function zsh(flagsOf: FlagsOf): string {
  const described = Object.entries({ ...COMMANDS, help: 'help, of a command too' }).map(
    ([name, doc]) => `    ${quoted(`${name}:${zshText(doc)}`)}`,
  );
  const byCommand = names
    .filter((name) => !WITHOUT_APP.includes(name))
    .map((name) => {
      const size = name === 'scale' ? [quoted('1:size:')] : [];
      const specs = [...flagsOf(name).map(zshFlag), ...size, quoted('*:file:_files')];
      return `    ${name})\n      _arguments -S \\\n        ${specs.join(' \\\n        ')} ;;`;
    });
  return `#compdef pronghorn
# Completion of pronghorn for zsh, written by \`pronghorn completion zsh\`.
_pronghorn() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe -t commands command commands
    _files
    return
  fi
  local command=$words[2]
  if (( ! \${commands[(I)$command:*]} )); then
    # \`pronghorn app.mjs\` is run.
    command=run
  else
    shift words
    (( CURRENT-- ))
  fi
  case $command in
    help) _describe -t commands command commands ;;
    completion) _values shell ${SHELLS.join(' ')} ;;
${byCommand.join('\n')}
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _pronghorn "$@"; else compdef _pronghorn pronghorn; fi
`;
}

function fish(flagsOf: FlagsOf): string {
  const words = names.map(
    (name) => `complete -c pronghorn -n __fish_use_subcommand -a ${name} -d ${quoted(COMMANDS[name])}`,
  );
  const others = names.filter((name) => name !== 'run').join(' ');
  const flags = names.flatMap((name) => {
    // Without a command it is run.
    const when =
      name === 'run'
        ? `not __fish_seen_subcommand_from ${others} help`
        : `__fish_seen_subcommand_from ${name}`;
    return flagsOf(name).map((flag) => {
      const takes: Record<Kind, string> = {
        none: '',
        file: ' -r -F',
        folder: " -x -a '(__fish_complete_directories)'",
        choice: ` -x -a ${quoted(flag.value?.choices.join(' ') ?? '')}`,
        other: ' -x',
      };
      return `complete -c pronghorn -n ${quoted(when)} -l ${flag.name.slice(2)}${takes[kindOf(flag)]} -d ${quoted(flag.doc)}`;
    });
  });
  return `# Completion of pronghorn for fish, written by \`pronghorn completion fish\`.
${words.join('\n')}
complete -c pronghorn -n __fish_use_subcommand -a help -d 'help, of a command too'
complete -c pronghorn -f -n '__fish_seen_subcommand_from help' -a '${names.join(' ')}'
complete -c pronghorn -f -n '__fish_seen_subcommand_from completion' -a '${SHELLS.join(' ')}'
complete -c pronghorn -l help -d 'print help'
${flags.join('\n')}
`;
}

/** The script of a shell. */
export function completionOf(shell: Shell, flagsOf: FlagsOf): string {
  return { bash, zsh, fish }[shell](flagsOf);
}
