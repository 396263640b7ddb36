/** `window.cutaway`: the page's interface for embedding, teaching scripts and tests. Stable. */
import { cgroupUsage } from '../projections/cgroups.ts';
import { mountTarget } from '../projections/fold.ts';
import { podsOf } from '../projections/rooms.ts';
import { STEP_KINDS } from '../projections/steps.ts';
import type { TraceEvent } from '../sim/trace.ts';
import { asides, presentOf, treeOf } from './marks/branch-tree.ts';
import { putMarker } from './marks/marks.ts';
import { marks, sharedWith } from './marks/marks-store.ts';
import { session } from './session.ts';
import { ui } from './store.ts';
import { screenText } from './terminal/terminal-host.ts';
import { stepOnce } from './timeline/step.ts';
import type { Written } from './worker/contract.ts';

/** Attributed by file descriptor: the terminal itself shows both as one. */
export type RunResult = { stdout: string; stderr: string; exitCode: number };

export type CutawayApi = {
  run(line: string): Promise<RunResult>;
  type(text: string): void;
  screen(): string;
  /** Goes on in the terminal of that number, by default in another one that is opened; resolves to its number. */
  terminal(number?: number): Promise<number>;
  idle(): Promise<void>;
  pause(): void;
  resume(): void;
  /** By `event` (in a replay by hop, the default), to the end of the call (`span`), to the next `layer`. */
  step(kind?: string): Promise<void>;
  speed(ratio: number): void;
  /** Looks back; what is typed or run next goes on from there. */
  rewind(virtualMs: number): void;
  /** Goes on from the moment that is looked at. */
  branch(): Promise<void>;
  /** The histories that were left, and the present one; `sharedMs`: up to when they are the same. */
  branches(): { id: number; name: string | null; line: string; present: boolean; sharedMs: number }[];
  /** Puts a marker at the moment drawn; null if there are too many. */
  marker(name?: string): { name: string; virtualMs: number } | null;
  /** Back to the prompt before the last command line; false if there is none. */
  undo(): Promise<boolean>;
  state(query?: StateQuery): unknown;
  trace(query?: { kind?: string; from?: number; command?: number }): TraceEvent[];
  savepoint(): Promise<unknown>;
};

/** What of the node's state is wanted; all of it without `of`. Plain data, a copy of the projection. */
export type StateQuery = { of?: 'now' | 'pods' | 'processes' | 'sockets' | 'mounts' | 'cgroups' | 'links' | 'records' };

const QUIET_MS = 120;
const PROMPT_MS_MAX = 2000;
const PASTE_ON = '\u001b[?2004h';
const PASTE_OFF = '\u001b[?2004l';

/** Resolves when no command runs, nothing was printed for a while, and the drawing has caught up. */
async function idle(): Promise<void> {
  let quietSince = performance.now();
  let seen = session.history.length;
  const stop = session.onOutput(() => {
    quietSince = performance.now();
  });
  try {
    for (;;) {
      await later();
      const running = session.index.commands.at(-1)?.endSeq === null;
      if (running || session.director.replaying || session.history.length !== seen) {
        quietSince = performance.now();
        seen = session.history.length;
      } else if (ui.getState().prompted && performance.now() - quietSince > QUIET_MS) return;
    }
  } finally {
    stop();
  }
}

async function branch(): Promise<void> {
  const seq = session.director.lookingAt;
  if (seq !== null) await session.branch(seq);
}

let lastRun: Promise<unknown> = Promise.resolve();

