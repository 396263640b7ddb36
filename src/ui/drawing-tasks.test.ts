import { afterEach, expect, it, vi } from 'vitest';
import { emptyNodeView, type NodeView } from '../projections/node-view.ts';
import { DrawingTasks } from './drawing-tasks.ts';

afterEach(() => vi.useRealTimers());

it('makes and renders in tasks of their own, and leaves as long to others', async () => {
  vi.useFakeTimers();
  const tasks = new DrawingTasks();
  const done: string[] = [];
  const view = emptyNodeView();
  tasks.ahead((made: NodeView) => done.push(made === view ? 'made' : 'made of another'));
  const beganMs = performance.now() - 20;
  tasks.begin(
    beganMs,
    () => view,
    () => done.push('rendered'),
  );
  expect([done, tasks.mayBegin(performance.now())]).toEqual([[], false]);
  await vi.advanceTimersToNextTimerAsync();
  expect([done, tasks.mayBegin(performance.now())]).toEqual([['made'], false]);
  await vi.advanceTimersToNextTimerAsync();
  expect(done).toEqual(['made', 'rendered']);
  const ended = performance.now();
  expect([tasks.mayBegin(ended + 10), tasks.mayBegin(ended + 40)]).toEqual([false, true]);
});

it('renders although a drawing could not be made, so that the page says so', async () => {
  vi.useFakeTimers();
  const tasks = new DrawingTasks();
  const rendered = vi.fn();
  tasks.ahead(() => {
    throw new Error('no');
  });
  tasks.begin(performance.now(), emptyNodeView, rendered);
  await vi.advanceTimersToNextTimerAsync().catch(() => {});
  await vi.advanceTimersToNextTimerAsync();
  expect([rendered.mock.calls.length, tasks.mayBegin(performance.now() + 1000)]).toEqual([1, true]);
});
