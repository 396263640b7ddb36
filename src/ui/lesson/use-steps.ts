/**
 * Where a learner stands in a lesson, and the ways back: what the state proves, held until the drawing has shown how;
 * each step and the lesson can be begun again, and that can be taken back.
 */
import { useEffect, useRef, useState } from 'react';
import type { Lesson } from '../../lesson-engine/lesson.ts';
import { COMMAND_MS_MAX } from '../../projections/hops.ts';
import { useUi } from '../hooks.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';

const LOOK_MS = 100;

type Predicted = Readonly<Record<string, number>>;

export type Steps = {
  /** The step that is open; their number at the end. */
  at: number;
  /** It is done already, and the drawing still shows how. */
  held: boolean;
  /** What the state proves, whatever the page asks besides. */
  proven: number;
  predicted: Predicted;
  predict: (step: string, option: number) => void;
  ordered: readonly string[];
  putInOrder: (step: string) => void;
  /** To the beginning of a step. */
  back: (step: number) => Promise<void>;
  /** Undoes the last `back`; null if there is none. */
  takeBack: (() => Promise<void>) | null;
};

/** The first `caughtUp` steps are typed for the learner. */
export function useSteps(lesson: Lesson, caughtUp: number): Steps {
  const progress = useUi((state) => state.progress);
  const prompted = useUi((state) => state.prompted);
  const [predicted, setPredicted] = useState<Predicted>({});
  // A step that asks for an order is not over when the state proves the rest of it.
  const [ordered, setOrdered] = useState<readonly string[]>(() =>
    lesson.steps.slice(0, caughtUp).map((step) => step.id),
  );
  const unordered = lesson.steps.findIndex((step) => step.order !== null && !ordered.includes(step.id));
  const proven = progress?.step ?? 0;
  const reached = unordered === -1 ? proven : Math.min(proven, unordered);
  const at = useDrawn(reached);

  /** After how many events each step began. */
  const begins = useRef<number[]>([]);
  const known = prompted && progress !== null;
  useEffect(() => {
    if (!known) return;
    begins.current.length = Math.min(begins.current.length, reached + 1);
    for (let i = 0; i <= reached; i++) begins.current[i] ??= session.history.length;
  }, [known, reached]);

  const [left, setLeft] = useState<{ begins: number[]; predicted: Predicted; ordered: readonly string[] } | null>(null);
  const back = async (step: number): Promise<void> => {
    const record = { begins: [...begins.current], predicted, ordered };
    const from = begins.current[step] ?? 0;
    // The new machine tells what is missing with its first look.
    ui.setState({ progress: { step, missing: [] } });
    if (!(await session.backTo(from))) {
      ui.setState({ progress });
      return;
    }
    const before = new Set(lesson.steps.slice(0, step).map(({ id }) => id));
    setPredicted(Object.fromEntries(Object.entries(predicted).filter(([id]) => before.has(id))));
    setOrdered(ordered.filter((id) => before.has(id)));
    setLeft(record);
  };
  const takeBack = async (): Promise<void> => {
    if (left === null || !(await session.takeBack())) return;
    begins.current = left.begins;
    setPredicted(left.predicted);
    setOrdered(left.ordered);
    setLeft(null);
  };
  return {
    at,
    held: at < reached,
    proven,
    predicted,
    predict: (step, option) => setPredicted((all) => ({ ...all, [step]: option })),
    ordered,
    putInOrder: (step) => setOrdered((all) => [...all, step]),
    back,
    takeBack: left === null ? null : takeBack,
  };
}

/** Steps that were proved count when the drawing has shown how: whoever watches it is not torn away. */
function useDrawn(reached: number): number {
  const [drawn, setDrawn] = useState(reached);
  useEffect(() => {
    if (reached <= drawn || !session.director.replaying) {
      setDrawn(reached);
      return undefined;
    }
    const until = performance.now() + COMMAND_MS_MAX;
    const timer = setInterval(() => {
      if (!session.director.replaying || performance.now() > until) setDrawn(reached);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [reached, drawn]);
  return Math.min(reached, drawn);
}
