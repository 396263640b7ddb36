/**
 * One way to walk a decoded message and a JSON document alike: as named nodes, of which a repeated field has several of
 * the same name. A path finds nodes in it and says in the document's own terms where they are.
 */
import type { WireNode } from '../../protocols/wire-view.ts';

export type Tree = {
  readonly name: string;
  /** Place in its list; null when it is in none. */
  readonly index: number | null;
  /** Of a leaf. */
  readonly text: string | null;
  readonly children: readonly Tree[];
};

/** Bytes of a message, with its fields where its type is known. */
export type Message = { readonly bytes: Uint8Array; readonly fields: readonly WireNode[] };

export type Step =
  | string
  /** All elements of a list of scalars, as one value. */
  | { readonly all: string }
  /** The elements of a list of texts that begin so. */
  | { readonly list: string; readonly begins: string }
  /** The elements of the list so far that have this there. */
  | { readonly where: string; readonly is: string }
  /** The value of a map at a key. */
  | { readonly key: string };
export type Path = readonly Step[];

/** One value and where in the document it is. */
export type Line = { readonly path: string; readonly value: string };

export function treeOfJson(value: unknown): Tree {
  return jsonNode('', null, value);
}

function jsonNode(name: string, index: number | null, value: unknown): Tree {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { name, index, text: typeof value === 'string' ? value : JSON.stringify(value), children: [] };
  const children = Object.entries(value).flatMap(([key, inner]) =>
    Array.isArray(inner) ? inner.map((each, i) => jsonNode(key, i, each)) : [jsonNode(key, null, inner)],
  );
  return { name, index, text: null, children };
}

export function treeOfMessage({ bytes, fields }: Message): Tree {
  return { name: '', index: null, text: null, children: wireNodes(fields, bytes) };
}

function wireNodes(fields: readonly WireNode[], bytes: Uint8Array): Tree[] {
  const count = new Map<string, number>();
  for (const { name } of fields) count.set(name ?? '', (count.get(name ?? '') ?? 0) + 1);
  const seen = new Map<string, number>();
  return fields.map((field) => {
    const name = field.name ?? String(field.fieldNumber);
    const at = seen.get(name) ?? 0;
    seen.set(name, at + 1);
    const children = wireNodes(field.children, bytes);
    // The bytes do not tell a list of one from a field.
    const index = (count.get(name) ?? 0) > 1 ? at : null;
    return { name, index, text: isMessage(field) ? null : leafText(field, bytes), children };
  });
}

function isMessage({ children, wireType, typeName }: WireNode): boolean {
  return children.length > 0 || (wireType === 2 && typeName.includes('.'));
}

/** Whole: what is decoded for reading is cut short. */
function leafText(field: WireNode, bytes: Uint8Array): string {
  if (field.typeName !== 'string' && field.typeName !== 'bytes') return field.text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(field.valueStart, field.end));
  } catch {
    return field.text;
  }
}

type At = { readonly node: Tree; readonly path: string };

/** What the path leads to; nothing when it is not there. */
export function linesAt(tree: Tree, path: Path): Line[] {
  let at: At[] = [{ node: tree, path: '' }];
  for (const step of path) {
    if (typeof step === 'object' && 'all' in step)
      return at.flatMap(({ node, path: above }) => {
        const texts = node.children.filter((child) => child.name === step.all).map(textOf);
        return texts.length === 0 ? [] : [{ path: join(above, step.all), value: JSON.stringify(texts) }];
      });
    at = at.flatMap((each) => advance(each, step));
  }
  return at.map(({ node, path: where }) => ({ path: where, value: textOf(node) }));
}

function advance({ node, path }: At, step: Exclude<Step, { all: string }>): At[] {
  if (typeof step === 'string')
    return node.children
      .filter((child) => child.name === step)
      .map((child) => ({ node: child, path: `${join(path, step)}${child.index === null ? '' : `[${child.index}]`}` }));
  if ('list' in step)
    return advance({ node, path }, step.list).filter((each) => each.node.text?.startsWith(step.begins));
  if ('where' in step)
    return node.children.some((child) => child.name === step.where && child.text === step.is) ? [{ node, path }] : [];
  const own = node.children.find((child) => child.name === step.key);
  const entry = node.children.some((child) => child.name === 'key' && child.text === step.key)
    ? node.children.find((child) => child.name === 'value')
    : undefined;
  const value = own ?? entry;
  return value === undefined ? [] : [{ node: value, path: `${path.replace(/\[\d+\]$/, '')}["${step.key}"]` }];
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** A path as it would be written of a document that has nothing there. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'string') text = join(text, step);
    else if ('all' in step) text = join(text, step.all);
    else if ('list' in step) text = `${join(text, step.list)}[${step.begins}…]`;
    else if ('key' in step) text += `["${step.key}"]`;
    else text += `[${step.where}=${step.is}]`;
  }
  return text;
}

function textOf(node: Tree): string {
  if (node.text !== null) return node.text;
  return `{${node.children.map((child) => `${child.name}: ${textOf(child)}`).join(', ')}}`;
}
