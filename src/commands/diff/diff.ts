/** @models diffutils 3.10 src/diff.c @fidelity partial: normal, unified, context, brief and side-by-side output; -r -N -i -w -b -B -q -s -x -L --color */
import { isErrno } from '../../linux/errno.ts';
import { command, type Invocation } from '../common/command.ts';
import { strftime } from '../common/dates.ts';
import { expectOperands } from '../common/files.ts';
import { globRegex } from '../common/glob.ts';
import { isTerminal, openInput } from '../common/streams.ts';
import { decode } from '../common/text.ts';
import { type Change, changes } from './compare.ts';

type Side = { path: string; exists: boolean; bytes: Uint8Array; mtime: bigint };

const CONTEXT_DEFAULT = 3;
const SIDE_WIDTH = 130;
const TAB = 8;
/** Least columns between the two. */
const GUTTER = 3;

export const diff = command(
  {
    name: 'diff',
    usage: ['[OPTION]... FILES'],
    about: 'Compare FILES line by line. The exit status is 0 if they are the same, 1 if they differ, 2 after trouble.',
    version: 'GNU diffutils) 3.10',
    options: {
      normal: 'the plain form (default)',
      'q,brief': 'only say that files differ',
      's,report-identical-files': 'also say that files are the same',
      c: 'copied context, 3 lines',
      'C,context=NUM': 'copied context, NUM lines',
      u: 'unified context, 3 lines',
      'U,unified[=NUM]': 'unified context, NUM lines',
      'y,side-by-side': 'two columns',
      'W,width=NUM': 'columns of side-by-side output',
      'suppress-common-lines': 'of two columns, only lines that differ',
      'L,label=LABEL': 'instead of file name and time',
      'r,recursive': 'compare directories inside',
      'N,new-file': 'missing files are empty',
      'x,exclude=PAT': 'leave out files that match PAT',
      'i,ignore-case': 'upper and lower case are the same',
      'b,ignore-space-change': 'amounts of white space do not matter',
      'w,ignore-all-space': 'white space does not matter',
      'B,ignore-blank-lines': 'empty lines do not matter',
      'Z,ignore-trailing-space': 'white space at the end of lines does not matter',
      'a,text': 'everything is text',
      'color[=WHEN]': 'never, always or auto',
      'd,minimal': '',
      'p,show-c-function': '',
    },
    trouble: 2,
    // -U takes a number, --unified may.
    rewrite: (args) =>
      args.flatMap((a, i) => (a === '-U' && args[i + 1] !== undefined ? [] : args[i - 1] === '-U' ? [`-U${a}`] : [a])),
    hint: (name) => `${name}: Try '${name} --help' for more information.`,
  },
  async (call) => {
    await expectOperands(call, 2, 2, 2);
    const [left, right] = call.operands as [string, string];
    const report = new Report(call, await wantsColour(call));
    return report.pair(left, right, true);
  },
);

async function wantsColour(call: Invocation): Promise<boolean> {
  if (!call.options.has('color')) return false;
  const when = call.options.value('color') ?? '';
  return when === 'always' || ((when === '' || when === 'auto') && (await isTerminal(call.ctx, 1)));
}

class Report {
  private readonly call: Invocation;
  private readonly colour: boolean;

  constructor(call: Invocation, colour: boolean) {
    this.call = call;
    this.colour = colour;
  }

  private has(key: string): boolean {
    return this.call.options.has(key);
  }

  private async side(path: string, mayMiss: boolean): Promise<Side | 'directory' | null> {
    const { ctx } = this.call;
    try {
      if (path === '-') return { path, exists: true, bytes: await this.content('-'), mtime: ctx.wallTime };
      const stat = await ctx.sys.stat(ctx, path);
      if (stat.type === 'directory') return 'directory';
      return { path, exists: true, bytes: await this.content(path), mtime: stat.mtime };
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (mayMiss && error.code === 'ENOENT') return { path, exists: false, bytes: new Uint8Array(0), mtime: 0n };
      await this.call.complain(`${path}: ${error.libc}`);
      return null;
    }
  }

  private async content(path: string): Promise<Uint8Array> {
    const input = await openInput(this.call.ctx, path);
    let whole = new Uint8Array(0);
    for (let part = await input.chunk(); part.length > 0; part = await input.chunk()) {
      const next = new Uint8Array(whole.length + part.length);
      next.set(whole);
      next.set(part, whole.length);
      whole = next;
    }
    await input.close();
    return whole;
  }

