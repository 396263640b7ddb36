/**
 * vi: modes, motions with counts, operators, undo, repeat, search, the ex commands that people know.
 * @models vim 9.1 (what Debian calls vim.basic, as vi and vim) @fidelity partial: one buffer, one register; no macros, marks, folds, windows or plugins
 */
import type { Context } from '../../linux/context.ts';
import { displayWidth } from '../common/text.ts';
import { exCommand } from './ex.ts';
import { load } from './file.ts';
import { indentOf, type Place, wordObject } from './motions.ts';
import { motion } from './move.ts';
import { columnOf, type EditorScreen, shown, wrapped } from './terminal.ts';

const UNDO_MAX = 500;
const SHIFT = 8;
const CLOSED = 1;

type Snapshot = { lines: string[]; row: number; column: number; dirty: boolean };
type Mode = 'normal' | 'insert' | 'replace' | 'visual' | 'visual-line';

export class Vi {
  readonly ctx: Context;
  readonly screen: EditorScreen;
  path: string | null;
  lines: string[] = [''];
  row = 0;
  column = 0;
  dirty = false;
  readOnly = false;
  message = '';
  numbers = false;
  exitCode: number | null = null;
  pattern: { source: string; forward: boolean } | null = null;
  ignoreCase = false;
  private mode: Mode = 'normal';
  top = 0;
  private goal = 0;
  private anchor: Place = { row: 0, column: 0 };
  private register = { text: '', lines: false };
  private undos: Snapshot[] = [];
  private redos: Snapshot[] = [];
  lastFind: { letter: string; target: string } | null = null;
  /** Keys of the change that is being typed, and of the last whole one. */
  private recording: string[] | null = null;
  private lastChange: string[] = [];
  private replay: string[] = [];
  private replaying = false;
  private inserted: string[] = [];
  private insertCount = 1;

  constructor(ctx: Context, screen: EditorScreen, path: string | null) {
    this.ctx = ctx;
    this.screen = screen;
    this.path = path;
  }

  get line(): string {
    return this.lines[this.row] ?? '';
  }

  async open(path: string): Promise<void> {
    const file = await load(this.ctx, path);
    this.path = path;
    this.lines = file.lines;
    this.readOnly = file.readOnly;
    this.row = 0;
    this.column = 0;
    this.dirty = false;
    this.undos = [];
    this.redos = [];
    const flags = `${file.readOnly ? '[readonly] ' : ''}${file.open ? '[noeol] ' : ''}`;
    const count = file.bytes === 0 ? 0 : file.lines.length;
    this.message =
      file.problem === 'is a directory'
        ? `"${path}" is a directory`
        : file.problem !== null
          ? `"${path}" [${file.problem}]`
          : file.exists
            ? `"${path}" ${flags}${count}L, ${file.bytes}B`
            : `"${path}" [New]`;
  }

  /** Keys until the editor is left. @returns the exit status */
  async run(): Promise<number> {
    while (this.exitCode === null) {
      if (!this.screen.ready && this.replay.length === 0) await this.draw();
      const key = await this.next();
      if (key === null) return CLOSED;
      if (key === 'resize') continue;
      await this.handle(key);
    }
    return this.exitCode;
  }

  async next(): Promise<string | null> {
    const replayed = this.replay.shift();
    const key = replayed ?? (await this.screen.key());
    if (key !== null && key !== 'resize' && this.recording !== null && replayed === undefined) this.recording.push(key);
    return key;
  }

  // Drawing.

