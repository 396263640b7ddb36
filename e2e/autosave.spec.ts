import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { openPage } from './page.ts';

const run = (page: Page, line: string) => page.evaluate((text) => window.cutaway.run(text), line);
const offered = (page: Page) => page.getByText('ended here without being closed');

/** How many sessions this browser keeps. */
const kept = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const open = indexedDB.open('cutaway', 1);
        open.onsuccess = () => {
          const database = open.result;
          if (!database.objectStoreNames.contains('sessions')) return resolve(0);
          const count = database.transaction('sessions').objectStore('sessions').count();
          count.onsuccess = () => {
            database.close();
            resolve(count.result);
          };
        };
      }),
  );

test('what a crashed tab had is offered and restored; what was closed or lives is not', async ({ page, context }) => {
  await openPage(page, '&lang=en');
  await run(page, 'echo kept > /root/note');
  await expect.poll(() => kept(page)).toBe(1);
  // While the first lives, a second tab keeps its own and is offered nothing.
  const second = await context.newPage();
  // Its code comes late: a command may have ended by then.
  await second.route(/\/autosave-[^/]*\.js$/, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await route.continue();
  });
  await openPage(second, '&lang=en');
  await run(second, 'true');
  await expect.poll(() => kept(second)).toBe(2);
  await expect(offered(second)).toHaveCount(0);
  await second.close({ runBeforeUnload: true });

  const crashed = page.waitForEvent('crash');
  const devtools = await context.newCDPSession(page);
  void devtools.send('Page.crash').catch(() => undefined);
  await crashed;
  const third = await context.newPage();
  await openPage(third, '&lang=en');
  await expect(offered(third)).toContainText('bare');
  // It does not get in the way of whoever types.
  expect(await run(third, 'cat /root/note')).toMatchObject({ exitCode: 1 });
  await third.getByRole('button', { name: 'Restore it' }).click();
  await expect(third.getByText('Time stands still')).toBeVisible({ timeout: 60_000 });
  expect(await run(third, 'cat /root/note')).toMatchObject({ stdout: 'kept\n' });

  // A lesson or a frame neither offers nor keeps.
  const lesson = await context.newPage();
  await lesson.goto('?lesson=L01&lang=en');
  await lesson.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
  await expect(offered(lesson)).toHaveCount(0);
});

test('without storage the page works', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'indexedDB', { get: () => undefined });
  });
  const { errors } = await openPage(page, '&lang=en');
  expect(await run(page, 'echo fine')).toMatchObject({ stdout: 'fine\n' });
  await page.waitForTimeout(2000);
  expect(errors).toEqual([]);
});

test('what says that it is not simulated is collected, and can be saved', async ({ page }) => {
  await openPage(page, '&lang=en');
  await run(page, 'systemctl set-default multi-user.target');
  await run(page, 'tcpdump -i eth0; tcpdump');
  await page.evaluate(() => {
    location.hash = '#faithful';
  });
  const list = page.getByRole('region', { name: 'What you met that is not simulated' });
  await expect(list.getByRole('listitem').filter({ hasText: 'tcpdump' })).toContainText('×2');
  const download = page.waitForEvent('download');
  await list.getByRole('button', { name: 'Save as JSON' }).click();
  const saved = JSON.parse(readFileSync(await (await download).path(), 'utf8'));
  expect(saved.met[0]).toMatchObject({ line: 'tcpdump -i eth0; tcpdump', count: 2, scenario: 'bare' });
  await list.getByRole('button', { name: 'Forget all' }).click();
  await expect(list.getByRole('listitem')).toHaveCount(0);
});
