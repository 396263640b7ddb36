import { expect, test } from 'vitest';
import { Queue, WaitQueue } from './primitives.ts';
import { endGroup, Scheduler, type Waiter } from './scheduler.ts';

const group = () => ({ dead: false, stopped: false, held: null, parked: null, name: 'test' });

test('what comes in while a strand awaits something foreign waits for the end of its step', async () => {
  const scheduler = new Scheduler();
  const seen: string[] = [];
  let fetched = (): void => {};
  const chunk = new Promise<void>((resolve) => {
    fetched = resolve;
  });
  scheduler.go(group(), 'loader', async () => {
    await chunk;
    seen.push('loaded');
    await scheduler.sleep(1);
    seen.push('slept');
  });
  const run = scheduler.run({ maxSteps: 100 });
  scheduler.betweenSteps(() => seen.push(`input after step ${scheduler.steps}`));
  expect(seen).toEqual([]);
  fetched();
  await run;
  expect(seen).toEqual(['loaded', 'input after step 1', 'slept']);
});

test('between steps it is taken at once', () => {
  const scheduler = new Scheduler();
  const seen: string[] = [];
  scheduler.betweenSteps(() => seen.push('input'));
  expect(seen).toEqual(['input']);
});

test('who takes from a queue waits until something is there, be it nothing, or the queue is closed', async () => {
  const scheduler = new Scheduler();
  const queue = new Queue<void>(scheduler);
  const seen: unknown[] = [];
  scheduler.go(group(), 'reader', async () => {
    for (let i = 0; i < 3; i++) seen.push(await queue.take());
  });
  scheduler.at(1, () => queue.push());
  scheduler.at(2, () => queue.close());
  await scheduler.run({ maxSteps: 100 });
  expect(seen).toEqual([undefined, null, null]);
});

test('a waiter of a group that has ended stays in its queue without keeping the group', async () => {
  const scheduler = new Scheduler();
  const queue = new WaitQueue(scheduler);
  const ended = group();
  let waiter: Waiter<void> | undefined;
  scheduler.go(ended, 'waits', () => {
    waiter = scheduler.newWaiter();
    queue.add(waiter);
    return scheduler.parkUntil(waiter);
  });
  scheduler.at(1, () => endGroup(ended));
  await scheduler.run({ maxSteps: 100 });
  expect(waiter?.strand.group).not.toBe(ended);
  expect(queue.waiting).toBe(false);
});

test('strands that begin one after the other do not lie on top of each other', async () => {
  const scheduler = new Scheduler();
  let ended = 0;
  for (let i = 0; i < 20_000; i++)
    scheduler.go(group(), `strand ${i}`, async () => {
      await scheduler.sleep(1);
      ended++;
    });
  expect(await scheduler.run({ maxSteps: 100_000 })).toBe('idle');
  expect(ended).toBe(20_000);
});

test('once it is halted nothing runs any more, in this run or another', async () => {
  const scheduler = new Scheduler();
  const seen: string[] = [];
  scheduler.go(group(), 'halts', async () => {
    await scheduler.sleep(1);
    seen.push('last');
    scheduler.halt();
  });
  scheduler.go(group(), 'goes on', async () => {
    await scheduler.sleep(2);
    seen.push('too late');
  });
  expect(await scheduler.run({ maxSteps: 100 })).toBe('stopped');
  expect(await scheduler.run({ maxSteps: 100 })).toBe('stopped');
  expect(seen).toEqual(['last']);
});