  private async draw(asking = false): Promise<void> {
    const { rows, columns } = this.screen;
    const gutter = this.numbers ? Math.max(4, String(this.lines.length).length + 1) : 0;
    const room = rows - 1;
    const width = columns - gutter;
    const height = (row: number): number => wrapped(shown(this.lines[row] ?? ''), width).length;
    if (this.row < this.top) this.top = this.row;
    const used = (): number => {
      let sum = 0;
      for (let r = this.top; r <= this.row; r++) sum += height(r);
      return sum;
    };
    while (this.top < this.row && used() > room) this.top++;
    const out: string[] = [];
    let cursor = { row: 0, column: 0 };
    for (let r = this.top; r < this.lines.length && out.length < room; r++) {
      const line = this.lines[r] as string;
      if (r === this.row) {
        const column = columnOf(line, this.column);
        cursor = {
          row: Math.min(room - 1, out.length + Math.floor(column / width)),
          column: gutter + (column % width),
        };
      }
      wrapped(shown(line), width).forEach((piece, i) => {
        const number = gutter === 0 ? '' : i === 0 ? `${String(r + 1).padStart(gutter - 1)} ` : ' '.repeat(gutter);
        if (out.length < room) out.push(number + piece);
      });
    }
    while (out.length < room) out.push('~');
    const status = {
      normal: '',
      insert: '-- INSERT --',
      replace: '-- REPLACE --',
      visual: '-- VISUAL --',
      'visual-line': '-- VISUAL LINE --',
    }[this.mode];
    const left = (this.message || status).slice(0, columns - 1);
    const where = `${this.row + 1},${this.line === '' ? '0-1' : this.column + 1}`;
    const share =
      this.lines.length <= room
        ? 'All'
        : this.top === 0
          ? 'Top'
          : this.top + room >= this.lines.length
            ? 'Bot'
            : `${Math.floor((this.top * 100) / (this.lines.length - room))}%`;
    out.push(
      columns >= 60 && left.length < columns - 20 ? `${left.padEnd(columns - 18)}${where.padEnd(14)}${share}` : left,
    );
    await this.screen.draw(out, asking ? { row: rows - 1, column: Math.min(columns - 1, displayWidth(left)) } : cursor);
  }

  private selection(): [Place, Place] {
    const here = { row: this.row, column: this.column };
    const first = this.anchor.row < here.row || (this.anchor.row === here.row && this.anchor.column <= here.column);
    return first ? [this.anchor, here] : [here, this.anchor];
  }

  async ask(prompt: string): Promise<string | null> {
    let typed = '';
    for (;;) {
      if (!this.screen.ready && this.replay.length === 0) {
        this.message = prompt + typed;
        await this.draw(true);
      }
      const key = await this.next();
      this.message = '';
      if (key === null || key === '\x1b' || key === '\x03') return null;
      if (key === '\r' || key === '\n') return typed;
      if (key === '\x7f' || key === '\b') {
        if (typed === '') return null;
        typed = typed.slice(0, -1);
      } else if (key === '\x15') typed = '';
      else if ([...key].length === 1 && key >= ' ') typed += key;
    }
  }

  // Changing.

  /** Remembers how it was, before a change. */
  checkpoint(): void {
    this.undos.push({ lines: [...this.lines], row: this.row, column: this.column, dirty: this.dirty });
    if (this.undos.length > UNDO_MAX) this.undos.shift();
    this.redos = [];
    this.dirty = true;
  }

  /** Forgets the last checkpoint if nothing came of it. */
  settle(): void {
    const last = this.undos.at(-1);
    if (last === undefined || last.lines.length !== this.lines.length || last.lines.some((l, i) => l !== this.lines[i]))
      return;
    this.undos.pop();
    this.dirty = last.dirty;
  }

  /** What is on disk is what is here: every other state is a change. */
  written(): void {
    this.dirty = false;
    for (const snapshot of [...this.undos, ...this.redos]) snapshot.dirty = true;
  }

  private restore(from: Snapshot[], to: Snapshot[], nothing: string): void {
    const snapshot = from.pop();
    if (snapshot === undefined) {
      this.message = nothing;
      return;
    }
    to.push({ lines: [...this.lines], row: this.row, column: this.column, dirty: this.dirty });
    this.lines = [...snapshot.lines];
    this.row = Math.min(snapshot.row, this.lines.length - 1);
    this.column = snapshot.column;
    this.dirty = snapshot.dirty;
  }

