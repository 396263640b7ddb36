import { expect, test } from 'vitest';
import { boot, CTR, POD, pull, Recording, runContainer, runPod } from '../../projections/fixture.ts';
import { History } from '../../projections/history.ts';
import { translator } from '../messages/catalogue.ts';
import { en } from '../messages/en.ts';
import { countsOf, livingRows } from './living-list.tsx';

test('counts what lives in each layer, and says which pod was begun again', () => {
  const r = new Recording();
  const { containerd, shell } = boot(r);
  const counts = () => {
    const history = new History();
    history.append(r.trace.events);
    const rows = livingRows(history.live, translator(en));
    return { ...countsOf(history.live, rows), restarts: rows.flatMap(({ restarts }) => restarts) };
  };
  expect(counts()).toMatchObject({ 'cri-runtime': 1, cri: 1, shim: 0, workload: 0, restarts: [] });
  pull(r, containerd, shell, 1);
  const shim = runPod(r, containerd, shell, 2);
  runContainer(r, containerd, shell, shim, 3);
  expect(counts()).toMatchObject({ shim: 1, workload: 2, restarts: [] });
  r.trace.emit(0, containerd, {
    kind: 'state',
    component: 'containerd',
    topic: 'cri-container',
    key: CTR,
    value: { sandbox: POD, name: 'busybox', image: 'busybox', state: 'CONTAINER_RUNNING', attempt: 2 },
  });
  expect(counts().restarts).toEqual(['nginx-sandbox: restarts: 2']);
});
