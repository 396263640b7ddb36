import { expect, it } from 'vitest';
import { boot, Recording, runPod, SOCK } from '../projections/fixture.ts';
import { History } from '../projections/history.ts';
import { TraceIndex } from '../projections/trace-index.ts';
import { Director } from './director.ts';

function setUp() {
  const r = new Recording();
  const { containerd, shell } = boot(r);
  runPod(r, containerd, shell, 1);
  const history = new History();
  const index = new TraceIndex();
  history.append(r.trace.events);
  index.append(r.trace.events);
  return {
    director: new Director(
      () => history,
      () => index,
    ),
    command: index.commands[0]!,
    history,
  };
}

it('replays a command hop by hop: at least 600 ms each, at most twelve seconds, then returns to the present', () => {
  const { director, command } = setUp();
  director.commandStarted(command, 0);
  const changes: { ms: number; playhead: number | null }[] = [];
  let ms = 0;
  for (; ms < 20_000 && director.replaying; ms += 16) {
    if (director.tick(ms)) changes.push({ ms, playhead: director.shown.playhead });
  }
  expect(ms).toBeLessThan(12_700);
  expect(changes.length).toBeGreaterThan(10);
  for (const [i, change] of changes.slice(1).entries()) expect(change.ms - changes[i]!.ms).toBeGreaterThanOrEqual(600);
  expect(changes[0]!.ms).toBeLessThan(1000);
  expect(changes.at(-1)!.playhead).toBeNull();
});

it('steps, pauses and skips', () => {
  const { director, command } = setUp();
  director.commandStarted(command, 0);
  director.tick(16);
  const first = director.shown.playhead;
  director.paused = true;
  expect(director.tick(5000)).toBe(false);
  director.next(5000);
  expect(director.shown.playhead).toBeGreaterThan(first!);
  director.previous(5001);
  expect(director.shown.playhead).toBe(first);
  director.finish();
  expect(director.shown.playhead).toBeNull();
});

it('looks back without moving until it is told to', () => {
  const { director, history } = setUp();
  director.lookAt(5);
  expect(director.tick(10_000)).toBe(false);
  expect(director.shown.playhead).toBe(5);
  director.lookAt(history.length);
  expect(director.shown.playhead).toBeNull();
});

it('shows where a breakpoint stopped, and goes on hop by hop with what happens after', () => {
  const r = new Recording();
  const { containerd, shell } = boot(r);
  runPod(r, containerd, shell, 1);
  const [history, index] = [new History(), new TraceIndex()];
  const director = new Director(
    () => history,
    () => index,
  );
  const all = r.trace.events;
  const half = all.findIndex((event) => event.kind === 'rpc.request') + 1;
  history.append(all.slice(0, half));
  index.append(all.slice(0, half));
  director.commandStarted(index.commands[0]!, 0);
  director.tick(600);
  expect(director.shown.playhead).not.toBeNull();
  director.paused = true;
  director.catchUp();
  expect(director.shown.playhead).toBeNull();
  expect(director.tick(5000)).toBe(false);
  // Stepping on from here ends nothing: there is only nothing to show yet.
  expect(director.next(5100)).toBe(false);
  expect(director).toMatchObject({ replaying: true, caughtUp: true });
  history.append(all.slice(half));
  index.append(all.slice(half));
  director.paused = false;
  const shown: number[] = [];
  for (let ms = 6000; ms < 30_000 && director.replaying; ms += 16)
    if (director.tick(ms) && director.shown.playhead !== null) shown.push(director.shown.playhead);
  expect(shown.length).toBeGreaterThan(3);
  expect(Math.min(...shown)).toBeGreaterThan(half);
});

it('does not replay in ratio mode', () => {
  const { director, command } = setUp();
  director.hopMode = false;
  director.commandStarted(command, 0);
  expect(director.replaying).toBe(false);
});

it('goes on with what came of a command that asked the API server for something', () => {
  const r = new Recording();
  const { containerd, shell } = boot(r);
  const api = r.spawn(1, '/usr/local/bin/kube-apiserver', ['kube-apiserver'], 'control-plane', 0);
  const kubelet = r.spawn(1, '/usr/bin/kubelet', ['kubelet'], 'kubelet', 0);
  r.command(1, shell, 'kubectl run web', (span) => {
    const kubectl = r.spawn(shell, '/usr/bin/kubectl', ['kubectl', 'run', 'web'], 'client', span);
    for (let i = 0; i < 12; i++) r.http(kubectl, api, `GET /api/${i}`, span);
    r.http(kubectl, api, 'POST /api/v1/namespaces/default/pods', span);
    r.exit(kubectl, shell, span);
    return 0;
  });
  r.call(kubelet, containerd, 'grpc', '/runtime.v1.RuntimeService/ListPodSandbox', SOCK, 0, () => {});
  r.call(kubelet, containerd, 'grpc', '/runtime.v1.RuntimeService/RunPodSandbox', SOCK, 0, (own) => {
    r.exit(r.spawn(containerd, '/usr/bin/runc', ['runc', 'create'], 'oci-runtime', own), containerd, own);
  });
  const history = new History();
  const index = new TraceIndex();
  history.append(r.trace.events);
  index.append(r.trace.events);
  const director = new Director(
    () => history,
    () => index,
  );
  director.commandStarted(index.commands[0]!, 0);
  const told: string[] = [];
  let ms = 0;
  for (; ms < 20_000 && director.replaying; ms += 16)
    if (director.tick(ms) && director.shown.hop !== null) told.push(director.shown.hop.label);
  expect(told).toContain('POST default/pods');
  expect(told.indexOf('RunPodSandbox')).toBeGreaterThan(told.indexOf('POST default/pods'));
  expect(told).toContain('runc create');
  expect(told).not.toContain('ListPodSandbox');
  expect(ms).toBeLessThan(16_000);
});