  clamp(): void {
    this.row = Math.max(0, Math.min(this.row, this.lines.length - 1));
    const most = this.mode === 'insert' || this.mode === 'replace' ? this.line.length : this.line.length - 1;
    this.column = Math.max(0, Math.min(this.column, most));
  }

  /** Takes text out; what was taken is in the register. */
  remove(from: Place, to: Place, whole: boolean): void {
    if (whole) {
      const removed = this.lines.splice(from.row, to.row - from.row + 1);
      this.register = { text: removed.join('\n'), lines: true };
      if (this.lines.length === 0) this.lines = [''];
      this.row = Math.min(from.row, this.lines.length - 1);
      this.column = indentOf(this.line);
      return;
    }
    this.register = { text: this.between(from, to), lines: false };
    const head = (this.lines[from.row] ?? '').slice(0, from.column);
    const tail = (this.lines[to.row] ?? '').slice(to.column);
    this.lines.splice(from.row, to.row - from.row + 1, head + tail);
    this.row = from.row;
    this.column = from.column;
  }

  private between(from: Place, to: Place): string {
    if (from.row === to.row) return (this.lines[from.row] ?? '').slice(from.column, to.column);
    return [
      (this.lines[from.row] ?? '').slice(from.column),
      ...this.lines.slice(from.row + 1, to.row),
      (this.lines[to.row] ?? '').slice(0, to.column),
    ].join('\n');
  }

  private put(after: boolean, count: number): void {
    if (this.register.text === '' && !this.register.lines) return;
    this.checkpoint();
    if (this.register.lines) {
      const at = after ? this.row + 1 : this.row;
      const block = Array.from({ length: count }, () => this.register.text.split('\n')).flat();
      this.lines.splice(at, 0, ...block);
      this.row = at;
      this.column = indentOf(this.line);
      return;
    }
    const at = after && this.line !== '' ? this.column + 1 : this.column;
    const text = this.register.text.repeat(count);
    const pieces = (this.line.slice(0, at) + text + this.line.slice(at)).split('\n');
    const rest = this.line.length - at;
    this.lines.splice(this.row, 1, ...pieces);
    this.row += pieces.length - 1;
    this.column = Math.max(0, this.line.length - rest - 1);
  }

  private shift(from: number, to: number, right: boolean): void {
    for (let r = from; r <= to; r++) {
      const line = this.lines[r] ?? '';
      if (right) this.lines[r] = line === '' ? '' : `\t${line}`;
      else this.lines[r] = line.startsWith('\t') ? line.slice(1) : line.replace(new RegExp(`^ {1,${SHIFT}}`), '');
    }
    this.row = from;
    this.column = indentOf(this.line);
  }

  // Keys.

  private async handle(key: string): Promise<void> {
    if (this.mode === 'insert' || this.mode === 'replace') return this.insertKey(key);
    this.message = '';
    await this.normal(key);
    this.clamp();
  }

