/**
 * Go templates run over decoded JSON: `crictl inspect -o go-template`, `kubectl -o go-template`, nerdctl's --format.
 * @models go text/template exec.go funcs.go
 * @fidelity partial: data is maps, lists and plain values, so there are no methods and no struct fields
 */

import { compareStrings, quote } from './quote.ts';
import { formatValue, typeName, type ValueStyle } from './sprintf.ts';
import { BUILTINS, FunctionFault, isTrue, type TemplateFunction } from './template-funcs.ts';
import {
  type Command,
  type Node,
  type Operand,
  type Pipe,
  parseTemplate,
  TemplateFault,
  type TemplateTree,
} from './template-parse.ts';

export type TemplateResult =
  | { readonly ok: true; readonly text: string }
  /**
   * `stage` tells a template that does not parse from one that fails on this data; `text` was written before it
   * failed.
   */
  | { readonly ok: false; readonly stage: 'parse' | 'execute'; readonly error: string; readonly text: string };

/** Numbers are float64 to a template, as after json.Unmarshal; bigint stands for Go's integers. */
const STYLE: ValueStyle = { numbers: 'float64' };

export function executeTemplate(
  name: string,
  source: string,
  data: unknown,
  functions: ReadonlyMap<string, TemplateFunction> = new Map(),
  options: TemplateOptions = {},
): TemplateResult {
  const all = new Map([...BUILTINS, ...functions]);
  const known = new Set([...all.keys(), 'and', 'or']);
  let run: TemplateRun | undefined;
  try {
    const tree = parseTemplate(name, source, known);
    run = new TemplateRun(tree, all, name, data, options);
    run.walk(tree.trees.get(name) ?? [], top(data));
    return { ok: true, text: run.out.join('') };
  } catch (fault) {
    if (!(fault instanceof TemplateFault)) throw fault;
    const text = run?.out.join('') ?? '';
    return { ok: false, stage: run === undefined ? 'parse' : 'execute', error: fault.message, text };
  }
}

/** `missingKey`: what Option("missingkey=error") asks for. */
export type TemplateOptions = { readonly missingKey?: 'error' };

/** A value and whether Go sees it through an interface{}: error texts name the static type. */
type Value = { readonly data: unknown; readonly isStatic: boolean; readonly isMissing?: boolean };

const MISSING: Value = { data: undefined, isStatic: true, isMissing: true };

function top(data: unknown): Value {
  return { data, isStatic: true };
}

function element(data: unknown): Value {
  return data === undefined ? MISSING : { data, isStatic: false };
}

const DEPTH_MAX = 1000;

type Variable = { readonly name: string; value: Value };

class LoopSignal extends Error {
  readonly kind: 'break' | 'continue';
  constructor(kind: 'break' | 'continue') {
    super(kind);
    this.kind = kind;
  }
}

class TemplateRun {
  readonly out: string[] = [];
  private readonly tree: TemplateTree;
  private readonly functions: ReadonlyMap<string, TemplateFunction>;
  private readonly name: string;
  private readonly options: TemplateOptions;
  private variables: Variable[];
  private depth = 0;

  constructor(
    tree: TemplateTree,
    functions: ReadonlyMap<string, TemplateFunction>,
    name: string,
    data: unknown,
    options: TemplateOptions,
  ) {
    this.tree = tree;
    this.options = options;
    this.functions = functions;
    this.name = name;
    this.variables = [{ name: '$', value: top(data) }];
  }

  walk(nodes: readonly Node[], dot: Value): void {
    for (const node of nodes) this.node(node, dot);
  }

  private fail(at: { readonly pos: number; readonly text: string }, message: string): never {
    const before = this.tree.source.slice(0, at.pos);
    const column = at.pos - (before.lastIndexOf('\n') + 1);
    const location = `${this.tree.name}:${before.split('\n').length}:${column}`;
    throw new TemplateFault(
      `template: ${location}: executing ${JSON.stringify(this.name)} at <${at.text}>: ${message}`,
    );
  }

