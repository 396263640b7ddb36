/**
 * Options as glibc's argp takes them with ARGP_IN_ORDER: parsing ends at the first argument that is no option; long names may be
 * shortened while they are unambiguous.
 * @models glibc argp/argp-parse.c argp-help.c @fidelity full
 */
export type ArgpOption = {
  readonly name: string;
  readonly key?: string;
  /** Further short names. */
  readonly alias?: readonly string[];
  /** The value's name in the help; without it the option is a switch. */
  readonly arg?: string;
  readonly optionalArg?: boolean;
  readonly doc: string;
};

export type ArgpCommand = { readonly argsDoc: string; readonly doc: string; readonly options: readonly ArgpOption[] };

export type Parsed =
  | { kind: 'ok'; values: ReadonlyMap<string, readonly string[]>; args: string[] }
  | { kind: 'help' }
  | { kind: 'usage' }
  | { kind: 'error'; words: string };

export function parseArgp(command: ArgpCommand, args: readonly string[]): Parsed {
  const values = new Map<string, string[]>();
  const add = (name: string, value: string): void => {
    values.set(name, [...(values.get(name) ?? []), value]);
  };
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      i++;
      break;
    }
    if (!arg.startsWith('-') || arg === '-') break;
    if (arg === '--help' || arg === '-?') return { kind: 'help' };
    if (arg === '--usage') return { kind: 'usage' };
    if (arg.startsWith('--')) {
      const at = arg.indexOf('=');
      const name = at < 0 ? arg.slice(2) : arg.slice(2, at);
      const option = longOption(command.options, name);
      if (option === null) return { kind: 'error', words: `unrecognized option '--${name}'` };
      if (option.arg === undefined) {
        if (at >= 0) return { kind: 'error', words: `option '--${option.name}' doesn't allow an argument` };
        add(option.name, '');
      } else if (at >= 0) add(option.name, arg.slice(at + 1));
      else if (option.optionalArg) add(option.name, '');
      else if (i + 1 < args.length) add(option.name, args[++i] ?? '');
      else return { kind: 'error', words: `option '--${option.name}' requires an argument` };
      continue;
    }
    for (let k = 1; k < arg.length; k++) {
      const letter = arg[k] ?? '';
      const option = command.options.find(({ key, alias }) => key === letter || alias?.includes(letter) === true);
      if (option === undefined) return { kind: 'error', words: `invalid option -- '${letter}'` };
      if (option.arg === undefined) {
        add(option.name, '');
        continue;
      }
      const rest = arg.slice(k + 1);
      if (rest !== '' || option.optionalArg) add(option.name, rest);
      else if (i + 1 < args.length) add(option.name, args[++i] ?? '');
      else return { kind: 'error', words: `option requires an argument -- '${letter}'` };
      break;
    }
  }
  return { kind: 'ok', values, args: args.slice(i) };
}

function longOption(options: readonly ArgpOption[], name: string): ArgpOption | null {
  const exact = options.find((option) => option.name === name);
  if (exact !== undefined) return exact;
  const close = options.filter((option) => option.name.startsWith(name));
  return close.length === 1 ? (close[0] ?? null) : null;
}

const DOC_COLUMN = 29;
const WIDTH = 79;
const USAGE_COLUMN = 12;
const BUGS = 'https://github.com/containers/crun/issues';

const HELP: readonly ArgpOption[] = [
  { name: 'help', key: '?', doc: 'Give this help list' },
  { name: 'usage', doc: 'Give a short usage message' },
];

/** By first letter, long names before short ones; argp's own come last, and what has a second short name after them. */
function inOrder(options: readonly ArgpOption[]): ArgpOption[] {
  const place = ({ key, name }: ArgpOption): string =>
    key === undefined ? `${name.charAt(0)}0${name}` : `${key}1${name}`;
  const own = [...options].sort((a, b) => (place(a) < place(b) ? -1 : 1));
  return [
    ...own.filter(({ alias }) => alias === undefined),
    ...HELP,
    ...own.filter(({ alias }) => alias !== undefined),
  ];
}

const valueOf = ({ arg, optionalArg }: ArgpOption, short = false): string => {
  if (arg === undefined) return '';
  const [before, after] = short ? [' ', ''] : ['=', '='];
  return optionalArg ? `[${after}${arg}]` : `${before}${arg}`;
};

export function argpHelp(program: string, command: ArgpCommand): string {
  const lines = [`Usage: ${program} [OPTION...] ${command.argsDoc}`];
  lines.push(command.doc === '' ? 'OCI runtime' : command.doc.replace(/\n$/, ''));
  lines.push('');
  for (const option of inOrder(command.options)) lines.push(...optionLines(option));
  return `${lines.join('\n')}\n\nReport bugs to ${BUGS}.\n`;
}

export function argpUsage(program: string, command: ArgpCommand): string {
  const options = inOrder(command.options);
  const flags = options.flatMap(({ key, alias, arg }) => (arg === undefined && key ? [key, ...(alias ?? [])] : []));
  const words = [
    // The question mark stands where its letter would: before small ones, after capitals.
    ...(flags.length === 0 ? [] : [`[-${flags.join('')}]`]),
    ...options.flatMap((option) =>
      option.arg !== undefined && option.key ? [`[-${option.key}${valueOf(option, true)}]`] : [],
    ),
    ...options.filter(({ alias }) => alias === undefined).map((option) => `[--${option.name}${valueOf(option)}]`),
    command.argsDoc,
  ];
  const lines: string[] = [];
  let line = `Usage: ${program}`;
  for (const word of words) {
    if (line.length + 1 + word.length >= WIDTH) {
      lines.push(line);
      line = `${' '.repeat(USAGE_COLUMN)}${word}`;
    } else line += ` ${word}`;
  }
  return `${[...lines, line].join('\n')}\n`;
}

function optionLines(option: ArgpOption): string[] {
  const short = option.key === undefined ? '    ' : `-${[option.key, ...(option.alias ?? [])].join(', -')}, `;
  const left = `  ${short}--${option.name}${valueOf(option)}`;
  if (option.doc === '') return [left];
  const out: string[] = [];
  let line = left.length >= DOC_COLUMN ? `${left}  ` : left.padEnd(DOC_COLUMN - 1);
  for (const word of option.doc.split(' ')) {
    if (line.length + 1 + word.length > WIDTH && line.trim() !== '') {
      out.push(line.trimEnd());
      line = ''.padEnd(DOC_COLUMN - 1);
    }
    line += ` ${word}`;
  }
  out.push(line.trimEnd());
  return out;
}
