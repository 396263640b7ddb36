/**
 * Runs a jsonpath template over decoded JSON.
 * @models k8s.io/client-go util/jsonpath/jsonpath.go, third_party/forked/golang/template
 * @fidelity full
 */
import { formatFloat } from '../../../go/floats.ts';
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import { formatValue, typeName } from '../../../go/sprintf.ts';
import { JsonPathFault, type PathNode, parseJsonPath } from './parse.ts';

export type JsonPathOptions = { readonly allowMissingKeys?: boolean; readonly jsonOutput?: boolean };

/** The text of the whole template. Throws JsonPathFault. */
export function executeJsonPath(nodes: readonly PathNode[], data: unknown, options: JsonPathOptions = {}): string {
  const results = new Evaluation(options).template(nodes, data);
  if (options.jsonOutput === true) {
    return `${marshalJson(results.flat() as JsonValue[], { indent: '    ', escapeHtml: false, sortKeys: true })}\n`;
  }
  return results.map((values) => values.map(valueText).join(' ')).join('');
}

/** Everything one expression finds. */
export function findAll(expression: string, data: unknown, allowMissingKeys = true): unknown[] {
  return new Evaluation({ allowMissingKeys }).template(parseJsonPath(expression), data).flat();
}

const RELAXED = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/;

/** `.a.b`, `a.b`, `{.a.b}`, `{a.b}`: what --sort-by and custom columns take. */
export function relaxedJsonPath(expression: string): string {
  if (expression === '') return expression;
  const match = RELAXED.exec(expression);
  if (match === null) {
    throw new JsonPathFault(
      "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'",
    );
  }
  return `{.${match[1] ?? match[2] ?? ''}}`;
}

export function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : formatFloat(value, 'g', -1);
  if (typeof value === 'object') return marshalJson(value as JsonValue, { sortKeys: true });
  return String(value);
}

class Evaluation {
  private readonly allowMissingKeys: boolean;

  constructor(options: JsonPathOptions) {
    this.allowMissingKeys = options.allowMissingKeys === true;
  }

  /** One list of values for each node of the template that prints. */
  template(nodes: readonly PathNode[], data: unknown): unknown[][] {
    return this.block(nodes, 0, data, false)[0];
  }

  /** With where its {end} is, if it has one: without it what stands behind is done for each item, and once more. */
  private block(
    nodes: readonly PathNode[],
    start: number,
    data: unknown,
    inRange: boolean,
  ): [unknown[][], number | null] {
    const results: unknown[][] = [];
    let i = start;
    while (i < nodes.length) {
      const node = nodes[i];
      if (node === undefined) break;
      if (node.kind !== 'list') {
        results.push(this.walk([data], node));
        i += 1;
        continue;
      }
      const [first, ...rest] = node.nodes;
      if (first?.kind === 'end') {
        if (inRange) return [results, i + 1];
        throw new JsonPathFault('not in range, nothing to end');
      }
      if (first?.kind !== 'range') {
        results.push(this.list([data], node.nodes));
        i += 1;
        continue;
      }
      const items = this.list([data], rest);
      let end = items.length === 0 ? endOfRange(nodes, i + 1) : null;
      for (const item of items) {
        const [inner, next] = this.block(nodes, i + 1, item, true);
        results.push(...inner);
        end = next;
      }
      i = end ?? i + 1;
    }
    return [results, null];
  }

  private list(values: readonly unknown[], nodes: readonly PathNode[]): unknown[] {
    let current: readonly unknown[] = values;
    for (const node of nodes) current = this.walk(current, node);
    return [...current];
  }

