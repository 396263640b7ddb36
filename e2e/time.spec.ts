import { expect, test } from '@playwright/test';
import { openPage } from './page.ts';

test('the last command is undone: the machine goes on from the prompt before it', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en');
  const type = (line: string) => page.evaluate((text) => window.cutaway.run(text), line);
  await type('echo kept > /root/note');
  await type('rm -f /root/note');
  await page.getByRole('button', { name: 'Undo the last command' }).click();
  await expect.poll(() => page.evaluate(() => window.cutaway.trace({ kind: 'command.start' }).length)).toBe(1);
  await expect.poll(() => page.evaluate(() => window.cutaway.screen())).toContain('echo kept > /root/note');
  expect(await page.evaluate(() => window.cutaway.screen())).not.toContain('rm -f /root/note');
  expect(await type('cat /root/note')).toEqual({ stdout: 'kept\n', stderr: '', exitCode: 0 });
  expect(errors).toEqual([]);
});

test('who types while looking back is asked, and the history goes on from there', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en');
  const type = (line: string) => page.evaluate((text) => window.cutaway.run(text), line);
  await type('echo one > /root/note');
  const then = (await page.evaluate(() => window.cutaway.trace({ kind: 'command.end' }).at(-1))) as unknown as {
    time: number;
  };
  await page.waitForTimeout(300);
  await type('echo two > /root/note');
  const screen = () => page.evaluate(() => window.cutaway.screen());
  expect(await screen()).toContain('echo two');
  await page.evaluate((ms) => window.cutaway.rewind(ms), then.time / 1e6 + 100);
  // The terminal, too, is as it was.
  await expect.poll(screen).not.toContain('echo two');
  expect(await screen()).toContain('echo one');
  await page.locator('.xterm').click();
  // Whoever types fast is in the middle of the line when it is asked.
  await page.keyboard.type('cat /root/no');
  const dialog = page.getByRole('alertdialog', { name: 'Continue from here' });
  await expect(dialog).toContainText('cat /root/no');
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
  await expect.poll(screen).toMatch(/# cat \/root\/no$/);
  await page.keyboard.type('te');
  await page.keyboard.press('Enter');
  await expect.poll(screen).toMatch(/cat \/root\/note\none\n/);
  expect(await type('cat /root/note')).toMatchObject({ stdout: 'one\n' });

  // Another terminal is a question, too; what is typed meanwhile is for it.
  const terminals = page.locator('.xterm');
  await page.evaluate((ms) => window.cutaway.rewind(ms), then.time / 1e6 + 100);
  await page.getByRole('button', { name: 'Another terminal' }).click();
  await expect(dialog).toContainText('Another terminal');
  await expect(terminals).toHaveCount(1);
  await page.keyboard.type('tty');
  await expect(dialog).toContainText('tty');
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
  await expect(terminals).toHaveCount(2);
  await expect.poll(screen).toMatch(/# tty$/);
  await page.keyboard.press('Enter');
  await expect.poll(screen).toContain('/dev/pts/1');

  // From a script the same needs no question; what is saved is the history that was kept.
  await page.evaluate((ms) => window.cutaway.rewind(ms), then.time / 1e6 - 10_000);
  await page.evaluate(() => window.cutaway.branch());
  expect((await type('cat /root/note')).exitCode).toBe(1);
  expect(errors).toEqual([]);
});

test('a remote steps through what a command caused, in a lecture; its start begins again', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  const { errors } = await openPage(page, '&lang=en&projector=1');
  await page.keyboard.press('Control+u');
  await page.keyboard.type('crictl images');
  await page.keyboard.press('Enter');
  // Projectors wash dark out; who chooses it all the same has it.
  const root = page.locator('html');
  await expect(root).toHaveAttribute('data-theme', 'light');
  await page.locator('header').getByRole('combobox').last().selectOption('dark');
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await page.locator('.xterm').click();
  const hop = async () => Number(/Hop (\d+) of/.exec((await page.locator('.stage-bar').textContent()) ?? '')?.[1] ?? 0);
  await expect.poll(hop).toBeGreaterThan(0);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.locator('.xterm').click();
  const at = await hop();
  await page.keyboard.press('PageDown');
  await expect.poll(hop).toBe(at + 1);
  await page.keyboard.press('PageUp');
  await expect.poll(hop).toBe(at);
  await page.keyboard.press('PageDown');
  await page.keyboard.press('F5');
  await expect.poll(hop).toBe(1);

  // The presenter's pause: a black screen until the next key, which does nothing else.
  await page.keyboard.press('Escape');
  const black = page.locator('.black');
  await page.keyboard.press('.');
  await expect(black).toBeVisible();
  await expect(page.getByRole('alert')).toHaveText('The screen is black. Any key shows the page again.');
  await page.keyboard.press('x');
  await expect(black).toHaveCount(0);
  await page.getByRole('button', { name: 'What the lines mean' }).click();
  await expect(page.getByRole('region', { name: 'What the lines of the drawing mean' })).toContainText('dotted: gone');
  await page.keyboard.press('?');
  await expect(page.locator('.legend')).toBeHidden();
  // Nothing of it reached the shell, and the page is the same one.
  expect(await page.evaluate(() => window.cutaway.trace({ kind: 'command.end' }).length)).toBe(1);
  expect(errors).toEqual([]);
});

test('two branches are named, gone between and told apart; a marker is jumped to', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en');
  const type = (line: string) => page.evaluate((text) => window.cutaway.run(text), line);
  await type('echo one > /root/note');
  await page.locator('.stage [role="tree"] [tabindex="0"]').focus();
  await page.keyboard.press('m');
  await page.getByRole('textbox', { name: 'Name of the marker' }).fill('one is there');
  await page.keyboard.press('Enter');
  await type('rm -f /root/note');
  await page.getByRole('button', { name: 'Undo the last command' }).click();
  await type('rm -f /root/other');
  await page.getByRole('button', { name: 'Markers: 1 · Branches: 1' }).click();
  const panel = page.getByRole('region', { name: 'Markers and branches' });
  await panel.getByRole('textbox', { name: 'Name of the branch rm -f /root/note' }).fill('removed');
  await page.keyboard.press('Enter');
  await panel.getByRole('button', { name: 'Go to the branch removed' }).press('Enter');
  await expect(panel.getByRole('button', { name: 'Go to the branch rm -f /root/other' })).toBeEnabled();
  expect((await type('cat /root/note')).exitCode).toBe(1);
  await page.locator('.stage [role="tree"] [tabindex="0"]').focus();
  await page.keyboard.press('[');
  await expect(page.locator('.stage-bar')).toContainText('echo one > /root/note');
  await panel.getByRole('button', { name: 'Compare', exact: true }).click();
  const difference = page.getByRole('region', { name: 'First difference' });
  await expect(difference).toContainText(/Typed differently:.*\/root\/other.*\/root\/note/, { timeout: 60_000 });
  expect(errors).toEqual([]);
});
