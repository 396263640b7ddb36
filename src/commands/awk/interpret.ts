/**
 * Running an awk program. Expressions and statements are generators: they run straight through and stop only where
 * something must be read, written or waited for.
 * @models mawk 1.3.4 execute.c, field.c @fidelity partial: `for (k in a)` goes by number and text, not by mawk's hash
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { LATENCY } from '../../sim/latency.ts';
import { posixRegex, RegexError } from '../common/regex.ts';
import { callBuiltin } from './builtins.ts';
import { Break, Continue, ExitProgram, type Frame, Next, NextFile, Return } from './jumps.ts';
import { AwkError, unescape } from './lex.ts';
import { Memory } from './memory.ts';
import { arithmetic, bySubscript, nameText, ordered, usesAsArray } from './operators.ts';
import { openCommand, RecordReader, reap, Writer } from './streams.ts';
import type { AwkFunction, AwkProgram, Expression, Redirection, Statement, Target } from './syntax.ts';
import {
  type AwkArray,
  compare,
  Input,
  isTrue,
  NotEnoughArguments,
  sprintf,
  toNumber,
  toText,
  type Value,
} from './values.ts';

/** What a program waits for. */
export type Steps<T> = Generator<Promise<unknown>, T, unknown>;

const CALL_DEPTH_MAX = 1000;
const FIELDS_MAX = 32_767;

export class Interpreter {
  readonly ctx: Context;
  readonly program: AwkProgram;
  readonly globals: Frame = new Map();
  private frame: Frame | null = null;
  private depth = 0;
  private readonly regexes = new Map<string, RegExp>();
  private record = '';
  private fields: Value[] | null = null;
  private nf = 0;
  private recordStale = false;
  readonly stdout = new Writer(1);
  readonly writers = new Map<string, Writer>();
  readonly readers = new Map<string, RecordReader>();
  private main: RecordReader | null = null;
  private argument = 1;
  private usedFile = false;
  private exitCode = 0;
  private readonly active = new Set<number>();
  private readonly memory = new Memory();
  seed = 0;
  randomState: number;

  constructor(ctx: Context, program: AwkProgram) {
    this.ctx = ctx;
    this.program = program;
    this.randomState = 1 + ctx.random.below(2_147_483_645);
    for (const [name, value] of Object.entries({
      FS: ' ',
      OFS: ' ',
      ORS: '\n',
      RS: '\n',
      SUBSEP: '\x1c',
      CONVFMT: '%.6g',
      OFMT: '%.6g',
      NR: 0,
      FNR: 0,
      RSTART: 0,
      RLENGTH: -1,
      FILENAME: '',
    }))
      this.globals.set(name, value);
  }

  text(value: Value, format = this.convertFast()): string {
    return typeof value === 'string' ? value : toText(value, format);
  }

  private convertFast(): string {
    const format = this.globals.get('CONVFMT');
    return typeof format === 'string' ? format : '%.6g';
  }

  global(name: string): string {
    return this.text(this.globals.get(name) as Value);
  }

  regex(source: string, flags = ''): RegExp {
    const key = `${flags}/${source}`;
    let found = this.regexes.get(key);
    if (found === undefined) {
      try {
        found = posixRegex(source, { extended: true, newlines: true }, flags);
      } catch (error) {
        if (error instanceof RegexError)
          throw new AwkError(`regular expression compile failed (${error.message})\n${source}`);
        throw error;
      }
      if (this.regexes.size > 500) this.regexes.clear();
      this.regexes.set(key, found);
    }
    found.lastIndex = 0;
    return found;
  }

  *regexOf(expression: Expression, flags = ''): Steps<RegExp> {
    return this.regex(
      expression.kind === 'regex' ? expression.source : this.text(yield* this.evaluate(expression)),
      flags,
    );
  }

  // Fields.

  setRecord(text: string): void {
    this.record = text;
    this.fields = null;
    this.recordStale = false;
  }

