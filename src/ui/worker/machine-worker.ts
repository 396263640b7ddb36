/**
 * The worker that holds the machine: paces virtual time by real time, sends what happened once a frame, and answers
 * questions about bytes that stay here.
 */
import { expose } from 'comlink';
import { Machine, type Savepoint } from '../../machine/machine.ts';
import { TERMINALS_MAX } from '../../machine/moments/moment.ts';
import type { TerminalPort } from '../../machine/ports.ts';
import type { Replay } from '../../machine/replay.ts';
import { isScenario } from '../../machine/scenarios/index.ts';
import { typedInLast } from '../../machine/typed-in.ts';
import type { Breakpoint } from '../../projections/breakpoints.ts';
import { endsStep } from '../../projections/steps.ts';
import type { HostHooks } from '../../sim/scheduler.ts';
import type { Breaker } from './breaker.ts';
import {
  type BootOptions,
  EVENTS_IN_FRAME_MAX,
  type Frame,
  type MachineApi,
  OPEN_TERMINALS_MAX,
  type PayloadView,
  type Written,
} from './contract.ts';
import type { CourseKeeper } from './course-keeper.ts';
import { Pacer } from './pacer.ts';
import { PrintedOutput } from './printed-output.ts';

const FRAME_MS = 16;
const SLICE_MS = 8;
const FRAMES_AT_ONCE_MAX = 7;
const SIGN_OF_LIFE_MS = 500;
const SIGN_OF_REPLAY_MS = 100;
/** Virtual time after which a step is over though nothing has ended it: the node may be idle, or the call a watch. */
const STEP_NS_MAX = 2_000_000_000;

let machine: Machine | null = null;
const terminals: TerminalPort[] = [];
let typedIn = 0;
let tellTypedIn = false;
let keeper: CourseKeeper | null = null;
let breaker: Breaker | null = null;
const pacer = new Pacer(0, 0);
let output = new Map<number, PrintedOutput>();
let written: Written[] = [];
let attributing = false;
let crash: string | null = null;
let sentSeq = 0;
let sentAt = 0;
let send: (frame: Frame) => void = () => {};
/** Machine calls that must not overlap with a run wait for its end. */
let busy: Promise<unknown> = Promise.resolve();

/** The grader moves the machine's time on by itself: the clock must not as well. */
let grading = false;

/** Lets the worker's own messages in between slices of a long computation. */
const channel = new MessageChannel();
const resumes: (() => void)[] = [];
channel.port1.onmessage = () => resumes.shift()?.();
let sliceStart = 0;

/** Pending while the page is being drawn. */
let drawn: Promise<void> | null = null;
let endDrawing: () => void = () => {};
const DRAWING_MS_MAX = 1000;

const host: HostHooks = {
  sliceUsed: () => performance.now() - sliceStart > SLICE_MS,
  yieldToHost(resume) {
    resumes.push(() => {
      sliceStart = performance.now();
      resume();
    });
    void (drawn ?? Promise.resolve()).then(() => channel.port2.postMessage(0));
  },
};

/** What there is to tell, in frames that the page reads one by one; the rest of a long history goes with the next call. */
function flush(force: boolean): void {
  for (let sent = 0; sent < FRAMES_AT_ONCE_MAX; sent++)
    if (flushFrame(force && sent === 0) < EVENTS_IN_FRAME_MAX) return;
}

/** Returns how many events it told of. */
function flushFrame(force: boolean): number {
  if (machine === null) return 0;
  const fresh = machine.trace.since(sentSeq, EVENTS_IN_FRAME_MAX);
  const events = keeper?.veil(fresh) ?? fresh;
  const now = performance.now();
  const progress = keeper?.look(events) ?? null;
  if (events.length === 0 && output.size === 0 && progress === null && !force && now - sentAt < SIGN_OF_LIFE_MS)
    return 0;
  sentSeq += events.length;
  sentAt = now;
  const said = [...output].map(([number, each]) => each.told(number));
  output = new Map();
  const writes = written;
  written = [];
  send({
    now: machine.now,
    events,
    output: said,
    terminals: { open: openTerminals().map(({ number }) => number), typedIn: tellTypedIn ? typedIn : null },
    written: writes,
    progress,
    stop: breaker?.told(sentSeq) ?? null,
    crash,
    running: pacer.running && crash === null,
  });
  tellTypedIn = false;
  return events.length;
}

function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, FRAME_MS));
}

function openTerminals(): TerminalPort[] {
  return terminals.filter((port) => !port.closed);
}

