/**
 * Line editing on a terminal, emacs keys.
 * @models readline 8.2
 * @fidelity partial: no undo, macros, numeric arguments, vi mode, inputrc
 */
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import type { Completion, complete } from './completion.ts';
import { listCandidates } from './completion-list.ts';
import { type Key, KeyReader } from './keys.ts';
import type { Shell } from './shell.ts';
import { advance, type Position, promptText, visible } from './width.ts';

export type LineResult = { kind: 'line'; text: string } | { kind: 'end' } | { kind: 'interrupt' };

const LINE_MAX = 8 * 1024 * 1024;
/** Below this a line is read byte by byte, so that what follows it stays in the terminal for the command. */
const SINGLE_BYTES = 4096;
const CHUNK = 65_536;
const WORD = /[\p{L}\p{N}_]/u;

/** Fetched with the first Tab. */
let completer: typeof complete | null = null;

export class LineEditor {
  private before = '';
  private after = '';
  private killed = '';
  private columns = 80;
  private prompt = { shown: '', measured: '' };
  private cursor: Position = { row: 0, column: 0 };
  private historyAt = 0;
  private saved = new Map<number, string>();
  private lastKey = '';
  private search: { text: string; at: number; before: string; after: string } | null = null;
  private searchFailed = false;
  private argumentDepth = 0;
  private argumentLength = 0;
  private output = '';
  private readonly fd: number;
  private readonly sh: Shell;
  private keys = new KeyReader();
  private queued: Key[] = [];

  constructor(sh: Shell, fd: number) {
    this.sh = sh;
    this.fd = fd;
  }

  /** Shows the prompt and reads one line. Resolves with the line, or how it was given up. */
  async read(ctx: Context, prompt: string, bracketedPaste: boolean): Promise<LineResult> {
    const termios = await ctx.sys.getTermios(ctx, this.fd);
    await ctx.sys.setTermios(ctx, this.fd, { canonical: false, echo: false, signals: true });
    ctx.sys.sigaction(ctx, 'SIGWINCH', () => {}, { restart: false });
    this.before = '';
    this.after = '';
    this.search = null;
    this.historyAt = this.sh.history.length;
    this.saved.clear();
    await this.measure(ctx);
    const parts = prompt.split('\n');
    if (parts.length > 1) this.output += `${promptText(parts.slice(0, -1).join('\n')).shown}\n`;
    this.prompt = promptText(parts[parts.length - 1] ?? '');
    this.output += (bracketedPaste ? '\x1b[?2004h' : '') + this.prompt.shown;
    this.cursor = advance({ row: 0, column: 0 }, this.prompt.measured, this.columns);
    try {
      const result = await this.loop(ctx);
      // readline 8.1 and later: an end of file leaves the prompt's line when it had switched bracketed paste on.
      if (bracketedPaste) this.output += result.kind === 'end' ? '\x1b[?2004l\r\n' : '\x1b[?2004l\r';
      await this.flush(ctx);
      return result;
    } finally {
      await ctx.sys.setTermios(ctx, this.fd, termios);
      ctx.sys.sigaction(ctx, 'SIGWINCH', 'default');
    }
  }

  private async measure(ctx: Context): Promise<void> {
    const size = await ctx.sys.getWindowSize(ctx, this.fd);
    this.columns = Math.max(2, size.columns || 80);
  }

  private async flush(ctx: Context): Promise<void> {
    if (this.output === '') return;
    const { output } = this;
    this.output = '';
    await ctx.sys.write(ctx, 2, output);
  }

  private async loop(ctx: Context): Promise<LineResult> {
    let consumed = 0;
    for (;;) {
      const key = this.queued.shift();
      if (key !== undefined) {
        const result = await this.handle(ctx, key);
        if (result !== null) return result;
        continue;
      }
      await this.flush(ctx);
      let bytes: Uint8Array;
      try {
        bytes = await ctx.sys.read(ctx, this.fd, consumed < SINGLE_BYTES ? 1 : CHUNK);
      } catch (error) {
        if (!isErrno(error)) throw error;
        if (error.code !== 'EINTR') return { kind: 'end' };
        if (this.sh.interrupted) {
          this.sh.interrupted = false;
          this.toEnd();
          this.output += '^C\n';
          return { kind: 'interrupt' };
        }
        await this.measure(ctx);
        this.redraw();
        continue;
      }
      if (bytes.length === 0) return { kind: 'end' };
      consumed += bytes.length;
      this.queued.push(...this.keys.feed(bytes));
    }
  }

