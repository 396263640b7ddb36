/** Runs an awk program. Expressions are generators: what must wait (input, pipes, CPU time) is handed to `drive`. */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { LATENCY } from '../../sim/latency.ts';
import { posixRegex } from '../common/regex.ts';
import { Input as Reader } from '../common/streams.ts';
import { callBuiltin } from './builtins.ts';
import type { Streams } from './io.ts';
import { unescapeAwk } from './lexer.ts';
import type { AwkProgram, Expr, Rule, Stmt } from './parser.ts';
import { compare, Input, isTrue, toNumber, toText, awkPrintf, type Value } from './values.ts';

export type AwkArray = Map<string, Value>;
/** A variable: a scalar, or an array once it is used as one. `link`: an untyped one handed to a function. */
type Cell = { value: Value; array: AwkArray | null; link: Cell | null };
type Effect = () => Promise<unknown>;
export type Run<T> = Generator<Effect, T, unknown>;

export class AwkError extends Error {}
class Control extends Error {
  readonly what: 'break' | 'continue' | 'next' | 'nextfile' | 'exit' | 'return';
  value: Value;
  constructor(what: Control['what'], value?: Value) {
    super(what);
    this.what = what;
    this.value = value;
  }
}

const STEPS_A_CHARGE = 2_000;
const DEPTH_MAX = 1_000;

export class Interpreter {
  readonly ctx: Context;
  readonly streams: Streams;
  private readonly program: AwkProgram;
  private readonly globals = new Map<string, Cell>();
  private locals: Map<string, Cell> | null = null;
  private depth = 0;
  private steps = 0;
  private fields: string[] = [];
  private record: Value = '';
  private recordStale = false;
  private fieldsStale = true;
  private readonly regexes = new Map<string, RegExp>();
  private operands: string[] = [];
  private input: Reader | null = null;
  private usedFile = false;
  private exitCode = 0;

  constructor(ctx: Context, program: AwkProgram, streams: Streams, name: string, args: readonly string[]) {
    this.ctx = ctx;
    this.program = program;
    this.streams = streams;
    const defaults: Record<string, Value> = { FS: ' ', OFS: ' ', ORS: '\n', RS: '\n', NR: 0, FNR: 0, FILENAME: '', SUBSEP: '\x1c', CONVFMT: '%.6g', OFMT: '%.6g', RSTART: 0, RLENGTH: -1, ARGC: args.length + 1 };
    for (const [key, value] of Object.entries(defaults)) this.set(key, value);
    const [a = 0, b = 0, c = 0] = ctx.random.bytes(3);
    this.seedWith(a * 65_536 + b * 256 + c);
    const argv = this.array('ARGV');
    for (const [i, arg] of [name, ...args].entries()) argv.set(String(i), new Input(arg));
    const environment = this.array('ENVIRON');
    for (const entry of ctx.process.env) environment.set(entry.slice(0, entry.indexOf('=')), new Input(entry.slice(entry.indexOf('=') + 1)));
  }

  // --- Variables ---------------------------------------------------------------------------------------------------

  private cell(name: string): Cell {
    const local = this.locals?.get(name);
    if (local !== undefined) return local;
    let cell = this.globals.get(name);
    if (cell === undefined) {
      cell = { value: undefined, array: null, link: null };
      this.globals.set(name, cell);
    }
    return cell;
  }

  array(name: string): AwkArray {
    const chain: Cell[] = [];
    for (let cell: Cell | null = this.cell(name); cell !== null; cell = cell.link) {
      if (cell.value !== undefined) throw new AwkError(`type error in reference to ${name}`);
      chain.push(cell);
    }
    const found = chain.find((c) => c.array !== null)?.array ?? new Map<string, Value>();
    for (const cell of chain) cell.array = found;
    return found;
  }

  isArray(name: string): boolean {
    for (let cell: Cell | null = this.cell(name); cell !== null; cell = cell.link) if (cell.array !== null) return true;
    return false;
  }

  compare(a: Value, b: Value): number {
    return compare(a, b, this.textOf('CONVFMT'));
  }

  seed = 0;
  private state = 0;

  seedWith(value: number): void {
    this.seed = value;
    this.state = Math.trunc(value) | 0;
  }

