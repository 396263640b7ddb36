/**
 * The first thing that differs between two machines that were told the same: their causal trees are laid side by side,
 * and the first place is sought where one does what the other does not. Pure over the two traces.
 */
import type { TraceEvent } from '../../sim/trace.ts';
import { type CausalNode, type CausalTree, causalCalls, causalTrees } from '../causal-tree.ts';
import { CRI_CHANGES } from '../hops.ts';
import { shortMethod } from '../layers.ts';
import { normalised, normalisedOutput, shortened } from './normalise.ts';
import { baseName, ProgramNames, type Step, stepsOf } from './steps.ts';

export type ComparedMachine = {
  readonly events: readonly TraceEvent[];
  /** Commands before this one (counted from 0) are what makes the machines different, and are not compared. */
  readonly sharedFrom?: number;
  /** What each command wrote, in the order of the commands; compared where all else is equal. */
  readonly outputs?: readonly string[];
  /** Text of configuration files, by path; told beside the first difference. */
  readonly files?: ReadonlyMap<string, string>;
};

export type Act = {
  readonly verb: 'type' | 'start' | 'fork' | 'call' | 'step' | 'kernel' | 'record' | 'send' | 'end' | 'write' | 'quiet';
  readonly who: string;
  readonly what: string;
  /** The next things that follow from it, briefly. */
  readonly effects: readonly string[];
  /** What it does after that in the same place, and the other does not. */
  readonly next: readonly string[];
  readonly error: string | null;
  /** The same in full, as the trace has it: for where it reads alike on both sides. */
  readonly exact: readonly string[];
  /** Number of the event that shows it, and when that was. */
  readonly seq: number;
  readonly time: number;
  /** The process that was started, or that acts. */
  readonly pid: number;
};

export type Difference = {
  /** `typed`: the lines; `done`: what one does and the other does not, or differently; `ended`: how something ended; `wrote`: output. */
  readonly kind: 'typed' | 'done' | 'ended' | 'wrote';
  /** The command line in which it lies; null for what the node did of its own accord. */
  readonly line: string | null;
  /** From the command down to the place: `crictl runp`, `RunPodSandbox`, `NewTask`. */
  readonly path: readonly string[];
  /** Null: nothing of the kind. */
  readonly left: Act | null;
  readonly right: Act | null;
  /** Which command it belongs to, and how long after that had begun; by these the differences are in order. */
  readonly command: number;
  readonly afterNs: number;
  /** How what encloses the place failed on the side that lacks it. */
  readonly leftFailure: string | null;
  readonly rightFailure: string | null;
};

export type Comparison = {
  readonly first: Difference | null;
  /** The first and what comes after it, in order. */
  readonly differences: readonly Difference[];
  /** Programs that answer the same calls on either side. */
  readonly counterparts: readonly (readonly [left: string, right: string])[];
  /** Words in which the same command line was typed differently on either side. */
  readonly typed: readonly (readonly [left: string, right: string])[];
  /** Lines of configuration files that are not the same: where the machines were set up differently. */
  readonly setUp: readonly { path: string; left: string | null; right: string | null }[];
  /** Command lines that were laid side by side. */
  readonly commands: number;
};

const DIFFERENCES_MAX = 20;
/** So many are looked at to find which come first. */
const FOUND_MAX = 400;
const THEN_MAX = 3;

/** Lays two histories side by side. */
export function compareMachines(left: ComparedMachine, right: ComparedMachine): Comparison {
  const sides = [new Side(left), new Side(right)] as const;
  const pairs = pairedCommands(sides[0].commands, sides[1].commands);
  const walk = new Walk(pairs);
  const setUp = left.files && right.files ? differingLines(left.files, right.files) : [];
  for (const { path, left: a, right: b } of setUp) {
    walk.premise(path, path);
    walk.premise(a ?? '', b ?? '');
  }
  const given = sides[0].own.map((line, i) => [line, sides[1].own[i]] as const);
  for (const [a, b] of given) if (b !== undefined) walk.premise(a, b);
  for (const [a, b] of pairs) walk.command(a, b);
  walk.ofOwnAccord(sides[0].ownAccord, sides[1].ownAccord);
  const differences = walk.inOrder();
  if (differences.length === 0) {
    pairs.forEach(([a, b]) => walk.sizes(a === null ? [] : [a.step], b === null ? [] : [b.step], a?.line ?? null));
    walk.sizes(sides[0].ownAccord, sides[1].ownAccord, null);
    differences.push(...walk.remarks);
  }
  return {
    first: differences[0] ?? null,
    differences,
    counterparts: [...walk.counterparts.entries()].map(([a, b]) => [a, b] as const),
    typed: walk.typed,
    setUp,
    commands: pairs.filter(([a, b]) => a !== null && b !== null).length,
  };
}

