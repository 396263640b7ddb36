/**
 * A drawing in three tasks, each short enough for whoever types meanwhile: it is made, rendered, and painted with the
 * browser's next frame.
 */
import type { NodeView } from '../projections/node-view.ts';

/** However long a drawing takes, the next is not waited for longer. */
const REST_MS_MAX = 100;

export class DrawingTasks {
  private readonly makers = new Set<(view: NodeView) => void>();
  private busy = false;
  private endedMs = Number.NEGATIVE_INFINITY;
  private restMs = 0;

  /** `make` is called with each view before it is rendered. */
  readonly ahead = (make: (view: NodeView) => void): (() => void) => {
    this.makers.add(make);
    return () => this.makers.delete(make);
  };

  /** Whatever else there is to do has as long as the drawing had. */
  mayBegin(nowMs: number): boolean {
    return !this.busy && nowMs - this.endedMs >= this.restMs;
  }

  /** `render` has the page rendered in the microtasks that follow it. */
  begin(nowMs: number, view: () => NodeView, render: () => void): void {
    this.busy = true;
    setTimeout(() => {
      setTimeout(() => {
        this.busy = false;
        render();
        queueMicrotask(() => {
          this.endedMs = performance.now();
          this.restMs = Math.min(REST_MS_MAX, this.endedMs - nowMs);
        });
      });
      const made = view();
      for (const make of this.makers) make(made);
    });
  }
}
