/** `window.cutaway`: the page's interface for embedding, teaching scripts and tests. Stable. */
import type { TraceEvent } from '../sim/trace.ts';
import { session } from './session.ts';
import { useUi } from './store.ts';
import { screenText } from './terminal/terminal.tsx';

export type RunResult = { stdout: string; stderr: string; exitCode: number };

export type CutawayApi = {
  run(line: string): Promise<RunResult>;
  type(text: string): void;
  screen(): string;
  idle(): Promise<void>;
  pause(): void;
  resume(): void;
  step(): Promise<void>;
  speed(ratio: number): void;
  rewind(virtualMs: number): void;
  state(query?: unknown): Promise<unknown>;
  trace(query?: { kind?: string; from?: number; command?: number }): TraceEvent[];
  savepoint(): Promise<unknown>;
};

const QUIET_MS = 120;

/** Resolves when no command runs, nothing was printed for a while, and the drawing has caught up. */
async function idle(): Promise<void> {
  let quietSince = performance.now();
  let seen = session.history.length;
  const stop = session.onOutput(() => {
    quietSince = performance.now();
  });
  try {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const running = session.index.commands.at(-1)?.endSeq === null;
      if (running || session.director.replaying || session.history.length !== seen) {
        quietSince = performance.now();
        seen = session.history.length;
      } else if (useUi.getState().prompted && performance.now() - quietSince > QUIET_MS) return;
    }
  } finally {
    stop();
  }
}

let lastRun: Promise<unknown> = Promise.resolve();

async function runOne(line: string): Promise<RunResult> {
  const before = session.index.commands.length;
  const chunks: Uint8Array[] = [];
  const stop = session.onOutput((bytes) => chunks.push(bytes));
  const ended = new Promise<number>((resolve) => {
    const off = session.onCommandEnd((event) => {
      if (session.index.commands.findIndex((c) => c.command === event.command) < before) return;
      off();
      resolve(event.exitCode);
    });
  });
  // Whatever the walk left at the prompt is taken away first: ^U.
  session.type(`\u0015${line.replaceAll('\n', '\r')}\r`);
  const exitCode = await ended;
  stop();
  const outputs = await session.link?.api.inspect({ kind: 'command-output', command: session.index.commands.at(-1)?.command });
  const attributed = outputs as { stdout: string; stderr: string } | undefined;
  return { stdout: attributed?.stdout ?? '', stderr: attributed?.stderr ?? '', exitCode };
}

export const cutaway: CutawayApi = {
  run(line) {
    const result = lastRun.then(() => runOne(line));
    lastRun = result.catch(() => undefined);
    return result;
  },
  type: (text) => session.type(text),
  screen: screenText,
  idle,
  pause: () => session.pace({ paused: true }),
  resume: () => session.pace({ paused: false }),
  async step() {
    if (session.director.replaying) return session.next();
    session.pace({ paused: true });
    await session.link?.api.step('event');
  },
  speed(ratio) {
    session.hopMode(false);
    session.pace({ ratio });
  },
  rewind: (virtualMs) => session.lookAt(session.history.seqAtTime(virtualMs * 1e6)),
  state: async (query) => session.link?.api.inspect(query ?? { kind: 'summary' }),
  trace(query = {}) {
    const { events } = session.history;
    const command = query.command === undefined ? undefined : session.index.commands.find((c) => c.command === query.command);
    const from = query.from ?? command?.startSeq ?? 0;
    const to = command?.endSeq ?? events.length;
    return events.slice(from, to + 1).filter((event) => query.kind === undefined || event.kind === query.kind);
  },
  savepoint: async () => session.link?.api.savepoint(),
};