  private async handle(ctx: Context, key: Key): Promise<LineResult | null> {
    if (this.search !== null) {
      const passed = this.searchKey(key);
      if (!passed) return null;
    }
    if (key.kind === 'text') this.insert(key.text);
    else if (key.kind === 'paste') this.insert(key.text.replace(/\r\n?/g, '\n'));
    else {
      const result = await this.command(ctx, key.name);
      this.lastKey = key.name;
      return result;
    }
    this.lastKey = '';
    return null;
  }

  private insert(text: string): void {
    const room = LINE_MAX - this.before.length - this.after.length;
    if (room <= 0) {
      this.output += '\x07';
      return;
    }
    const added = text.length > room ? text.slice(0, room) : text;
    this.before += added;
    if (this.after !== '') {
      this.redraw();
      return;
    }
    const shown = visible(added);
    this.emit(shown);
  }

  /** Writes text at the cursor, which is at the end of the line. */
  private emit(shown: string): void {
    this.output += shown;
    const was = this.cursor;
    this.cursor = advance(was, shown, this.columns);
    // At the right edge terminals wait before they wrap; a blank makes them do it now.
    if (this.cursor.column === 0 && this.cursor.row > was.row && !shown.endsWith('\n')) this.output += ' \r';
  }

  private redraw(): void {
    if (this.cursor.row > 0) this.output += `\x1b[${this.cursor.row}A`;
    this.output += '\r';
    this.cursor = { row: 0, column: 0 };
    let head = this.prompt.measured;
    if (this.search !== null) {
      head = `(${this.searchFailed ? 'failed ' : ''}reverse-i-search)\`${this.search.text}': `;
      this.output += head;
    } else this.output += this.prompt.shown;
    this.cursor = advance(this.cursor, head, this.columns);
    const text = visible(this.before) + visible(this.after);
    this.emit(text);
    this.output += '\x1b[J';
    const origin = advance({ row: 0, column: 0 }, head, this.columns);
    this.moveTo(advance(origin, visible(this.before), this.columns));
  }

  private moveTo(target: Position): void {
    const up = this.cursor.row - target.row;
    if (up > 0) this.output += `\x1b[${up}A`;
    else if (up < 0) this.output += `\x1b[${-up}B`;
    if (target.column !== this.cursor.column || up !== 0)
      this.output += target.column === 0 ? '\r' : `\r\x1b[${target.column}C`;
    this.cursor = target;
  }

  private toEnd(): void {
    this.before += this.after;
    this.after = '';
    this.place();
  }

  /** Moves the cursor to where it belongs without drawing the text again. */
  private place(): void {
    const origin = advance({ row: 0, column: 0 }, this.prompt.measured, this.columns);
    this.moveTo(advance(origin, visible(this.before), this.columns));
  }

  private set(before: string, after = ''): void {
    this.before = before;
    this.after = after;
    this.redraw();
  }

  private bell(): void {
    this.output += '\x07';
  }

