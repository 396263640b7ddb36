/**
 * @models GNU grep 3.11
 * @fidelity partial: -P takes JavaScript's expressions; no --include/--exclude lists from files, no -D, no GREP_COLORS
 */
import { isErrno } from '../../linux/errno.ts';
import { getenv, printError } from '../../linux/io.ts';
import { command, Exit, type Invocation } from '../common/command.ts';
import { globRegex } from '../common/glob.ts';
import { posixSource, RegexError } from '../common/regex.ts';
import { type Input, isTerminal, openInput } from '../common/streams.ts';
import { encode } from '../common/text.ts';

const COLORS = { match: '01;31', file: '35', line: '32', byte: '32', separator: '36' };

type Settings = {
  matcher: RegExp | null;
  invert: boolean;
  count: boolean;
  listMatching: boolean;
  listOthers: boolean;
  onlyMatching: boolean;
  quiet: boolean;
  silent: boolean;
  lineNumbers: boolean;
  byteOffset: boolean;
  withName: boolean;
  nulNames: boolean;
  before: number;
  after: number;
  max: number;
  color: boolean;
  label: string;
  end: string;
  text: boolean;
  initialTab: boolean;
};

export const grep = command(
  {
    name: 'grep',
    usage: ['[OPTION]... PATTERNS [FILE]...'],
    about: 'Print the lines of each FILE that match one of PATTERNS, which are separated by newlines.',
    version: 'GNU grep) 3.11',
    trouble: 2,
    options: {
      'E,extended-regexp': 'PATTERNS are extended regular expressions',
      'F,fixed-strings': 'PATTERNS are plain strings',
      'G,basic-regexp': 'PATTERNS are basic regular expressions',
      'P,perl-regexp': 'PATTERNS are Perl regular expressions',
      'e,regexp=PATTERNS': 'match PATTERNS',
      'f,file=FILE': 'read PATTERNS from FILE',
      'i,ignore-case': 'upper and lower case are the same',
      'no-ignore-case': 'they are not (default)',
      y: '',
      'w,word-regexp': 'match whole words only',
      'x,line-regexp': 'match whole lines only',
      'z,null-data': 'lines end with NUL, not newline',
      's,no-messages': 'do not complain about files that cannot be read',
      'v,invert-match': 'print the lines that do not match',
      'V,version': 'show the version and stop',
      help: 'show this text and stop',
      'm,max-count=NUM': 'stop after NUM lines',
      'b,byte-offset': 'with the offset of each line',
      'n,line-number': 'with line numbers',
      'line-buffered': 'write each line at once',
      'H,with-filename': 'with file names',
      'h,no-filename': 'without file names',
      'label=LABEL': 'name of standard input',
      'o,only-matching': 'print only the parts that match',
      'q,quiet': 'print nothing',
      silent: 'same as --quiet',
      'binary-files=TYPE': 'what a binary file is taken for: binary, text, without-match',
      'a,text': 'the same as --binary-files=text',
      I: 'the same as --binary-files=without-match',
      'd,directories=ACTION': 'what to do with a directory: read, recurse, skip',
      'r,recursive': 'the same as --directories=recurse',
      'R,dereference-recursive': 'the same, following links',
      'include=GLOB': 'only files whose name matches GLOB',
      'exclude=GLOB': 'skip files whose name matches GLOB',
      'exclude-dir=GLOB': 'skip directories whose name matches GLOB',
      'L,files-without-match': 'print only the names of files without a match',
      'l,files-with-matches': 'print only the names of files with a match',
      'c,count': 'print only the number of matching lines of each file',
      'T,initial-tab': 'line the text up with a tab',
      'Z,null': 'a NUL after each file name',
      'B,before-context=NUM': 'with NUM lines before',
      'A,after-context=NUM': 'with NUM lines after',
      'C,context=NUM': 'with NUM lines before and after',
      'color[=WHEN]': 'mark what matched: always, never, auto',
      'colour[=WHEN]': '',
      'U,binary': '',
    },
    notes:
      'Without FILE, standard input is read, or with -r the current directory.\nThe exit status is 0 if a line was selected, 1 if not, 2 after an error (unless -q found a line).',
    rewrite: contextNumbers,
    hint: (name) => `Usage: ${name} [OPTION]... PATTERNS [FILE]...\nTry '${name} --help' for more information.`,
  },
  grepMain,
);

