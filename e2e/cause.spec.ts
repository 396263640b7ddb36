import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { axeOn, openPage } from './page.ts';

for (const { lang, button, tree } of [
  { lang: 'en', button: 'Causes', tree: 'What the command caused' },
  { lang: 'zh-CN', button: '因果', tree: '这条命令引起了什么' },
]) {
  test(`what a command caused, by keyboard (${lang})`, async ({ page }) => {
    const { errors } = await openPage(page, `&lang=${lang}`);
    const type = (line: string) => page.evaluate((text) => window.cutaway.run(text), line);
    await type(`echo '{"metadata":{"name":"p","namespace":"default","uid":"u"},"linux":{}}' > pod.json`);
    await type('crictl runp pod.json');
    await page.getByRole('button', { name: button, exact: true }).click();
    const rows = page.getByRole('tree', { name: tree }).getByRole('treeitem');
    await expect(rows.first()).toContainText('crictl runp pod.json');
    await expect(rows.filter({ hasText: 'RunPodSandbox' }).first()).toBeVisible();
    await expect(rows.filter({ hasText: 'runc --root' }).first()).toBeAttached();

    // Folded and unfolded; a row takes the drawing to its moment, when there was no pod yet.
    const all = await rows.count();
    await rows.first().focus();
    await page.keyboard.press('ArrowLeft');
    await expect(rows).toHaveCount(1);
    await page.keyboard.press('ArrowRight');
    await expect(rows).toHaveCount(all);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(page.locator('.stage')).not.toContainText('pause');

    // Only the kernel's rows, and what leads to them.
    await page.getByRole('searchbox').fill('cgroup');
    await expect(rows.filter({ hasText: 'cgroup' }).first()).toBeVisible();
    await expect(rows.filter({ hasText: 'Version' })).toHaveCount(0);

    const { violations } = await axeOn(page).include('.inspector').analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);

    // What a write changed, and the system calls of a process: from the history made again.
    await page.getByRole('searchbox').fill('config.json');
    await rows.filter({ hasText: '/config.json, ' }).first().focus();
    await page.keyboard.press('d');
    await expect(page.locator('.inspector .diff')).toContainText('+{"ociVersion":"1.2.1"');
    await page.getByRole('button', { name: button, exact: true }).click();
    await rows.filter({ hasText: 'runc --root' }).first().focus();
    await page.keyboard.press('s');
    await expect(page.locator('.calls li').filter({ hasText: 'exec.fifo", S_IFIFO|0622) = 0' })).toBeVisible();
    await page.getByRole('button', { name: button, exact: true }).click();

    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Perfetto' }).click();
    const file = JSON.parse(readFileSync(await (await saved).path(), 'utf8')) as { traceEvents: { name: string }[] };
    expect(file.traceEvents.some(({ name }) => name.endsWith('/RunPodSandbox'))).toBe(true);
    expect(errors).toEqual([]);
  });
}

test('whose words an error is made of: from the terminal, and by keyboard', async ({ page }) => {
  const { errors } = await openPage(page);
  const type = (line: string) => page.evaluate((text) => window.cutaway.run(text), line);
  await type(`echo '{"metadata":{"name":"p","namespace":"default","uid":"u"},"linux":{}}' > pod.json`);
  await type('mv /usr/bin/runc /usr/bin/gone');
  await type('crictl runp pod.json');
  await page.keyboard.press('Escape');
  const said = page.locator('.words li');

  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press('Control+k');
  await page.keyboard.type('whose words');
  await page.keyboard.press('Enter');
  await expect(said.filter({ hasText: 'containerd-shim' }).last()).toContainText('OCI runtime create failed: ');
  const hops = await said.allTextContents();
  await page.getByRole('button', { name: 'Close' }).click();

  // The line itself is a link; the drawing goes to where its last words were said.
  const line = page.locator('.xterm-rows > div').filter({ hasText: 'FATA[' });
  await expect(async () => {
    const box = await line.boundingBox();
    await page.mouse.move((box?.x ?? 0) + 30, (box?.y ?? 0) + 5);
    await page.mouse.move((box?.x ?? 0) + 40, (box?.y ?? 0) + 8);
    await expect(page.locator('.xterm-cursor-pointer')).toBeVisible({ timeout: 1000 });
    await page.mouse.click((box?.x ?? 0) + 40, (box?.y ?? 0) + 8);
    expect(await said.allTextContents()).toEqual(hops);
  }).toPass();
  await said.getByRole('button').last().click();
  await expect(page.getByRole('button', { name: 'Live' })).toBeVisible();
  const { violations } = await axeOn(page).include('.inspector').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  expect(errors).toEqual([]);
});
