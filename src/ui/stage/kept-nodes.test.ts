import { expect, it } from 'vitest';
import { boot, pull, Recording, runContainer, runPod } from '../../projections/fixture.ts';
import { History } from '../../projections/history.ts';
import { translator } from '../messages/catalogue.ts';
import { en } from '../messages/en.ts';
import { keepNodes } from './kept-nodes.ts';
import { buildScene } from './scene.ts';

const options = { width: 1200, height: 540, detail: 'full', selection: null } as const;

it('keeps what says the same, and nothing else', () => {
  const r = new Recording();
  const { containerd, shell } = boot(r);
  pull(r, containerd, shell, 1);
  const shim = runPod(r, containerd, shell, 2);
  const history = new History();
  history.append(r.trace.events);
  const made = (): ReturnType<typeof buildScene> => buildScene(history.live, translator(en), options);
  const before = made();
  expect(keepNodes(before, made()).nodes.every((node, i) => node === before.nodes[i])).toBe(true);

  const known = r.trace.events.length;
  runContainer(r, containerd, shell, shim, 3);
  history.append(r.trace.events.slice(known));
  const fresh = made();
  const after = keepNodes(before, fresh);
  expect(after).toEqual(fresh);
  const kept = after.nodes.filter((node) => before.byId.get(node.id) === node).map(({ id }) => id);
  expect(kept).toContain('pipe');
  expect(kept).not.toContain('room:tasks');
  expect(after.nodes.every((node) => after.byId.get(node.id) === node)).toBe(true);
});
