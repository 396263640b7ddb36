import { useEffect, useMemo, useRef } from 'react';
import type { NodeView } from '../../projections/node-view.ts';
import { useT, useUi } from '../hooks.ts';
import type { Selection } from '../selection.ts';
import { keepNodes } from './kept-nodes.ts';
import { buildScene, heightMin } from './scene.ts';
import type { Scene } from './scene-types.ts';
import type { Size } from './view-window.ts';

/** Whoever is about to have a view rendered calls what was given here first, in a task of its own. */
export type Ahead = (make: (view: NodeView) => void) => () => void;

type Asked = {
  view: NodeView;
  /** Stands for the view, which changes in place. */
  version: number;
  size: Size;
  selection: Selection | null;
  filter: string;
  ahead: Ahead | undefined;
};

const LECTURE_WIDTH_MIN = 560;

/** A view as a drawing. What was made ahead is used if nothing but the view was another one then. */
export function useScene({ view, version, size, selection, filter, ahead }: Asked): Scene {
  const t = useT();
  const projector = useUi((state) => state.projector);
  const { width, height } = size;
  const least = heightMin(view, projector ? 'lecture' : 'full');
  const scale = projector
    ? Math.max(1, Math.min(width / LECTURE_WIDTH_MIN, height / least))
    : Math.min(1, Math.max(0.6, height / least));
  const make = useMemo(() => {
    const detail = projector ? 'lecture' : 'full';
    const options = { width: width / scale, height: height / scale, detail, selection, filter } as const;
    return (of: NodeView, before: Scene | null): Scene => keepNodes(before, buildScene(of, t, options));
  }, [t, width, height, scale, projector, selection, filter]);
  const drawn = useRef<Scene | null>(null);
  const made = useRef<{ view: NodeView; make: typeof make; scene: Scene } | null>(null);
  useEffect(
    () =>
      ahead?.((next) => {
        made.current = { view: next, make, scene: make(next, drawn.current) };
      }),
    [ahead, make],
  );
  return useMemo(() => {
    void version;
    const ready = made.current;
    made.current = null;
    drawn.current = ready?.view === view && ready.make === make ? ready.scene : make(view, drawn.current);
    return drawn.current;
  }, [view, version, make]);
}
