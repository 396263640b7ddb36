/**
 * Asks for files at the moment that is looked at: in the present of the machine itself, in the past of another one that is
 * made again up to there in a worker of its own, and kept until another moment is looked at.
 */
import { useEffect, useState } from 'react';
import { useUi } from '../hooks.ts';
import { session } from '../session.ts';
import type { FileAnswer, FileQuery } from '../worker/contract.ts';
import { borrowWorker } from '../worker/machine-link.ts';

/** A moment that is being dragged over is not made again. */
const SETTLE_MS = 250;
/** The present is looked at again as often while things happen. */
const AGAIN_MS = 700;

type Recalled = {
  readonly seq: number;
  readonly worker: ReturnType<typeof borrowWorker>;
  readonly ready: Promise<number>;
};

let recalled: Recalled | null = null;

/** Which moment is asked about: null for the present; with `tick`, which grows when the present may have changed. */
export type Instant = { readonly seq: number | null; readonly tick: number };

export function useInstant(): Instant {
  const playhead = useUi(({ shown }) => (session.director.lookingAt === null ? null : shown.playhead));
  const [instant, setInstant] = useState<Instant>({ seq: playhead, tick: 0 });
  useEffect(() => {
    const settled = setTimeout(() => {
      setInstant((before) => (before.seq === playhead ? before : { seq: playhead, tick: before.tick }));
    }, SETTLE_MS);
    return () => clearTimeout(settled);
  }, [playhead]);
  useEffect(() => {
    if (instant.seq !== null) return;
    let seen = session.received.length;
    const again = setInterval(() => {
      if (session.received.length === seen) return;
      seen = session.received.length;
      setInstant(({ seq, tick }) => ({ seq, tick: tick + 1 }));
    }, AGAIN_MS);
    return () => clearInterval(again);
  }, [instant.seq]);
  return instant;
}

/** Processes by the drawing's numbers. Null: nobody is there. */
export async function look<Q extends FileQuery>(query: Q, seq: number | null): Promise<FileAnswer[Q['kind']] | null> {
  const asked = byMachine(query);
  const { link } = session;
  if (asked === null || link === null) return null;
  const api = seq === null ? link.api : await apiOf(seq);
  return (await (api?.lookAtFiles(asked) ?? null)) as FileAnswer[Q['kind']] | null;
}

/** What was made again is no longer needed. */
export function forgetRecalled(): void {
  recalled?.worker.end();
  recalled = null;
}

async function apiOf(seq: number) {
  if (recalled?.seq !== seq) {
    forgetRecalled();
    const worker = borrowWorker();
    const ready = (async () => {
      const savepoint = (await session.link?.api.savepoint()) ?? null;
      return savepoint === null ? 0 : worker.api.recall(savepoint, seq);
    })();
    recalled = { seq, worker, ready };
  }
  const mine = recalled;
  await mine.ready;
  return recalled === mine ? mine.worker.api : null;
}

function byMachine(query: FileQuery): FileQuery | null {
  const pid = session.machinePid(query.kind === 'directories' ? query.pid : query.place.pid);
  if (pid === null) return null;
  return query.kind === 'directories' ? { ...query, pid } : { ...query, place: { ...query.place, pid } };
}

/** The answer to a query at an instant; `undefined` while it is not there yet, the one before while the present is asked again. */
export function useLook<Q extends FileQuery>(query: Q, instant: Instant): FileAnswer[Q['kind']] | null | undefined {
  const text = JSON.stringify(query);
  const [held, setHeld] = useState<{ text: string; seq: number | null; answer: FileAnswer[Q['kind']] | null }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is the query, the tick asks again
  useEffect(() => {
    let current = true;
    void look(query, instant.seq)
      .catch(() => null)
      .then((answer) => {
        if (current) setHeld({ text, seq: instant.seq, answer });
      });
    return () => {
      current = false;
    };
  }, [text, instant]);
  return held !== undefined && held.text === text && held.seq === instant.seq ? held.answer : undefined;
}
