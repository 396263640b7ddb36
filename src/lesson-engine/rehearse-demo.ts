/** Plays a demo on a machine of its own: each claim is true after its slide, and was not before. */
import type { Demo } from './demo.ts';
import { prepare } from './prepare.ts';
import { missingOf } from './progress.ts';
import type { RehearsalResult } from './rehearse.ts';
import { Typist } from './typist.ts';

export async function rehearseDemo(demo: Demo): Promise<RehearsalResult[]> {
  const results: RehearsalResult[] = [];
  const { machine, viewer, complaints } = await prepare(demo);
  if (complaints.length > 0) results.push({ name: 'the set-up works', passed: false, detail: complaints.join('\n') });
  const typist = new Typist(machine);
  for (const { id, lines, claims, observe } of demo.slides) {
    const before = missingOf(claims, viewer.view());
    const transcript = await typist.typeAll(lines);
    const after = missingOf(claims, viewer.view());
    if (claims.length === 0) continue;
    if (!observe) results.push({ name: `${id}: not so before`, passed: before.length > 0, detail: '' });
    const passed = after.length === 0;
    const detail = passed ? '' : `${transcript}not so: ${after.join(', ')}\n`;
    results.push({ name: `${id}: ${claims.map((claim) => claim.id).join(', ')}`, passed, detail });
  }
  return results;
}
