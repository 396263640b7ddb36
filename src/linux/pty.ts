/**
 * Pseudo-terminals with their line discipline: canonical and raw input, echo, signals from keys, job control.
 * @models Linux 6.12 drivers/tty/n_tty.c @fidelity partial: erase, kill, word-erase, EOF, INTR, QUIT, SUSP; no flow control
 */
import type { Scheduler } from '../sim/scheduler.ts';
import type { Context } from './context.ts';
import { errno } from './errno.ts';
import { interruptible } from './interruptible.ts';
import { OpenFile } from './open-file.ts';
import { ByteChannel } from './pipe.ts';
import { Rope } from './rope.ts';
import type { Signal } from './signals.ts';
import type { OpenFlags, Termios, WindowSize } from './syscalls.ts';

const INTR = 3;
const EOF_KEY = 4;
const BACKSPACE = 8;
const NEWLINE = 10;
const RETURN = 13;
const KILL_LINE = 21;
const ERASE_WORD = 23;
const SUSPEND = 26;
const QUIT = 28;
const DELETE = 127;
const CANONICAL_LINE_MAX = 4096;

export type TerminalHooks = {
  signalGroup(group: number, signal: Signal): void;
};

export class Terminal {
  readonly index: number;
  readonly termios: Termios = { canonical: true, echo: true, signals: true, outputNewline: true };
  windowSize: WindowSize = { rows: 24, columns: 80 };
  /** Host pid of the session leader this is the controlling terminal of, 0 if none. */
  session = 0;
  foregroundGroup = 0;
  /** Towards programs (slave side reads). */
  readonly input: ByteChannel;
  /** Towards the screen (master side reads). */
  readonly output: ByteChannel;
  slaves = 0;
  openings = 0;
  masterOpen = true;
  /** Told when the master is closed, and when after it the last slave is. */
  onClose: () => void = () => {};
  private line: number[] = [];
  /** Lengths of complete canonical lines waiting in `input`; 0 is an end-of-file. */
  private lineLengths: number[] = [];
  private readonly hooks: TerminalHooks;

  constructor(scheduler: Scheduler, index: number, hooks: TerminalHooks) {
    this.index = index;
    this.hooks = hooks;
    this.input = new ByteChannel(scheduler, 8 << 20);
    this.output = new ByteChannel(scheduler, 1 << 16);
  }

  /** Bytes typed at the master side. */
  receive(bytes: Uint8Array): void {
    const { termios } = this;
    if (!termios.canonical && !termios.echo && !termios.signals) {
      this.input.put(Rope.of(bytes));
      return;
    }
    let raw: number[] = [];
    for (const byte of bytes) {
      if (termios.signals && (byte === INTR || byte === QUIT || byte === SUSPEND)) {
        if (termios.echo) this.echo([94, byte + 64]);
        // Without NOFLSH what was typed before is thrown away.
        this.line = [];
        this.lineLengths = [];
        raw = [];
        this.input.discard();
        this.hooks.signalGroup(this.foregroundGroup, byte === INTR ? 'SIGINT' : byte === QUIT ? 'SIGQUIT' : 'SIGTSTP');
        continue;
      }
      if (!termios.canonical) {
        raw.push(byte);
        if (termios.echo) this.echo([byte]);
        continue;
      }
      this.receiveCanonical(byte);
    }
    if (raw.length > 0) this.input.put(Rope.of(Uint8Array.from(raw)));
  }

  private receiveCanonical(typed: number): void {
    const byte = typed === RETURN ? NEWLINE : typed;
    if (byte === BACKSPACE || byte === DELETE) {
      if (this.line.length === 0) return;
      let removed = this.line.pop() as number;
      while (removed >= 0x80 && removed < 0xc0 && this.line.length > 0) removed = this.line.pop() as number;
      this.echo([8, 32, 8]);
    } else if (byte === KILL_LINE || byte === ERASE_WORD) {
      while (this.line.length > 0) {
        if (byte === ERASE_WORD && this.line[this.line.length - 1] === 32 && this.line.some((b) => b !== 32)) {
          this.line.pop();
          this.echo([8, 32, 8]);
          if (this.line[this.line.length - 1] !== 32) break;
          continue;
        }
        this.line.pop();
        this.echo([8, 32, 8]);
        if (byte === ERASE_WORD && this.line[this.line.length - 1] === 32) break;
      }
    } else if (byte === EOF_KEY) {
      this.commitLine();
    } else {
      if (this.line.length < CANONICAL_LINE_MAX || byte === NEWLINE) this.line.push(byte);
      this.echo(byte === NEWLINE ? [NEWLINE] : byte < 32 && byte !== 9 ? [94, byte + 64] : [byte]);
      if (byte === NEWLINE) this.commitLine();
    }
  }

