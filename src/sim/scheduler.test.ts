import { expect, test } from 'vitest';
import { Scheduler } from './scheduler.ts';

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
