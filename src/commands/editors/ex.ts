/** The commands of vi's colon line. @models vim 9.1 src/ex_docmd.c @fidelity partial: w q x wq e r s d y set noh and line numbers; no scripts, no shell */
import { isErrno } from '../../linux/errno.ts';
import { posixSource, RegexError } from '../common/regex.ts';
import { load, save } from './file.ts';
import type { Vi } from './vi.ts';

/** A pattern as vim's magic mode reads it; null after a message. */
export function searchRegex(vi: Vi, source: string, flags = ''): RegExp | null {
  const insensitive = vi.ignoreCase || /\\c/.test(source);
  try {
    return new RegExp(
      posixSource(source.replace(/\\[cC]/g, ''), { extended: false }),
      `u${insensitive ? 'i' : ''}${flags}`,
    );
  } catch (error) {
    if (!(error instanceof RegexError || error instanceof SyntaxError)) throw error;
    vi.message = `E486: Pattern not found: ${source}`;
    return null;
  }
}

type Range = { from: number; to: number; given: boolean; rest: string };

function address(vi: Vi, text: string): { row: number; rest: string } | null {
  const match = /^(\d+|\.|\$|\/[^/]*\/?)?((?:[-+]\d*)*)/.exec(text);
  if (match === null || match[0] === '') return null;
  const [whole, base, offsets = ''] = match;
  let row = base === undefined || base === '.' ? vi.row : base === '$' ? vi.lines.length - 1 : Number(base) - 1;
  if (base?.startsWith('/')) {
    const regex = searchRegex(vi, base.replace(/^\/|\/$/g, ''));
    row = regex === null ? vi.row : vi.lines.findIndex((line) => regex.test(line));
  }
  for (const step of offsets.matchAll(/([-+])(\d*)/g)) row += (step[1] === '+' ? 1 : -1) * Number(step[2] || 1);
  return { row, rest: text.slice(whole.length) };
}

function parseRange(vi: Vi, line: string): Range {
  if (line.startsWith('%')) return { from: 0, to: vi.lines.length - 1, given: true, rest: line.slice(1) };
  const first = address(vi, line);
  if (first === null) return { from: vi.row, to: vi.row, given: false, rest: line };
  const second = first.rest.startsWith(',') ? address(vi, first.rest.slice(1)) : null;
  return { from: first.row, to: second?.row ?? first.row, given: true, rest: second?.rest ?? first.rest };
}