  private commitLine(): void {
    this.lineLengths.push(this.line.length);
    const bytes = Uint8Array.from(this.line);
    this.line = [];
    if (bytes.length > 0) this.input.put(Rope.of(bytes));
    else this.input.readable.wakeAll();
  }

  private echo(bytes: number[]): void {
    if (this.termios.echo) this.emit(Uint8Array.from(bytes));
  }

  /** What programs write, with newline translation. */
  translate(data: Rope): Rope {
    if (!this.termios.outputNewline) return data;
    const bytes = data.bytes();
    let newlines = 0;
    for (const byte of bytes) if (byte === NEWLINE) newlines++;
    if (newlines === 0) return data;
    const out = new Uint8Array(bytes.length + newlines);
    let at = 0;
    for (const byte of bytes) {
      if (byte === NEWLINE) out[at++] = RETURN;
      out[at++] = byte;
    }
    return Rope.of(out);
  }

  private emit(bytes: Uint8Array): void {
    if (this.masterOpen) this.output.put(this.translate(Rope.of(bytes)));
  }

  /** Takes the next canonical line (or end-of-file), if there is one. */
  takeLine(max: number): Rope | null {
    const length = this.lineLengths[0];
    if (length === undefined) return null;
    if (length <= max) this.lineLengths.shift();
    else this.lineLengths[0] = length - max;
    return length === 0 ? Rope.empty : this.input.take(Math.min(length, max));
  }

  /** After a switch to raw mode whatever was typed is available at once. */
  forgetLines(): void {
    this.lineLengths = [];
    if (this.line.length > 0) {
      const bytes = Uint8Array.from(this.line);
      this.line = [];
      this.input.put(Rope.of(bytes));
    }
  }

  closeMaster(): void {
    this.masterOpen = false;
    this.input.closeWriter();
    this.output.closeReader();
    if (this.foregroundGroup !== 0) this.hooks.signalGroup(this.foregroundGroup, 'SIGHUP');
    if (this.session !== 0 && this.session !== this.foregroundGroup) this.hooks.signalGroup(this.session, 'SIGHUP');
    this.onClose();
  }
}

export class PtyMaster extends OpenFile {
  readonly terminal: Terminal;

  constructor(terminal: Terminal, flags: OpenFlags) {
    super('/dev/ptmx', flags);
    this.terminal = terminal;
  }

  override async read(ctx: Context, max: number): Promise<Rope> {
    const data = await this.terminal.output.read(ctx, max, this.flags.nonBlock === true);
    // With no slave left the master reads EIO, which is how readers learn that the session is over.
    if (data.length === 0 && this.terminal.slaves === 0) throw errno('EIO');
    return data;
  }

  override async write(_ctx: Context, data: Rope): Promise<number> {
    this.terminal.receive(data.bytes());
    return data.length;
  }

  override released(): void {
    this.terminal.closeMaster();
  }
}

export class PtySlave extends OpenFile {
  readonly terminal: Terminal;
  /** The how-manieth opening of the terminal this is, from 1. */
  readonly serial: number;

  constructor(terminal: Terminal, path: string, flags: OpenFlags) {
    super(path, flags);
    this.terminal = terminal;
    this.serial = ++terminal.openings;
    terminal.slaves++;
    terminal.output.writerClosed = false;
  }

  private async jobControl(ctx: Context, signal: Signal): Promise<void> {
    const { process } = ctx;
    if (process.terminal !== this.terminal || this.terminal.foregroundGroup === 0) return;
    if (process.processGroup === this.terminal.foregroundGroup) return;
    if (process.signals.get(signal)?.action === 'ignore') throw errno('EIO');
    // The group stops; when it is continued in the foreground the read starts again.
    await ctx.sys.kill(ctx, 0, signal);
  }

  override async read(ctx: Context, max: number): Promise<Rope> {
    for (;;) {
      await this.jobControl(ctx, 'SIGTTIN');
      if (this.terminal.termios.canonical) {
        const line = this.terminal.takeLine(max);
        if (line !== null) return line;
        if (!this.terminal.masterOpen) return Rope.empty;
        await interruptible(ctx, this.terminal.input.readable);
      } else {
        return await this.terminal.input.read(ctx, max, this.flags.nonBlock === true);
      }
    }
  }

  override async write(ctx: Context, data: Rope): Promise<number> {
    if (!this.terminal.masterOpen) throw errno('EIO');
    await this.terminal.output.write(ctx, this.terminal.translate(data), this.flags.nonBlock === true);
    return data.length;
  }

  override released(): void {
    if (--this.terminal.slaves > 0) return;
    this.terminal.output.closeWriter();
    if (!this.terminal.masterOpen) this.terminal.onClose();
  }
}
