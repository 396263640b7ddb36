/** @models nano 8.4 @fidelity partial: one buffer; moving, cutting, pasting, searching, replacing nothing; no mouse, no syntax colours */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { isTerminal } from '../common/streams.ts';
import { load, save } from './file.ts';
import { columnOf, EditorScreen, shown } from './terminal.ts';

const VERSION = '8.4';
const UNDO_MAX = 500;
const HELP_LINES: readonly (readonly [string, string])[][] = [
  [
    ['^G', 'Help'],
    ['^O', 'Write Out'],
    ['^W', 'Where Is'],
    ['^K', 'Cut'],
    ['^T', 'Execute'],
    ['^C', 'Location'],
  ],
  [
    ['^X', 'Exit'],
    ['^R', 'Read File'],
    ['^\\', 'Replace'],
    ['^U', 'Paste'],
    ['^J', 'Justify'],
    ['^/', 'Go To Line'],
  ],
];

class Nano {
  private readonly ctx: Context;
  private readonly screen: EditorScreen;
  private path: string;
  private lines: string[] = [''];
  private row = 0;
  private column = 0;
  private top = 0;
  private dirty = false;
  private message = '';
  private cut: string[] = [];
  private cutting = false;
  private pattern = '';
  private undos: { lines: string[]; row: number; column: number }[] = [];
  private done = false;

  constructor(ctx: Context, screen: EditorScreen, path: string) {
    this.ctx = ctx;
    this.screen = screen;
    this.path = path;
  }

  private get line(): string {
    return this.lines[this.row] ?? '';
  }

  async open(start: number): Promise<void> {
    if (this.path === '') return;
    const file = await load(this.ctx, this.path);
    this.lines = file.lines;
    this.row = Math.max(0, Math.min(this.lines.length - 1, start - 1));
    if (file.problem !== null)
      this.message =
        file.problem === 'is a directory'
          ? `"${this.path}" is a directory`
          : `Error reading ${this.path}: ${file.problem}`;
    else if (!file.exists) this.message = 'New File';
    else
      this.message = `Read ${file.bytes === 0 ? 0 : file.lines.length} line${file.lines.length === 1 ? '' : 's'}${file.readOnly ? ' (Warning: No write permission)' : ''}`;
  }

  async run(): Promise<void> {
    while (!this.done) {
      if (!this.screen.ready) await this.draw();
      const key = await this.screen.key();
      if (key === null) return;
      if (key === 'resize') continue;
      this.message = '';
      await this.handle(key);
      this.row = Math.max(0, Math.min(this.row, this.lines.length - 1));
      this.column = Math.max(0, Math.min(this.column, this.line.length));
    }
  }

  private async draw(prompt: { text: string; help: string } | null = null): Promise<void> {
    const { rows, columns } = this.screen;
    const room = rows - 5;
    if (this.row < this.top) this.top = Math.max(0, this.row - Math.floor(room / 2));
    if (this.row >= this.top + room) this.top = this.row - Math.floor(room / 2);
    const name = this.path === '' ? 'New Buffer' : this.path;
    const title = `  GNU nano ${VERSION}`;
    const middle = Math.max(title.length + 1, Math.floor((columns - name.length) / 2));
    const flag = this.dirty ? 'Modified ' : '';
    const head = `${`${title.padEnd(middle)}${name}`.padEnd(columns - flag.length)}${flag}`.slice(0, columns);
    const out = [`\x1b[7m${head}\x1b[27m`, ''];
    const column = columnOf(this.line, this.column);
    const offset = Math.max(0, column - columns + 2);
    for (let r = this.top; r < this.top + room; r++) {
      const text = shown(this.lines[r] ?? '').slice(r === this.row ? offset : 0);
      out.push(text.length > columns ? `${text.slice(0, columns - 1)}>` : text);
    }
    const centre = (text: string): string =>
      text === ''
        ? ''
        : `${' '.repeat(Math.max(0, Math.floor((columns - text.length - 4) / 2)))}\x1b[7m[ ${text} ]\x1b[27m`;
    out.push(
      prompt === null ? centre(this.message) : `\x1b[7m${prompt.text.padEnd(columns).slice(0, columns)}\x1b[27m`,
    );
    const cell = Math.floor(columns / 6);
    for (const line of HELP_LINES)
      out.push(
        prompt === null
          ? line.map(([k, what]) => `\x1b[7m${k}\x1b[27m${` ${what}`.padEnd(Math.max(0, cell - k.length))}`).join('')
          : line === HELP_LINES[0]
            ? prompt.help
            : '',
      );
    await this.screen.draw(
      out,
      prompt === null
        ? { row: 2 + this.row - this.top, column: column - offset }
        : { row: rows - 3, column: Math.min(columns - 1, prompt.text.length) },
    );
  }