  splitText(text: string, separator: string): string[] {
    if (separator === ' ') {
      const trimmed = text.replace(/^[ \t\n]+|[ \t\n]+$/g, '');
      return trimmed === '' ? [] : trimmed.split(/[ \t\n]+/);
    }
    if (text === '') return [];
    if (separator === '') return [...text];
    const paragraph = this.global('RS') === '';
    if (separator.length === 1 && separator !== '\\' && !paragraph) return text.split(separator);
    const source = separator.length === 1 ? `[${separator === '^' ? '\\^' : separator}]` : separator;
    return this.splitRegex(text, paragraph && separator !== '\n' ? `(${source})|\n` : source);
  }

  splitRegex(text: string, source: string): string[] {
    if (text === '') return [];
    const out: string[] = [];
    let from = 0;
    for (const match of text.matchAll(this.regex(source, 'g'))) {
      if (match[0] === '') continue;
      out.push(text.slice(from, match.index));
      from = match.index + match[0].length;
    }
    out.push(text.slice(from));
    return out;
  }

  private split(): Value[] {
    if (this.fields === null) {
      this.fields = this.splitText(this.record, this.global('FS')).map((f) => new Input(f));
      this.nf = this.fields.length;
    }
    return this.fields;
  }

  getField(index: number): Value {
    if (index === 0) {
      if (this.recordStale) {
        const separator = this.global('OFS');
        const fields = this.fields ?? [];
        this.record = Array.from({ length: this.nf }, (_, i) => this.text(fields[i])).join(separator);
        this.recordStale = false;
      }
      return new Input(this.record);
    }
    if (index < 0) throw new AwkError(`run time error: negative field index $${index}`);
    const fields = this.split();
    return index <= this.nf ? fields[index - 1] : undefined;
  }

  setField(index: number, value: Value): void {
    if (index === 0) {
      this.setRecord(this.text(value));
      return;
    }
    if (index < 0 || index > FIELDS_MAX) throw new AwkError(`run time error: bad field index $${index}`);
    const fields = this.split();
    while (this.nf < index) fields[this.nf++] = '';
    fields[index - 1] = value;
    this.recordStale = true;
  }

  // Variables.

  get(name: string): Value {
    if (this.frame?.has(name)) {
      const value = this.frame.get(name);
      return value instanceof Map ? this.misuse(name) : value;
    }
    if (name === 'NF') {
      this.split();
      return this.nf;
    }
    const value = this.globals.get(name);
    return value instanceof Map ? this.misuse(name) : value;
  }

  private misuse(name: string): never {
    throw new AwkError(`type error in arg: ${name} is an array`);
  }

  set(name: string, value: Value): void {
    if (this.frame?.has(name)) {
      this.frame.set(name, value);
      return;
    }
    if (name === 'NF') {
      const fields = this.split();
      const count = Math.max(0, Math.trunc(toNumber(value)));
      while (fields.length < count) fields.push('');
      fields.length = count;
      this.nf = count;
      this.recordStale = true;
      return;
    }
    this.globals.set(name, value);
  }

  array(name: string): AwkArray {
    const home = this.frame?.has(name) ? this.frame : this.globals;
    const found = home.get(name);
    if (found instanceof Map) return found;
    if (found !== undefined) throw new AwkError(`type error: ${name} is no array`);
    const made: AwkArray = new Map();
    home.set(name, made);
    return made;
  }

  *subscript(parts: readonly Expression[]): Steps<string> {
    let out = '';
    for (let i = 0; i < parts.length; i++) {
      if (i > 0) out += this.global('SUBSEP');
      out += this.text(yield* this.evaluate(parts[i] as Expression));
    }
    return out;
  }

  *assign(target: Target, value: Value): Steps<void> {
    if (target.kind === 'variable') this.set(target.name, value);
    else if (target.kind === 'element')
      yield* this.memory.store(this, this.array(target.array), yield* this.subscript(target.subscript), value);
    else this.setField(Math.trunc(toNumber(yield* this.evaluate(target.index))), value);
  }

  // Expressions.