type Command = {
  readonly line: string;
  readonly step: Step;
  readonly exitCode: number | null;
  readonly output: string;
};

type CommandPair = readonly [Command | null, Command | null];

class Side {
  readonly commands: Command[];
  /** Lines that only this machine was told. */
  readonly own: readonly string[];
  /** What kubelet asked of the cri-runtime, whoever made it. */
  readonly ownAccord: Step[];

  constructor(machine: ComparedMachine) {
    const { events } = machine;
    const names = new ProgramNames(events);
    const skipped = machine.sharedFrom ?? 0;
    const all = causalTrees(events, 0n);
    const trees = all.slice(skipped);
    this.own = all.slice(0, skipped).map((tree) => tree.root.name);
    this.commands = trees.map((tree: CausalTree, i) => ({
      line: tree.root.name,
      step: stepsOf(tree.root, names),
      exitCode: tree.exitCode,
      output: machine.outputs?.[skipped + i] ?? '',
    }));
    const from = trees[0]?.root.seq ?? 0;
    this.ownAccord = causalCalls(events, (method) => CRI_CHANGES.test(method))
      .filter((call: CausalNode) => call.seq >= from)
      .map((call) => stepsOf(call, names));
  }
}

/** Command lines in order; one that only one side was told stands alone. */
function pairedCommands(left: readonly Command[], right: readonly Command[]): CommandPair[] {
  const same = (a: Command, b: Command): boolean => normalised(a.line) === normalised(b.line);
  if (left.length === right.length && left.every((a, i) => likeLines(a.line, (right[i] as Command).line)))
    return left.map((a, i) => [a, right[i] as Command]);
  const pairs: CommandPair[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const a = left[i];
    const b = right[j];
    if (a !== undefined && b !== undefined && same(a, b)) {
      pairs.push([a, b]);
      i++;
      j++;
      continue;
    }
    const laterRight = a === undefined ? -1 : right.findIndex((other, at) => at > j && same(a, other));
    const laterLeft = b === undefined ? -1 : left.findIndex((other, at) => at > i && same(other, b));
    if (b !== undefined && (a === undefined || laterRight >= 0)) pairs.push([null, right[j++] as Command]);
    else if (a !== undefined && (b === undefined || laterLeft >= 0)) pairs.push([left[i++] as Command, null]);
    else pairs.push([left[i++] as Command, right[j++] as Command]);
  }
  return pairs;
}

/** The same command with another word somewhere. */
function likeLines(a: string, b: string): boolean {
  const [left, right] = [a.split(/\s+/), b.split(/\s+/)];
  return left[0] === right[0] && left.length === right.length && left[1] === right[1];
}

type Place = {
  readonly line: string | null;
  readonly path: readonly string[];
  readonly around: readonly (readonly [Step, Step])[];
};

type Moment = Pick<Difference, 'command' | 'afterNs'>;

function inOrder(a: Moment, b: Moment): number {
  return a.command - b.command || a.afterNs - b.afterNs;
}

class Walk {
  private readonly pairs: readonly CommandPair[];
  readonly differences: Difference[] = [];
  /** Differences that are only of who answers: told if there is no other. */
  readonly remarks: Difference[] = [];
  readonly counterparts = new Map<string, string>();
  readonly typed: (readonly [string, string])[] = [];
  /** Words that only one side was given: where they come up again, that is no news. */
  private readonly given = new Set<string>();

  constructor(pairs: readonly CommandPair[]) {
    this.pairs = pairs;
  }

