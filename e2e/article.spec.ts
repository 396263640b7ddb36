import { expect, test } from '@playwright/test';
import { readArticle } from '../src/headless/lesson-files.ts';
import { isMet } from '../src/lesson-engine/article.ts';
import { openPage } from './page.ts';

test.describe.configure({ timeout: 300_000 });

for (const { section } of readArticle()) {
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
