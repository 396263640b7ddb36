/** Types a section's blocks into a node of their own and asks whether each shows what it is there to show. */
import { type ArticleSection, isMet } from './article.ts';
import { prepare } from './prepare.ts';
import type { RehearsalResult } from './rehearse.ts';
import { Typist } from './typist.ts';

export async function rehearseSection(section: ArticleSection): Promise<RehearsalResult[]> {
  const { machine } = await prepare({ ...section, setup: [] });
  const typist = new Typist(machine);
  const results: RehearsalResult[] = [];
  for (const { id, lines, expects } of section.blocks) {
    let output = '';
    for (const line of lines) output += (await typist.type(line)).output;
    for (const expected of expects) {
      const passed = isMet(expected, output);
      const words = expected.kind === 'hides' ? 'does not show' : expected.kind;
      results.push({ name: `${id}: ${words} ${JSON.stringify(expected.text)}`, passed, detail: passed ? '' : output });
    }
  }
  return results;
}