  private insertKey(key: string): void {
    if (key !== '\x1b' && key !== '\x03') this.inserted.push(key);
    switch (key) {
      case '\x1b':
      case '\x03':
        this.repeatInsert();
        this.mode = 'normal';
        this.settle();
        this.column = Math.max(0, this.column - 1);
        this.clamp();
        this.goal = this.column;
        this.endRecording();
        return;
      case '\r':
      case '\n': {
        const indent = '';
        const rest = this.line.slice(this.column);
        this.lines[this.row] = this.line.slice(0, this.column);
        this.lines.splice(this.row + 1, 0, indent + rest);
        this.row++;
        this.column = 0;
        return;
      }
      case '\x7f':
      case '\b':
        if (this.column > 0) {
          if (this.mode === 'insert')
            this.lines[this.row] = this.line.slice(0, this.column - 1) + this.line.slice(this.column);
          this.column--;
        } else if (this.row > 0 && this.mode === 'insert') {
          const above = this.lines[this.row - 1] as string;
          this.lines.splice(this.row - 1, 2, above + this.line);
          this.row--;
          this.column = above.length;
        }
        return;
      case '\x17': {
        const start = this.line.slice(0, this.column).replace(/\S*\s*$/, '').length;
        this.lines[this.row] = this.line.slice(0, start) + this.line.slice(this.column);
        this.column = start;
        return;
      }
      case '\x15':
        this.lines[this.row] = this.line.slice(this.column);
        this.column = 0;
        return;
      case 'delete':
        this.lines[this.row] = this.line.slice(0, this.column) + this.line.slice(this.column + 1);
        return;
      case 'left':
        this.column = Math.max(0, this.column - 1);
        return;
      case 'right':
        this.column = Math.min(this.line.length, this.column + 1);
        return;
      case 'up':
      case 'down':
        this.row = Math.max(0, Math.min(this.lines.length - 1, this.row + (key === 'up' ? -1 : 1)));
        this.clamp();
        return;
      case 'home':
        this.column = 0;
        return;
      case 'end':
        this.column = this.line.length;
        return;
    }
    if ([...key].length !== 1 || (key < ' ' && key !== '\t')) return;
    const over = this.mode === 'replace' ? 1 : 0;
    this.lines[this.row] = this.line.slice(0, this.column) + key + this.line.slice(this.column + over);
    this.column += key.length;
  }

  private beginInsert(mode: 'insert' | 'replace' = 'insert', count = 1): void {
    this.mode = mode;
    this.inserted = [];
    this.insertCount = count;
  }

  /** `5ix`: what was typed comes again. */
  private repeatInsert(): void {
    const keys = [...this.inserted];
    const times = this.insertCount - 1;
    this.insertCount = 1;
    for (let i = 0; i < times; i++) for (const key of keys) this.insertKey(key);
  }

  private endRecording(): void {
    if (this.recording !== null && !this.replaying) this.lastChange = this.recording;
    this.recording = null;
  }

  private async count(first: string): Promise<[number | null, string | null]> {
    let digits = '';
    let key: string | null = first;
    while (key !== null && /^\d$/.test(key) && !(key === '0' && digits === '')) {
      digits += key;
      key = await this.next();
    }
    return [digits === '' ? null : Number(digits), key];
  }

  private async normal(first: string): Promise<void> {
    this.recording = this.replay.length > 0 || this.replaying ? null : [first];
    const [given, key] = await this.count(first);
    if (key === null) return;
    const visual = this.mode === 'visual' || this.mode === 'visual-line';
    if (visual && (await this.visualKey(key))) return;
    if (await this.change(key, given)) {
      if (this.mode === 'normal') this.endRecording();
      return;
    }
    this.recording = null;
    const leads = await motion(this, key, given);
    if (leads !== null) {
      this.row = leads.to.row;
      this.column = leads.to.column;
      if (key === 'j' || key === 'k' || key === 'up' || key === 'down' || key === '\r' || key === '\n')
        this.column = Math.min(this.goal, Math.max(0, this.line.length - 1));
      else this.goal = key === '$' || key === 'end' ? Infinity : this.column;
      return;
    }
    await this.other(key, given);
  }

  private async other(key: string, given: number | null): Promise<void> {
    switch (key) {
      case ':': {
        const line = await this.ask(':');
        if (line !== null) await exCommand(this, line);
        return;
      }
      case 'v':
      case 'V':
        this.anchor = { row: this.row, column: this.column };
        this.mode = key === 'v' ? 'visual' : 'visual-line';
        return;
      case 'u':
        this.restore(this.undos, this.redos, 'Already at oldest change');
        return;
      case '\x12':
        this.restore(this.redos, this.undos, 'Already at newest change');
        return;
      case '.':
        this.replaying = true;
        this.replay = [...this.lastChange];
        while (this.replay.length > 0) await this.handle(this.replay.shift() as string);
        this.replaying = false;
        return;
      case 'y':
      case 'Y':
        return this.yank(key, given);
      case 'Z': {
        const second = await this.next();
        if (second === 'Z') await exCommand(this, 'x');
        else if (second === 'Q') await exCommand(this, 'q!');
        return;
      }
      case '\x03':
        this.message = this.dirty
          ? 'Type  :qa!  and press <Enter> to abandon all changes and exit Vim'
          : 'Type  :qa  and press <Enter> to exit Vim';
        return;
      case '\x07':
        this.message = `"${this.path ?? '[No Name]'}" ${this.dirty ? '[Modified] ' : ''}${this.lines.length} lines --${Math.floor(((this.row + 1) * 100) / this.lines.length)}%--`;
        return;
      case '\x1b':
        this.mode = 'normal';
        return;
    }
  }