  private async command(ctx: Context, name: string): Promise<LineResult | null> {
    const { before, after } = this;
    switch (name) {
      case 'C-m':
      case 'C-j':
        this.toEnd();
        this.output += '\n';
        return { kind: 'line', text: this.before };
      case 'C-d':
        if (before === '' && after === '') return { kind: 'end' };
        if (after === '') this.bell();
        else this.set(before, dropFirst(after));
        return null;
      case 'C-c':
        this.toEnd();
        this.output += '^C\n';
        return { kind: 'interrupt' };
      case 'C-a':
      case 'home':
        this.after = before + after;
        this.before = '';
        this.place();
        return null;
      case 'C-e':
      case 'end':
        this.toEnd();
        return null;
      case 'C-b':
      case 'left': {
        const last = lastCharacter(before);
        this.before = before.slice(0, before.length - last.length);
        this.after = last + after;
        this.place();
        return null;
      }
      case 'C-f':
      case 'right': {
        const first = firstCharacter(after);
        this.before = before + first;
        this.after = after.slice(first.length);
        this.place();
        return null;
      }
      case 'delete':
        if (after === '') this.bell();
        else this.set(before, dropFirst(after));
        return null;
      case 'C-h':
      case 'backspace':
        if (before === '') this.bell();
        else this.backspace();
        return null;
      case 'C-k':
        this.kill(after, false);
        this.set(before);
        return null;
      case 'C-u':
        this.kill(before, true);
        this.set('', after);
        return null;
      case 'C-w': {
        const start = before.replace(/\S+\s*$/, '').length;
        this.kill(before.slice(start), true);
        this.set(before.slice(0, start), after);
        return null;
      }
      case 'meta-backspace': {
        const start = wordLeft(before);
        this.kill(before.slice(start), true);
        this.set(before.slice(0, start), after);
        return null;
      }
      case 'meta-d': {
        const end = wordRight(after);
        this.kill(after.slice(0, end), false);
        this.set(before, after.slice(end));
        return null;
      }
      case 'C-y':
        this.insert(this.killed);
        return null;
      case 'meta-b': {
        const start = wordLeft(before);
        this.before = before.slice(0, start);
        this.after = before.slice(start) + after;
        this.place();
        return null;
      }
      case 'meta-f': {
        const end = wordRight(after);
        this.before = before + after.slice(0, end);
        this.after = after.slice(end);
        this.place();
        return null;
      }
      case 'C-t':
        this.transpose();
        return null;
      case 'C-l':
        this.output += '\x1b[H\x1b[2J\x1b[3J';
        this.cursor = { row: 0, column: 0 };
        this.redraw();
        return null;
      case 'C-p':
      case 'up':
        this.toHistory(this.historyAt - 1);
        return null;
      case 'C-n':
      case 'down':
        this.toHistory(this.historyAt + 1);
        return null;
      case 'meta-<':
        this.toHistory(0);
        return null;
      case 'meta->':
        this.toHistory(this.sh.history.length);
        return null;
      case 'C-r':
        this.search = { text: '', at: this.sh.history.length, before, after };
        this.searchFailed = false;
        this.redraw();
        return null;
      case 'meta-.':
      case 'meta-_':
        this.lastArgument();
        return null;
      case 'meta-u':
        this.changeWord((w) => w.toUpperCase());
        return null;
      case 'meta-l':
        this.changeWord((w) => w.toLowerCase());
        return null;
      case 'meta-c':
        this.changeWord((w) => w.replace(/\w/, (c) => c.toUpperCase()));
        return null;
      case 'C-i':
        await this.tab(ctx);
        return null;
      case 'C-g':
        this.bell();
        return null;
      default:
        return null;
    }
  }

  private backspace(): void {
    const last = lastCharacter(this.before);
    const wasEnd = this.after === '';
    this.before = this.before.slice(0, this.before.length - last.length);
    const column = this.cursor.column;
    const shown = visible(last);
    if (wasEnd && column > shown.length && shown.length === 1 && shown.charCodeAt(0) < 0x300) {
      this.output += '\b\x1b[K';
      this.cursor = { row: this.cursor.row, column: column - 1 };
    } else this.redraw();
  }

  private kill(text: string, backwards: boolean): void {
    const again = /^(C-k|C-u|C-w|meta-d|meta-backspace)$/.test(this.lastKey);
    if (!again) this.killed = text;
    else this.killed = backwards ? text + this.killed : this.killed + text;
  }

  private transpose(): void {
    if (this.after !== '') {
      const first = firstCharacter(this.after);
      this.before += first;
      this.after = this.after.slice(first.length);
    }
    const b = lastCharacter(this.before);
    const rest = this.before.slice(0, this.before.length - b.length);
    const a = lastCharacter(rest);
    if (a === '') {
      this.bell();
      return;
    }
    this.set(rest.slice(0, rest.length - a.length) + b + a, this.after);
  }

  private changeWord(change: (word: string) => string): void {
    const end = wordRight(this.after);
    this.set(this.before + change(this.after.slice(0, end)), this.after.slice(end));
  }

  private toHistory(at: number): void {
    const { history } = this.sh;
    if (at < 0 || at > history.length || at === this.historyAt) {
      this.bell();
      return;
    }
    this.saved.set(this.historyAt, this.before + this.after);
    this.historyAt = at;
    this.set(this.saved.get(at) ?? history[at] ?? '');
  }

  /** M-. inserts the last word of earlier lines, further back each time. */
  private lastArgument(): void {
    const again = this.lastKey === 'meta-.' || this.lastKey === 'meta-_';
    this.argumentDepth = again ? this.argumentDepth + 1 : 1;
    const line = this.sh.history[this.sh.history.length - this.argumentDepth];
    if (line === undefined) {
      this.argumentDepth--;
      this.bell();
      return;
    }
    const word = /(\S+)\s*$/.exec(line)?.[1] ?? '';
    const base = again ? this.before.slice(0, this.before.length - this.argumentLength) : this.before;
    this.argumentLength = word.length;
    this.set(base + word, this.after);
  }

