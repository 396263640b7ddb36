/** What is found, and in which order. */
import { expect, test } from 'vitest';
import { History } from '../../projections/history.ts';
import { TraceIndex } from '../../projections/trace-index.ts';
import { boot } from '../../testing/boot.ts';
import { findsOf, search } from './finds.ts';

test('pods, processes, calls, images, mounts and commands are found by any of their words', async () => {
  const { machine, run } = await boot();
  await run(`echo '{"metadata":{"name":"web","namespace":"shop","uid":"u"},"linux":{}}' > pod.json`);
  await run('crictl runp pod.json');
  const [history, index] = [new History(), new TraceIndex()];
  history.append(machine.trace.since(0));
  index.append(history.events);
  const finds = findsOf(history.live, index, history.events);
  const first = (text: string): string | undefined => {
    const [find] = search(finds, text, 5);
    return find && `${find.kind} ${find.label}`;
  };
  expect(first('web')).toBe('pod web');
  expect(search(finds, 'shop', 9).map(({ kind, label }) => `${kind} ${label}`)).toContain('pod web');
  expect(first('pause')).toMatch(/^process pause \d+$/);
  expect(first('runpodsandbox')).toBe('call RunPodSandbox');
  expect(first('cni0')).toBe('link cni0');
  expect(first('crictl runp')).toBe('command crictl runp pod.json');
  expect(first('overlay rootfs')).toMatch(/^mount .*rootfs$/);
  expect(search(finds, 'image pause', 9).some((find) => find.kind === 'state')).toBe(true);
  expect(first('containerd.sock')).toMatch(/^socket /);
  expect(first('net:[')).toMatch(/^namespace net:/);
  expect(first('namespace pid: pause')).toMatch(/^namespace pid:/);
  expect(first('namespace.new ipc')).toMatch(/^event namespace.new ipc/);
  expect(first('no such thing')).toBeUndefined();
  expect(new Set(finds.map(({ id }) => id)).size).toBe(finds.length);
});