  private async yank(key: string, given: number | null): Promise<void> {
    const target = key === 'Y' ? 'y' : await this.next();
    const range = await this.range('y', target, given);
    if (range === null) return;
    const [from, to, whole] = range;
    this.register = whole
      ? { text: this.lines.slice(from.row, to.row + 1).join('\n'), lines: true }
      : { text: this.between(from, to), lines: false };
    if (!whole) [this.row, this.column] = [from.row, from.column];
    const count = to.row - from.row + 1;
    if (whole && count > 2) this.message = `${count} lines yanked`;
  }

  /** What an operator followed by `key` covers; the operator's own letter means lines. */
  private async range(
    operator: string,
    key: string | null,
    given: number | null,
  ): Promise<[Place, Place, boolean] | null> {
    if (key === null || key === '\x1b') return null;
    const [more, target] = await this.count(key);
    if (target === null) return null;
    const count = (given ?? 1) * (more ?? 1);
    const here = { row: this.row, column: this.column };
    if (target === operator)
      return [here, { row: Math.min(this.lines.length - 1, this.row + count - 1), column: 0 }, true];
    if (target === 'i' || target === 'a') {
      if ((await this.next()) !== 'w') return null;
      const [from, to] = wordObject(this.line, this.column, target === 'a');
      return [{ row: this.row, column: from }, { row: this.row, column: to }, false];
    }
    // `cw` changes to the end of the word only.
    const moved =
      operator === 'c' && /^[wW]$/.test(target) && /\S/.test(this.line[this.column] ?? '')
        ? target === 'w'
          ? 'e'
          : 'E'
        : target;
    const leads = await motion(this, moved, given === null && more === null ? null : count);
    if (leads === null) return null;
    const forward = leads.to.row > here.row || (leads.to.row === here.row && leads.to.column >= here.column);
    const [from, to] = forward ? [here, { ...leads.to }] : [{ ...leads.to }, here];
    if (leads.lines) return [from, to, true];
    if (leads.inclusive) to.column++;
    // A word at the end of a line does not take the line's end with it.
    if (/^[wW]$/.test(moved) && to.row > from.row && (this.lines[to.row] ?? '').slice(0, to.column).trim() === '') {
      to.row--;
      to.column = (this.lines[to.row] ?? '').length;
    }
    return [from, to, false];
  }