  premise(left: string, right: string): void {
    for (const [a, b] of differingWords(left, right)) this.given.add(`${a} ${b}`);
  }

  command(a: Command | null, b: Command | null): void {
    const line = a?.line ?? b?.line ?? '';
    const place: Place = { line, path: [], around: [] };
    if (a === null || b === null || (normalised(a.line) !== normalised(b.line) && !likeLines(a.line, b.line))) {
      this.add('typed', place, a && act(a.step, 'type'), b && act(b.step, 'type'));
      return;
    }
    if (normalised(a.line) !== normalised(b.line)) {
      for (const pair of differingWords(a.line, b.line)) if (!this.given.has(pair.join(' '))) this.typed.push(pair);
      this.premise(a.line, b.line);
    }
    const before = this.differences.length;
    this.children(a.step, b.step, { ...place, around: [[a.step, b.step]] });
    if (a.exitCode !== b.exitCode) {
      const end = (c: Command): Act => ({
        ...act(c.step, 'end'),
        what: String(c.exitCode ?? ''),
        seq: c.step.node.seq,
      });
      this.add('ended', place, end(a), end(b));
    }
    if (this.differences.length > before) return;
    const [left, right] = [normalisedOutput(a.output), normalisedOutput(b.output)];
    if (left === right) return;
    const [lines, others] = [left.split('\n'), right.split('\n')];
    const at = lines.findIndex((text, i) => text !== others[i]);
    const first = at < 0 ? lines.length : at;
    const wrote = ({ step, output }: Command): Act => {
      const line = output.split('\n')[first];
      return { ...act(step, line === undefined ? 'quiet' : 'write'), what: line ?? '', effects: [] };
    };
    this.add('wrote', place, wrote(a), wrote(b));
  }

  /** In whatever order: what kubelet does first is a matter of chance; one that was made again is no other. */
  ofOwnAccord(left: readonly Step[], right: readonly Step[]): void {
    const seen = (steps: readonly Step[]): Set<string> => new Set(steps.map((step) => step.signature));
    const [inLeft, inRight] = [seen(left), seen(right)];
    const once = (steps: readonly Step[], other: ReadonlySet<string>): Step[] => {
      const told = new Set<string>();
      return steps.filter((step) => {
        if (other.has(step.signature) || told.has(step.signature)) return false;
        told.add(step.signature);
        return true;
      });
    };
    this.siblings(once(left, inRight), once(right, inLeft), { line: null, path: [], around: [] });
  }

