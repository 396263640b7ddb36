/** Grades a drill from the node's state, and rehearses its variants. */
import type { Drill, DrillAspect, DrillVariant } from './lesson.ts';
import { type Prepared, prepare } from './prepare.ts';
import { missingOf } from './progress.ts';
import type { RehearsalResult } from './rehearse.ts';
import { Typist } from './typist.ts';

/**
 * `score`: 0 as long as the fault is there; otherwise 100 less what was broken, weakened or does not last. `unseen` is
 * evidence that nobody looked at, `turned` are the wrong turns that were taken: they are told and cost nothing.
 */
export type DrillGrade = {
  score: number;
  missing: readonly string[];
  unseen: readonly string[];
  turned: readonly string[];
};

const COST: Readonly<Record<DrillAspect, number>> = { fixed: 100, kept: 30, secure: 30, lasting: 30 };

export function prepareDrill(drill: Drill, variant: DrillVariant): Promise<Prepared> {
  return prepare({ ...drill, setup: [...drill.setup, ...variant.setup] });
}

/** A kubelet that has just been helped tries again within a minute. */
const SETTLES_NS = 75_000_000_000;
const LOOK_NS = 15_000_000_000;

/**
 * Gives what was repaired a minute to come up, looks, restarts what a node's reboot would restart, and looks again at
 * what should last. Ends the drill.
 */
export async function gradeDrill(drill: Drill, prepared: Prepared): Promise<DrillGrade> {
  const { machine, viewer } = prepared;
  await settle(drill, prepared);
  const now = missingOf(
    drill.checks.filter(({ aspect }) => aspect !== 'lasting'),
    viewer.view(),
  );
  const unseen = missingOf(drill.evidence, viewer.view());
  const straight = missingOf(drill.turns, viewer.view());
  const turned = drill.turns.map(({ id }) => id).filter((id) => !straight.includes(id));
  const typist = new Typist(machine);
  await typist.typeAll(drill.restart);
  await typist.logOut();
  const lasting = drill.checks.filter(({ aspect }) => aspect === 'lasting' || aspect === 'fixed');
  const later = missingOf(lasting, viewer.view());
  const missing = [...new Set([...now, ...later])];
  const aspects = new Set(drill.checks.filter(({ id }) => missing.includes(id)).map(({ aspect }) => aspect));
  const score = Math.max(
    0,
    [...aspects].reduce((left, aspect) => left - COST[aspect], 100),
  );
  return { score, missing, unseen, turned };
}

async function settle(drill: Drill, { machine, viewer }: Prepared): Promise<void> {
  // Nobody has touched it: there is nothing to wait for.
  if (viewer.view().commands.length === 0) return;
  const fixed = drill.checks.filter(({ aspect }) => aspect === 'fixed');
  const until = machine.now + SETTLES_NS;
  while (machine.now < until && missingOf(fixed, viewer.view()).length > 0)
    await machine.advance({ horizon: machine.now + LOOK_NS });
}

/** For each variant: the symptom shows, undone it scores 0, so do the wrong ways, and its solution scores 100. */
export async function rehearseDrill(drill: Drill, variants: readonly DrillVariant[]): Promise<RehearsalResult[]> {
  const results: RehearsalResult[] = [];
  for (const variant of variants) {
    const add = (name: string, passed: boolean, detail = ''): void =>
      void results.push({ name: `${variant.id}: ${name}`, passed, detail: passed ? '' : detail });
    const start = await prepareDrill(drill, variant);
    if (start.complaints.length > 0) add('the set-up works', false, `${start.complaints.join('\n')}\n`);
    const hidden = missingOf(drill.symptom, start.viewer.view());
    add('the symptom shows', hidden.length === 0, `missing: ${hidden.join(', ')}\n`);
    const idle = await gradeDrill(drill, start);
    add('undone it scores 0', idle.score === 0, `scores ${idle.score}\n`);
    const nobody = idle.unseen.length === drill.evidence.length && idle.turned.length === 0;
    add(
      'undone nothing was looked at and no wrong turn taken',
      nobody,
      `unseen: ${idle.unseen}, turned: ${idle.turned}\n`,
    );
    for (const { id, lines } of drill.wrong) {
      const { grade, transcript } = await attempt(drill, variant, lines);
      add(`a wrong way scores 0: ${id}`, grade.score === 0, `${transcript}scores ${grade.score}\n`);
    }
    const { grade, transcript } = await attempt(drill, variant, variant.solution);
    const detail = `${transcript}scores ${grade.score}, missing: ${grade.missing.join(', ')}\n`;
    add('its solution scores 100', grade.score === 100, detail);
    add('its solution takes no wrong turn', grade.turned.length === 0, `${transcript}turned: ${grade.turned}\n`);
  }
  return results;
}

async function attempt(
  drill: Drill,
  variant: DrillVariant,
  lines: readonly string[],
): Promise<{ grade: DrillGrade; transcript: string }> {
  const prepared = await prepareDrill(drill, variant);
  const typist = new Typist(prepared.machine);
  const transcript = await typist.typeAll(lines);
  await typist.logOut();
  return { grade: await gradeDrill(drill, prepared), transcript };
}
