import { expect, test } from '@playwright/test';
import { article, isShown } from '../src/testing/article.ts';
import { openPage } from './page.ts';

test.describe.configure({ timeout: 300_000 });

for (const { title, scenario, blocks } of article) {
  test(`the article typed in the page, ${title}`, async ({ page }) => {
    const { errors } = await openPage(page, `&scenario=${scenario}`);
    await page.evaluate(() => window.cutaway.speed(64));
    for (const block of blocks) {
      let output = '';
      for (const line of block.lines) {
        const { stdout, stderr } = await page.evaluate((text) => window.cutaway.run(text), line);
        output += stdout + stderr;
      }
      for (const wanted of block.shows)
        expect(isShown(output, wanted), `${block.title}: ${String(wanted)}\n${output}`).toBe(true);
    }
    expect(errors).toEqual([]);
  });
}
