import { expect, it } from 'vitest';
import { boot, Recording, runPod } from '../projections/fixture.ts';
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

it('does not replay in ratio mode', () => {
  const { director, command } = setUp();
  director.hopMode = false;
  director.commandStarted(command, 0);
  expect(director.replaying).toBe(false);
});