  /** mulberry32; unseeded it starts from the process's own random numbers, as mawk does from the clock. */
  random(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  get(name: string): Value {
    if (name === 'NF') {
      this.split();
      return this.fields.length;
    }
    return this.cell(name).value;
  }

  set(name: string, value: Value): void {
    if (name === 'NF') {
      this.split();
      const count = Math.max(0, Math.trunc(toNumber(value)));
      while (this.fields.length < count) this.fields.push('');
      this.fields.length = count;
      this.recordStale = true;
      return;
    }
    const cell = this.cell(name);
    if (cell.array !== null) throw new AwkError(`type error in assignment to array ${name}`);
    // The record is split by the FS that was in force when it was read.
    if (name === 'FS') this.split();
    cell.value = value;
  }

  /** `-v x=y` and operands of that form. */
  assignText(name: string, text: string): void {
    this.set(name, new Input(text));
  }

  textOf(name: string): string {
    return toText(this.get(name), '%.6g');
  }

  text(value: Value): string {
    return toText(value, this.cell('CONVFMT').value === '%.6g' ? '%.6g' : this.textOf('CONVFMT'));
  }

  // --- Records and fields ------------------------------------------------------------------------------------------

  setRecord(value: Value): void {
    this.record = value;
    this.recordStale = false;
    this.fieldsStale = true;
  }

  private split(): void {
    if (!this.fieldsStale) return;
    this.fieldsStale = false;
    this.fields = this.splitText(this.text(this.record), this.textOf('FS'));
  }

  splitText(text: string, separator: string | RegExp): string[] {
    if (text === '') return [];
    const paragraphs = this.textOf('RS') === '';
    if (separator === ' ') return text.trim() === '' ? [] : text.replace(/^[ \t\n\r\f\v]+|[ \t\n\r\f\v]+$/g, '').split(/[ \t\n\r\f\v]+/);
    if (typeof separator === 'string') {
      if (separator === '') return [...text];
      if (separator.length === 1 && separator !== '\\') return paragraphs ? text.split(separator === '\n' ? '\n' : new RegExp(`[\\n${separator.replace(/[\\\]^-]/g, '\\$&')}]`)) : text.split(separator);
      return text.split(stripGroups(this.regex(separator).source));
    }
    return text.split(stripGroups(separator.source));
  }

  private field(index: number): Value {
    if (index < 0) throw new AwkError(`negative field index $${index}`);
    if (index === 0) {
      if (this.recordStale) {
        this.record = new Input(this.fields.join(this.textOf('OFS')));
        this.recordStale = false;
      }
      return this.record;
    }
    this.split();
    const text = this.fields[index - 1];
    return text === undefined ? undefined : new Input(text);
  }

  private setField(index: number, value: Value): void {
    if (index === 0) return this.setRecord(value instanceof Input ? value : new Input(this.text(value)));
    this.split();
    while (this.fields.length < index) this.fields.push('');
    this.fields[index - 1] = this.text(value);
    this.recordStale = true;
  }

  regex(source: string): RegExp {
    let regex = this.regexes.get(source);
    if (regex === undefined) {
      regex = posixRegex(source, { extended: true }, 'g');
      this.regexes.set(source, regex);
    }
    regex.lastIndex = 0;
    return regex;
  }

  /** A regular expression as it is written, or the text of anything else as one. */
  *regexOf(e: Expr): Run<RegExp> {
    return this.regex(e.type === 'regex' ? e.source : this.text(yield* this.eval(e)));
  }

  // --- Input -------------------------------------------------------------------------------------------------------

  private delimiter(): number {
    const rs = this.textOf('RS');
    return rs.length === 1 ? rs.charCodeAt(0) : 10;
  }

  /** The next record of an input, by RS. */
  private async readRecord(input: Reader): Promise<string | null> {
    const rs = this.textOf('RS');
    if (!input.ready) await this.streams.flush();
    if (rs.length === 1) return input.line();
    const lines: string[] = [];
    if (rs === '') {
      let line = await input.line();
      while (line === '') line = await input.line();
      for (; line !== null && line !== ''; line = await input.line()) lines.push(line);
      return lines.length === 0 ? null : lines.join('\n');
    }
    let rest = this.pending.get(input);
    if (rest === undefined) {
      for (let line = await input.line(); line !== null; line = await input.line()) lines.push(line);
      const whole = lines.join('\n') + (lines.length > 0 && input.terminated ? '\n' : '');
      rest = whole === '' ? [] : whole.split(stripGroups(this.regex(rs).source));
      if (rest.at(-1) === '' || rest.at(-1) === '\n') rest.pop();
      this.pending.set(input, rest);
    }
    return rest.shift() ?? null;
  }

  private readonly pending = new Map<Reader, string[]>();

  /** The next record of the main input; opens the operands one after the other. */
  private async nextMain(): Promise<string | null> {
    for (;;) {
      if (this.input === null) {
        const next = this.operands.shift();
        if (next === undefined) {
          if (this.usedFile) return null;
          this.usedFile = true;
          this.input = new Reader(this.ctx, 0, this.delimiter());
        } else {
          const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(next);
          if (next === '') continue;
          if (assignment !== null) {
            this.assignText(assignment[1] as string, unescapeAwk(assignment[2] as string));
            continue;
          }
          this.usedFile = true;
          this.set('FILENAME', next);
          this.set('FNR', 0);
          try {
            const fd = next === '-' ? 0 : await this.ctx.sys.open(this.ctx, next, { read: true });
            this.input = new Reader(this.ctx, fd, this.delimiter());
          } catch (error) {
            if (!isErrno(error)) throw error;
            throw new AwkError(`cannot open ${next} (${error.libc})`);
          }
        }
      }
      let text: string | null;
      try {
        text = await this.readRecord(this.input);
      } catch (error) {
        if (!isErrno(error, 'EISDIR')) throw error;
        text = null;
      }
      if (text !== null) {
        this.set('NR', toNumber(this.get('NR')) + 1);
        this.set('FNR', toNumber(this.get('FNR')) + 1);
        return text;
      }
      await this.input.close();
      this.input = null;
    }
  }

  private async skipFile(): Promise<void> {
    await this.input?.close();
    this.input = null;
  }

  // --- Running -----------------------------------------------------------------------------------------------------

  private async drive<T>(run: Run<T>): Promise<T> {
    let step = run.next();
    while (!step.done) {
      let result: unknown;
      try {
        result = await step.value();
      } catch (error) {
        step = run.throw(error);
        continue;
      }
      step = run.next(result);
    }
    return step.value;
  }

  async run(): Promise<number> {
    const of = (kind: Rule['kind']): Rule[] => this.program.rules.filter((r) => r.kind === kind);
    const main = this.program.rules.filter((r) => r.kind !== 'begin' && r.kind !== 'end');
    const ends = of('end');
    let exited = await this.guarded(async () => {
      for (const rule of of('begin')) await this.drive(this.block(rule.body ?? []));
    });
    if (!exited && (main.length > 0 || ends.length > 0)) {
      const argv = this.array('ARGV');
      for (let i = 1; i < toNumber(this.get('ARGC')); i++) this.operands.push(this.text(argv.get(String(i))));
      exited = await this.guarded(async () => {
        for (let text = await this.nextMain(); text !== null; text = await this.nextMain()) {
          this.setRecord(new Input(text));
          try {
            for (const rule of main) await this.drive(this.apply(rule));
          } catch (error) {
            if (!(error instanceof Control) || (error.what !== 'next' && error.what !== 'nextfile')) throw error;
            if (error.what === 'nextfile') await this.skipFile();
          }
        }
      });
    }
    if (!this.endExit) {
      await this.guarded(async () => {
        this.endExit = true;
        for (const rule of ends) await this.drive(this.block(rule.body ?? []));
      });
    }
    await this.streams.closeAll();
    return this.exitCode;
  }

  private endExit = false;

  /** True if the program said exit; END still runs then, unless exit came from there. */
  private async guarded(body: () => Promise<void>): Promise<boolean> {
    try {
      await body();
      return false;
    } catch (error) {
      if (!(error instanceof Control) || error.what !== 'exit') throw error;
      if (error.value !== undefined) this.exitCode = Math.trunc(toNumber(error.value)) & 255;
      return true;
    }
  }

  private *apply(rule: Rule): Run<void> {
    if (rule.kind === 'pattern' && !isTrue(yield* this.eval(rule.pattern as Expr))) return;
    if (rule.kind === 'range') {
      if (!rule.active) {
        if (!isTrue(yield* this.eval(rule.pattern as Expr))) return;
        rule.active = true;
      }
      if (isTrue(yield* this.eval(rule.until as Expr))) rule.active = false;
    }
    if (rule.body === null) this.streams.stdout.put(this.text(this.field(0)) + this.textOf('ORS'));
    else yield* this.block(rule.body);
  }

  private *block(body: readonly Stmt[]): Run<void> {
    for (const statement of body) yield* this.exec(statement);
  }

  /** Runs a loop's body; true if it was left with break. */
  private *loopBody(body: Stmt): Run<boolean> {
    try {
      yield* this.exec(body);
    } catch (error) {
      if (!(error instanceof Control)) throw error;
      if (error.what === 'break') return true;
      if (error.what !== 'continue') throw error;
    }
    return false;
  }

  private *exec(s: Stmt): Run<void> {
    if (++this.steps >= STEPS_A_CHARGE) {
      this.steps = 0;
      yield () => this.ctx.cpu(STEPS_A_CHARGE * LATENCY.awkStatementNs);
    }
    switch (s.type) {
      case 'expression':
        yield* this.eval(s.value);
        return;
      case 'print':
        yield* this.print(s);
        return;
      case 'block':
        yield* this.block(s.body);
        return;
      case 'if':
        if (isTrue(yield* this.eval(s.test))) yield* this.exec(s.then);
        else if (s.else !== null) yield* this.exec(s.else);
        return;
      case 'while':
        while (isTrue(yield* this.eval(s.test))) if (yield* this.loopBody(s.body)) return;
        return;
      case 'do':
        do {
          if (yield* this.loopBody(s.body)) return;
        } while (isTrue(yield* this.eval(s.test)));
        return;
      case 'for':
        if (s.init !== null) yield* this.exec(s.init);
        while (s.test === null || isTrue(yield* this.eval(s.test))) {
          if (yield* this.loopBody(s.body)) return;
          if (s.step !== null) yield* this.exec(s.step);
        }
        return;
      case 'forin':
        for (const key of [...this.array(s.array).keys()]) {
          this.set(s.name, new Input(key));
          if (yield* this.loopBody(s.body)) return;
        }
        return;
      case 'delete':
        if (s.keys === null) this.array(s.array).clear();
        else this.array(s.array).delete(yield* this.key(s.keys));
        return;
      case 'exit':
      case 'return':
        throw new Control(s.type, s.value === null ? undefined : yield* this.eval(s.value));
      default:
        throw new Control(s.type);
    }
  }

  private *print(s: Extract<Stmt, { type: 'print' }>): Run<void> {
    let text: string;
    const values: Value[] = [];
    for (const arg of s.args) values.push(yield* this.eval(arg));
    if (s.printf) {
      const format = this.text(values[0]);
      const formatted = awkPrintf(format, values.slice(1), this.textOf('CONVFMT'));
      if (formatted === null) throw new AwkError(`not enough arguments passed to printf("${format}")`);
      text = formatted;
    } else {
      const output = this.textOf('OFMT');
      const shown = s.args.length === 0 ? [this.field(0)] : values;
      text = shown.map((v) => toText(v, output)).join(this.textOf('OFS')) + this.textOf('ORS');
    }
    if (s.redirect === null) {
      this.streams.stdout.put(text);
      if (this.streams.stdout.full) yield () => this.streams.stdout.flush();
      return;
    }
    const { kind } = s.redirect;
    const name = this.text(yield* this.eval(s.redirect.to));
    yield async () => {
      try {
        await (await this.streams.writer(kind, name)).write(text);
      } catch (error) {
        if (!isErrno(error)) throw error;
        throw new AwkError(`cannot open "${name}" for output (${error.libc})`);
      }
    };
  }

  private *key(keys: readonly Expr[]): Run<string> {
    const parts: string[] = [];
    for (const key of keys) parts.push(this.text(yield* this.eval(key)));
    return parts.length === 1 ? (parts[0] as string) : parts.join(this.textOf('SUBSEP'));
  }

  *assign(target: Expr, value: Value): Run<void> {
    switch (target.type) {
      case 'name':
        this.set(target.name, value);
        return;
      case 'field':
        this.setField(Math.trunc(toNumber(yield* this.eval(target.index))), value);
        return;
      case 'element': {
        const key = yield* this.key(target.keys);
        this.array(target.array).set(key, value);
        return;
      }
      case 'group':
        if (target.items.length === 1) yield* this.assign(target.items[0] as Expr, value);
        return;
      default:
        throw new AwkError('assignment to something that is not a variable');
    }
  }

  *eval(e: Expr): Run<Value> {
    switch (e.type) {
      case 'number':
      case 'string':
        return e.value;
      case 'regex':
        return this.regex(e.source).test(this.text(this.field(0))) ? 1 : 0;
      case 'name':
        return this.get(e.name);
      case 'field':
        return this.field(Math.trunc(toNumber(yield* this.eval(e.index))));
      case 'element': {
        const key = yield* this.key(e.keys);
        const array = this.array(e.array);
        if (!array.has(key)) array.set(key, undefined);
        return array.get(key);
      }
      case 'in': {
        const key = yield* this.key(e.keys);
        return this.array(e.array).has(key) ? 1 : 0;
      }
      case 'group': {
        const parts: Value[] = [];
        for (const item of e.items) parts.push(yield* this.eval(item));
        return parts.length === 1 ? parts[0] : parts.map((p) => this.text(p)).join(this.textOf('SUBSEP'));
      }
      case 'unary': {
        const value = yield* this.eval(e.value);
        if (e.operator === '!') return isTrue(value) ? 0 : 1;
        return e.operator === '-' ? -toNumber(value) : toNumber(value);
      }
      case 'and':
        return isTrue(yield* this.eval(e.left)) && isTrue(yield* this.eval(e.right)) ? 1 : 0;
      case 'or':
        return isTrue(yield* this.eval(e.left)) || isTrue(yield* this.eval(e.right)) ? 1 : 0;
      case 'conditional':
        return yield* this.eval(isTrue(yield* this.eval(e.test)) ? e.then : e.else);
      case 'match': {
        const text = this.text(yield* this.eval(e.left));
        return (yield* this.regexOf(e.right)).test(text) !== e.negated ? 1 : 0;
      }
      case 'binary':
        return this.operate(e.operator, yield* this.eval(e.left), yield* this.eval(e.right));
      case 'assign': {
        let value = yield* this.eval(e.value);
        if (e.operator !== '=') value = this.operate(e.operator.slice(0, -1), yield* this.eval(e.target), value);
        yield* this.assign(e.target, value);
        return value;
      }
      case 'increment': {
        const old = toNumber(yield* this.eval(e.target));
        yield* this.assign(e.target, old + e.by);
        return e.prefix ? old + e.by : old;
      }
      case 'call':
        return yield* this.call(e.name, e.args);
      case 'builtin':
        return yield* callBuiltin(this, e.name, e.args);
      case 'getline':
        return yield* this.getline(e);
    }
  }

  private operate(operator: string, left: Value, right: Value): Value {
    switch (operator) {
      case '':
        return this.text(left) + this.text(right);
      case '+':
        return toNumber(left) + toNumber(right);
      case '-':
        return toNumber(left) - toNumber(right);
      case '*':
        return toNumber(left) * toNumber(right);
      case '/':
        return toNumber(left) / toNumber(right);
      case '%':
        return toNumber(left) % toNumber(right);
      case '^':
        return toNumber(left) ** toNumber(right);
    }
    const order = compare(left, right, this.textOf('CONVFMT'));
    const tests: Record<string, boolean> = { '<': order < 0, '<=': order <= 0, '==': order === 0, '!=': order !== 0, '>': order > 0, '>=': order >= 0 };
    return tests[operator] === true ? 1 : 0;
  }

  private *call(name: string, args: readonly Expr[]): Run<Value> {
    const definition = this.program.functions.get(name);
    if (definition === undefined) throw new AwkError(`function ${name} never defined`);
    if (++this.depth > DEPTH_MAX) throw new AwkError('function call nesting too deep');
    const frame = new Map<string, Cell>();
    for (const [i, parameter] of definition.parameters.entries()) {
      const arg = args[i];
      const cell: Cell = { value: undefined, array: null, link: null };
      if (arg?.type === 'name' && arg.name !== 'NF') {
        const source = this.cell(arg.name);
        if (source.array !== null) cell.array = source.array;
        else if (source.value === undefined) cell.link = source;
        else cell.value = source.value;
      } else if (arg !== undefined) cell.value = yield* this.eval(arg);
      frame.set(parameter, cell);
    }
    const saved = this.locals;
    this.locals = frame;
    try {
      yield* this.block(definition.body);
      return undefined;
    } catch (error) {
      if (error instanceof Control && error.what === 'return') return error.value;
      throw error;
    } finally {
      this.locals = saved;
      this.depth--;
    }
  }

  private *getline(e: Extract<Expr, { type: 'getline' }>): Run<Value> {
    let text: string | null;
    if (e.source === 'main') text = (yield () => this.nextMain()) as string | null;
    else {
      const name = this.text(yield* this.eval(e.from as Expr));
      const kind = e.source;
      const read = async (): Promise<string | null | undefined> => {
        const input = await this.streams.reader(kind, name, this.delimiter());
        return input === null ? undefined : this.readRecord(input);
      };
      const result = (yield read) as string | null | undefined;
      if (result === undefined) return -1;
      text = result;
      if (text !== null && e.source === 'command') this.set('NR', toNumber(this.get('NR')) + 1);
    }
    if (text === null) return 0;
    if (e.target === null) this.setRecord(new Input(text));
    else yield* this.assign(e.target, new Input(text));
    return 1;
  }
}

/** Groups would put what they matched among the pieces of a split. */
function stripGroups(source: string): RegExp {
  return new RegExp(source.replace(/(\\.|\[(?:\\.|[^\]])*\])|\((?!\?)/g, (_whole, kept: string | undefined) => kept ?? '(?:'), 'u');
}