async function runOne(line: string): Promise<RunResult> {
  await branch();
  const before = session.index.commands.length;
  const decoder = new TextDecoder();
  let shown = '';
  const { terminal } = ui.getState();
  const stopOutput = session.onOutput((bytes, number) => {
    if (number === terminal) shown += decoder.decode(bytes, { stream: true });
  });
  const writes: Written[] = [];
  const stopWritten = session.onWritten((some) => void writes.push(...some));
  const ended = new Promise<TraceEvent & { kind: 'command.end' }>((resolve) => {
    const off = session.onCommandEnd((event) => {
      if (session.index.commands.findIndex((c) => c.command === event.command) < before) return;
      off();
      resolve(event);
    });
  });
  // Whatever the walk left at the prompt is taken away first: ^U.
  session.type(`\u0015${line.replaceAll('\n', '\r')}\r`);
  const { command, exitCode } = await ended;
  // The line editor switches bracketed paste on when it asks for the next line: by then the terminal shows it all.
  const deadline = performance.now() + PROMPT_MS_MAX;
  while (shown.lastIndexOf(PASTE_ON) < shown.lastIndexOf(PASTE_OFF) && performance.now() < deadline) await later();
  stopOutput();
  stopWritten();
  const span = session.index.commands.find((c) => c.command === command);
  const by = (wanted: (fd: number) => boolean): string => {
    const text = new TextDecoder();
    return writes
      .filter(
        (w) =>
          w.terminal === terminal &&
          w.seq > (span?.startSeq ?? 0) &&
          w.seq <= (span?.endSeq ?? Number.POSITIVE_INFINITY) &&
          wanted(w.fd),
      )
      .map((w) => text.decode(w.bytes, { stream: true }))
      .join('');
  };
  return { stdout: by((fd) => fd !== 2), stderr: by((fd) => fd === 2), exitCode };
}

function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 16));
}

export const cutaway: CutawayApi = {
  run(line) {
    const result = lastRun.then(() => runOne(line));
    lastRun = result.catch(() => undefined);
    return result;
  },
  type: (text) => void branch().then(() => session.type(text)),
  screen: screenText,
  async terminal(number) {
    if (number === undefined) {
      if (!(await session.openTerminal())) throw new Error('there are too many terminals');
      while (session.opening) await later();
    } else if (!ui.getState().terminals.some((each) => each.number === number))
      throw new Error(`there is no terminal ${number}`);
    else ui.setState({ terminal: number });
    return ui.getState().terminal;
  },
  idle,
  pause: () => session.pace({ paused: true }),
  resume: () => session.pace({ paused: false }),
  async step(kind = 'event') {
    const known = STEP_KINDS.find((each) => each === kind);
    if (known === undefined) throw new Error(`step takes: ${STEP_KINDS.join(', ')}`);
    if (session.director.replaying && known === 'event') return session.next();
    await stepOnce(known);
  },
  speed(ratio) {
    session.hopMode(false);
    session.pace({ ratio });
  },
  branch,
  branches() {
    const { branches } = marks.getState();
    return [...asides(branches), presentOf(treeOf(branches))].map(({ id, name, line, savepoint }) => {
      const present = savepoint === null;
      return { id, name, line, present, sharedMs: present ? ui.getState().now / 1e6 : sharedWith(id).time / 1e6 };
    });
  },
  marker(name) {
    const put = putMarker(name);
    return put === null ? null : { name: put.name, virtualMs: put.time / 1e6 };
  },
  undo: () => session.undo(),
  rewind: (virtualMs) => session.lookAt(session.history.seqAtTime(virtualMs * 1e6)),
  state(query = {}) {
    const view = session.history.live;
    const usage = cgroupUsage(view);
    const everything = {
      now: view.time / 1e6,
      pods: podsOf(view),
      processes: [...view.processes.values()].filter((p) => p.exitedAt === null),
      sockets: [...view.sockets.values()],
      mounts: [...view.mounts.values()].map((mount) => ({ ...mount, target: mountTarget(view, mount) })),
      cgroups: [...view.cgroups].map(([key, group]) => ({ ...group, ...usage.get(key) })),
      links: [...view.links.values()],
      records: [...view.state.values()],
    };
    return query.of === undefined ? everything : everything[query.of];
  },
  trace(query = {}) {
    const { events } = session.history;
    const command =
      query.command === undefined ? undefined : session.index.commands.find((c) => c.command === query.command);
    const from = query.from ?? command?.startSeq ?? 0;
    const to = command?.endSeq ?? events.length;
    return events.slice(from, to + 1).filter((event) => query.kind === undefined || event.kind === query.kind);
  },
  savepoint: async () => session.link?.api.signedSavepoint(),
};