  /** The same was asked for, but in messages of another length: something is in them that the trace does not spell out. */
  sizes(left: readonly Step[], right: readonly Step[], line: string | null): void {
    const sent = (steps: readonly Step[]): Step[] =>
      steps
        .flatMap((step) => [...(ASKING.test(step.key) ? [step] : []), ...sent(step.children)])
        .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : sizeOf(a) - sizeOf(b)));
    const [ours, theirs] = [sent(left), sent(right)];
    const at = ours.findIndex((step, i) => step.key === theirs[i]?.key && sizeOf(step) !== sizeOf(theirs[i]));
    const [a, b] = [ours[at], theirs[at]];
    if (a === undefined || b === undefined || ours.length !== theirs.length) return;
    const said = (step: Step): Act => ({ ...act(step, 'send'), what: `${step.label} ${sizeOf(step)}`, effects: [] });
    this.remarks.unshift(this.difference('done', { line, path: [], around: [] }, said(a), said(b)));
  }

  private pair(a: Step, b: Step, place: Place, notBefore: Difference | null): void {
    if (a.signature === b.signature || this.full) return;
    if (a.detail !== b.detail && !this.explained(a, b)) this.add('done', place, whole(a, b), whole(b, a), notBefore);
    const label = a.label === place.path.at(-1) ? [] : [a.label];
    const before = this.differences.length;
    this.children(a, b, { ...place, path: [...place.path, ...label], around: [...place.around, [a, b]] });
    if (a.error !== b.error && this.differences.length === before && !sameBut(a.error, b.error, this.given))
      this.add('ended', { ...place, path: [...place.path, ...label] }, act(a, 'end'), act(b, 'end'));
  }

  private children(a: Step, b: Step, place: Place): void {
    this.siblings(a.children, b.children, place);
  }

  private siblings(left: readonly Step[], right: readonly Step[], place: Place): void {
    const partner = partners(left, right, this.counterparts);
    const other = new Map([...partner].map(([a, b]) => [b, a]));
    // Who starts and calls whom says more than what was written where.
    const isTelling = (step: Step): boolean => {
      const twin = partner.get(step) ?? other.get(step);
      return reaches(step) || (twin !== undefined && reaches(twin));
    };
    const isPlain = (step: Step): boolean => !isTelling(step);
    this.aligned(left.filter(isTelling), right.filter(isTelling), partner, place, null);
    const notBefore = this.differences.find((difference) => difference.path === place.path) ?? null;
    this.aligned(left.filter(isPlain), right.filter(isPlain), partner, place, notBefore);
  }

  private aligned(
    left: readonly Step[],
    right: readonly Step[],
    partner: ReadonlyMap<Step, Step>,
    place: Place,
    notBefore: Difference | null,
  ): void {
    const matched = new Set(partner.values());
    const met = new Set<Step>();
    let i = 0;
    let j = 0;
    while ((i < left.length || j < right.length) && !this.full) {
      // What only one does, up to the next thing that both do.
      const onlyLeft: Step[] = [];
      const onlyRight: Step[] = [];
      for (let step = left[i]; step !== undefined && !partner.has(step); step = left[++i]) onlyLeft.push(step);
      for (let step = right[j]; step !== undefined && !matched.has(step); step = right[++j]) onlyRight.push(step);
      this.gap(onlyLeft, onlyRight, place, notBefore);
      const a = left[i];
      const b = a === undefined ? undefined : partner.get(a);
      if (a !== undefined && b !== undefined) {
        this.pair(a, b, place, notBefore);
        met.add(b);
        i++;
      }
      while (j < right.length && met.has(right[j] as Step)) j++;
    }
  }

  private gap(left: readonly Step[], right: readonly Step[], place: Place, notBefore: Difference | null): void {
    const [a, b] = [telling(left), telling(right)];
    if (a === null && b === null) return;
    this.add(
      'done',
      place,
      a && { ...act(a), next: after(left, a) },
      b && { ...act(b), next: after(right, b) },
      notBefore,
    );
  }

  /** The detail differs only in words that one side was given, or in who answers. */
  private explained(a: Step, b: Step): boolean {
    if (a.node.kind === 'call') {
      const answers = (step: Step): string | null => step.children[0]?.who ?? null;
      const [one, other] = [answers(a), answers(b)];
      if (one === null || other === null) return normalised(a.node.name) === normalised(b.node.name);
      if (one === other) return a.detail.replace(/^\S+ /, '') === b.detail.replace(/^\S+ /, '');
      if (!this.counterparts.has(one)) {
        this.counterparts.set(one, other);
        this.remarks.push(this.difference('done', { line: null, path: [a.label], around: [] }, act(a), act(b)));
      }
      return this.counterparts.get(one) === other;
    }
    return sameBut(a.detail, b.detail, this.given);
  }

  inOrder(): Difference[] {
    return [...this.differences].sort(inOrder).slice(0, DIFFERENCES_MAX);
  }

  /** Which command line had been typed by then, and how long before: daemons go on with what an earlier one began. */
  private moment(side: 0 | 1, time: number): Moment {
    const start = (pair: CommandPair): number => pair[side]?.step.node.startNs ?? Number.POSITIVE_INFINITY;
    const command = this.pairs.findLastIndex((pair) => start(pair) <= time);
    const pair = this.pairs[command];
    return pair === undefined ? { command: 0, afterNs: 0 } : { command, afterNs: time - start(pair) };
  }

  private get full(): boolean {
    return this.differences.length >= FOUND_MAX;
  }

  private add(
    kind: Difference['kind'],
    place: Place,
    left: Act | null,
    right: Act | null,
    notBefore: Difference | null = null,
  ): void {
    if (!this.full) this.differences.push(this.difference(kind, place, left, right, notBefore));
  }

  private difference(
    kind: Difference['kind'],
    place: Place,
    left: Act | null,
    right: Act | null,
    notBefore: Difference | null = null,
  ): Difference {
    const { line, path, around } = place;
    const when = [left && this.moment(0, left.time), right && this.moment(1, right.time)].filter((at) => at !== null);
    const [earliest] = when.sort(inOrder);
    const least = earliest ?? { command: 0, afterNs: 0 };
    const { command, afterNs } = notBefore !== null && inOrder(notBefore, least) > 0 ? notBefore : least;
    const failure = (side: 0 | 1): string | null => {
      const failed = around.findLast((pair) => pair[side].error !== '' && pair[side].error !== pair[1 - side]?.error);
      return failed?.[side].node.error ?? null;
    };
    return { kind, line, path, left, right, command, afterNs, leftFailure: failure(0), rightFailure: failure(1) };
  }
}

