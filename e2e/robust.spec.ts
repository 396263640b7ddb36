import { expect, test } from '@playwright/test';
import { enter, openPage } from './page.ts';

test('an endless loop is interrupted by Ctrl-C; the page stays alive', async ({ page }) => {
  const { errors } = await openPage(page);
  await page.keyboard.press('Control+u');
  await page.keyboard.type('while true; do :; done');
  await page.keyboard.press('Enter');
  // A Ctrl-C that comes before bash has read the line throws the line away, as a terminal does.
  await page.waitForFunction(() => window.cutaway.trace({ kind: 'command.start' }).length > 0);
  await page.keyboard.press('Control+c');
  await page.waitForFunction(() => window.cutaway.trace({ kind: 'command.end' }).length > 0);
  expect(await enter(page, 'echo alive')).toBe(0);
  await expect.poll(() => page.evaluate(() => window.cutaway.screen())).toContain('alive');
  expect(errors).toEqual([]);
});

test('a machine that does not answer is replaced, and its session typed again', async ({ page }) => {
  await openPage(page, '&lang=en');
  expect(await enter(page, 'echo one > note')).toBe(0);
  await page.waitForTimeout(500);
  await page.workers()[0]?.evaluate(() => {
    setTimeout(() => {
      for (;;);
    });
  });
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('was typed again', { timeout: 30_000 });
  await alert.getByRole('button', { name: 'Got it' }).press('Enter');
  await expect(alert).toHaveCount(0);
  expect(await page.evaluate(() => window.cutaway.run('cat note'))).toMatchObject({ stdout: 'one\n' });
});

test('yes | head -1 ends, a syntax error is told, a binary and a paste of 5 MB do no harm', async ({ page }) => {
  const { errors } = await openPage(page);
  const run = (line: string) => page.evaluate((text) => window.cutaway.run(text), line);
  expect(await run('yes | head -1')).toMatchObject({ stdout: 'y\n', exitCode: 0 });
  expect((await run('if true; fi')).exitCode).toBe(2);
  expect((await run('head -c 3000 /usr/bin/bash')).exitCode).toBe(0);
  await page.evaluate(() => window.cutaway.type(`\u001b[200~: ${'x'.repeat(5_000_000)}\u001b[201~`));
  await page.waitForTimeout(4000);
  await page.keyboard.press('Control+c');
  await page.waitForTimeout(2000);
  expect((await run('echo still here')).stdout).toBe('still here\n');
  expect(errors).toEqual([]);
});

test('works at 360 px, in Chinese, and the pty keeps 100 columns', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await openPage(page, '&lang=zh-CN');
  await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await page.getByRole('button', { name: '打开第 ⑧ 层 内核' }).click();
  await expect(page.getByRole('region', { name: /第 ⑧ 层/ })).toContainText('主机内核');
  await page.evaluate(() => window.cutaway.run("printf '%0100d\\n' 7"));
  await expect.poll(() => page.evaluate(() => window.cutaway.screen().split('\n'))).toContain(`${'0'.repeat(99)}7`);
});

test('a fault is a line typed at the terminal, and so is its end', async ({ page }) => {
  await openPage(page, '&lang=en&scenario=containerd');
  const place = async (): Promise<void> => {
    await page.evaluate(() => {
      location.hash = '#faults';
    });
  };
  await place();
  await page.getByRole('button', { name: 'Break: The runtime is stopped' }).click();
  await expect(page.locator('.stage').getByText('containerd: not running', { exact: true })).toBeVisible();
  expect(await page.evaluate(() => window.cutaway.screen())).toContain('systemctl stop containerd');
  await place();
  await page.getByRole('button', { name: 'Undo: The runtime is stopped' }).click();
  await expect(page.locator('.stage').getByText('containerd: not running', { exact: true })).toHaveCount(0);
});

test('a page that a container serves is shown, and nothing in it runs or is fetched', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en');
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await enter(page, 'nerdctl run -d --name web -p 8080:80 nginx');
  const evil = '<h1>Hello</h1><script>top.hit=1</script><img src=/x onerror="top.hit=1"><a href="/y">go</a>';
  await enter(page, `echo '${evil}' > i.html; nerdctl cp i.html web:/usr/share/nginx/html/index.html`);
  await page.evaluate(() => {
    location.hash = '#browse';
  });
  await page.getByRole('button', { name: 'Open', exact: true }).click();
  const shown = page.frameLocator('.browsed');
  await expect(shown.getByRole('heading', { name: 'Hello' })).toBeVisible();
  await expect(shown.locator('a[href]')).toHaveCount(0);
  expect(await page.evaluate(() => 'hit' in window)).toBe(false);
  expect(requests.filter((url) => /\/[xy]$/.test(url))).toEqual([]);
  // Reading it is enough for the browser to say that it would not run it.
  expect(errors.filter((text) => !text.includes('Content Security Policy'))).toEqual([]);
});
