/** Several terminals in one page: opened, gone between, read side by side, closed, and found again where they were. */
import { expect, type Page, test } from '@playwright/test';
import { axeOn, enter, openPage } from './page.ts';

const screen = (page: Page): Promise<string> => page.evaluate(() => window.cutaway.screen());
const label = (page: Page): Promise<string | null | undefined> =>
  page.evaluate(() => document.activeElement?.getAttribute('aria-label'));

async function openAnother(page: Page, count: number): Promise<void> {
  await page.keyboard.press('Shift+F8');
  await expect(page.locator('.xterm')).toHaveCount(count);
  await expect.poll(() => screen(page)).toContain('root@node-1:~#');
}

test('what waits in one is acted on from another; undo, the past and a link know which', async ({ page }) => {
  const { errors } = await openPage(page);
  const tabs = page.getByRole('tab');
  await expect(page.getByRole('button', { name: 'Another terminal' })).toBeVisible();
  await expect(tabs).toHaveCount(0);
  await page.keyboard.press('Control+u');
  await page.keyboard.type('while sleep 1; do test -e /tmp/it && break; done; echo found it\n');
  await openAnother(page, 2);
  await expect(tabs).toHaveText([/^1while sleep 1/, '2']);
  expect(await label(page)).toBe('Terminal 2 of node-1');
  await enter(page, 'tty; touch /tmp/it');
  expect(await screen(page)).toContain('/dev/pts/1');
  await page.keyboard.press('F8');
  expect(await label(page)).toBe('Terminal 1 of node-1');
  await expect.poll(() => screen(page)).toContain('found it');
  await expect(tabs).toHaveText(['1', '2']);

  // Undone is the line that was begun last, on its own terminal: the loop waits again.
  await page.getByRole('button', { name: 'Undo the last command' }).click();
  await expect(tabs).toHaveText([/^1while sleep 1/, '2']);
  await page.getByRole('tab', { name: '2' }).click();
  await expect.poll(() => screen(page)).toMatch(/^root@node-1:~# ?$/);
  expect(await enter(page, 'test -e /tmp/it')).toBe(1);

  // A script goes between them, too.
  expect(await page.evaluate(() => window.cutaway.terminal(0))).toBe(0);
  expect(await screen(page)).toContain('while sleep 1');
  const third = await page.evaluate(async () => [await window.cutaway.terminal(), await window.cutaway.run('tty')]);
  expect(third).toEqual([2, { stdout: '/dev/pts/2\n', stderr: '', exitCode: 0 }]);
  await page.keyboard.type('exit\n');
  await expect(tabs).toHaveText([/^1while sleep 1/, '2']);

  // Side by side both are read; a click goes to the other.
  await page.getByRole('button', { name: 'Terminals side by side' }).click();
  await expect(page.locator('.terminal-slot:visible')).toHaveCount(2);
  await page.locator('#terminal-0 .xterm-screen').click();
  expect(await label(page)).toBe('Terminal 1 of node-1');
  const { violations } = await axeOn(page).include('.terminal-tabs').analyze();
  expect(violations).toEqual([]);

  // Another page that is given the history has both, and goes on in the one that was typed in last.
  await page.getByRole('button', { name: 'Link to this moment' }).click();
  const link = await page.locator('input[readonly], textarea[readonly]').first().inputValue();
  await page.goto('about:blank');
  await page.goto(link);
  await expect(tabs).toHaveText([/^1while sleep 1/, '2']);
  await expect(tabs.nth(1)).toHaveAttribute('aria-selected', 'true');
  expect(errors).toEqual([]);
});

test('by keyboard alone, where a phone has room: between them, closed, and the last one begun again', async ({
  page,
}) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const { errors } = await openPage(page, '&lang=zh-CN');
  await expect(page.locator('.terminal-tabs button')).toBeVisible();
  await openAnother(page, 2);
  await openAnother(page, 3);
  await page.getByRole('tab').nth(2).focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('tab').first()).toBeFocused();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByRole('tab').nth(1)).toBeFocused();
  await page.keyboard.press('Delete');
  await expect(page.getByRole('tab')).toHaveText(['1', '3']);
  await page.getByRole('tab').first().focus();
  await page.keyboard.press('Enter');
  expect(await label(page)).toBe('node-1 的终端 1');
  await page.keyboard.press('Control+u');
  await page.keyboard.type('exit\n');
  await expect(page.locator('.xterm')).toHaveCount(1);
  expect(await label(page)).toBe('node-1 的终端 3');
  await page.keyboard.type('exit\n');
  await expect(page.locator('.ended')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.locator('.ended')).toHaveCount(0);
  await expect.poll(() => screen(page)).toContain('root@node-1:~#');
  expect(await enter(page, 'tty')).toBe(0);
  expect(await screen(page)).toContain('/dev/pts/0');
  expect(errors).toEqual([]);
});
