import { expect, type Page, test } from '@playwright/test';
import { axeOn, openPage } from './page.ts';

/** Types what is offered next, to all machines, and waits until all are at their prompts again. */
async function nextLines(page: Page, button: string, count: number): Promise<void> {
  const next = page.getByRole('button', { name: button });
  for (let i = 0; i < count; i++) {
    await expect(next).toBeEnabled({ timeout: 60_000 });
    await next.click();
  }
}

/** The drawing shortens words that its labels have in full. */
async function violations(page: Page): Promise<string[]> {
  const axe = axeOn(page).include('.compare').exclude('.xterm');
  const found = await axe.disableRules(['label-content-name-mismatch']).analyze();
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

test('the lab: one container under four handlers, by one command line', async ({ page }) => {
  const { errors } = await openPage(page);
  await page.evaluate(() => {
    location.hash = '#compare';
  });
  const view = page.getByRole('region', { name: 'Compare', exact: true });
  // Before the start: cards, by keyboard.
  const lab = view.getByRole('form', { name: /the lab/ });
  await expect(lab).toContainText('runc | Kata | gVisor | crun');
  expect(await violations(page)).toEqual([]);
  await lab.getByRole('button', { name: 'Start' }).press('Enter');
  await nextLines(page, 'Next line', 5);
  await expect(view.getByRole('status').first()).toContainText('All are ready', { timeout: 60_000 });

  // Two drawings, each a tree of its own; the kernels that answer are not the same.
  await expect(view.getByRole('tree')).toHaveCount(2);
  const difference = view.getByRole('region', { name: 'First difference' });
  await expect(difference).toContainText('containerd starts containerd-shim-runc-v2', { timeout: 30_000 });
  await expect(difference).toContainText('containerd starts containerd-shim-kata-v2');
  const figures = view.getByRole('region', { name: 'The lab: what one container costs and shuts in' });
  await expect(figures).toContainText('qemu-system-x86_64');
  await expect(figures).toContainText('160.8 ms');

  // One moment for both: when the shims were started there was no sleep; at the end of the bar it is there.
  await difference.getByRole('button', { name: 'Show it in both drawings' }).click();
  await expect(view.locator('.stage').first()).not.toContainText('sleep');
  const slider = view.getByRole('slider');
  await slider.focus();
  await page.keyboard.press('End');
  await expect(view.locator('.stage').first()).toContainText('sleep');

  // Another pair.
  await view.getByLabel('Right').selectOption({ label: 'gVisor' });
  await expect(difference).toContainText('containerd-shim-runsc-v1', { timeout: 30_000 });

  expect(await violations(page)).toEqual([]);
  expect(errors).toEqual([]);
});

test('before and after a fault, on a phone, in Chinese', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const { errors } = await openPage(page, '&lang=zh-CN');
  await page.evaluate(() => {
    location.hash = '#compare';
  });
  const view = page.getByRole('region', { name: '对比', exact: true });
  await expect(view.getByRole('form')).toHaveCount(4);
  expect(await view.evaluate((element) => element.scrollWidth <= element.clientWidth)).toBe(true);
  await view.getByRole('form', { name: '故障之前与之后' }).getByRole('button', { name: '开始' }).click();
  await nextLines(page, '下一行', 1);
  const difference = view.getByRole('region', { name: '第一处不同' });
  await expect(difference).toContainText('executable file not found', { timeout: 60_000 });
  // Nothing is wider than the page.
  expect(await view.evaluate((element) => element.scrollWidth <= element.clientWidth)).toBe(true);
  expect(await violations(page)).toEqual([]);
  expect(errors).toEqual([]);
});
