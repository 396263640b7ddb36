import type { NodeView } from './node-view.ts';

/** Made once for each moment of a view, which changes in place: several parts of a drawing ask for the same. */
export function perMoment<T>(make: (view: NodeView) => T): (view: NodeView) => T {
  const made = new WeakMap<NodeView, { readonly seq: number; readonly value: T }>();
  return (view) => {
    const known = made.get(view);
    if (known?.seq === view.seq) return known.value;
    const value = make(view);
    made.set(view, { seq: view.seq, value });
    return value;
  };
}
