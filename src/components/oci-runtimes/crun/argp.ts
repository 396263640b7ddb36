/**
 * Options as glibc's argp takes them with ARGP_IN_ORDER: parsing ends at the first argument that is no option; long names may be
 * shortened while they are unambiguous.
 * @models glibc argp/argp-parse.c argp-help.c @fidelity partial: --usage prints the short form of --help
 */
export type ArgpOption = {
  readonly name: string;
  readonly key?: string;
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
      const option = command.options.find(({ key }) => key === letter);
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

export function argpHelp(program: string, command: ArgpCommand): string {
  const lines = [`Usage: ${program} [OPTION...] ${command.argsDoc}`];
  if (command.doc !== '') lines.push(command.doc);
  lines.push('');
  const own: ArgpOption[] = [
    { name: 'help', key: '?', doc: 'Give this help list' },
    { name: 'usage', doc: 'Give a short usage message' },
  ];
  const byName = (a: ArgpOption, b: ArgpOption): number => ((a.key ?? a.name) < (b.key ?? b.name) ? -1 : 1);
  for (const option of [...[...command.options].sort(byName), ...own]) lines.push(...optionLines(option));
  return `${lines.join('\n')}\n`;
}

function optionLines(option: ArgpOption): string[] {
  const value = option.arg === undefined ? '' : option.optionalArg ? `[=${option.arg}]` : `=${option.arg}`;
  const left = `  ${option.key === undefined ? '    ' : `-${option.key}, `}--${option.name}${value}`;
  const out: string[] = [];
  let line = left.length >= DOC_COLUMN - 1 ? left : left.padEnd(DOC_COLUMN);
  if (left.length >= DOC_COLUMN - 1) {
    out.push(line);
    line = ''.padEnd(DOC_COLUMN);
  }
  for (const word of option.doc.split(' ')) {
    if (line.length + word.length > WIDTH && line.trim() !== '') {
      out.push(line.trimEnd());
      line = ''.padEnd(DOC_COLUMN);
    }
    line += `${word} `;
  }
  out.push(line.trimEnd());
  return out;
}
