import { expect, test } from '@playwright/test';
import { readArticle } from '../src/headless/lesson-files.ts';
import { isMet } from '../src/lesson-engine/article.ts';
import { openPage } from './page.ts';

test.describe.configure({ timeout: 300_000 });

/** All sections are typed in Node by a test of their own; here one of each scenario, or all with EVERY_SECTION=1. */
const sections = readArticle().map(({ section }) => section);
const typed = sections.filter(
  ({ scenario }, at) =>
    process.env['EVERY_SECTION'] !== undefined || sections.findIndex((one) => one.scenario === scenario) === at,
);

for (const section of typed) {
  test(`the article typed in the page, ${section.id}`, async ({ page }) => {
    const { errors } = await openPage(page, `&scenario=${section.scenario}`);
    await page.evaluate(() => window.cutaway.speed(64));
    for (const block of section.blocks) {
      let output = '';
      for (const line of block.lines) {
        const { stdout, stderr } = await page.evaluate((text) => window.cutaway.run(text), line);
        output += stdout + stderr;
      }
      for (const expected of block.expects)
        expect(isMet(expected, output), `${block.id}: ${expected.kind} ${expected.text}\n${output}`).toBe(true);
    }
    expect(errors).toEqual([]);
  });
}
