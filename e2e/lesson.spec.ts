import { expect, test } from '@playwright/test';
import { enter, openPage } from './page.ts';

test('what is missing is said, hints come by level, and a step can be done for the learner', async ({ page }) => {
  await openPage(page, '&lang=en&lesson=L04');
  const panel = page.locator('.lesson');
  await panel.getByRole('button', { name: 'Why not yet?' }).click();
  await expect(panel.getByText('There is no /root/bundle/config.json yet.')).toBeVisible();
  await panel.getByRole('button', { name: 'Hint', exact: true }).click();
  await expect(panel.getByText('One subcommand of runc writes the file')).toBeVisible();
  await panel.getByRole('button', { name: 'Do this step for me' }).click();
  await expect(panel.locator('.lesson-steps > .done')).toHaveCount(1);

  // A step can be begun again: its files are gone with it; and that can be taken back.
  const written = () => page.evaluate(() => window.cutaway.trace({ kind: 'command.end' }).length);
  const commands = await written();
  await panel.getByRole('button', { name: /^Again from here/ }).click();
  await expect(panel.locator('.lesson-steps > .done')).toHaveCount(0);
  await panel.getByRole('button', { name: 'Why not yet?' }).click();
  await expect(panel.getByText('There is no /root/bundle/config.json yet.')).toBeVisible();
  expect(await written()).toBe(0);
  await panel.getByRole('button', { name: 'Undo that' }).click();
  await expect(panel.locator('.lesson-steps > .done')).toHaveCount(1);
  expect(await written()).toBe(commands);
});

test('on a narrow page the lesson stands above the terminal, which keeps its lines and scrolls by touch', async ({
  page,
}) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await openPage(page, '&lang=zh-CN&lesson=L02');
  await expect(page.locator('.lesson h2')).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await page.evaluate(() => window.cutaway.run('seq 101 140'));
  const box = await page.locator('.terminal-pane').boundingBox();
  expect(box?.height).toBeGreaterThan(120);
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(740);
  const screen = () => page.evaluate(() => window.cutaway.screen());
  expect(await screen()).not.toContain('120');
  await page.locator('.terminal-host').evaluate((host) => {
    const touch = (type: string, clientY: number) =>
      host.dispatchEvent(new PointerEvent(type, { pointerType: 'touch', clientY, bubbles: true }));
    touch('pointerdown', 600);
    for (let y = 600; y <= 900; y += 20) touch('pointermove', y);
  });
  expect(await screen()).toContain('120');
  await page.evaluate(() => {
    location.hash = '#learn';
  });
  await expect(page.locator('.home .cards').first()).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});

test('a step that asks for an order waits for it, and the next one begins at its top', async ({ page }) => {
  await openPage(page, '&lang=en&lesson=L01');
  const panel = page.locator('.lesson');
  await page.evaluate(() => window.cutaway.speed(64));
  for (const line of ['kubectl run web --image=nginx', 'sleep 10', 'crictl ps', 'ps -ef']) {
    await page.locator('.terminal textarea').focus();
    await enter(page, line);
  }
  await expect(panel.locator('.lesson-steps > .done')).toHaveCount(2);
  // Rows can be dragged as well; keys and buttons are tried in learn.spec.ts.
  const rows = panel.locator('.order li');
  const label = (row: number) => rows.nth(row).locator('span').first();
  const second = await label(1).innerText();
  await rows.nth(1).dragTo(rows.first());
  await expect(label(0)).toHaveText(second);
  await panel.getByRole('button', { name: 'Why not yet?' }).click();
  await expect(panel.getByText('The list is not in order yet.')).toBeVisible();
  await panel.getByRole('button', { name: 'Do this step for me' }).click();
  await expect(panel.locator('.lesson-steps > .done')).toHaveCount(3);
  await expect(panel.locator('.lesson-steps > .current h3')).toBeInViewport();
});