  private node(node: Node, dot: Value): void {
    switch (node.kind) {
      case 'text':
        this.out.push(node.text);
        return;
      case 'action': {
        const value = this.pipe(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.out.push(printed(value));
        return;
      }
      case 'template':
        this.invoke(node.name, node, node.pipe === undefined ? top(null) : this.pipe(node.pipe, dot));
        return;
      case 'break':
      case 'continue':
        throw new LoopSignal(node.kind);
      default:
        this.scoped(() => (node.kind === 'range' ? this.range(node, dot) : this.branch(node, dot)));
        return;
    }
  }

  private scoped(body: () => void): void {
    const mark = this.variables.length;
    try {
      body();
    } finally {
      this.variables.length = mark;
    }
  }

  private branch(node: Extract<Node, { pipe: Pipe; body: Node[] }>, dot: Value): void {
    const value = this.pipe(node.pipe, dot);
    if (isTrue(value.data)) this.walk(node.body, node.kind === 'with' ? value : dot);
    else this.walk(node.otherwise, dot);
  }

  private invoke(name: string, node: { readonly pos: number }, dot: Value): void {
    const body = this.tree.trees.get(name);
    const place = { pos: node.pos, text: `{{template ${JSON.stringify(name)}}}` };
    if (body === undefined) this.fail(place, `template ${JSON.stringify(name)} not defined`);
    if (this.depth >= DEPTH_MAX) this.fail(place, `exceeded maximum template depth (${DEPTH_MAX})`);
    const outer = this.variables;
    this.variables = [{ name: '$', value: dot }];
    this.depth += 1;
    this.walk(body, dot);
    this.depth -= 1;
    this.variables = outer;
  }

  private range(node: Extract<Node, { pipe: Pipe; body: Node[] }>, dot: Value): void {
    const { data } = this.pipe({ ...node.pipe, variables: [] }, dot);
    const entries = rangeEntries(data);
    if (entries === undefined) this.fail(node.pipe, `range can't iterate over ${formatValue(data, STYLE)}`);
    if (entries.length === 0) this.walk(node.otherwise, dot);
    for (const [key, item] of entries) {
      let stop = false;
      this.scoped(() => {
        const [first, second] = node.pipe.variables;
        const values = second === undefined ? [item] : [top(key), item];
        [first, second].forEach((name, i) => {
          if (name !== undefined) this.assign(name, values[i] ?? MISSING, node.pipe.isAssignment);
        });
        try {
          this.walk(node.body, item);
        } catch (signal) {
          if (!(signal instanceof LoopSignal)) throw signal;
          stop = signal.kind === 'break';
        }
      });
      if (stop) return;
    }
  }

  private assign(name: string, value: Value, isAssignment: boolean): void {
    const known = isAssignment ? this.variables.findLast((variable) => variable.name === name) : undefined;
    if (known === undefined) this.variables.push({ name, value });
    else known.value = value;
  }

  private pipe(pipe: Pipe, dot: Value): Value {
    let value: Value | undefined;
    for (const command of pipe.commands) value = this.command(command, dot, value);
    // Go unwraps an interface{} here: what a pipeline yields has the concrete type of its value.
    const result: Value = value === undefined || value.data === undefined ? MISSING : value;
    for (const name of pipe.variables) this.assign(name, result, pipe.isAssignment);
    return result;
  }

  private command(command: Command, dot: Value, piped: Value | undefined): Value {
    const [head, ...rest] = command.args;
    if (head.kind === 'function') return this.call(head.name, command, rest, dot, piped);
    if (rest.length > 0 || piped !== undefined) {
      const target = head.kind === 'field' ? (head.names.at(-1) ?? '') : head.text;
      if (head.kind === 'field') this.fail(head, `${target} has arguments but cannot be invoked as function`);
      this.fail(head, `can't give argument to non-function ${head.text}`);
    }
    if (head.kind === 'nil') this.fail(head, 'nil is not a command');
    return this.operand(head, dot);
  }

  private operand(operand: Operand, dot: Value): Value {
    switch (operand.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return top(null);
      case 'literal':
        return top(operand.value);
      case 'field':
        return this.fields(operand, dot, operand.names);
      case 'variable': {
        const variable = this.variables.findLast((candidate) => candidate.name === operand.name);
        return this.fields(operand, variable?.value ?? MISSING, operand.names);
      }
      case 'pipe':
        return this.pipe(operand.pipe, dot);
      case 'chain':
        return this.fields(operand, this.operand(operand.base, dot), operand.names);
      case 'function':
        return this.call(operand.name, { ...operand, args: [operand] }, [], dot, undefined);
    }
  }

  private fields(at: Operand, base: Value, names: readonly string[]): Value {
    let value = base;
    for (const name of names) value = this.field(at, value, name);
    return value;
  }

  private field(at: Operand, base: Value, name: string): Value {
    const { data } = base;
    if (data === undefined) return MISSING;
    if (data === null) {
      if (base.isStatic) return MISSING;
      this.fail(at, `nil pointer evaluating interface {}.${name}`);
    }
    if (isMap(data)) {
      if (Object.hasOwn(data, name)) return element(data[name]);
      if (this.options.missingKey === 'error') this.fail(at, `map has no entry for key ${quote(name)}`);
      return element(undefined);
    }
    return this.fail(
      at,
      `can't evaluate field ${name} in type ${base.isStatic ? typeName(data, STYLE) : 'interface {}'}`,
    );
  }

  private call(name: string, command: Command, args: readonly Operand[], dot: Value, piped: Value | undefined): Value {
    const last = piped === undefined ? [] : [piped];
    if (name === 'and' || name === 'or') {
      // The only functions that stop at the first argument that decides.
      let value: Value = MISSING;
      for (const arg of [...args.map((operand) => () => this.operand(operand, dot)), ...last.map((v) => () => v)]) {
        value = arg();
        if (isTrue(value.data) === (name === 'or')) break;
      }
      return value;
    }
    const call = this.functions.get(name);
    const values = [...args.map((operand) => this.operand(operand, dot)), ...last].map((value) => value.data);
    if (call === undefined) return this.fail(command, `${JSON.stringify(name)} is not a defined function`);
    try {
      const result = call(...values);
      return result === undefined ? MISSING : top(result);
    } catch (fault) {
      if (!(fault instanceof FunctionFault)) throw fault;
      return this.fail(command, fault.isCount ? fault.message : `error calling ${name}: ${fault.message}`);
    }
  }
}

function isMap(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}

/** undefined: not something to range over. Map keys go in order; an integer counts. */
function rangeEntries(data: unknown): (readonly [key: unknown, item: Value])[] | undefined {
  if (data === null || data === undefined) return [];
  if (Array.isArray(data)) return data.map((item: unknown, i) => [BigInt(i), { data: item, isStatic: false }] as const);
  if (typeof data === 'bigint') {
    return Array.from({ length: Math.max(0, Number(data)) }, (_, i) => [BigInt(i), top(BigInt(i))] as const);
  }
  if (!isMap(data)) return undefined;
  return Object.keys(data)
    .sort(compareStrings)
    .map((key) => [key, { data: data[key], isStatic: false }] as const);
}

function printed(value: Value): string {
  return value.data === null || value.data === undefined ? '<no value>' : formatValue(value.data, STYLE);
}
