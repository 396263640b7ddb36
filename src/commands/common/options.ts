/**
 * GNU command lines: getopt_long's rules and its words.
 * @models glibc 2.41 posix/getopt.c @fidelity partial: no POSIXLY_CORRECT
 *
 * Options are declared as `'n,lines=NUM': 'what it does'`, `'a,all'`, `'color[=WHEN]'`, `'c'`. An option's key is its
 * long name, or its letter if it has no long one.
 */
export type OptionTable = Readonly<Record<string, string>>;

export type OptionSpec = {
  key: string;
  short: string | null;
  long: string | null;
  argument: 'none' | 'required' | 'optional';
  placeholder: string;
  help: string;
};

export class Options {
  /** In the order of the command line. */
  readonly entries: (readonly [key: string, value: string])[] = [];

  has(key: string): boolean {
    return this.entries.some(([k]) => k === key);
  }

  /** The last one given. */
  value(key: string): string | undefined {
    return this.entries.findLast(([k]) => k === key)?.[1];
  }

  values(key: string): string[] {
    return this.entries.filter(([k]) => k === key).map(([, v]) => v);
  }

  /** Which of several options that override each other came last. */
  last<K extends string>(...keys: K[]): K | undefined {
    return this.entries.findLast(([k]) => (keys as string[]).includes(k))?.[0] as K | undefined;
  }
}

export class UsageError extends Error {}

export function parseOptionTable(table: OptionTable): OptionSpec[] {
  return Object.entries(table).map(([declaration, help]) => {
    const equals = declaration.indexOf('=');
    const names = equals < 0 ? declaration : declaration.slice(0, equals);
    const optional = names.endsWith('[');
    const placeholder = equals < 0 ? '' : declaration.slice(equals + 1, optional ? -1 : undefined);
    const parts = (optional ? names.slice(0, -1) : names).split(',');
    const short = parts.find((p) => p.length === 1) ?? null;
    const long = parts.find((p) => p.length > 1) ?? null;
    return {
      key: long ?? short ?? '',
      short,
      long,
      argument: placeholder === '' ? 'none' : optional ? 'optional' : 'required',
      placeholder,
      help,
    };
  });
}

const cache = new WeakMap<OptionTable, OptionSpec[]>();

export function specsOf(table: OptionTable): OptionSpec[] {
  let specs = cache.get(table);
  if (specs === undefined) {
    specs = parseOptionTable(table);
    cache.set(table, specs);
  }
  return specs;
}

/** @throws UsageError with getopt's message, without the program's name */
export function parseOptions(
  table: OptionTable,
  args: readonly string[],
  rules: { stopAtOperand?: boolean } = {},
): { options: Options; operands: string[] } {
  const specs = specsOf(table);
  const options = new Options();
  const operands: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith('-') || arg === '-') {
      if (rules.stopAtOperand) {
        operands.push(...args.slice(i));
        break;
      }
      operands.push(arg);
      continue;
    }
    if (arg.startsWith('--')) {
      const equals = arg.indexOf('=');
      const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
      const spec = longOption(specs, name, arg);
      if (equals >= 0) {
        if (spec.argument === 'none') throw new UsageError(`option '--${spec.long}' doesn't allow an argument`);
        options.entries.push([spec.key, arg.slice(equals + 1)]);
      } else if (spec.argument === 'required') {
        const value = args[++i];
        if (value === undefined) throw new UsageError(`option '--${spec.long}' requires an argument`);
        options.entries.push([spec.key, value]);
      } else options.entries.push([spec.key, '']);
      continue;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at] as string;
      const spec = specs.find((s) => s.short === letter);
      if (spec === undefined) throw new UsageError(`invalid option -- '${letter}'`);
      if (spec.argument === 'none') {
        options.entries.push([spec.key, '']);
        continue;
      }
      const rest = arg.slice(at + 1);
      if (rest !== '' || spec.argument === 'optional') options.entries.push([spec.key, rest]);
      else {
        const value = args[++i];
        if (value === undefined) throw new UsageError(`option requires an argument -- '${letter}'`);
        options.entries.push([spec.key, value]);
      }
      break;
    }
  }
  return { options, operands };
}

function longOption(specs: readonly OptionSpec[], name: string, arg: string): OptionSpec {
  const exact = specs.find((s) => s.long === name);
  if (exact !== undefined) return exact;
  const candidates = specs.filter((s) => s.long?.startsWith(name));
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  if (candidates.length > 1) {
    throw new UsageError(
      `option '${arg}' is ambiguous; possibilities: ${candidates.map((s) => `'--${s.long}'`).join(' ')}`,
    );
  }
  throw new UsageError(`unrecognized option '${arg}'`);
}

const HELP_COLUMN = 29;
const HELP_WIDTH = 79;

/** The option list of `--help`, in the layout that GNU programs share. */
export function optionHelp(table: OptionTable): string {
  let out = '';
  for (const spec of specsOf(table)) {
    if (spec.help === '') continue;
    const argument =
      spec.placeholder === '' ? '' : spec.argument === 'optional' ? `[=${spec.placeholder}]` : `=${spec.placeholder}`;
    const long = spec.long === null ? '' : `--${spec.long}${argument}`;
    const short =
      spec.short === null
        ? '    '
        : spec.long === null
          ? `-${spec.short}${spec.placeholder === '' ? '' : ` ${spec.placeholder}`}`
          : `-${spec.short}, `;
    const head = `  ${short}${long}`;
    const lines = wrap(spec.help, HELP_WIDTH - HELP_COLUMN);
    if (head.length + 2 <= HELP_COLUMN) out += `${head.padEnd(HELP_COLUMN)}${lines.shift() ?? ''}\n`;
    else out += `${head}\n`;
    for (const line of lines) out += `${' '.repeat(HELP_COLUMN)}${line}\n`;
  }
  return out;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines;
}