  *evaluate(e: Expression): Steps<Value> {
    switch (e.kind) {
      case 'number':
      case 'string':
        return e.value;
      case 'regex':
        return this.regex(e.source).test(this.text(this.getField(0))) ? 1 : 0;
      case 'variable':
        return this.get(e.name);
      case 'field':
        return this.getField(
          e.index.kind === 'number' ? e.index.value : Math.trunc(toNumber(yield* this.evaluate(e.index))),
        );
      case 'element': {
        const array = this.array(e.array);
        const key = yield* this.subscript(e.subscript);
        if (!array.has(key)) array.set(key, undefined);
        return array.get(key);
      }
      case 'group':
        return yield* this.evaluate(e.inner);
      case 'assign': {
        let value = yield* this.evaluate(e.value);
        if (e.operator !== '=') {
          const before = toNumber(yield* this.evaluate(e.target));
          value = arithmetic(e.operator.slice(0, -1), before, toNumber(value));
        }
        yield* this.assign(e.target, value);
        return value;
      }
      case 'step': {
        const before = toNumber(yield* this.evaluate(e.target));
        yield* this.assign(e.target, before + e.by);
        return e.before ? before + e.by : before;
      }
      case 'binary': {
        const left = toNumber(yield* this.evaluate(e.left));
        return arithmetic(e.operator, left, toNumber(yield* this.evaluate(e.right)));
      }
      case 'compare': {
        const left = yield* this.evaluate(e.left);
        return ordered(e.operator, compare(left, yield* this.evaluate(e.right), this.convertFast())) ? 1 : 0;
      }
      case 'concat': {
        const left = this.text(yield* this.evaluate(e.left));
        return yield* this.memory.join(this, left, this.text(yield* this.evaluate(e.right)));
      }
      case 'and':
        return isTrue(yield* this.evaluate(e.left)) && isTrue(yield* this.evaluate(e.right)) ? 1 : 0;
      case 'or':
        return isTrue(yield* this.evaluate(e.left)) || isTrue(yield* this.evaluate(e.right)) ? 1 : 0;
      case 'match': {
        const text = this.text(yield* this.evaluate(e.left));
        return (yield* this.regexOf(e.right)).test(text) !== e.negated ? 1 : 0;
      }
      case 'in':
        return this.array(e.array).has(yield* this.subscript(e.subscript)) ? 1 : 0;
      case 'not':
        return isTrue(yield* this.evaluate(e.inner)) ? 0 : 1;
      case 'minus':
        return -toNumber(yield* this.evaluate(e.inner));
      case 'plus':
        return toNumber(yield* this.evaluate(e.inner));
      case 'choice':
        return isTrue(yield* this.evaluate(e.test)) ? yield* this.evaluate(e.yes) : yield* this.evaluate(e.no);
      case 'builtin':
        return yield* callBuiltin(this, e.name, e.args);
      case 'call':
        return yield* this.call(this.program.functions.get(e.name) as AwkFunction, e.args);
      case 'getline':
        return yield* this.getline(e);
    }
  }

  private *call(called: AwkFunction, args: readonly Expression[]): Steps<Value> {
    if (++this.depth > CALL_DEPTH_MAX) throw new AwkError('run time error: function calls are nested too deeply');
    const frame: Frame = new Map(called.parameters.map((p) => [p, undefined]));
    const shared: [parameter: string, home: Frame, name: string][] = [];
    for (let i = 0; i < args.length; i++) {
      const parameter = called.parameters[i];
      const arg = args[i] as Expression;
      if (parameter === undefined) throw new AwkError(`run time error: too many arguments in call to ${called.name}`);
      if (arg.kind === 'variable') {
        const home = this.frame?.has(arg.name) ? this.frame : this.globals;
        const cell = arg.name === 'NF' && home === this.globals ? this.get('NF') : home.get(arg.name);
        frame.set(parameter, cell);
        if (cell === undefined) shared.push([parameter, home, arg.name]);
        // An array made by the callee belongs to the caller's name.
        if (cell === undefined && usesAsArray(called.body, parameter)) {
          const made: AwkArray = new Map();
          home.set(arg.name, made);
          frame.set(parameter, made);
        }
      } else frame.set(parameter, yield* this.evaluate(arg));
    }
    const outer = this.frame;
    this.frame = frame;
    let value: Value;
    try {
      yield* this.run(called.body);
    } catch (error) {
      if (!(error instanceof Return)) throw error;
      value = error.value;
    } finally {
      this.frame = outer;
      this.depth--;
    }
    for (const [parameter, home, name] of shared) {
      const cell = frame.get(parameter);
      if (cell instanceof Map) home.set(name, cell);
    }
    return value;
  }

