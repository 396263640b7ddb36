import { expect, test } from 'vitest';
import { prepareDrill } from '../lesson-engine/grade-drill.ts';
import { taskSeed, taskVariant } from '../lesson-engine/interview.ts';
import type { Drill } from '../lesson-engine/lesson.ts';
import { missingOf } from '../lesson-engine/progress.ts';
import { regradeDrill } from '../lesson-engine/regrade-drill.ts';
import type { Savepoint } from '../machine/machine.ts';
import { readDrills } from './lesson-files.ts';

const NONCE = 'K7Q2';
const SECOND_NS = 1e9;

/** What a candidate's page would hand in after these lines. */
async function candidate(drill: Drill, nonce: string, lines?: readonly string[]) {
  const at = taskVariant(nonce, drill.id, drill.variants.length);
  const seed = taskSeed(nonce, drill.id);
  const variant = drill.variants[at];
  if (variant === undefined) throw new Error('no variant');
  const { machine, viewer, complaints } = await prepareDrill({ ...drill, seed }, variant);
  const hidden = missingOf(drill.symptom, viewer.view());
  const terminal = machine.openTerminal({ columns: 100, rows: 24 });
  await machine.advance({ horizon: machine.now + SECOND_NS });
  for (const line of lines ?? variant.solution) {
    const { ended } = viewer;
    terminal.write(new TextEncoder().encode(`${line}\r`));
    await machine.advance({ horizon: machine.now + 300 * SECOND_NS, stopWhen: () => viewer.ended > ended });
  }
  await machine.advance({ horizon: machine.now + SECOND_NS });
  return { at, seed, complaints, hidden, savepoint: machine.savepoint() };
}

function drillNamed(id: string): Drill {
  const found = readDrills().find(({ drill }) => drill.id === id)?.drill;
  if (found === undefined) throw new Error(id);
  return found;
}

test('a log of the right node is graded from where it ends; a claimed score is not looked at', async () => {
  const drill = drillNamed('R02');
  const { at, seed, complaints, hidden, savepoint } = await candidate(drill, NONCE);
  expect({ complaints, hidden }).toEqual({ complaints: [], hidden: [] });
  const claimed = { ...savepoint, score: 0, missing: ['everything'] } as Savepoint;
  const graded = await regradeDrill(drill, at, seed, claimed);
  expect(graded).toMatchObject({ score: 100, missing: [], tabs: 0 });
  if (typeof graded === 'string') return;
  expect(graded.commands.map(({ line }) => line)).toEqual(drill.variants[at]?.solution);
  expect(graded.commands.every(({ virtualMs }) => virtualMs >= 0 && virtualMs <= graded.virtualMs)).toBe(true);

  expect(await regradeDrill(drill, at, seed + 1, savepoint)).toBe('another scenario or seed');
  expect(await regradeDrill(drill, (at + 1) % drill.variants.length, seed, savepoint)).toBe('another set-up');
  const planted = { ...savepoint, files: { '/root/x': '00' } };
  expect(await regradeDrill(drill, at, seed, planted)).toBe('files were added to the node');
}, 120_000);

test('doing nothing, or only printing what success looks like, scores 0', async () => {
  const drill = drillNamed('R11');
  const lines = ['echo job 1/1 Running', 'kubectl get pods\t', 'kubectl describe pod job', 'kubectl get runtimeclass'];
  const { at, seed, savepoint } = await candidate(drill, NONCE, lines);
  expect(await regradeDrill(drill, at, seed, savepoint)).toMatchObject({
    score: 0,
    commands: [{ exitCode: 0 }, {}, {}, { exitCode: 0 }],
    // What was looked at and what led nowhere is told beside the grade.
    unseen: ['manifest'],
    turned: ['looked-for-a-pod'],
  });
}, 120_000);

/** Every task of every pack on nodes that two nonces choose: minutes long, so only when asked for. */
test.runIf(process.env.CUTAWAY_ALL_TASKS !== undefined)(
  'every task can be solved on any node',
  async () => {
    for (const id of ['R01', 'R02', 'R05', 'R07', 'R10', 'R11', 'R12', 'R16', 'R17', 'R24']) {
      for (const nonce of [NONCE, 'HELLO']) {
        const drill = drillNamed(id);
        const { at, seed, complaints, hidden, savepoint } = await candidate(drill, nonce);
        const graded = await regradeDrill(drill, at, seed, savepoint);
        expect({ id, seed, at, complaints, hidden, graded }).toMatchObject({
          complaints: [],
          hidden: [],
          graded: { score: 100 },
        });
      }
    }
  },
  1_200_000,
);
