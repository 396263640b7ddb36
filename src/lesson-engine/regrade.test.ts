import { expect, test } from 'vitest';
import type { Lesson } from './lesson.ts';
import { loadLesson } from './load-lesson.ts';
import { prepare } from './prepare.ts';
import { regrade } from './regrade.ts';

const LESSON = `id: L99
track: cri
level: beginner
minutes: 5
exam: []
scenario: bare
setup: [mkdir /root/given]
steps:
  - id: first
    checks: [{id: made, that: "exists('/root/given/one')"}]
    solution: [touch /root/given/one]
  - id: second
    checks: [{id: gone, that: "!exists('/root/given/one') && exists('/root/given')"}]
    solution: [rm /root/given/one]
`;

async function played(lesson: Lesson, lines: readonly string[]) {
  const { machine } = await prepare(lesson);
  const terminal = machine.openTerminal({ columns: 100, rows: 24 });
  const wait = (seconds: number) => machine.advance({ horizon: machine.now + seconds * 1e9 });
  await wait(1);
  for (const line of lines) {
    terminal.write(new TextEncoder().encode(`${line}\r`));
    await wait(2);
  }
  return machine.savepoint();
}

test('a log is run again: steps count when the state proves them, in order', async () => {
  const { lesson, problems } = loadLesson('l.yaml', LESSON);
  expect(problems).toEqual([]);
  const whole = await played(lesson, ['touch /root/given/one', 'rm /root/given/one', 'true']);
  expect(await regrade(lesson, whole)).toMatchObject({ steps: 2, commands: 3, missing: [] });
  const half = await played(lesson, ['touch /root/given/one', 'echo done']);
  expect(await regrade(lesson, half)).toMatchObject({ steps: 1, missing: ['gone'] });
  expect(await regrade(lesson, { ...half, seed: 2 })).toBe('another scenario or seed');
  expect(await regrade(lesson, { ...half, inputs: half.inputs.slice(2) })).toBe('another set-up');
});
