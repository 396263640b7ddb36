/**
 * A drawing is made anew for each moment, and most of it is as it was: what says the same stays the same object, so that
 * React has nothing to do for it.
 */
import type { Scene, SceneNode } from './scene-types.ts';

export function keepNodes(before: Scene | null, scene: Scene): Scene {
  if (before === null) return scene;
  const nodes = scene.nodes.map((node) => {
    const known = before.byId.get(node.id);
    return known !== undefined && sameData(known, node) ? known : node;
  });
  return { ...scene, nodes, byId: new Map<string, SceneNode>(nodes.map((node) => [node.id, node])) };
}

/** Of plain data without cycles. */
function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) if (!sameData(a[key as keyof typeof a], b[key as keyof typeof b])) return false;
  return true;
}
