import { expect, test } from '@playwright/test';
import { enter, openPage } from './page.ts';

test('a cluster: the drawing goes where the shell is, and to any node that is chosen', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en&theme=light&scenario=cluster');
  const drawn = page.getByRole('combobox', { name: 'Which node is drawn' });
  const item = (name: string | RegExp) => page.getByRole('treeitem', { name });
  expect(await enter(page, 'kubectl get nodes -L runtime')).toBe(0);
  await expect(drawn).toHaveValue('0');
  expect(await enter(page, 'kubectl run web --image=nginx --overrides=\'{"spec":{"nodeName":"node-3"}}\'')).toBe(0);
  expect(await enter(page, 'kubectl wait --for=condition=Ready pod/web')).toBe(0);
  await expect(item(/^pod web/)).toHaveCount(0);
  await drawn.selectOption({ label: 'drawn: node-3' });
  await expect(item(/^pod web/)).toBeVisible();
  // What is offered for a thing of that node is typed from here, where the shell is.
  await item(/^pod web/).focus();
  await page.keyboard.press('Enter');
  const offered = page.locator('.inspector .type-it').filter({ hasText: 'crictl inspectp' });
  await expect(offered.locator('code')).toHaveText(/^ssh node-3 'crictl inspectp \w+'$/);
  await page.keyboard.press('Control+u');
  await offered.getByRole('button', { name: 'type it for me' }).click();
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => window.cutaway.screen())).toContain('SANDBOX_READY');
  await page.keyboard.press('Escape');
  await page.locator('.inspector .close').click();

  // An interactive session elsewhere: its prompt, and the drawing of that node.
  await drawn.selectOption({ label: 'drawn: node-1' });
  await page.keyboard.press('Control+u');
  await page.locator('.xterm').first().click();
  await page.keyboard.type('ssh node-3\n');
  await expect.poll(() => page.evaluate(() => window.cutaway.screen())).toContain('root@node-3:~#');
  expect(await enter(page, 'crictl ps')).toBe(0);
  await expect(item(/^pod web/)).toBeVisible();
  await expect(drawn).toHaveValue('3');
  expect(await enter(page, 'exit')).toBe(0);
  expect(await enter(page, 'hostname')).toBe(0);
  await expect(drawn).toHaveValue('0');
  await page.screenshot({ path: 'test-results/cluster.png' });
  expect(errors).toEqual([]);
});