  private async ask(prompt: string, initial = ''): Promise<string | null> {
    let typed = initial;
    for (;;) {
      if (!this.screen.ready) await this.draw({ text: `${prompt}: ${typed}`, help: '^C Cancel' });
      const key = await this.screen.key();
      if (key === null || key === '\x03' || key === '\x1b') {
        this.message = 'Cancelled';
        return null;
      }
      if (key === '\r' || key === '\n') return typed;
      if (key === '\x7f' || key === '\b') typed = typed.slice(0, -1);
      else if ([...key].length === 1 && key >= ' ') typed += key;
    }
  }

  private async confirm(question: string): Promise<'yes' | 'no' | null> {
    for (;;) {
      await this.draw({ text: question, help: ' Y Yes    N No   ^C Cancel' });
      const key = await this.screen.key();
      if (key === null || key === '\x03') {
        this.message = 'Cancelled';
        return null;
      }
      if (/^[yY]$/.test(key)) return 'yes';
      if (/^[nN]$/.test(key)) return 'no';
    }
  }

  private async writeOut(): Promise<boolean> {
    const path = await this.ask('File Name to Write', this.path);
    if (path === null || path === '') return false;
    try {
      await save(this.ctx, path, this.lines);
    } catch (error) {
      if (!isErrno(error)) throw error;
      this.message = `Error writing ${path}: ${error.libc}`;
      return false;
    }
    this.path = path;
    this.dirty = false;
    const count = this.lines.length === 1 && this.line === '' ? 0 : this.lines.length;
    this.message = `Wrote ${count} line${count === 1 ? '' : 's'}`;
    return true;
  }

  private change(): void {
    this.undos.push({ lines: [...this.lines], row: this.row, column: this.column });
    if (this.undos.length > UNDO_MAX) this.undos.shift();
    this.dirty = true;
  }

