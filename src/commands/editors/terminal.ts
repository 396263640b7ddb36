/** A screen to edit on: raw keys in, whole screens out. */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import type { Termios } from '../../linux/syscalls.ts';
import { displayWidth } from '../common/text.ts';

const TAB = 8;

/** Named keys as they arrive; everything else is itself. */
const NAMED: Record<string, string> = {
  '\x1b[A': 'up',
  '\x1b[B': 'down',
  '\x1b[C': 'right',
  '\x1b[D': 'left',
  '\x1bOA': 'up',
  '\x1bOB': 'down',
  '\x1bOC': 'right',
  '\x1bOD': 'left',
  '\x1b[H': 'home',
  '\x1b[F': 'end',
  '\x1bOH': 'home',
  '\x1bOF': 'end',
  '\x1b[1~': 'home',
  '\x1b[4~': 'end',
  '\x1b[3~': 'delete',
  '\x1b[5~': 'page-up',
  '\x1b[6~': 'page-down',
};

export class EditorScreen {
  readonly ctx: Context;
  rows = 24;
  columns = 80;
  private saved: Termios | null = null;
  private pending: string[] = [];
  private readonly decoder = new TextDecoder();
  private readonly tty: boolean;

  private constructor(ctx: Context, tty: boolean) {
    this.ctx = ctx;
    this.tty = tty;
  }

  static async open(ctx: Context): Promise<EditorScreen> {
    const tty = (await ctx.sys.isTty(ctx, 0)) && (await ctx.sys.isTty(ctx, 1));
    const screen = new EditorScreen(ctx, tty);
    if (tty) {
      screen.saved = await ctx.sys.getTermios(ctx, 0);
      await ctx.sys.setTermios(ctx, 0, { canonical: false, echo: false, signals: false });
      ctx.sys.sigaction(ctx, 'SIGWINCH', () => {}, { restart: false });
      await ctx.sys.write(ctx, 1, '\x1b[?1049h\x1b[?2004l');
    }
    await screen.measure();
    return screen;
  }

  async measure(): Promise<void> {
    if (!this.tty) return;
    const size = await this.ctx.sys.getWindowSize(this.ctx, 1);
    this.rows = Math.max(4, size.rows);
    this.columns = Math.max(10, size.columns);
  }

  /** Whether a key can be had without waiting. */
  get ready(): boolean {
    return this.pending.length > 0;
  }

  /** The next key; `resize` after the window has changed; null when there is no more input. */
  async key(): Promise<string | null> {
    const next = this.pending.shift();
    if (next !== undefined) return next;
    let bytes: Uint8Array;
    try {
      bytes = await this.ctx.sys.read(this.ctx, 0, 4096);
    } catch (error) {
      if (!isErrno(error, 'EINTR')) throw error;
      await this.measure();
      return 'resize';
    }
    if (bytes.length === 0) return null;
    const text = this.decoder.decode(bytes, { stream: true });
    this.pending = [...text.matchAll(/\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Z]|[\s\S]/gu)].map(([k]) => NAMED[k] ?? k);
    return this.key();
  }

  /** Shows the lines from the top, the cursor at a place counted from 0. */
  async draw(lines: readonly string[], cursor: { row: number; column: number }): Promise<void> {
    if (!this.tty) return;
    const body = lines.slice(0, this.rows).map((line, i) => `\x1b[${i + 1};1H${line}\x1b[K`);
    await this.ctx.sys.write(
      this.ctx,
      1,
      `\x1b[?25l${body.join('')}\x1b[J\x1b[${cursor.row + 1};${cursor.column + 1}H\x1b[?25h`,
    );
  }

  async close(): Promise<void> {
    if (this.saved === null) return;
    await this.ctx.sys.write(this.ctx, 1, '\x1b[?1049l');
    await this.ctx.sys.setTermios(this.ctx, 0, this.saved);
  }
}

/** A line with its tabs and control characters as a terminal shows them. */
export function shown(line: string): string {
  let out = '';
  for (const c of line) {
    const code = c.codePointAt(0) as number;
    if (c === '\t') out += ' '.repeat(TAB - (displayWidth(out) % TAB));
    else if (code < 32) out += `^${String.fromCharCode(code + 64)}`;
    else if (code === 127) out += '^?';
    else out += c;
  }
  return out;
}

/** On which column of the shown line a character is. */
export function columnOf(line: string, index: number): number {
  return displayWidth(shown(line.slice(0, index)));
}

/** A shown line in pieces as wide as the screen; at least one. */
export function wrapped(text: string, columns: number): string[] {
  const out: string[] = [];
  let current = '';
  let width = 0;
  for (const c of text) {
    const w = displayWidth(c);
    if (width + w > columns) {
      out.push(current);
      current = '';
      width = 0;
    }
    current += c;
    width += w;
  }
  out.push(current);
  return out;
}