  // Input.

  private separator(): [string, RegExp | null] {
    const rs = this.global('RS');
    return [rs, rs.length > 1 ? this.regex(rs) : null];
  }

  *read(reader: RecordReader): Steps<string | null> {
    for (;;) {
      const record = reader.take(...this.separator());
      if (record !== undefined) return record;
      yield this.flushOutput(this.stdout);
      yield reader.fill(this.ctx);
    }
  }

  private async flushOutput(writer: Writer): Promise<void> {
    await writer.flush(this.ctx);
  }

  /** The next record of the files named on the command line. */
  *nextRecord(): Steps<string | null> {
    for (;;) {
      if (this.main === null && !(yield* this.openNext())) return null;
      const record = yield* this.read(this.main as unknown as RecordReader);
      if (record !== null) return record;
      const { fd } = this.main as unknown as RecordReader;
      this.main = null;
      if (fd !== 0) yield this.ctx.sys.close(this.ctx, fd);
    }
  }

  private *openNext(): Steps<boolean> {
    const args = this.array('ARGV');
    for (; this.argument < toNumber(this.globals.get('ARGC') as Value); this.argument++) {
      const name = this.text(args.get(String(this.argument)));
      if (name === '') continue;
      const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(name);
      if (assignment !== null) {
        this.set(assignment[1] as string, new Input(unescape(assignment[2] as string)));
        continue;
      }
      this.argument++;
      this.usedFile = true;
      this.globals.set('FILENAME', name);
      this.globals.set('FNR', 0);
      if (name === '-') this.main = new RecordReader(0);
      else {
        const fd = yield* this.open(name, { read: true });
        if (typeof fd !== 'number') throw new AwkError(`cannot open ${name} (${fd.why})`);
        this.main = new RecordReader(fd);
      }
      return true;
    }
    if (this.usedFile) return false;
    this.usedFile = true;
    this.main = new RecordReader(0);
    return true;
  }

  *open(
    path: string,
    flags: { read?: boolean; write?: boolean; create?: boolean; truncate?: boolean; append?: boolean },
  ): Steps<number | { why: string }> {
    const attempt = async (): Promise<number | { why: string }> => {
      try {
        return await this.ctx.sys.open(this.ctx, nameText(path), { ...flags, closeOnExec: true }, 0o666);
      } catch (error) {
        if (isErrno(error)) return { why: error.libc };
        throw error;
      }
    };
    return (yield attempt()) as number | { why: string };
  }

  private *getline(e: Extract<Expression, { kind: 'getline' }>): Steps<Value> {
    let record: string | null;
    if (e.from === 'input') record = yield* this.nextRecord();
    else {
      const name = this.text(yield* this.evaluate(e.source as Expression));
      let reader = this.readers.get(name);
      if (reader === undefined) {
        if (e.from === 'file') {
          const fd = name === '-' || name === '/dev/stdin' ? 0 : yield* this.open(name, { read: true });
          if (typeof fd !== 'number') return -1;
          reader = new RecordReader(fd);
        } else {
          yield this.flushAll();
          const { fd, pid } = (yield openCommand(this.ctx, nameText(name), 'read')) as { fd: number; pid: number };
          reader = new RecordReader(fd, pid);
        }
        this.readers.set(name, reader);
      }
      record = yield* this.read(reader);
    }
    if (record === null) return 0;
    const count = (name: string): void => {
      this.globals.set(name, toNumber(this.globals.get(name) as Value) + 1);
    };
    if (e.from !== 'file') count('NR');
    if (e.from === 'input') count('FNR');
    if (e.target === null) this.setRecord(record);
    else yield* this.assign(e.target, new Input(record));
    return 1;
  }