const TAKING = /[efmdABC]/;
const TAKING_LONG =
  /^--(?:regexp|file|max-count|label|directories|include|exclude|exclude-dir|binary-files|(?:before-|after-)?context)$/;

/** `-5`, also among other letters: as `-C 5`. What another option takes for its value is left alone. */
export function contextNumbers(args: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') return [...out, ...args.slice(i)];
    if (!arg.startsWith('-') || arg === '-' || arg.startsWith('--')) {
      out.push(arg);
      if (TAKING_LONG.test(arg)) out.push(...args.slice(++i, i + 1));
      continue;
    }
    const taking = arg.search(TAKING);
    const letters = taking < 0 ? arg.slice(1) : arg.slice(1, taking);
    const number = letters.match(/\d+/g)?.at(-1);
    const others = letters.replace(/\d/g, '') + (taking < 0 ? '' : arg.slice(taking));
    if (number !== undefined) out.push('-C', number);
    if (others !== '') out.push(`-${others}`);
    if (taking === arg.length - 1) out.push(...args.slice(++i, i + 1));
  }
  return out;
}

export async function grepMain(call: Invocation): Promise<number> {
  const { ctx, options, operands } = call;
  if (options.has('version')) {
    await call.out.write('grep (GNU grep) 3.11\n');
    return 0;
  }
  const fail = async (text: string): Promise<never> => {
    await call.complain(text);
    throw new Exit(2);
  };
  const patterns: string[] = [];
  for (const [key, value] of options.entries) {
    if (key === 'regexp') patterns.push(...value.split('\n'));
    if (key !== 'file') continue;
    try {
      const input = await openInput(ctx, value);
      for (let line = await input.line(); line !== null; line = await input.line()) patterns.push(line);
      await input.close();
    } catch (error) {
      if (!isErrno(error)) throw error;
      await fail(`${value}: ${error.libc}`);
    }
  }
  const files = [...operands];
  if (!options.has('regexp') && !options.has('file')) {
    const first = files.shift();
    if (first === undefined) {
      await call.out.flush();
      await ctx.sys.write(
        ctx,
        2,
        `Usage: ${call.name} [OPTION]... PATTERNS [FILE]...\nTry '${call.name} --help' for more information.\n`,
      );
      return 2;
    }
    patterns.push(...first.split('\n'));
  }
  const number = async (key: string): Promise<number | null> => {
    const text = options.value(key);
    if (text === undefined) return null;
    if (!/^-?\d+$/.test(text))
      return fail(key === 'max-count' ? 'invalid max count' : `${text}: invalid context length argument`);
    return Number(text);
  };
  const context = await number('context');
  const colour =
    options.has('color') || options.has('colour')
      ? options.value('color') || options.value('colour') || 'auto'
      : 'never';
  const directories =
    options.has('dereference-recursive') || options.has('recursive')
      ? 'recurse'
      : (options.value('directories') ?? 'read');
  const recursive = directories === 'recurse';
  if (files.length === 0) files.push(recursive ? '.' : '-');
  const nameChoice = options.last('with-filename', 'no-filename');
  const max = await number('max-count');
  let matcher: RegExp | null;
  try {
    matcher = compile(patterns, options);
  } catch (error) {
    if (error instanceof RegexError || error instanceof SyntaxError) return fail(error.message);
    throw error;
  }
  const binary = options.last('text', 'I', 'binary-files');
  const settings: Settings = {
    matcher,
    invert: options.has('invert-match'),
    count: options.has('count'),
    onlyMatching: options.has('only-matching'),
    listMatching: options.last('files-with-matches', 'files-without-match') === 'files-with-matches',
    listOthers: options.last('files-with-matches', 'files-without-match') === 'files-without-match',
    quiet: options.has('quiet') || options.has('silent'),
    silent: options.has('no-messages'),
    lineNumbers: options.has('line-number'),
    byteOffset: options.has('byte-offset'),
    withName:
      nameChoice === 'with-filename' ||
      (nameChoice === undefined &&
        (files.length > 1 ||
          (recursive && !(files.length === 1 && (await typeOf(call, files[0] as string)) !== 'directory')))),
    nulNames: options.has('null'),
    before: (await number('before-context')) ?? context ?? 0,
    after: (await number('after-context')) ?? context ?? 0,
    max: max === null || max < 0 ? Infinity : max,
    color: colour === 'always' || (colour === 'auto' && (await isTerminal(ctx, 1)) && getenv(ctx, 'TERM') !== 'dumb'),
    label: options.value('label') ?? '(standard input)',
    end: options.has('null-data') ? '\0' : '\n',
    text:
      binary === 'text' ||
      (binary === 'binary-files' && options.value('binary-files') === 'text') ||
      options.has('null-data'),
    initialTab: options.has('initial-tab'),
  };
  let matched = false;
  let trouble = false;
  const include = options.values('include').map((g) => globRegex(g));
  const exclude = options.values('exclude').map((g) => globRegex(g));
  const excludeDirectories = options.values('exclude-dir').map((g) => globRegex(g.replace(/\/$/, '')));
  const base = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  const wanted = (path: string): boolean =>
    !exclude.some((r) => r.test(base(path))) && (include.length === 0 || include.some((r) => r.test(base(path))));

  const one = async (path: string, given: boolean): Promise<boolean> => {
    try {
      if (path !== '-') {
        const stat =
          given || options.has('dereference-recursive')
            ? await ctx.sys.stat(ctx, path)
            : await ctx.sys.lstat(ctx, path);
        if (stat.type === 'directory') {
          if (recursive) {
            if (!given && excludeDirectories.some((r) => r.test(base(path)))) return false;
            const inside =
              given && operands.length <= (options.has('regexp') || options.has('file') ? 0 : 1)
                ? ''
                : path.endsWith('/')
                  ? path
                  : `${path}/`;
            for (const entry of await ctx.sys.readDirectory(ctx, path))
              if (await one(inside + entry.name, false)) return true;
            return false;
          }
          if (directories === 'skip') return false;
          trouble = true;
          if (!settings.silent) await call.complain(`${path}: Is a directory`);
          return false;
        }
        if (
          !given &&
          (stat.type === 'symlink' || stat.type === 'char' || stat.type === 'fifo' || stat.type === 'socket')
        )
          return false;
        if ((include.length > 0 || exclude.length > 0) && !wanted(path)) return false;
      }
      const input = await openInput(ctx, path, settings.end.charCodeAt(0));
      try {
        if (await search(call, settings, input, path === '-' ? settings.label : path)) matched = true;
      } finally {
        await input.close();
      }
    } catch (error) {
      if (!isErrno(error)) throw error;
      trouble = true;
      if (!settings.silent) await call.complain(`${path}: ${error.libc}`);
    }
    return settings.quiet && matched;
  };
  for (const path of files) if (await one(path, true)) return 0;
  return trouble ? 2 : matched ? 0 : 1;
}

