import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Opens the page on a given seed and waits until somebody could type. Fails on any error of the page itself. */
export async function openPage(page: Page, query = ''): Promise<{ errors: string[] }> {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(`?seed=7${query.includes('scenario=') ? '' : '&scenario=bare'}${query}`);
  await page.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
  return { errors };
}

/** axe within the page itself: it needs a second page only for frames of other origins, and twice the time. */
export function axeOn(page: Page): AxeBuilder {
  return new AxeBuilder({ page }).setLegacyMode();
}

/** Types a line as a learner does, over whatever the first run left at the prompt, and waits for its end. */
export async function enter(page: Page, line: string): Promise<number> {
  const before = await page.evaluate(() => window.cutaway.trace({ kind: 'command.end' }).length);
  await page.keyboard.press('Control+u');
  for (const [i, part] of line.split('\n').entries()) {
    if (i > 0) await page.keyboard.press('Enter');
    await page.keyboard.type(part);
  }
  await page.keyboard.press('Enter');
  // Not at each frame: the whole trace is gone through.
  await page.waitForFunction((n) => window.cutaway.trace({ kind: 'command.end' }).length > n, before, { polling: 50 });
  await page.keyboard.press('Escape');
  const end = await page.evaluate(() => window.cutaway.trace({ kind: 'command.end' }).at(-1));
  expect(end).toBeDefined();
  return (end as unknown as { exitCode: number }).exitCode;
}