  private walk(values: readonly unknown[], node: PathNode): unknown[] {
    switch (node.kind) {
      case 'text':
        return [node.text];
      case 'value':
        return [node.value];
      case 'list':
        return this.list(values, node.nodes);
      case 'field':
        return values.flatMap((value) => this.field(value, node.name));
      case 'wildcard':
        return values.flatMap(children);
      case 'recursive':
        return values.flatMap(descendants);
      case 'union':
        return values.flatMap((value) => node.branches.flatMap((branch) => this.list([value], branch)));
      case 'array':
        return values.flatMap((value) => slice(value, node));
      case 'filter':
        return values.flatMap((value) => this.filter(value, node));
      default:
        throw new JsonPathFault(`unexpected ${node.kind}`);
    }
  }

  private field(value: unknown, name: string): unknown[] {
    if (value === null || value === undefined) return [];
    if (typeof value === 'object' && !Array.isArray(value)) {
      const found = (value as Record<string, unknown>)[name];
      if (found !== undefined && Object.hasOwn(value, name)) return [found];
    }
    if (this.allowMissingKeys) return [];
    throw new JsonPathFault(`${name} is not found`);
  }

  private filter(value: unknown, node: Extract<PathNode, { kind: 'filter' }>): unknown[] {
    if (value === null || value === undefined) return [];
    if (!Array.isArray(value))
      throw new JsonPathFault(`${formatValue(value)} is not array or slice and cannot be filtered`);
    const lenient = new Evaluation({ allowMissingKeys: true });
    return value.filter((item) => {
      const left = lenient.list([item], node.left);
      if (node.operator === 'exists') return left.length > 0;
      if (left.length === 0) return false;
      if (left.length > 1) throw new JsonPathFault('can only compare one element at a time');
      const right = lenient.list([item], node.right);
      if (right.length === 0) return false;
      if (right.length > 1) throw new JsonPathFault('can only compare one element at a time');
      return compare(left[0], node.operator, right[0]);
    });
  }
}

function endOfRange(nodes: readonly PathNode[], start: number): number | null {
  let depth = 1;
  for (let i = start; i < nodes.length; i++) {
    const node = nodes[i];
    const first = node?.kind === 'list' ? node.nodes[0] : undefined;
    if (first?.kind === 'range') depth += 1;
    if (first?.kind === 'end') depth -= 1;
    if (depth === 0) return i + 1;
  }
  return null;
}

/** Go visits maps in no order; sorted keys are one of its orders. */
function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, member]) => member);
}

function descendants(value: unknown): unknown[] {
  return [value, ...children(value).flatMap(descendants)];
}

function slice(value: unknown, node: Extract<PathNode, { kind: 'array' }>): unknown[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value))
    throw new JsonPathFault(`${typeName(value).replace(/^int$/, 'int64')} is not array or slice`);
  const { length } = value;
  const from = node.from < 0 ? node.from + length : node.from;
  const isSingle = node.to !== null && node.to === node.from + 1 && node.step === 1;
  if (from < 0 || (from >= length && (isSingle || from > length))) {
    throw new JsonPathFault(`array index out of bounds: index ${from}, length ${length}`);
  }
  const to = Math.min(node.to === null ? length : node.to <= 0 && node.from < 0 ? node.to + length : node.to, length);
  const end = node.to !== null && node.to < 0 && node.from >= 0 ? node.to + length : to;
  if (node.step <= 0) throw new JsonPathFault('step must be > 0');
  const out: unknown[] = [];
  for (let i = from; i < end; i += node.step) out.push(value[i]);
  return out;
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  if (typeof left !== typeof right) throw new JsonPathFault('incompatible types for comparison');
  const isOrdered = typeof left === 'string' || typeof left === 'number';
  const [l, r] = [left as string, right as string];
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      if (isOrdered) return l < r;
      break;
    case '>':
      if (isOrdered) return l > r;
      break;
    case '<=':
      if (isOrdered) return l <= r;
      break;
    case '>=':
      if (isOrdered) return l >= r;
      break;
    default:
      throw new JsonPathFault(`unrecognized filter operator ${operator}`);
  }
  throw new JsonPathFault('invalid type for comparison');
}