/** Also until `over`, which is asked after every step of the machine. */
async function runTo(horizon: number, over?: () => boolean): Promise<void> {
  if (machine === null || crash !== null || grading || horizon <= machine.now) return;
  sliceStart = performance.now();
  try {
    // Nobody set a breakpoint for how the node comes up.
    const hit = early === null ? breaker?.hit : undefined;
    // Each is to see every step.
    const stopWhen = over === undefined ? hit : (): boolean => [over(), hit?.() === true].includes(true);
    const outcome = await machine.advance(stopWhen === undefined ? { horizon, host } : { horizon, host, stopWhen });
    if (outcome === 'stopped') api.pace({ paused: true });
  } catch (error) {
    crash = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
  }
}

function loop(): void {
  const started = performance.now();
  if (machine === null) return;
  const horizon = pacer.horizon(started, machine.now);
  // While a long slice computes, frames still go out: the page sees progress and knows that we live.
  const ticking = setInterval(() => flush(true), 100);
  busy = runTo(horizon).finally(() => {
    clearInterval(ticking);
    flush(false);
    setTimeout(loop, Math.max(0, FRAME_MS - (performance.now() - started)));
  });
}

/**
 * Typed while the node was still coming up: nobody types faster than it boots, so nobody meets it half up. What only
 * stands at the prompt, with no Enter yet, the shell may have at once.
 */
let early: Uint8Array[] | null = [];
/** The window's size while a history is made again: it is no part of that. */
let replaySize: { columns: number; rows: number } | null = null;

/** The prompt is there; the rest of the boot is not waited for at the pace of a clock. */
async function settle(booted: Machine): Promise<void> {
  const ticking = setInterval(() => flush(true), FRAME_MS);
  await runTo(booted.scenario.readyNs);
  clearInterval(ticking);
  const typed = early ?? [];
  early = null;
  for (const bytes of typed) terminals[typedIn]?.write(bytes);
  // What was asked for meanwhile (a speed, a pause) still holds.
  pacer.anchor(performance.now(), booted.now);
  loop();
}

function onlyText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte !== 0x7f);
}

function listen(port: TerminalPort): void {
  const terminal = port.number;
  terminals[terminal] = port;
  port.onData((bytes) => {
    const said = output.get(terminal) ?? new PrintedOutput();
    output.set(terminal, said);
    said.add(bytes, machine?.trace.nextSeq ?? 0);
  });
  port.onWrite((fd, bytes) => {
    if (attributing && machine !== null)
      written.push({ terminal, seq: machine.trace.nextSeq, fd, bytes: bytes.slice() });
  });
}

/** The history that this machine makes again, and the last call to have some of it made beforehand. */
let replay: Replay | null = null;
let prepared: Promise<void> = Promise.resolve();

async function replayed({ course, untilSeq }: BootOptions, savepoint: Savepoint): Promise<Replay> {
  const keeping = course === undefined ? null : await import('./course-keeper.ts');
  replay ??= await Machine.replaying(savepoint, {
    host,
    onTerminal: (port, replaying) => {
      machine = replaying;
      listen(port);
      if (course !== undefined && keeping !== null) keeper ??= new keeping.CourseKeeper(replaying, course);
    },
    onInput: () => keeper?.catchUp(),
  });
  await replay.to(savepoint.inputs, savepoint.time, untilSeq);
  return replay;
}

/** What the page wants the machine to stop at; null: it has said nothing yet. */
let wanted: readonly Breakpoint[] | null = null;