async function typeOf(call: Invocation, path: string): Promise<string | null> {
  if (path === '-') return null;
  try {
    return (await call.ctx.sys.stat(call.ctx, path)).type;
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

function compile(patterns: readonly string[], options: Invocation['options']): RegExp | null {
  const kind = options.last('extended-regexp', 'fixed-strings', 'basic-regexp', 'perl-regexp');
  const sources = patterns.map((p) => {
    if (kind === 'fixed-strings') return p.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
    if (kind === 'perl-regexp') return p.replace(/\\K/g, '');
    return posixSource(p, { extended: kind === 'extended-regexp' });
  });
  let source = sources.length === 1 ? (sources[0] as string) : sources.map((s) => `(?:${s})`).join('|');
  if (options.has('line-regexp')) source = `^(?:${source})$`;
  else if (options.has('word-regexp')) source = `(?<![\\p{L}\\p{N}_])(?:${source})(?![\\p{L}\\p{N}_])`;
  const folded = options.last('ignore-case', 'no-ignore-case', 'y');
  return new RegExp(
    source,
    `g${kind === 'perl-regexp' ? '' : 'u'}${folded === 'ignore-case' || folded === 'y' ? 'i' : ''}`,
  );
}

async function search(call: Invocation, s: Settings, input: Input, name: string): Promise<boolean> {
  const { out } = call;
  const matcher = s.matcher as RegExp;
  const paint = (code: string, text: string): string => (s.color ? `\x1b[${code}m\x1b[K${text}\x1b[m\x1b[K` : text);
  const prefix = (separator: string, line: number, offset: number): string => {
    let text = '';
    if (s.withName) text += paint(COLORS.file, name) + (s.nulNames ? '\0' : paint(COLORS.separator, separator));
    if (s.lineNumbers)
      text +=
        paint(COLORS.line, s.initialTab ? String(line).padStart(4) : String(line)) + paint(COLORS.separator, separator);
    if (s.byteOffset) text += paint(COLORS.byte, String(offset)) + paint(COLORS.separator, separator);
    return s.initialTab && text !== '' ? `${text}\t` : text;
  };
  const listing = s.count || s.listMatching || s.listOthers || s.quiet;
  let selected = 0;
  let line = 0;
  let offset = 0;
  let lastPrinted = 0;
  let anyPrinted = false;
  let afterLeft = 0;
  const before: { text: string; line: number; offset: number }[] = [];
  const highlight = (text: string): string =>
    s.color && !s.invert ? text.replace(matcher, (m) => (m === '' ? '' : paint(COLORS.match, m))) : text;
  const show = async (text: string, at: number, start: number, separator: string): Promise<void> => {
    if ((s.before > 0 || s.after > 0) && anyPrinted && at > lastPrinted + 1)
      await out.write(`${paint(COLORS.separator, '--')}\n`);
    anyPrinted = true;
    lastPrinted = at;
    await out.write(prefix(separator, at, start) + (separator === ':' ? highlight(text) : text) + s.end);
  };
  if (s.max === 0) return false;
  let isBinary = false;
  for (;;) {
    if (!input.ready) await out.flush();
    const text = await input.line();
    if (text === null) break;
    line++;
    const start = offset;
    if (s.byteOffset) offset += encode(text).length + 1;
    if (!isBinary && !s.text && (text.includes('\0') || /[\uDC80-\uDCFF]/u.test(text))) isBinary = true;
    matcher.lastIndex = 0;
    const hit = matcher.test(text) !== s.invert;
    if (!hit) {
      if (listing || s.onlyMatching) continue;
      if (afterLeft > 0) {
        afterLeft--;
        await show(text, line, start, '-');
      } else if (s.before > 0) {
        before.push({ text, line, offset: start });
        if (before.length > s.before) before.shift();
      }
      if (selected >= s.max && afterLeft === 0) break;
      continue;
    }
    if (selected >= s.max) break;
    selected++;
    if (s.quiet || s.listMatching || s.listOthers) break;
    if (s.count) {
      if (selected >= s.max) break;
      continue;
    }
    if (isBinary) {
      await out.flush();
      await printError(input.ctx, `grep: ${name}: binary file matches\n`);
      return true;
    }
    if (s.onlyMatching) {
      if (!s.invert) {
        let at = 0;
        matcher.lastIndex = 0;
        for (const match of text.matchAll(matcher)) {
          if (match[0] === '') continue;
          at = match.index;
          const bytes = s.byteOffset ? start + encode(text.slice(0, at)).length : 0;
          await out.write(`${prefix(':', line, bytes)}${paint(COLORS.match, match[0])}${s.end}`);
        }
      }
    } else {
      for (const held of before.splice(0)) await show(held.text, held.line, held.offset, '-');
      await show(text, line, start, ':');
      afterLeft = s.after;
    }
    if (selected >= s.max && s.after === 0) break;
  }
  if (s.quiet) return selected > 0;
  if (s.count)
    await out.write(
      `${s.withName ? `${paint(COLORS.file, name)}${s.nulNames ? '\0' : paint(COLORS.separator, ':')}` : ''}${selected}\n`,
    );
  const terminator = s.nulNames ? '\0' : '\n';
  if (s.listMatching && selected > 0) await out.write(paint(COLORS.file, name) + terminator);
  if (s.listOthers && selected === 0) await out.write(paint(COLORS.file, name) + terminator);
  return selected > 0;
}
