/**
 * The causal tree of a command made comparable: each node with a key (what is done), a detail (to what, exactly) and a
 * signature that is equal for two nodes if everything in and below them is, whatever its order.
 */
import type { TraceEvent } from '../../sim/trace.ts';
import type { CausalNode } from '../causal-tree.ts';
import { shortCommand } from '../hops.ts';
import { shortMethod } from '../layers.ts';
import { normalised } from './normalise.ts';

export type Step = {
  readonly node: CausalNode;
  /** Who does it: the program's file name. */
  readonly who: string;
  /** In a few words, for a path. */
  readonly label: string;
  readonly key: string;
  readonly detail: string;
  readonly error: string;
  readonly children: readonly Step[];
  readonly signature: string;
};

/** Which program ran under a pid when. */
export class ProgramNames {
  private readonly names = new Map<number, { seq: number; name: string }[]>();

  constructor(events: Iterable<TraceEvent>) {
    for (const event of events) {
      if (event.kind === 'process.fork') this.add(event.child, event.seq, baseName(event.argv[0] ?? event.comm));
      else if (event.kind === 'process.exec') this.add(event.pid, event.seq, baseName(event.path));
    }
  }

  private add(pid: number, seq: number, name: string): void {
    const list = this.names.get(pid);
    if (list === undefined) this.names.set(pid, [{ seq, name }]);
    else list.push({ seq, name });
  }

  at(pid: number, seq: number): string {
    const list = this.names.get(pid);
    return (list?.findLast((entry) => entry.seq <= seq) ?? list?.[0])?.name ?? `pid ${pid}`;
  }
}

export function baseName(path: string): string {
  return path.split('/').at(-1)?.replace(/^-/, '') || path;
}

/** How deep signatures are made of: far deeper than any chain of causes. */
const DEPTH_MAX = 200;

export function stepsOf(node: CausalNode, names: ProgramNames, depth = 0): Step {
  const children = depth < DEPTH_MAX ? node.children.map((child) => stepsOf(child, names, depth + 1)) : [];
  const { key, detail, label } = described(node, names);
  const error = normalised(node.error ?? '');
  const below = children.map((child) => child.signature).sort();
  // How often a thing is looked at or written again says little; how many processes and calls there are says much.
  const counted = below.filter((text, i) => text !== below[i - 1] || text.startsWith('+'));
  const signature = `${COUNTED.test(key) ? '+' : ''}${hashed(`${key}|${detail}|${error}{${counted.join(';')}}`)}`;
  return { node, who: whoDoes(node, names), label, key, detail, error, children, signature };
}

const COUNTED = /^(?:process |call (?:grpc|ttrpc) )/;

/** 64 bits are enough for as many steps as a trace holds. */
function hashed(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b) ^ (b >>> 13);
  }
  return `${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`;
}

function whoDoes(node: CausalNode, names: ProgramNames): string {
  const ppid = node.attributes['ppid'];
  const pid = node.kind === 'process' && typeof ppid === 'number' ? ppid : node.pid;
  return names.at(pid, node.seq);
}

function described(node: CausalNode, names: ProgramNames): { key: string; detail: string; label: string } {
  const { name, attributes } = node;
  switch (node.kind) {
    case 'command':
      return { key: 'command', detail: normalised(name), label: name };
    case 'process': {
      const path = attributes['path'];
      const program = baseName(typeof path === 'string' ? path : (name.split(' ')[0] ?? name));
      const key = typeof path === 'string' ? `process ${program}` : `fork ${program}`;
      const label = typeof path === 'string' ? shortCommand([program, ...name.split(' ').slice(1)], program) : program;
      return { key, detail: typeof path === 'string' ? normalised(withoutDirectory(name)) : '', label };
    }
    case 'call': {
      const protocol = String(attributes['protocol']);
      const method = normalised(name.split('?')[0] ?? name);
      const address = normalised(String(attributes['address']));
      return { key: `call ${protocol} ${method}`, detail: `${address} ${normalised(name)}`, label: shortMethod(name) };
    }
    case 'span': {
      const words = Object.entries(attributes).map(([field, value]) => `${field}=${normalised(String(value))}`);
      return { key: `span ${normalised(name)}`, detail: words.sort().join(' '), label: name };
    }
    case 'event': {
      const told = eventName(node, names);
      // A record's component is who keeps it, and most records change.
      const label = attributes['event'] === 'state' ? told.replace(/^\S+ /, '').replace(/ changed$/, '') : told;
      return { key: eventKey(node, told), detail: normalised(told), label };
    }
  }
}

function withoutDirectory(line: string): string {
  const [program = '', ...rest] = line.split(' ');
  return [baseName(program), ...rest].join(' ');
}

/** With programs in place of pids. */
function eventName(node: CausalNode, names: ProgramNames): string {
  const kind = node.attributes['event'];
  if (kind !== 'signal.send' && kind !== 'cgroup.attach') return node.name;
  return node.name.replace(/-?\d+$/, (pid) => names.at(Math.abs(Number(pid)), node.seq));
}

function eventKey(node: CausalNode, told: string): string {
  const words = told.split(' ');
  switch (node.attributes['event']) {
    case 'mount':
      return `mount ${words[1]}`;
    case 'cgroup.write':
      return `cgroup write ${baseName(words[2] ?? '')}`;
    case 'cgroup.create':
    case 'cgroup.remove':
    case 'cgroup.attach':
      return words.slice(0, 2).join(' ');
    case 'state':
      return `state ${words.slice(1, 2)} ${words.at(-1)}`;
    case 'net.link':
      return `link ${words[1]} ${normalised(words[2] ?? '')}`;
    case 'net.connect':
      return `connect ${words.at(-1)}`;
    case 'umount':
      return 'umount';
    case 'net.address':
      return `address ${words[1]}`;
    default:
      return normalised(told);
  }
}
