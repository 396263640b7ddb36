/**
 * Fingers, wheel and mouse on a drawing: two fingers zoom and move it, Ctrl and the wheel zoom at the pointer, and what
 * is larger than its window is moved by one finger, the wheel or the mouse's button. The page around it stays still.
 */
import { moved, type Size, type ViewWindow, zoomed } from './view-window.ts';

export type Moving = {
  view: () => ViewWindow;
  size: () => Size;
  /** Shown with the next frame. */
  see: (view: ViewWindow) => void;
};

/** A wheel's notch is a hundred of them, a finger's way on a touch pad one to ten. */
const WHEEL_STEP_MAX = 24;
const WHEEL_LINE_PX = 16;
const ZOOM_BY_WHEEL = 0.01;
/** Less is a click that trembled. */
const DRAG_PX_MIN = 5;

type Spot = { x: number; y: number };

/** Returns what ends it. */
export function listenForGestures(svg: SVGSVGElement, moving: Moving): () => void {
  let touches: Spot[] = [];
  let mouse: (Spot & { dragging: boolean; pointer: number }) | null = null;

  const inDrawing = (at: Spot): readonly [number, number] => {
    const matrix = svg.getScreenCTM();
    if (matrix === null) return [0, 0];
    const { x, y } = new DOMPoint(at.x, at.y).matrixTransform(matrix.inverse());
    return [x, y];
  };
  const perPixel = (): number => 1 / (svg.getScreenCTM()?.a || 1);
  const isNear = (): boolean => moving.view().scale > 1;
  const pan = (dx: number, dy: number): void => {
    const unit = perPixel();
    moving.see(moved(moving.view(), moving.size(), [-dx * unit, -dy * unit]));
  };

  const onWheel = (event: WheelEvent): void => {
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? WHEEL_LINE_PX : 1;
    if (event.ctrlKey) {
      event.preventDefault();
      const step = Math.max(-WHEEL_STEP_MAX, Math.min(WHEEL_STEP_MAX, event.deltaY * unit));
      const at = inDrawing({ x: event.clientX, y: event.clientY });
      moving.see(zoomed(moving.view(), moving.size(), at, Math.exp(-step * ZOOM_BY_WHEEL)));
    } else if (isNear()) {
      event.preventDefault();
      const [dx, dy] = event.shiftKey ? [event.deltaY, event.deltaX] : [event.deltaX, event.deltaY];
      pan(-dx * unit, -dy * unit);
    }
  };

  const onTouch = (event: TouchEvent): void => {
    const now = [...event.touches].slice(0, 2).map(({ clientX, clientY }) => ({ x: clientX, y: clientY }));
    const before = touches;
    touches = now;
    if (now.length === 2 && event.cancelable) event.preventDefault();
    if (event.type !== 'touchmove' || before.length !== now.length) return;
    const [a, b] = now;
    const [a0, b0] = before;
    if (a === undefined || a0 === undefined) return;
    if (b === undefined || b0 === undefined) {
      if (!isNear()) return;
      if (event.cancelable) event.preventDefault();
      pan(a.x - a0.x, a.y - a0.y);
      return;
    }
    const middle = between(a, b);
    const from = between(a0, b0);
    const factor = Math.hypot(a.x - b.x, a.y - b.y) / Math.max(1, Math.hypot(a0.x - b0.x, a0.y - b0.y));
    const at = inDrawing(from);
    const unit = perPixel() / factor;
    const near = zoomed(moving.view(), moving.size(), at, factor);
    moving.see(moved(near, moving.size(), [(from.x - middle.x) * unit, (from.y - middle.y) * unit]));
  };

  const onDown = (event: PointerEvent): void => {
    mouse =
      event.pointerType === 'mouse' && event.button === 0 && isNear()
        ? { x: event.clientX, y: event.clientY, dragging: false, pointer: event.pointerId }
        : null;
  };
  const onMove = (event: PointerEvent): void => {
    if (mouse === null || event.pointerId !== mouse.pointer) return;
    const [dx, dy] = [event.clientX - mouse.x, event.clientY - mouse.y];
    if (!mouse.dragging && Math.hypot(dx, dy) < DRAG_PX_MIN) return;
    if (!mouse.dragging) svg.setPointerCapture(event.pointerId);
    mouse = { ...mouse, x: event.clientX, y: event.clientY, dragging: true };
    pan(dx, dy);
  };
  const onUp = (): void => {
    const dragged = mouse?.dragging === true;
    mouse = null;
    // The end of a drag is no click on what happens to lie there.
    if (dragged) {
      svg.addEventListener('click', stop, { capture: true, once: true });
      setTimeout(() => svg.removeEventListener('click', stop, { capture: true }), 0);
    }
  };
  const stop = (event: Event): void => event.stopPropagation();

  const heard = new AbortController();
  const { signal } = heard;
  const active = { passive: false, signal };
  svg.addEventListener('wheel', onWheel, active);
  for (const name of ['touchstart', 'touchmove', 'touchend', 'touchcancel'] as const)
    svg.addEventListener(name, onTouch, active);
  svg.addEventListener('pointerdown', onDown, { signal });
  svg.addEventListener('pointermove', onMove, { signal });
  svg.addEventListener('pointerup', onUp, { signal });
  svg.addEventListener('pointercancel', onUp, { signal });
  return () => heard.abort();
}

function between(a: Spot, b: Spot): Spot {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}
