import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { openPage } from './page.ts';

test('everything is found by keyboard, and what is done from there', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en');
  await page.evaluate(() =>
    window.cutaway.run(
      `echo '{"metadata":{"name":"web","namespace":"default","uid":"u"},"linux":{}}' > pod.json; crictl runp pod.json`,
    ),
  );
  await page.getByRole('button', { name: 'Search' }).click();
  const field = page.getByRole('combobox', { name: 'Search over everything' });
  await expect(field).toBeFocused();
  await page.keyboard.type('pause');
  await expect(page.getByRole('listbox').getByRole('option', { selected: true })).toContainText('pause');
  const { violations } = await new AxeBuilder({ page }).include('.palette').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  await page.keyboard.press('Enter');
  await expect(field).toHaveCount(0);
  await expect(page.locator('.inspector h2')).toContainText('pause');

  // Outside of the terminal Ctrl-K opens it; inside, the shell has it.
  await page.locator('.inspector .close').focus();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('dark');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('combobox', { name: 'Theme' })).toHaveValue('dark');
  await page.locator('.xterm').click();
  await page.keyboard.type('echo kept killed');
  for (let i = 0; i < ' killed'.length; i++) await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Control+k');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => window.cutaway.screen())).toMatch(/\nkept\n/);
  await expect(field).toHaveCount(0);
  expect(errors).toEqual([]);
});