  // Output.

  async flushAll(): Promise<void> {
    await this.stdout.flush(this.ctx);
    for (const writer of this.writers.values()) await writer.flush(this.ctx);
  }

  private *writer(to: Redirection | null): Steps<Writer> {
    if (to === null) return this.stdout;
    const name = this.text(yield* this.evaluate(to.target));
    const open = this.writers.get(name);
    if (open !== undefined) return open;
    if (name === '/dev/stdout' || name === '-') return this.stdout;
    let made: Writer;
    if (to.kind === '|') {
      yield this.flushAll();
      const { fd, pid } = (yield openCommand(this.ctx, nameText(name), 'write')) as { fd: number; pid: number };
      made = new Writer(fd, pid);
    } else if (name === '/dev/stderr') made = new Writer(2);
    else {
      const fd = yield* this.open(name, {
        write: true,
        create: true,
        ...(to.kind === '>' ? { truncate: true } : { append: true }),
      });
      if (typeof fd !== 'number') throw new AwkError(`cannot open "${name}" for output (${fd.why})`);
      made = new Writer(fd);
    }
    this.writers.set(name, made);
    return made;
  }

  private *print(text: string, to: Redirection | null): Steps<void> {
    const writer = yield* this.writer(to);
    writer.put(text);
    if (writer.full || writer.fd === 2) yield writer.flush(this.ctx);
  }

  /** Closes what is called `name`; its exit status, -1 if nothing is. */
  async close(name: string): Promise<number> {
    let status = -1;
    const writer = this.writers.get(name);
    if (writer !== undefined) {
      await writer.flush(this.ctx);
      await this.stdout.flush(this.ctx);
      if (writer.fd > 2) await this.ctx.sys.close(this.ctx, writer.fd);
      this.writers.delete(name);
      status = await reap(this.ctx, writer.pid);
    }
    const reader = this.readers.get(name);
    if (reader !== undefined) {
      if (reader.fd > 2) await this.ctx.sys.close(this.ctx, reader.fd);
      this.readers.delete(name);
      status = await reap(this.ctx, reader.pid);
    }
    return status;
  }

  // Statements.

  *run(s: Statement): Steps<void> {
    switch (s.kind) {
      case 'block':
        for (const inner of s.body) yield* this.run(inner);
        return;
      case 'expression':
        yield* this.evaluate(s.value);
        return;
      case 'print': {
        const format = this.text(this.globals.get('OFMT') as Value, '%.6g');
        const parts: string[] = [];
        for (const arg of s.args) parts.push(this.text(yield* this.evaluate(arg), format));
        const text = s.args.length === 0 ? this.text(this.getField(0)) : parts.join(this.global('OFS'));
        yield* this.print(text + this.global('ORS'), s.to);
        return;
      }
      case 'printf': {
        const values: Value[] = [];
        for (const arg of s.args) values.push(yield* this.evaluate(arg));
        yield* this.print(this.format('printf', values), s.to);
        return;
      }
      case 'if':
        if (isTrue(yield* this.evaluate(s.test))) yield* this.run(s.yes);
        else if (s.no !== null) yield* this.run(s.no);
        return;
      case 'while':
        while (isTrue(yield* this.evaluate(s.test))) if (!(yield* this.turn(s.body))) return;
        return;
      case 'do':
        do if (!(yield* this.turn(s.body))) return;
        while (isTrue(yield* this.evaluate(s.test)));
        return;
      case 'for':
        if (s.start !== null) yield* this.run(s.start);
        while (s.test === null || isTrue(yield* this.evaluate(s.test))) {
          if (!(yield* this.turn(s.body))) return;
          if (s.step !== null) yield* this.run(s.step);
        }
        return;
      case 'for-in': {
        for (const key of [...this.array(s.array).keys()].sort(bySubscript)) {
          this.set(s.name, new Input(key));
          if (!(yield* this.turn(s.body))) return;
        }
        return;
      }
      case 'break':
        throw new Break();
      case 'continue':
        throw new Continue();
      case 'next':
        throw new Next();
      case 'nextfile':
        throw new NextFile();
      case 'exit':
        if (s.value !== null) this.exitCode = Math.trunc(toNumber(yield* this.evaluate(s.value))) & 255;
        throw new ExitProgram();
      case 'return':
        throw new Return(s.value === null ? undefined : yield* this.evaluate(s.value));
      case 'delete':
        if (s.subscript === null) this.array(s.array).clear();
        else this.array(s.array).delete(yield* this.subscript(s.subscript));
        return;
    }
  }

