/** How near a drawing is looked at. Its place is set on the element itself: nothing is drawn again for it. */
import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Box } from './scene-types.ts';
import { middleOf, type Size, showing, type ViewWindow, viewBoxOf, WHOLE, zoomed } from './view-window.ts';

export type Zoom = {
  /** A part of the drawing is seen, larger than in the whole. */
  readonly near: boolean;
  readonly by: (factor: number) => void;
  readonly whole: () => void;
  /** Brings it into sight. */
  readonly show: (box: Box) => void;
};

export const ZOOM_STEP = 1.5;

/** `drawn` is whether there is an element yet. */
export function useZoom(svg: RefObject<SVGSVGElement | null>, { width, height }: Size, drawn: boolean): Zoom {
  const state = useRef({ view: WHOLE, size: { width, height } as Size, frame: 0 });
  const [near, setNear] = useState(false);
  const apply = useCallback((): void => {
    const { view, size } = state.current;
    svg.current?.setAttribute('viewBox', viewBoxOf(view, size));
    setNear(view.scale > 1);
  }, [svg]);
  const see = useCallback(
    (view: ViewWindow): void => {
      state.current.view = view;
      cancelAnimationFrame(state.current.frame);
      state.current.frame = requestAnimationFrame(apply);
    },
    [apply],
  );
  useLayoutEffect(() => {
    const now = state.current;
    // What has another size keeps its middle in sight as far as it goes.
    const { view, size } = now;
    const [x, y] = [(view.x * width) / (size.width || width), (view.y * height) / (size.height || height)];
    now.size = { width, height };
    now.view = showing({ x, y, scale: view.scale }, now.size, { x, y, w: 0, h: 0 });
    if (drawn) apply();
  }, [width, height, drawn, apply]);
  useEffect(() => {
    if (!drawn) return;
    let end: (() => void) | null = null;
    let over = false;
    void import('./gestures.ts').then(({ listenForGestures }) => {
      if (over || svg.current === null) return;
      end = listenForGestures(svg.current, { view: () => state.current.view, size: () => state.current.size, see });
    });
    // A poster is of the whole.
    const onPrint = (): void => {
      state.current.view = WHOLE;
      apply();
    };
    addEventListener('beforeprint', onPrint);
    return () => {
      over = true;
      end?.();
      removeEventListener('beforeprint', onPrint);
    };
  }, [drawn, svg, see, apply]);
  return useMemo(
    () => ({
      near,
      by: (factor) => {
        const { view, size } = state.current;
        see(zoomed(view, size, middleOf(view, size), factor));
      },
      whole: () => see(WHOLE),
      show: (box) => {
        const { view, size } = state.current;
        if (view.scale > 1) see(showing(view, size, box));
      },
    }),
    [near, see],
  );
}