  async pair(left: string, right: string, top: boolean): Promise<number> {
    const missing = this.has('new-file');
    let a = await this.side(left, missing);
    let b = await this.side(right, missing);
    if (a === null || b === null) return 2;
    if (a === 'directory' && b === 'directory') return this.directories(left, right);
    if (a === 'directory') a = await this.side(`${left.replace(/\/$/, '')}/${right.replace(/^.*\//, '')}`, missing);
    else if (b === 'directory')
      b = await this.side(`${right.replace(/\/$/, '')}/${left.replace(/^.*\//, '')}`, missing);
    if (a === null || b === null || a === 'directory' || b === 'directory') return 2;
    return this.files(a, b, top);
  }

  private async directories(left: string, right: string): Promise<number> {
    const { ctx, out, options } = this.call;
    const excluded = options.values('exclude').map((pattern) => globRegex(pattern));
    const names = async (path: string): Promise<Map<string, string>> =>
      new Map(
        (await ctx.sys.readDirectory(ctx, path))
          .filter((e) => e.name !== '.' && e.name !== '..' && !excluded.some((x) => x.test(e.name)))
          .map((e) => [e.name, e.type]),
      );
    const [a, b] = [await names(left), await names(right)];
    let status = 0;
    for (const name of [...new Set([...a.keys(), ...b.keys()])].sort()) {
      const [typeA, typeB] = [a.get(name), b.get(name)];
      const [pathA, pathB] = [`${left.replace(/\/$/, '')}/${name}`, `${right.replace(/\/$/, '')}/${name}`];
      if ((typeA === undefined || typeB === undefined) && !this.has('new-file')) {
        await out.write(`Only in ${typeA === undefined ? right : left}: ${name}\n`);
        status = Math.max(status, 1);
      } else if (typeA === 'directory' && typeB === 'directory') {
        if (this.has('recursive')) status = Math.max(status, await this.directories(pathA, pathB));
        else await out.write(`Common subdirectories: ${pathA} and ${pathB}\n`);
      } else if (typeA !== undefined && typeB !== undefined && (typeA === 'directory') !== (typeB === 'directory')) {
        const word = (t: string): string => (t === 'directory' ? 'directory' : t === 'file' ? 'regular file' : t);
        await out.write(`File ${pathA} is a ${word(typeA)} while file ${pathB} is a ${word(typeB)}\n`);
        status = Math.max(status, 1);
      } else status = Math.max(status, await this.pair(pathA, pathB, false));
    }
    return status;
  }

  /** A line as it is compared. */
  private key(line: string): string {
    let text = line;
    if (this.has('ignore-all-space')) text = text.replace(/\s+/g, '');
    else if (this.has('ignore-space-change')) text = text.replace(/\s+$/, '').replace(/\s+/g, ' ');
    else if (this.has('ignore-trailing-space')) text = text.replace(/\s+$/, '');
    return this.has('ignore-case') ? text.toLowerCase() : text;
  }

