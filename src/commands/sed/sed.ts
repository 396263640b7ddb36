/** @models GNU sed 4.9 @fidelity partial: no e, R, L commands; no --follow-symlinks, --sandbox effects */
import { isErrno } from '../../linux/errno.ts';
import { command, Exit, type Invocation } from '../common/command.ts';
import { optionHelp } from '../common/options.ts';
import { type Input, Output, openInput } from '../common/streams.ts';
import { encode } from '../common/text.ts';
import { type Address, parseSed, type Replacement, type SedCommand, SedError } from './parse.ts';

const OPTIONS = {
  'n,quiet': 'print only what the script prints',
  silent: '',
  debug: '',
  'e,expression=script': 'add a script',
  'f,file=script-file': 'add a script from a file',
  'E,regexp-extended': 'extended regular expressions',
  r: '',
  'i,in-place[=SUFFIX]': 'edit the files themselves, keeping a copy if there is a SUFFIX',
  'l,line-length=N': 'width for l',
  posix: 'without GNU extensions',
  's,separate': 'files are separate, not one stream',
  sandbox: 'refuse e, r and w',
  'u,unbuffered': 'small reads and early writes',
  'z,null-data': 'lines end with NUL, not newline',
};

export const sed = command(
  {
    name: 'sed',
    usage: ['[OPTION]... {script-only-if-no-other-script} [input-file]...'],
    about: '',
    version: 'GNU sed) 4.9',
    options: OPTIONS,
    hint: (name) => `Usage: ${name} [OPTION]... {script-only-if-no-other-script} [input-file]...`,
  },
  async (call) => {
    const { ctx, options } = call;
    const operands = [...call.operands];
    const usage = `Usage: ${call.name} [OPTION]... {script-only-if-no-other-script} [input-file]...\n\n${optionHelp(OPTIONS)}`;
    const scripts: string[] = [];
    for (const [key, value] of options.entries) {
      if (key === 'expression') scripts.push(value);
      if (key !== 'file') continue;
      try {
        const input = await openInput(ctx, value);
        const lines: string[] = [];
        for (let line = await input.line(); line !== null; line = await input.line()) lines.push(line);
        if (lines[0] === '#n') options.entries.push(['quiet', '']);
        scripts.push(lines.join('\n').replace(/^#!.*\n/, ''));
        await input.close();
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`couldn't open file ${value}: ${error.libc}`);
        return 1;
      }
    }
    if (scripts.length === 0) {
      const script = operands.shift();
      if (script === undefined) {
        await ctx.sys.write(ctx, 2, usage);
        return 1;
      }
      scripts.push(script);
    }
    let program: SedCommand[];
    try {
      program = parseSed(scripts.join('\n'), options.has('regexp-extended') || options.has('r'));
    } catch (error) {
      if (!(error instanceof SedError)) throw error;
      await call.complain(error.message);
      return 1;
    }
    if (options.has('in-place') && operands.length === 0) {
      await call.complain('no input files');
      return 4;
    }
    return new Editor(call, program, operands.length === 0 ? ['-'] : operands).run();
  },
);

class Editor {
  private readonly call: Invocation;
  private readonly program: SedCommand[];
  private readonly files: string[];
  private readonly quiet: boolean;
  private readonly end: string;
  private readonly inPlace: string | null;
  private readonly separate: boolean;
  private out: Output;
  private input: Input | null = null;
  private path = '-';
  private lookahead: { text: string; terminated: boolean } | null = null;
  private lineNumber = 0;
  private space = '';
  private terminated = true;
  private hold = '';
  private appended: (() => Promise<void>)[] = [];
  private substituted = false;
  private status = 0;
  private lastRegex: RegExp | null = null;
  private readonly writers = new Map<string, Output>();
  private edit: { target: string; temporary: string; fd: number } | null = null;

  constructor(call: Invocation, program: SedCommand[], files: readonly string[]) {
    this.call = call;
    this.program = program;
    this.files = [...files];
    this.quiet = call.options.has('quiet') || call.options.has('silent');
    this.end = call.options.has('null-data') ? '\0' : '\n';
    this.inPlace = call.options.value('in-place') ?? null;
    this.separate = this.inPlace !== null || call.options.has('separate');
    this.out = call.out;
  }

  async run(): Promise<number> {
    for (const c of this.program) {
      const file = c.name === 'w' || c.name === 'W' ? c.text : c.flags.file;
      if (file !== null && file !== '' && !this.writers.has(file)) {
        const fd =
          file === '/dev/stdout'
            ? 1
            : file === '/dev/stderr'
              ? 2
              : await this.call.ctx.sys.open(this.call.ctx, file, { write: true, create: true, truncate: true });
        this.writers.set(file, fd === 1 ? this.call.out : new Output(this.call.ctx, fd));
      }
    }
    while (await this.nextLine()) {
      const code = await this.cycle();
      if (code !== null) {
        await this.finishFile();
        for (const writer of this.writers.values()) await writer.flush();
        return code;
      }
    }
    await this.finishFile();
    for (const writer of this.writers.values()) await writer.flush();
    return this.status;
  }

  private async fetch(): Promise<{ text: string; terminated: boolean } | null> {
    for (;;) {
      if (this.input === null) {
        const path = this.files.shift();
        if (path === undefined) return null;
        try {
          if (this.inPlace !== null) {
            const stat = await this.call.ctx.sys.stat(this.call.ctx, path);
            if (stat.type !== 'file') {
              await this.call.complain(`couldn't edit ${path}: not a regular file`);
              this.status = 4;
              continue;
            }
            this.input = await openInput(this.call.ctx, path, this.end.charCodeAt(0));
            const slash = path.lastIndexOf('/');
            const temporary = `${path.slice(0, slash + 1)}sed${this.call.ctx.random.hex(6)}`;
            const fd = await this.call.ctx.sys.open(
              this.call.ctx,
              temporary,
              { write: true, create: true, exclusive: true },
              stat.mode,
            );
            this.edit = { target: path, temporary, fd };
            this.out = new Output(this.call.ctx, fd);
          } else {
            const { sys } = this.call.ctx;
            if (path !== '-' && (await sys.stat(this.call.ctx, path)).type === 'directory') {
              await this.call.complain(`read error on ${path}: Is a directory`);
              this.status = 2;
              continue;
            }
            this.input = await openInput(this.call.ctx, path, this.end.charCodeAt(0));
          }
          this.path = path;
          if (this.separate) this.lineNumber = 0;
        } catch (error) {
          if (!isErrno(error)) throw error;
          await this.call.complain(`can't read ${path}: ${error.libc}`);
          this.status = 2;
          continue;
        }
      }
      if (!this.input.ready) await this.out.flush();
      const text = await this.input.line();
      if (text !== null) return { text, terminated: this.input.terminated };
      if (this.separate) return null;
      await this.input.close();
      this.input = null;
    }
  }

  private async finishFile(): Promise<void> {
    await this.out.flush();
    if (this.input !== null) await this.input.close();
    this.input = null;
    const { edit } = this;
    if (edit === null) return;
    const { ctx } = this.call;
    await ctx.sys.close(ctx, edit.fd);
    if (this.inPlace !== '' && this.inPlace !== null)
      await ctx.sys.rename(
        ctx,
        edit.target,
        this.inPlace.includes('*') ? this.inPlace.replace('*', edit.target) : edit.target + this.inPlace,
      );
    await ctx.sys.rename(ctx, edit.temporary, edit.target);
    this.edit = null;
    this.out = this.call.out;
  }

  private async nextLine(): Promise<boolean> {
    for (;;) {
      const line = this.lookahead ?? (await this.fetch());
      this.lookahead = null;
      if (line !== null) {
        this.space = line.text;
        this.terminated = line.terminated;
        this.lineNumber++;
        return true;
      }
      if (!this.separate || (this.input === null && this.files.length === 0)) return false;
      await this.finishFile();
    }
  }

  private async isLast(): Promise<boolean> {
    this.lookahead ??= await this.fetch();
    return this.lookahead === null;
  }

  private async print(text: string, terminated = true): Promise<void> {
    await this.out.write(text + (terminated ? this.end : ''));
  }

  private async matchesAddress(address: Address): Promise<boolean> {
    switch (address.kind) {
      case 'line':
        return this.lineNumber === address.line;
      case 'last':
        return this.isLast();
      case 'step':
        return address.step === 0
          ? this.lineNumber === address.first
          : this.lineNumber >= address.first && (this.lineNumber - address.first) % address.step === 0;
      case 'regex': {
        const regex = this.regex(address.regex);
        regex.lastIndex = 0;
        return regex.test(this.space);
      }
    }
  }

  private regex(own: RegExp | null): RegExp {
    const regex = own ?? this.lastRegex;
    if (regex === null) throw new SedError('no previous regular expression');
    this.lastRegex = regex;
    return regex;
  }

  private async selected(c: SedCommand): Promise<boolean> {
    if (c.first === null) return !c.negated;
    if (c.second === null) return (await this.matchesAddress(c.first)) !== c.negated;
    return (await this.inRange(c, c.first, c.second)) !== c.negated;
  }

  private async inRange(c: SedCommand, first: Address, second: NonNullable<SedCommand['second']>): Promise<boolean> {
    if (c.active) {
      if (second.kind === 'plus' || second.kind === 'multiple' || second.kind === 'line') {
        if (this.lineNumber >= c.endLine) c.active = false;
        return this.lineNumber <= c.endLine;
      }
      if (await this.matchesAddress(second)) c.active = false;
      return true;
    }
    const zero = first.kind === 'line' && first.line === 0;
    if (zero ? this.lineNumber !== 1 : !(await this.matchesAddress(first))) return false;
    if (zero) {
      c.active = !(await this.matchesAddress(second as Address));
      return true;
    }
    if (second.kind === 'plus') c.endLine = this.lineNumber + second.count;
    else if (second.kind === 'multiple')
      c.endLine = second.of === 0 ? this.lineNumber : Math.ceil(this.lineNumber / second.of) * second.of;
    else if (second.kind === 'line') c.endLine = second.line;
    else {
      c.active = !(second.kind === 'last' && (await this.isLast()));
      return true;
    }
    c.active = c.endLine > this.lineNumber;
    return true;
  }

  /** One pass of the script; a number ends sed. */
  private async cycle(): Promise<number | null> {
    this.substituted = false;
    for (let i = 0; i < this.program.length; i++) {
      const c = this.program[i] as SedCommand;
      if (c.name === '}' || c.name === ':') continue;
      const hit = await this.selected(c);
      if (c.name === '{') {
        if (!hit) i = c.target;
        continue;
      }
      if (!hit) continue;
      switch (c.name) {
        case 'p':
          await this.print(this.space);
          break;
        case 'P':
          await this.print(this.space.split('\n')[0] as string);
          break;
        case 'd':
          await this.flushAppended();
          return null;
        case 'D': {
          const newline = this.space.indexOf('\n');
          if (newline < 0) {
            await this.flushAppended();
            return null;
          }
          this.space = this.space.slice(newline + 1);
          await this.flushAppended();
          i = -1;
          continue;
        }
        case 's':
          await this.substitute(c);
          break;
        case 'y':
          this.space = [...this.space].map((ch) => c.map.get(ch) ?? ch).join('');
          break;
        case 'a':
          this.appended.push(() => this.out.write(c.text));
          break;
        case 'i':
          await this.out.write(c.text);
          break;
        case 'c':
          if (c.second === null || !c.active || c.negated) await this.out.write(c.text);
          await this.flushAppended();
          return null;
        case '=':
          await this.out.write(`${this.lineNumber}\n`);
          break;
        case 'F':
          await this.out.write(`${this.path}\n`);
          break;
        case 'g':
          this.space = this.hold;
          break;
        case 'G':
          this.space += `\n${this.hold}`;
          break;
        case 'h':
          this.hold = this.space;
          break;
        case 'H':
          this.hold += `\n${this.space}`;
          break;
        case 'x':
          [this.space, this.hold] = [this.hold, this.space];
          break;
        case 'z':
          this.space = '';
          break;
        case 'l':
          await this.out.write(
            `${listed(this.space, c.text === '' ? Number(this.call.options.value('line-length') ?? 70) : Number(c.text))}\n`,
          );
          break;
        case 'n':
          if (!(await this.isLast())) {
            if (!this.quiet) await this.print(this.space);
            await this.flushAppended();
            await this.nextLine();
            break;
          }
          await this.autoPrint();
          return this.separate && this.files.length > 0 ? null : this.status;
        case 'N': {
          if (await this.isLast()) {
            await this.autoPrint();
            return this.separate && this.files.length > 0 ? null : this.status;
          }
          const before = this.space;
          await this.flushAppended();
          await this.nextLine();
          this.space = `${before}\n${this.space}`;
          break;
        }
        case 'q':
          await this.autoPrint();
          return Number(c.text);
        case 'Q':
          return Number(c.text);
        case 'r':
          this.appended.push(async () => {
            try {
              const input = await openInput(this.call.ctx, c.text);
              for (let bytes = await input.chunk(); bytes.length > 0; bytes = await input.chunk())
                await this.out.bytes(bytes);
              await input.close();
            } catch (error) {
              if (!isErrno(error)) throw error;
            }
          });
          break;
        case 'w':
          await this.writers.get(c.text)?.write(this.space + this.end);
          break;
        case 'W':
          await this.writers.get(c.text)?.write((this.space.split('\n')[0] as string) + this.end);
          break;
        case 'b':
        case 't':
        case 'T':
          if (c.name === 't' && !this.substituted) break;
          if (c.name === 'T' && this.substituted) break;
          if (c.name !== 'b') this.substituted = false;
          i = c.text === '' ? this.program.length : c.target;
          break;
        default:
          await this.call.complain(`command \`${c.name}' is not simulated`);
          throw new Exit(1);
      }
    }
    await this.autoPrint();
    return null;
  }

  private async autoPrint(): Promise<void> {
    if (!this.quiet) await this.print(this.space, this.terminated || this.appended.length > 0);
    await this.flushAppended();
  }

  private async flushAppended(): Promise<void> {
    for (const write of this.appended.splice(0)) await write();
  }

  private async substitute(c: SedCommand): Promise<void> {
    const regex = this.regex(c.regex);
    let count = 0;
    let changed = false;
    let out = '';
    let at = 0;
    let ended = -1;
    regex.lastIndex = 0;
    for (;;) {
      const match = regex.exec(this.space);
      if (match === null) break;
      // An empty match right after another one does not count.
      if (match[0] === '' && match.index === ended) {
        regex.lastIndex = match.index + 1;
        if (regex.lastIndex > this.space.length) break;
        continue;
      }
      ended = match.index + match[0].length;
      count++;
      const wanted =
        c.flags.nth === 0
          ? c.flags.global || count === 1
          : c.flags.global
            ? count >= c.flags.nth
            : count === c.flags.nth;
      if (wanted) {
        out += this.space.slice(at, match.index) + expand(c.replacement, match);
        at = match.index + match[0].length;
        changed = true;
        if (!c.flags.global) break;
      }
      if (match[0] === '') regex.lastIndex++;
      if (regex.lastIndex > this.space.length) break;
    }
    if (!changed) return;
    this.space = out + this.space.slice(at);
    this.substituted = true;
    if (c.flags.print) await this.print(this.space);
    if (c.flags.file !== null) await this.writers.get(c.flags.file)?.write(this.space + this.end);
  }
}

function expand(replacement: Replacement, match: RegExpExecArray): string {
  let out = '';
  let mode = '';
  let once = '';
  const add = (text: string): void => {
    let shown = mode === 'U' ? text.toUpperCase() : mode === 'L' ? text.toLowerCase() : text;
    if (once !== '' && shown !== '') {
      shown = (once === 'u' ? (shown[0] as string).toUpperCase() : (shown[0] as string).toLowerCase()) + shown.slice(1);
      once = '';
    }
    out += shown;
  };
  for (const part of replacement) {
    if (part.kind === 'text') add(part.text);
    else if (part.kind === 'group') add(match[part.group] ?? '');
    else if (part.mode === 'u' || part.mode === 'l') once = part.mode;
    else mode = part.mode === 'E' ? '' : part.mode;
  }
  return out;
}

function listed(text: string, width: number): string {
  let out = '';
  for (const byte of encode(text)) {
    const named = { 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r', 92: '\\\\' }[byte];
    out += named ?? (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`);
  }
  const lines: string[] = [];
  while (width > 1 && out.length > width - 1) {
    let cut = width - 1;
    const escape = /\\(?:\d{0,2}|)$/.exec(out.slice(0, cut));
    if (escape !== null && escape[0] !== '\\\\') cut -= escape[0].length;
    lines.push(`${out.slice(0, cut)}\\`);
    out = out.slice(cut);
  }
  return [...lines, `${out}$`].join('\n');
}