export async function exCommand(vi: Vi, typed: string): Promise<void> {
  const range = parseRange(vi, typed.trim().replace(/^:+/, ''));
  const match = /^([a-zA-Z]+|!)?(!?)\s*([\s\S]*)$/.exec(range.rest.trimStart());
  const [, name = '', bang = '', argument = ''] = match ?? [];
  if (range.from < 0 || range.to >= vi.lines.length) {
    if (name !== '') {
      vi.message = 'E16: Invalid range';
      return;
    }
  }
  const force = bang === '!';
  if (name === '' && range.rest.trim() === '') {
    vi.row = Math.max(0, Math.min(vi.lines.length - 1, range.to));
    vi.column = 0;
    vi.clamp();
    return;
  }
  // `s/a/b/` has no space after its name, and any delimiter.
  const substitution = /^s(?:ubstitute)?([^\w\s|"])([\s\S]*)$/.exec(range.rest.trimStart());
  if (substitution !== null) return substitute(vi, range, substitution[1] as string, substitution[2] as string);
  switch (name) {
    case 'w':
    case 'write':
      await write(vi, argument, force, range);
      return;
    case 'wa':
    case 'wall':
      await write(vi, '', force, range);
      return;
    case 'wq':
    case 'wqa':
      if (await write(vi, argument, force, range)) vi.exitCode = 0;
      return;
    case 'x':
    case 'xit':
    case 'xa':
      if (!vi.dirty || (await write(vi, argument, force, range))) vi.exitCode = 0;
      return;
    case 'q':
    case 'quit':
    case 'qa':
    case 'qall':
      if (vi.dirty && !force)
        vi.message = name.startsWith('qa')
          ? (`E37: No write since last change\nE162: No write since last change for buffer "${vi.path ?? '[No Name]'}"`.split(
              '\n',
            )[0] ?? '')
          : 'E37: No write since last change (add ! to override)';
      else vi.exitCode = 0;
      return;
    case 'cq':
    case 'cquit':
      vi.exitCode = 1;
      return;
    case 'e':
    case 'edit':
      if (vi.dirty && !force) vi.message = 'E37: No write since last change (add ! to override)';
      else if (argument === '' && vi.path === null) vi.message = 'E32: No file name';
      else await vi.open(argument === '' ? (vi.path as string) : argument);
      return;
    case 'r':
    case 'read': {
      const file = await load(vi.ctx, argument);
      if (!file.exists || file.problem !== null) {
        vi.message = `E484: Can't open file ${argument}`;
        return;
      }
      vi.checkpoint();
      vi.lines.splice(range.to + 1, 0, ...file.lines);
      vi.row = range.to + 1;
      vi.message = `"${argument}" ${file.lines.length}L, ${file.bytes}B`;
      return;
    }
    case 'd':
    case 'delete':
      vi.checkpoint();
      vi.remove({ row: range.from, column: 0 }, { row: range.to, column: 0 }, true);
      return;
    case 'set':
    case 'se':
      for (const option of argument.split(/\s+/)) setOption(vi, option);
      return;
    case 'noh':
    case 'nohlsearch':
    case 'syntax':
    case 'syn':
      return;
    case 'f':
    case 'file':
      vi.message = `"${vi.path ?? '[No Name]'}" ${vi.lines.length} lines`;
      return;
    case 'help':
    case 'h':
      vi.message = 'not simulated: the help files (vim --help says what there is)';
      return;
    case '!':
      vi.message = 'not simulated: a shell from the editor';
      return;
    default:
      vi.message = `E492: Not an editor command: ${typed.trim()}`;
  }
}

function setOption(vi: Vi, option: string): void {
  switch (option) {
    case 'nu':
    case 'number':
      vi.numbers = true;
      return;
    case 'nonu':
    case 'nonumber':
      vi.numbers = false;
      return;
    case 'ic':
    case 'ignorecase':
      vi.ignoreCase = true;
      return;
    case 'noic':
    case 'noignorecase':
      vi.ignoreCase = false;
      return;
    case 'ro':
    case 'readonly':
      vi.readOnly = true;
      return;
    default:
      if (
        !/^(?:no)?(?:paste|hls|hlsearch|is|incsearch|et|expandtab|ai|autoindent|wrap|list|cul|cursorline)$|^(?:ts|tabstop|sw|shiftwidth|sts|softtabstop|mouse|ft|filetype)=/.test(
          option,
        )
      )
        vi.message = `E518: Unknown option: ${option}`;
  }
}

async function write(vi: Vi, argument: string, force: boolean, range: Range): Promise<boolean> {
  const path = argument === '' ? vi.path : argument;
  if (path === null) {
    vi.message = 'E32: No file name';
    return false;
  }
  if (vi.readOnly && !force && argument === '') {
    vi.message = "E45: 'readonly' option is set (add ! to override)";
    return false;
  }
  const before = await load(vi.ctx, path);
  if (argument !== '' && argument !== vi.path && before.exists && !force) {
    vi.message = 'E13: File exists (add ! to override)';
    return false;
  }
  const lines = range.given ? vi.lines.slice(range.from, range.to + 1) : vi.lines;
  try {
    const bytes = await save(vi.ctx, path, lines);
    vi.path ??= path;
    if (path === vi.path && !range.given) vi.written();
    vi.message = `"${path}" ${before.exists ? '' : '[New] '}${bytes === 0 ? 0 : lines.length}L, ${bytes}B written`;
    return true;
  } catch (error) {
    if (!isErrno(error)) throw error;
    vi.message =
      before.problem === 'is a directory'
        ? `"${path}" E502: is a directory`
        : `"${path}" E212: Can't open file for writing`;
    return false;
  }
}

function substitute(vi: Vi, range: Range, delimiter: string, text: string): void {
  const parts: string[] = [''];
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (c === '\\' && i + 1 < text.length) {
      const next = text[++i] as string;
      parts[parts.length - 1] += next === delimiter ? next : c + next;
    } else if (c === delimiter && parts.length < 3) parts.push('');
    else parts[parts.length - 1] += c;
  }
  const [given = '', replacement = '', flags = ''] = parts;
  const source = given === '' ? (vi.pattern?.source ?? '') : given;
  const regex = searchRegex(
    vi,
    source,
    `${flags.includes('g') ? 'g' : ''}${flags.includes('i') && !vi.ignoreCase ? 'i' : ''}`,
  );
  if (regex === null) return;
  vi.pattern = { source, forward: true };
  const put = (matched: string, groups: readonly (string | undefined)[]): string =>
    replacement.replace(/\\([0-9nrt&\\])|&/g, (whole, escaped: string | undefined) => {
      if (whole === '&' || escaped === '0') return matched;
      if (escaped === 'n' || escaped === 'r') return '\n';
      if (escaped === 't') return '\t';
      return escaped !== undefined && /\d/.test(escaped) ? (groups[Number(escaped) - 1] ?? '') : (escaped ?? '');
    });
  let count = 0;
  let touched = 0;
  const out: string[] = [];
  let last = vi.row;
  vi.checkpoint();
  vi.lines.forEach((line, row) => {
    if (row < range.from || row > range.to) {
      out.push(line);
      return;
    }
    let hits = 0;
    const changed = line.replace(regex, (matched, ...rest) => {
      hits++;
      return put(
        matched,
        rest.slice(
          0,
          rest.findIndex((r) => typeof r === 'number'),
        ) as string[],
      );
    });
    if (hits > 0) {
      touched++;
      count += hits;
      last = out.length + changed.split('\n').length - 1;
    }
    out.push(...changed.split('\n'));
  });
  if (count === 0) {
    vi.settle();
    vi.message = flags.includes('e') ? '' : `E486: Pattern not found: ${source}`;
    return;
  }
  vi.lines = out;
  vi.row = last;
  vi.column = 0;
  if (count > 2) vi.message = `${count} substitutions on ${touched} line${touched === 1 ? '' : 's'}`;
}