  private async files(a: Side, b: Side, top: boolean): Promise<number> {
    const { out, options } = this.call;
    const same = a.bytes.length === b.bytes.length && a.bytes.every((byte, i) => byte === b.bytes[i]);
    if (
      !same &&
      !this.has('text') &&
      (a.bytes.subarray(0, 4096).includes(0) || b.bytes.subarray(0, 4096).includes(0))
    ) {
      await out.write(
        this.has('brief') ? `Files ${a.path} and ${b.path} differ\n` : `Binary files ${a.path} and ${b.path} differ\n`,
      );
      return this.has('brief') ? 1 : 2;
    }
    const split = (bytes: Uint8Array): { lines: string[]; open: boolean } => {
      const text = decode(bytes);
      if (text === '') return { lines: [], open: false };
      return { lines: (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n'), open: !text.endsWith('\n') };
    };
    const [left, right] = [split(a.bytes), split(b.bytes)];
    // A last line without a newline is not the same as one with it.
    const keys = (s: { lines: string[]; open: boolean }): string[] =>
      s.lines.map((line, i) => this.key(line) + (s.open && i === s.lines.length - 1 ? '\0' : ''));
    let found = same ? [] : changes(keys(left), keys(right));
    if (this.has('ignore-blank-lines'))
      found = found.filter(
        (c) => ![...left.lines.slice(...c.left), ...right.lines.slice(...c.right)].every((line) => line === ''),
      );
    if (found.length === 0) {
      if (this.has('report-identical-files')) await out.write(`Files ${a.path} and ${b.path} are identical\n`);
      if (this.has('side-by-side')) await this.sideBySide(left.lines, right.lines, []);
      return 0;
    }
    if (this.has('brief')) {
      await out.write(`Files ${a.path} and ${b.path} differ\n`);
      return 1;
    }
    if (!top) {
      const shown = this.call.options.entries
        .map(([key, value]) => (key.length === 1 ? `-${key}` : shortOf(key)) + (value === '' ? '' : value))
        .join(' ');
      await out.write(`diff ${shown}${shown === '' ? '' : ' '}${a.path} ${b.path}\n`);
    }
    const unified = options.has('u') || options.has('unified');
    const context = options.has('c') || options.has('context');
    if (this.has('side-by-side')) await this.sideBySide(left.lines, right.lines, found);
    else if (unified) await this.unified(a, b, left, right, found, Number(options.value('unified') || CONTEXT_DEFAULT));
    else if (context)
      await this.context(a, b, left.lines, right.lines, found, Number(options.value('context') || CONTEXT_DEFAULT));
    else await this.normal(left, right, found);
    return 1;
  }

  private paint(code: string, text: string): string {
    return this.colour ? `\x1b[${code}m${text}\x1b[0m` : text;
  }

  private async normal(left: Text, right: Text, found: readonly Change[]): Promise<void> {
    const { out } = this.call;
    const range = ([from, to]: [number, number]): string =>
      to - from <= 1 ? String(to === from ? from : from + 1) : `${from + 1},${to}`;
    for (const { left: l, right: r } of found) {
      const kind = l[0] === l[1] ? 'a' : r[0] === r[1] ? 'd' : 'c';
      await out.write(`${this.paint('36', `${range(l)}${kind}${range(r)}`)}\n`);
      for (let i = l[0]; i < l[1]; i++)
        await out.write(`${this.paint('31', `< ${left.lines[i]}`)}\n${unended(left, i)}`);
      if (kind === 'c') await out.write('---\n');
      for (let i = r[0]; i < r[1]; i++)
        await out.write(`${this.paint('32', `> ${right.lines[i]}`)}\n${unended(right, i)}`);
    }
  }

  private heading(index: number, side: Side): string {
    const label = this.call.options.values('label')[index];
    return label ?? `${side.path}\t${strftime('%Y-%m-%d %H:%M:%S.%N %z', side.mtime)}`;
  }

  private async unified(
    a: Side,
    b: Side,
    left: Text,
    right: Text,
    found: readonly Change[],
    around: number,
  ): Promise<void> {
    const { out } = this.call;
    await out.write(
      `${this.paint('1', `--- ${this.heading(0, a)}`)}\n${this.paint('1', `+++ ${this.heading(1, b)}`)}\n`,
    );
    for (const hunk of hunks(found, around)) {
      const [first, last] = [hunk[0] as Change, hunk.at(-1) as Change];
      const before = Math.min(around, first.left[0], first.right[0]);
      const [fromL, fromR] = [first.left[0] - before, first.right[0] - before];
      const toL = Math.min(left.lines.length, last.left[1] + around);
      const toR = Math.min(right.lines.length, last.right[1] + around);
      const range = (from: number, to: number): string =>
        to - from === 1 ? String(from + 1) : `${to === from ? from : from + 1},${to - from}`;
      await out.write(`${this.paint('36', `@@ -${range(fromL, toL)} +${range(fromR, toR)} @@`)}\n`);
      let at = fromL;
      const same = async (to: number): Promise<void> => {
        for (; at < to; at++) await out.write(` ${left.lines[at]}\n${unended(left, at)}`);
      };
      for (const change of hunk) {
        await same(change.left[0]);
        for (let i = change.left[0]; i < change.left[1]; i++)
          await out.write(`${this.paint('31', `-${left.lines[i]}`)}\n${unended(left, i)}`);
        for (let i = change.right[0]; i < change.right[1]; i++)
          await out.write(`${this.paint('32', `+${right.lines[i]}`)}\n${unended(right, i)}`);
        at = change.left[1];
      }
      await same(toL);
    }
  }

  private async context(
    a: Side,
    b: Side,
    left: string[],
    right: string[],
    found: readonly Change[],
    around: number,
  ): Promise<void> {
    const { out } = this.call;
    await out.write(`*** ${this.heading(0, a)}\n--- ${this.heading(1, b)}\n`);
    for (const hunk of hunks(found, around)) {
      await out.write('***************\n');
      for (const side of ['left', 'right'] as const) {
        const lines = side === 'left' ? left : right;
        const [first, last] = [hunk[0] as Change, hunk.at(-1) as Change];
        const from = Math.max(0, first[side][0] - around);
        const to = Math.min(lines.length, last[side][1] + around);
        const range = to - from <= 1 ? String(to) : `${from + 1},${to}`;
        await out.write(side === 'left' ? `*** ${range} ****\n` : `--- ${range} ----\n`);
        if (!hunk.some((c) => c[side][0] < c[side][1])) continue;
        for (let i = from; i < to; i++) {
          const change = hunk.find((c) => i >= c[side][0] && i < c[side][1]);
          const other = side === 'left' ? 'right' : 'left';
          const mark =
            change === undefined ? ' ' : change[other][0] < change[other][1] ? '!' : side === 'left' ? '-' : '+';
          await out.write(`${mark} ${lines[i]}\n`);
        }
      }
    }
  }

  private async sideBySide(left: string[], right: string[], found: readonly Change[]): Promise<void> {
    const { out, options } = this.call;
    const width = Number(options.value('width') ?? SIDE_WIDTH);
    const stop = options.has('expand-tabs') ? 1 : TAB;
    const unaligned = (width >> 1) + ((stop + GUTTER) >> 1) + (width & (stop + GUTTER) & 1);
    const middle = unaligned - (unaligned % stop);
    const half = Math.max(0, Math.min(middle - GUTTER, width - middle));
    const gap = (from: number, to: number): string => {
      let text = '';
      let at = from;
      for (let next = at + stop - (at % stop); stop > 1 && next <= to; next += stop) {
        text += '\t';
        at = next;
      }
      return text + ' '.repeat(Math.max(0, to - at));
    };
    const put = async (a: string | null, mark: string, b: string | null): Promise<void> => {
      if (mark === ' ' && options.has('suppress-common-lines')) return;
      const cell = (a ?? '').slice(0, half);
      if (mark === ' ') {
        await out.write(`${cell}${gap(cell.length, middle)}${(b ?? '').slice(0, half)}\n`);
        return;
      }
      const sign = (half + middle - 1) >> 1;
      const text = `${cell}${gap(cell.length, sign)}${mark}`;
      await out.write(b === null ? `${text}\n` : `${text}${gap(sign + 1, middle)}${b.slice(0, half)}\n`);
    };
    let [i, j] = [0, 0];
    for (const { left: l, right: r } of [
      ...found,
      { left: [left.length, left.length], right: [right.length, right.length] } as Change,
    ]) {
      for (; i < l[0]; i++, j++) await put(left[i] as string, ' ', right[j] as string);
      while (i < l[1] && j < r[1]) await put(left[i++] as string, '|', right[j++] as string);
      while (i < l[1]) await put(left[i++] as string, '<', null);
      while (j < r[1]) await put(null, '>', right[j++] as string);
    }
  }
}

type Text = { lines: string[]; open: boolean };

function unended(text: Text, index: number): string {
  return text.open && index === text.lines.length - 1 ? '\\ No newline at end of file\n' : '';
}

/** Changes whose context would touch belong to one hunk. */
function hunks(found: readonly Change[], around: number): Change[][] {
  const out: Change[][] = [];
  for (const change of found) {
    const last = out.at(-1)?.at(-1);
    if (last !== undefined && change.left[0] - last.left[1] <= 2 * around) out.at(-1)?.push(change);
    else out.push([change]);
  }
  return out;
}

const SHORT: Record<string, string> = {
  recursive: '-r',
  unified: '-U',
  context: '-C',
  'new-file': '-N',
  'ignore-case': '-i',
  'ignore-all-space': '-w',
  'ignore-space-change': '-b',
  'ignore-blank-lines': '-B',
};

function shortOf(key: string): string {
  return SHORT[key] ?? `--${key}`;
}