  /** Keys that change text; false if it is none. */
  private async change(key: string, given: number | null): Promise<boolean> {
    const count = given ?? 1;
    const { row, column, line } = this;
    switch (key) {
      case 'i':
        this.checkpoint();
        this.beginInsert('insert', count);
        return true;
      case 'a':
        this.checkpoint();
        this.beginInsert('insert', count);
        if (line !== '') this.column++;
        return true;
      case 'I':
        this.checkpoint();
        this.beginInsert('insert', count);
        this.column = indentOf(line);
        return true;
      case 'A':
        this.checkpoint();
        this.beginInsert('insert', count);
        this.column = line.length;
        return true;
      case 'o':
      case 'O':
        this.checkpoint();
        this.row = key === 'o' ? row + 1 : row;
        this.lines.splice(this.row, 0, '');
        this.column = 0;
        this.beginInsert();
        return true;
      case 'R':
        this.checkpoint();
        this.beginInsert('replace');
        return true;
      case 'x':
      case 'delete':
      case 's':
        this.checkpoint();
        if (line !== '') this.remove({ row, column }, { row, column: Math.min(line.length, column + count) }, false);
        if (key === 's') this.beginInsert();
        return true;
      case 'X':
        this.checkpoint();
        this.remove({ row, column: Math.max(0, column - count) }, { row, column }, false);
        return true;
      case 'D':
      case 'C':
        this.checkpoint();
        this.remove({ row, column }, { row, column: line.length }, false);
        if (key === 'C') this.beginInsert();
        return true;
      case 'S':
        this.checkpoint();
        this.remove({ row, column: 0 }, { row, column: line.length }, false);
        this.beginInsert();
        return true;
      case 'r': {
        const to = await this.next();
        if (to === null || to === '\x1b' || column + count > line.length) return true;
        this.checkpoint();
        this.lines[row] = line.slice(0, column) + to.repeat(count) + line.slice(column + count);
        this.column = column + count - 1;
        return true;
      }
      case '~': {
        this.checkpoint();
        const part = line.slice(column, column + count);
        this.lines[row] =
          line.slice(0, column) +
          [...part].map((c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join('') +
          line.slice(column + count);
        this.column = column + count;
        return true;
      }
      case 'J':
        this.checkpoint();
        for (let i = 0; i < Math.max(1, count - 1) && this.row + 1 < this.lines.length; i++) {
          const below = (this.lines[this.row + 1] as string).trimStart();
          this.column = this.line.length;
          this.lines.splice(
            this.row,
            2,
            this.line === '' || below === '' || /\s$/.test(this.line) ? this.line + below : `${this.line} ${below}`,
          );
        }
        return true;
      case 'p':
      case 'P':
        this.put(key === 'p', count);
        return true;
      case 'd':
      case 'c':
      case '>':
      case '<': {
        const range = await this.range(key, await this.next(), given);
        if (range === null) return true;
        this.operate(key, range);
        return true;
      }
    }
    return false;
  }

  private operate(operator: string, [from, to, whole]: [Place, Place, boolean]): void {
    this.checkpoint();
    if (operator === '>' || operator === '<') this.shift(from.row, to.row, operator === '>');
    else if (operator === 'c' && whole) {
      this.register = { text: this.lines.slice(from.row, to.row + 1).join('\n'), lines: true };
      this.lines.splice(from.row, to.row - from.row + 1, '');
      [this.row, this.column] = [from.row, 0];
    } else {
      this.remove(from, to, whole);
      const count = to.row - from.row + 1;
      if (whole && count > 2) this.message = `${count} fewer lines`;
    }
    if (operator === 'c') this.beginInsert();
  }

  /** Keys that mean something else while text is selected. */
  private async visualKey(key: string): Promise<boolean> {
    const whole = this.mode === 'visual-line';
    const [from, last] = this.selection();
    const toEnd = !whole && this.goal === Infinity && last.row < this.lines.length - 1;
    const to = toEnd ? { row: last.row + 1, column: 0 } : { row: last.row, column: last.column + 1 };
    const operator = { x: 'd', delete: 'd', X: 'd', s: 'c' }[key] ?? key;
    if (key === '\x1b' || key === '\x03' || key === 'v' || key === 'V') {
      this.mode = 'normal';
      return true;
    }
    if (operator === 'y') {
      this.mode = 'normal';
      this.register = whole
        ? { text: this.lines.slice(from.row, to.row + 1).join('\n'), lines: true }
        : { text: this.between(from, to), lines: false };
      [this.row, this.column] = [from.row, from.column];
      return true;
    }
    if ('dc><'.includes(operator)) {
      this.mode = 'normal';
      this.operate(operator, [from, to, whole]);
      return true;
    }
    if (key === ':') {
      this.mode = 'normal';
      const line = await this.ask(":'<,'>");
      if (line !== null) await exCommand(this, `${from.row + 1},${to.row + 1}${line}`);
      return true;
    }
    return false;
  }
}