  format(name: string, values: readonly Value[]): string {
    try {
      return sprintf(this.text(values[0]), values.slice(1), this.convertFast());
    } catch (error) {
      if (error instanceof NotEnoughArguments)
        throw new AwkError(
          `run time error: not enough arguments passed to ${name}("${this.text(values[0])}")\n\tFILENAME="${this.global('FILENAME')}" FNR=${this.global('FNR')} NR=${this.global('NR')}`,
        );
      throw error;
    }
  }

  /** One turn of a loop; false after break. */
  private *turn(body: Statement): Steps<boolean> {
    yield* this.charge();
    try {
      yield* this.run(body);
    } catch (error) {
      if (error instanceof Break) return false;
      if (!(error instanceof Continue)) throw error;
    }
    return true;
  }

  private work = 0;

  /** Loops cost time, so that an endless one can be interrupted. */
  private *charge(): Steps<void> {
    if (++this.work < 256) return;
    this.work = 0;
    yield this.ctx.cpu(256 * LATENCY.textByteNs * 64);
  }

  private *rules(): Steps<void> {
    this.active.clear();
    for (;;) {
      const record = yield* this.nextRecord();
      if (record === null) return;
      this.globals.set('NR', toNumber(this.globals.get('NR') as Value) + 1);
      this.globals.set('FNR', toNumber(this.globals.get('FNR') as Value) + 1);
      this.setRecord(record);
      yield* this.charge();
      try {
        for (let i = 0; i < this.program.rules.length; i++) yield* this.rule(i);
      } catch (error) {
        if (error instanceof NextFile) this.main = null;
        else if (!(error instanceof Next)) throw error;
      }
    }
  }

  private *rule(index: number): Steps<void> {
    const rule = this.program.rules[index];
    if (rule === undefined) return;
    if (rule.from !== null && !this.active.has(index)) {
      if (!isTrue(yield* this.evaluate(rule.from))) return;
      if (rule.to !== null) this.active.add(index);
    }
    if (rule.to !== null && isTrue(yield* this.evaluate(rule.to))) this.active.delete(index);
    if (rule.body === null) yield* this.print(this.text(this.getField(0)) + this.global('ORS'), null);
    else yield* this.run(rule.body);
  }

  *whole(): Steps<number> {
    const { begin, rules, end } = this.program;
    try {
      for (const block of begin) yield* this.run(block);
      if (rules.length > 0 || end.length > 0) yield* this.rules();
    } catch (error) {
      if (!(error instanceof ExitProgram)) throw error;
      // `exit` in BEGIN or a rule still runs END.
      if (error instanceof ExitProgram && begin.length > 0 && rules.length === 0 && end.length === 0)
        return this.exitCode;
    }
    try {
      for (const block of end) yield* this.run(block);
    } catch (error) {
      if (!(error instanceof ExitProgram)) throw error;
    }
    return this.exitCode;
  }

  /** @returns the exit status */
  async start(): Promise<number> {
    const steps = this.whole();
    let state = steps.next();
    while (!state.done) {
      let value: unknown;
      try {
        value = await state.value;
      } catch (error) {
        state = steps.throw(error);
        continue;
      }
      state = steps.next(value);
    }
    await this.flushAll();
    for (const name of [...this.writers.keys()]) await this.close(name);
    return state.value;
  }
}