  private async handle(key: string): Promise<void> {
    const wasCutting = this.cutting;
    this.cutting = false;
    const page = this.screen.rows - 7;
    switch (key) {
      case '\x18': {
        if (this.dirty) {
          const answer = await this.confirm('Save modified buffer? ');
          if (answer === null || (answer === 'yes' && !(await this.writeOut()))) return;
        }
        this.done = true;
        return;
      }
      case '\x0f':
        await this.writeOut();
        return;
      case '\x0b':
        this.change();
        if (!wasCutting) this.cut = [];
        this.cutting = true;
        this.cut.push(this.line);
        this.lines.splice(this.row, 1);
        if (this.lines.length === 0) this.lines = [''];
        this.column = 0;
        return;
      case '\x15':
        this.change();
        this.lines.splice(this.row, 0, ...this.cut);
        this.row += this.cut.length;
        this.column = 0;
        return;
      case '\x17': {
        const typed = await this.ask(`Search${this.pattern === '' ? '' : ` [${this.pattern}]`}`);
        if (typed === null) return;
        if (typed !== '') this.pattern = typed;
        this.search();
        return;
      }
      case '\x1f': {
        const typed = await this.ask('Enter line number, column number');
        const match = /^(\d+)(?:[, ]+(\d+))?$/.exec(typed ?? '');
        if (match !== null) [this.row, this.column] = [Number(match[1]) - 1, Number(match[2] ?? 1) - 1];
        return;
      }
      case '\x12': {
        const typed = await this.ask('File to insert [from ./]');
        if (typed === null || typed === '') return;
        const file = await load(this.ctx, typed);
        if (!file.exists || file.problem !== null) {
          this.message = `File "${typed}" not found`;
          return;
        }
        this.change();
        this.lines.splice(this.row, 0, ...file.lines);
        return;
      }
      case '\x07':
        this.message = '^O writes, ^X leaves, ^K cuts a line, ^U pastes, ^W searches, M-U undoes';
        return;
      case '\x03':
        this.message = `line ${this.row + 1}/${this.lines.length} (${Math.floor(((this.row + 1) * 100) / this.lines.length)}%), col ${this.column + 1}/${this.line.length + 1}`;
        return;
      case '\x01':
      case 'home':
        this.column = 0;
        return;
      case '\x05':
      case 'end':
        this.column = this.line.length;
        return;
      case '\x10':
      case 'up':
        this.row--;
        return;
      case '\x0e':
      case 'down':
        this.row++;
        return;
      case '\x06':
      case 'right':
        if (this.column < this.line.length) this.column++;
        else if (this.row < this.lines.length - 1) [this.row, this.column] = [this.row + 1, 0];
        return;
      case '\x02':
      case 'left':
        if (this.column > 0) this.column--;
        else if (this.row > 0) [this.row, this.column] = [this.row - 1, (this.lines[this.row - 1] as string).length];
        return;
      case '\x19':
      case 'page-up':
        this.row -= page;
        return;
      case '\x16':
      case 'page-down':
        this.row += page;
        return;
      case '\x7f':
      case '\b':
        if (this.column > 0) {
          this.change();
          this.lines[this.row] = this.line.slice(0, this.column - 1) + this.line.slice(this.column);
          this.column--;
        } else if (this.row > 0) {
          this.change();
          const above = this.lines[this.row - 1] as string;
          this.lines.splice(this.row - 1, 2, above + this.line);
          [this.row, this.column] = [this.row - 1, above.length];
        }
        return;
      case '\x04':
      case 'delete':
        if (this.column < this.line.length) {
          this.change();
          this.lines[this.row] = this.line.slice(0, this.column) + this.line.slice(this.column + 1);
        } else if (this.row < this.lines.length - 1) {
          this.change();
          this.lines.splice(this.row, 2, this.line + (this.lines[this.row + 1] as string));
        }
        return;
      case '\r':
      case '\n':
        this.change();
        this.lines.splice(this.row, 1, this.line.slice(0, this.column), this.line.slice(this.column));
        [this.row, this.column] = [this.row + 1, 0];
        return;
      case '\x1b': {
        const next = await this.screen.key();
        if (next === 'u' || next === 'U') this.undo();
        else if (next === '\\') this.row = 0;
        else if (next === '/') this.row = this.lines.length - 1;
        else if (next === 'w' || next === 'W') this.search();
        return;
      }
    }
    if ([...key].length !== 1 || (key < ' ' && key !== '\t')) {
      this.message = 'Unbound key';
      return;
    }
    this.change();
    this.lines[this.row] = this.line.slice(0, this.column) + key + this.line.slice(this.column);
    this.column += key.length;
  }

  private undo(): void {
    const before = this.undos.pop();
    if (before === undefined) {
      this.message = 'Nothing to undo';
      return;
    }
    this.lines = before.lines;
    [this.row, this.column] = [before.row, before.column];
  }

  private search(): void {
    const wanted = this.pattern.toLowerCase();
    if (wanted === '') return;
    for (let i = 0; i <= this.lines.length; i++) {
      const row = (this.row + i) % this.lines.length;
      const at = (this.lines[row] as string).toLowerCase().indexOf(wanted, i === 0 ? this.column + 1 : 0);
      if (at < 0) continue;
      if (row < this.row) this.message = 'Search Wrapped';
      [this.row, this.column] = [row, at];
      return;
    }
    this.message = `"${this.pattern}" not found`;
  }
}

export const nano: Program = {
  name: 'nano',
  rssBytes: 6_000_000,
  async main(ctx, argv) {
    let start = 1;
    let path = '';
    for (const arg of argv.slice(1)) {
      if (arg === '--version' || arg === '-V') {
        await print(ctx, ` GNU nano, version ${VERSION}\n`);
        return 0;
      }
      if (arg === '--help' || arg === '-h') {
        await print(ctx, 'Usage: nano [OPTIONS] [[+LINE[,COLUMN]] FILE]...\nEdit a file. ^O writes it, ^X leaves.\n');
        return 0;
      }
      if (/^\+\d+/.test(arg)) start = Number.parseInt(arg.slice(1), 10);
      else if (!arg.startsWith('-')) path = arg;
      else if (!/^-[a-zA-Z]+$|^--[a-z]+/.test(arg)) {
        await printError(ctx, `nano: unrecognized option '${arg}'\nType 'nano -h' for a list of available options.\n`);
        return 1;
      }
    }
    if (!(await isTerminal(ctx, 0))) {
      await printError(ctx, 'Standard input is not a terminal\n');
      return 1;
    }
    const screen = await EditorScreen.open(ctx);
    const editor = new Nano(ctx, screen, path);
    await editor.open(start);
    await editor.run();
    await screen.close();
    return 0;
  },
};
