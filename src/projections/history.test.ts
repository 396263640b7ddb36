import { describe, expect, it } from 'vitest';
import { boot, CTR, POD, pull, Recording, runContainer, runPod } from './fixture.ts';
import { fold } from './fold.ts';
import { History } from './history.ts';
import { emptyNodeView } from './node-view.ts';
import { podsOf } from './rooms.ts';

function walk(): Recording {
  const r = new Recording();
  const { containerd, shell } = boot(r);
  pull(r, containerd, shell, 1);
  const shim = runPod(r, containerd, shell, 2);
  runContainer(r, containerd, shell, shim, 3);
  return r;
}

describe('history', () => {
  it('shows at any event what folding from the beginning would', () => {
    const r = walk();
    // Long enough for keyframes: the same events again and again, renumbered.
    const events = Array.from({ length: 12 }, () => r.trace.events)
      .flat()
      .map((event, seq) => ({ ...event, seq }));
    while (events.length < 5000) events.push({ ...events[events.length % 100]!, seq: events.length });
    const history = new History();
    history.append(events);
    for (const seq of [0, 1, 57, 1023, 1024, 1025, 3000, 1500, 4999, 5000]) {
      const plain = emptyNodeView();
      for (const event of events.slice(0, seq)) fold(plain, event);
      expect(history.at(seq), String(seq)).toEqual(plain);
    }
    expect(history.at(5000)).toBe(history.live);
  });

  it('is not disturbed by looking back while it grows', () => {
    const { events } = walk().trace;
    const history = new History();
    history.append(events.slice(0, 40));
    const before = structuredClone(history.at(40));
    history.at(10);
    history.append(events.slice(40));
    expect(history.at(40)).toEqual(before);
  });

  it('refuses a gap: a projection over a hole would be invented', () => {
    const { events } = walk().trace;
    expect(() => new History().append(events.slice(1))).toThrow('trace gap');
  });

  it('finds the moment of a time', () => {
    const { events } = walk().trace;
    const history = new History();
    history.append(events);
    expect(history.seqAtTime(0)).toBe(0);
    expect(history.seqAtTime(events.at(-1)!.time)).toBe(events.length);
    const middle = history.seqAtTime(events[50]!.time);
    expect(events[middle - 1]!.time).toBe(events[50]!.time);
    expect(events[middle]!.time).toBeGreaterThan(events[50]!.time);
  });
});

describe('pods', () => {
  it('are sandboxes with the containers and processes that belong to them', () => {
    const history = new History();
    history.append(walk().trace.events);
    const [pod, ...rest] = podsOf(history.live);
    expect(rest).toEqual([]);
    expect(pod).toMatchObject({
      id: POD,
      name: 'nginx-sandbox',
      kubeNamespace: 'default',
      address: '10.88.0.5',
      ready: true,
    });
    expect(
      pod!.containers.map((c) => [c.id, c.name, c.state, c.sandbox, c.processes.map((p) => [p.comm, p.formerComms])]),
    ).toEqual([
      [POD, '', 'running', true, [['pause', ['runc:[2:INIT]']]]],
      [CTR, 'busybox', 'running', false, [['top', ['runc:[2:INIT]']]]],
    ]);
  });

  it('keep an outline of what is gone until the next command, and lose it then', () => {
    const r = walk();
    const { trace } = r;
    const history = new History();
    history.append(trace.events);
    const top = podsOf(history.live)[0]!.containers[1]!.processes[0]!;
    trace.emit(0, top.pid, { kind: 'process.exit', code: 137, signal: 'SIGKILL' });
    history.append(trace.events.slice(history.length));
    expect(podsOf(history.live)[0]!.containers[1]).toMatchObject({
      state: 'exited',
      processes: [{ pid: top.pid, exitSignal: 'SIGKILL' }],
    });
    trace.emit(0, 1, { kind: 'command.start', command: 9, line: 'true' });
    history.append(trace.events.slice(history.length));
    // Nobody has waited for it yet: a zombie.
    expect(history.live.processes.has(top.pid)).toBe(true);
    trace.emit(0, top.ppid, { kind: 'process.reap', child: top.pid });
    trace.emit(0, 1, { kind: 'command.start', command: 10, line: 'true' });
    history.append(trace.events.slice(history.length));
    expect(history.live.processes.has(top.pid)).toBe(false);
  });
});