  /** True if the key ended the search and should be handled as usual. */
  private searchKey(key: Key): boolean {
    const search = this.search as NonNullable<typeof this.search>;
    if (key.kind === 'text') {
      search.text += key.text;
      this.searchFrom(search.at);
      return false;
    }
    if (key.kind === 'key' && (key.name === 'backspace' || key.name === 'C-h')) {
      search.text = search.text.slice(0, -1);
      this.searchFrom(this.sh.history.length);
      return false;
    }
    if (key.kind === 'key' && key.name === 'C-r') {
      this.searchFrom(search.at - 1);
      return false;
    }
    if (key.kind === 'key' && key.name === 'C-g') {
      this.search = null;
      this.set(search.before, search.after);
      return false;
    }
    this.search = null;
    this.redraw();
    return true;
  }

  private searchFrom(start: number): void {
    const search = this.search as NonNullable<typeof this.search>;
    this.searchFailed = false;
    for (let at = Math.min(start, this.sh.history.length - 1); at >= 0; at--) {
      const line = this.sh.history[at] as string;
      const found = line.lastIndexOf(search.text);
      if (found < 0) continue;
      search.at = at;
      this.historyAt = at;
      this.set(line.slice(0, found), line.slice(found));
      return;
    }
    this.searchFailed = search.text !== '';
    this.redraw();
  }

  private async tab(ctx: Context): Promise<void> {
    completer ??= (await import('./completion.ts')).complete;
    const completion: Completion = await completer(ctx, this.sh, this.before);
    const { candidates, start } = completion;
    if (candidates.length === 0) {
      this.bell();
      return;
    }
    const typed = this.before.slice(start);
    const head = this.before.slice(0, start);
    if (candidates.length === 1) {
      const only = candidates[0] as (typeof candidates)[number];
      this.replaceTail(head, typed, only.text + only.suffix);
      return;
    }
    const common = commonPrefix(candidates.map((c) => c.text));
    if (common.length > typed.length && common !== typed) {
      this.replaceTail(head, typed, common);
      return;
    }
    this.bell();
    if (this.lastKey !== 'C-i') return;
    await this.showCandidates(
      ctx,
      candidates.map((c) => c.shown),
    );
  }

  private replaceTail(head: string, typed: string, text: string): void {
    if (text.startsWith(typed)) this.insert(text.slice(typed.length));
    else this.set(head + text, this.after);
  }

  private async showCandidates(ctx: Context, names: string[]): Promise<void> {
    const end = advance(
      advance({ row: 0, column: 0 }, this.prompt.measured, this.columns),
      visible(this.before + this.after),
      this.columns,
    );
    this.moveTo(end);
    this.output += '\n';
    let shown = true;
    if (names.length > 100) {
      this.output += `Display all ${names.length} possibilities? (y or n)`;
      await this.flush(ctx);
      shown = await this.confirmed(ctx);
      this.output += '\n';
    }
    if (shown) this.output += listCandidates(names, this.columns);
    this.cursor = { row: 0, column: 0 };
    this.redraw();
  }

  private async confirmed(ctx: Context): Promise<boolean> {
    for (;;) {
      const key = this.queued.shift();
      if (key === undefined) {
        let bytes: Uint8Array;
        try {
          bytes = await ctx.sys.read(ctx, this.fd, 1);
        } catch (error) {
          if (isErrno(error)) return false;
          throw error;
        }
        if (bytes.length === 0) return false;
        this.queued.push(...this.keys.feed(bytes));
        continue;
      }
      if (key.kind === 'text' && /^[yY]/.test(key.text)) return true;
      if (key.kind === 'key' && key.name === 'C-i') return true;
      if ((key.kind === 'text' && /^[nN]/.test(key.text)) || key.kind === 'key') return false;
    }
  }
}

function lastCharacter(text: string): string {
  const tail = text.slice(-2);
  return tail.length === 2 && /^[\ud800-\udbff][\udc00-\udfff]$/.test(tail) ? tail : text.slice(-1);
}

function firstCharacter(text: string): string {
  const head = text.slice(0, 2);
  return /^[\ud800-\udbff][\udc00-\udfff]$/.test(head) ? head : text.slice(0, 1);
}

function dropFirst(text: string): string {
  return text.slice(firstCharacter(text).length);
}

function wordLeft(text: string): number {
  let i = text.length;
  while (i > 0 && !WORD.test(text[i - 1] as string)) i--;
  while (i > 0 && WORD.test(text[i - 1] as string)) i--;
  return i;
}

function wordRight(text: string): number {
  let i = 0;
  while (i < text.length && !WORD.test(text[i] as string)) i++;
  while (i < text.length && WORD.test(text[i] as string)) i++;
  return i;
}

export function commonPrefix(texts: readonly string[]): string {
  let prefix = texts[0] ?? '';
  for (const text of texts) while (!text.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}