/** Calls that say what is wanted, in full. */
const ASKING =
  /^call (?:grpc .*runtime\.v1\..*(?:RunPodSandbox|CreateContainer|UpdateContainerResources)|http (?:POST|PUT|PATCH) \/api)/;

function sizeOf(step: Step): number {
  return Number(step.node.attributes['requestBytes']);
}

/** Who of the one is who of the other: equal ones first, wherever they stand, then those that do the same thing. */
function partners(
  left: readonly Step[],
  right: readonly Step[],
  counterparts: ReadonlyMap<string, string>,
): Map<Step, Step> {
  const pairs = new Map<Step, Step>();
  const taken = new Set<Step>();
  const match = (of: (step: Step) => string, as: (step: Step) => string): void => {
    const waiting = new Map<string, Step[]>();
    for (const step of right) {
      if (taken.has(step)) continue;
      const list = waiting.get(of(step));
      if (list === undefined) waiting.set(of(step), [step]);
      else list.push(step);
    }
    for (const step of left) {
      if (pairs.has(step)) continue;
      const found = waiting.get(as(step))?.shift();
      if (found === undefined) continue;
      pairs.set(step, found);
      taken.add(found);
    }
  };
  match(
    (step) => step.signature,
    (step) => step.signature,
  );
  match(
    (step) => `${step.key} ${step.detail}`,
    (step) => `${step.key} ${step.detail}`,
  );
  match(
    (step) => step.key,
    (step) => step.key,
  );
  match(
    (step) => step.key,
    (step) => step.key.replace(/\S+$/, (name) => counterparts.get(name) ?? name),
  );
  // What one does several times and the other but as often as it must: no difference of kind.
  for (const [from, to] of [
    [left, right],
    [right, left],
  ] as const)
    for (const step of from) {
      if (pairs.has(step) || taken.has(step) || COUNTED_KIND.has(step.node.kind)) continue;
      const twin = to.find((other) => other.signature === step.signature);
      if (twin !== undefined && from === left) pairs.set(step, twin);
      else if (twin !== undefined) {
        const stand = [...pairs].find(([, b]) => b === twin)?.[0];
        if (stand !== undefined) taken.add(step);
      }
    }
  return pairs;
}

const COUNTED_KIND: ReadonlySet<CausalNode['kind']> = new Set(['process', 'call']);

/** Of several things the one that says most: the first that starts or calls something, else the first. */
function telling(steps: readonly Step[]): Step | null {
  return steps.find((step) => reaches(step)) ?? steps[0] ?? null;
}

const NEXT_MAX = 6;

function after(steps: readonly Step[], told: Step): string[] {
  const labels = steps.slice(steps.indexOf(told) + 1).map((step) => step.label);
  return [...new Set(labels)].filter((label) => label !== told.label).slice(0, NEXT_MAX);
}

function reaches(step: Step): boolean {
  return step.node.kind === 'process' || step.node.kind === 'call' || step.children.some(reaches);
}

function act(step: Step, verb: Act['verb'] = verbOf(step)): Act {
  const { node } = step;
  const what =
    verb === 'call'
      ? `${shortMethod(node.name)} ${String(node.attributes['address'])}`
      : verb === 'end'
        ? (node.error ?? '')
        : step.label;
  return {
    verb,
    who: step.who,
    what,
    effects: verb === 'type' || verb === 'end' ? [] : following(step),
    next: [],
    error: node.error,
    exact: [step.detail, step.key, step.children[0]?.who ?? '', node.name],
    seq: node.seq,
    pid: node.pid,
    time: verb === 'end' || verb === 'write' || verb === 'quiet' ? (node.endNs ?? node.startNs) : node.startNs,
  };
}