const api: MachineApi = {
  async boot(options: BootOptions, onFrame) {
    send = onFrame;
    const { course } = options;
    if (options.savepoint === undefined && course !== undefined) {
      const { scenario, seed, columns, rows } = options;
      const { prepareCourse } = await import('./course-keeper.ts');
      const set = await prepareCourse(scenario, seed, course);
      machine = set.machine;
      keeper = set.keeper;
      listen(machine.openTerminal({ columns, rows }));
    } else if (options.savepoint === undefined) {
      const { scenario } = options;
      if (!isScenario(scenario)) throw new Error(scenario);
      machine = await Machine.boot({ scenario, seed: options.seed }, 'login');
      listen(machine.openTerminal({ columns: options.columns, rows: options.rows }));
    } else {
      replaySize = options;
      sentSeq = options.hasSeq ?? options.untilSeq ?? 0;
      // It is told while it is made: a long one takes its time.
      const ticking = setInterval(() => flush(true), SIGN_OF_REPLAY_MS);
      try {
        await prepared;
        const made = await replayed(options, options.savepoint);
        machine = made.machine;
        if (made.terminals.length === 0) listen(machine.openTerminal(replaySize));
        const open = openTerminals().map(({ number }) => number);
        typedIn = typedInLast(machine.inputs, open) ?? typedIn;
        tellTypedIn = true;
      } finally {
        clearInterval(ticking);
      }
      keeper?.lookAgain();
      const { columns, rows } = replaySize;
      replaySize = null;
      sentSeq = Math.min(sentSeq, machine.trace.nextSeq);
      if (options.paused === true) pacer.set({ paused: true }, performance.now(), machine.now);
      const size = machine.inputs.findLast((input) => input.kind === 'open-terminal' || input.kind === 'resize');
      if (size !== undefined && (size.columns !== columns || size.rows !== rows)) api.resize(columns, rows);
    }
    // A program that failed says so on its terminal; the stack is for whoever mends it.
    machine.onDefect((report) => console.error(report));
    // The page may have said while a history was made again what it is to stop at.
    void api.breakAt(wanted ?? options.breakpoints ?? []);
    void settle(machine);
  },
  async prepare(options) {
    const before = prepared;
    replaySize ??= options;
    prepared = (async () => {
      await before;
      await replayed(options, options.savepoint);
    })();
    await prepared;
  },
  drawing(done) {
    endDrawing();
    if (done || early === null) return;
    drawn = new Promise((resolve) => {
      endDrawing = () => {
        drawn = null;
        resolve();
      };
    });
    setTimeout(endDrawing, DRAWING_MS_MAX);
  },
  input(bytes, terminal = typedIn) {
    const port = terminals[terminal];
    const atOnce = early?.length === 0 && replaySize === null && port !== undefined && onlyText(bytes);
    if (early === null || atOnce) port?.write(bytes);
    else early.push(bytes);
  },
  resize(columns, rows) {
    if (replaySize !== null) replaySize = { columns, rows };
    else for (const port of openTerminals()) port.resize(columns, rows);
  },
  async openTerminal() {
    while (machine === null || early !== null) await later();
    if (replaySize !== null) return null;
    if (terminals.length >= TERMINALS_MAX || openTerminals().length >= OPEN_TERMINALS_MAX) return null;
    const size = machine.inputs.findLast((input) => input.kind === 'open-terminal' || input.kind === 'resize');
    if (size === undefined) return null;
    const { columns, rows } = size;
    return new Promise((resolve) =>
      machine?.openAnother({ columns, rows }, (port) => {
        listen(port);
        resolve(port.number);
      }),
    );
  },
  closeTerminal(terminal) {
    openTerminals()
      .find(({ number }) => number === terminal)
      ?.end();
  },
  async upload(name, bytes) {
    while (machine === null || early !== null) await later();
    const port = machine.upload(name, bytes);
    while (port.state === 'going') await later();
    return port.state === 'there';
  },
  pace(options) {
    if (machine !== null) pacer.set(options, performance.now(), machine.now);
  },
  async breakAt(points) {
    wanted = points;
    breaker =
      machine === null || points.length === 0 ? null : await (await import('./breaker.ts')).breakerOf(machine, points);
  },
  async step(step) {
    await busy;
    if (machine === null || replaySize !== null) return;
    const { trace } = machine;
    let seen = trace.nextSeq;
    await runTo(machine.now + STEP_NS_MAX, () => {
      if (trace.nextSeq === seen) return false;
      const fresh = trace.since(seen);
      seen = trace.nextSeq;
      return fresh.some((event) => endsStep(step, event));
    });
    pacer.anchor(performance.now(), machine.now);
    flush(true);
  },
  async payload(id, type): Promise<PayloadView | null> {
    const bytes = machine?.trace.payload(id) ?? null;
    if (bytes === null) return null;
    const { viewPayload } = await import('./view-payload.ts');
    return viewPayload(bytes, type);
  },
  async lookAtFiles(query) {
    const { lookAtFiles } = await import('./look-at-files.ts');
    return machine === null ? null : lookAtFiles(machine, query);
  },
  async recall(savepoint, untilSeq) {
    machine = (await Machine.replay(savepoint, { host, untilSeq })).machine;
    return machine.now;
  },
  async callsBetween(savepoint, work) {
    const { callsBetween } = await import('../../machine/calls-between.ts');
    return callsBetween(savepoint, work, host);
  },
  attribute(on) {
    attributing = on;
  },
  async savepoint() {
    await busy;
    return replaySize === null ? (machine?.savepoint() ?? null) : null;
  },
  async grade() {
    await busy;
    grading = true;
    try {
      return (await keeper?.grade()) ?? null;
    } finally {
      grading = false;
      if (machine !== null) pacer.anchor(performance.now(), machine.now);
    }
  },
  async regradeDrill(drill, variant, seed, savepoint) {
    const { regradeDrill } = await import('../../lesson-engine/regrade-drill.ts');
    return regradeDrill(drill, variant, seed, savepoint);
  },
  async regradeLesson(lesson, savepoint) {
    const { regrade } = await import('../../lesson-engine/regrade.ts');
    return regrade(lesson, savepoint);
  },
  async signedSavepoint() {
    await busy;
    return machine === null ? null : { ...machine.savepoint(), digest: machine.trace.digest() };
  },
};

expose(api);