const BEFORE_MAX = 60;

/** The same thing done with other words: from shortly before the first that differs. */
function whole(step: Step, other: Step): Act {
  const done = { ...act(step), effects: [] };
  if (step.node.kind === 'span') {
    const fields = Object.entries(step.node.attributes).map(([name, value]) => `${name}=${value}`);
    return { ...done, what: [step.label, ...fields].join(' ') };
  }
  if (step.node.kind !== 'process' || !step.key.startsWith('process ')) return done;
  const [words, others] = [step.node.name.split(' '), other.node.name.split(' ')];
  const at = words.findIndex((word, i) => normalised(word) !== normalised(others[i] ?? ''));
  const before = shortened(words.slice(1, Math.max(1, at)).join(' '));
  const short = before.length > BEFORE_MAX ? `… ${before.slice(-BEFORE_MAX)}` : before;
  return {
    ...done,
    what: [baseName(words[0] ?? ''), short, ...words.slice(Math.max(1, at))].filter((w) => w !== '').join(' '),
  };
}

function verbOf(step: Step): Act['verb'] {
  switch (step.node.kind) {
    case 'command':
      return 'type';
    case 'process':
      return step.key.startsWith('fork ') ? 'fork' : 'start';
    case 'call':
      return 'call';
    case 'span':
      return 'step';
    case 'event':
      return step.key.startsWith('state ') ? 'record' : 'kernel';
  }
}

/** What follows, briefly: whom it starts and calls; where it does neither, what it does to the kernel. */
function following(step: Step): string[] {
  const below = (at: Step): Step[] => at.children.flatMap((child) => [child, ...below(child)]);
  const isNews = ({ label }: Step): boolean => label !== step.label;
  const steps = below(step).filter(isNews);
  const telling = steps.filter(({ key, node }) => key.startsWith('process ') || node.kind === 'call');
  const plain = steps.filter(({ key, node }) => node.kind === 'event' && !key.startsWith('state '));
  const told = [...new Set((telling.length > 0 ? telling : plain).map(({ label }) => label))];
  return told.slice(0, THEN_MAX);
}

/** Words that stand in the same place and are not the same; the whole texts if they have not as many. */
function differingWords(left: string, right: string): (readonly [string, string])[] {
  const split = (text: string): string[] => text.split(/[\s=]+/);
  const [a, b] = [split(left), split(right)];
  if (a.length !== b.length) return [[left, right]];
  return a.flatMap((word, i) => (word === b[i] ? [] : [[word, b[i] as string] as const]));
}

function sameBut(left: string, right: string, given: ReadonlySet<string>): boolean {
  return given.size > 0 && differingWords(left, right).every(([a, b]) => given.has(`${a} ${b}`));
}

const SET_UP_MAX = 10;

function differingLines(
  left: ReadonlyMap<string, string>,
  right: ReadonlyMap<string, string>,
): { path: string; left: string | null; right: string | null }[] {
  const out: { path: string; left: string | null; right: string | null }[] = [];
  for (const path of [...new Set([...left.keys(), ...right.keys()])].sort()) {
    const [a, b] = [left.get(path), right.get(path)];
    if (a === b || out.length >= SET_UP_MAX) continue;
    if (a === undefined || b === undefined) {
      out.push({ path, left: a === undefined ? null : '', right: b === undefined ? null : '' });
      continue;
    }
    const [lines, others] = [a.split('\n'), b.split('\n')];
    const inOther = (list: readonly string[]) => (line: string) => !list.includes(line);
    const one = lines.find(inOther(others)) ?? null;
    const other = others.find(inOther(lines)) ?? null;
    if (normalised(one ?? '') !== normalised(other ?? ''))
      out.push({
        path,
        ...(one?.trim() === other?.trim()
          ? { left: one, right: other }
          : { left: one?.trim() ?? null, right: other?.trim() ?? null }),
      });
  }
  return out;
}
