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

test('a page that is loaded again offers what it had: branches, names and markers, and what it had after that', async ({
  page,
  context,
}) => {
  await openPage(page, '&lang=en');
  await run(page, 'echo one > /root/note');
  await page.evaluate(() => window.cutaway.idle());
  await page.evaluate(() => window.cutaway.marker('the first'));
  const then = (await page.evaluate(() => window.cutaway.state({ of: 'now' }))) as number;
  await run(page, 'echo two > /root/note');
  await page.evaluate((ms) => window.cutaway.rewind(ms), then);
  await run(page, 'echo three > /root/note');
  await page.getByTitle('Markers and branches').click();
  const left = page.getByRole('textbox', { name: 'Name of the branch echo two > /root/note' });
  await left.fill('with two');
  await left.press('Enter');
  const branches = () =>
    page.evaluate(() => window.cutaway.branches().map(({ name, line, present }) => [name, line, present]));
  const before = await branches();
  expect(before).toEqual([
    ['with two', 'echo two > /root/note', false],
    [null, '', true],
  ]);
  await page.waitForTimeout(2500);

  await page.reload();
  const again = page.getByText('Before this page was loaded, this tab had a session');
  await expect(again).toBeVisible();
  await page.getByRole('button', { name: 'Restore it' }).click();
  await expect(page.getByText('Time stands still')).toBeVisible();
  expect(await branches()).toEqual(before);
  await expect(page.getByRole('button', { name: /the first/ })).toHaveCount(1);
  expect(await run(page, 'cat /root/note')).toMatchObject({ stdout: 'three\n' });
  await expect.poll(() => kept(page)).toBe(1);
  await page.waitForTimeout(2500);

  // A copy of the tab is one of its own, and offers nothing of what the first still has.
  const [copy] = await Promise.all([context.waitForEvent('page'), page.evaluate(() => void open(location.href))]);
  await expect(copy.getByText('Time stands still')).toBeVisible();
  await run(copy, 'echo copy');
  await expect.poll(() => kept(page)).toBe(2);
  await expect(offered(copy)).toHaveCount(0);
  await expect(copy.getByText('Before this page was loaded')).toHaveCount(0);
  await copy.close();

  await page.reload();
  await expect(again).toContainText('command lines: 3');
});

test('what cannot be kept is said, and why, until it can', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en');
  const refuse = (name: string | null) =>
    page.evaluate((asked) => {
      const { put } = IDBObjectStore.prototype as { put: IDBObjectStore['put'] & { was?: IDBObjectStore['put'] } };
      const was = put.was ?? put;
      if (asked === null) IDBObjectStore.prototype.put = was;
      else
        IDBObjectStore.prototype.put = Object.assign(
          () => {
            throw new DOMException('refused', asked);
          },
          { was },
        );
    }, name);
  const full = page.getByText('This browser has no room left to keep this session');
  await refuse('QuotaExceededError');
  await run(page, 'true');
  await expect(full).toBeVisible();
  await refuse(null);
  await run(page, 'true');
  await expect(full).toHaveCount(0);
  expect(await kept(page)).toBe(1);
  await refuse('InvalidStateError');
  expect(await run(page, 'echo fine')).toMatchObject({ stdout: 'fine\n' });
  const nothing = page.getByText('This browser keeps nothing for the page');
  await expect(nothing).toBeVisible();
  // Once: who has read it knows.
  await page.getByRole('button', { name: 'Got it' }).click();
  await run(page, 'true');
  await page.waitForTimeout(2000);
  await expect(nothing).toHaveCount(0);
  expect(errors).toEqual([]);
});

test('a file brings its breakpoints, and what is typed after it is kept', async ({ page, context }) => {
  await openPage(page, '&lang=en');
  await run(page, 'true');
  await page.getByRole('button', { name: 'Breakpoints' }).click();
  await page.getByRole('textbox', { name: 'Method' }).fill('ListImages');
  await page.getByRole('button', { name: 'Set', exact: true }).click();
  await page.getByRole('button', { name: 'Link to this moment' }).first().click();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as a file' }).click();
  const file = readFileSync(await (await download).path());
  await page.getByRole('button', { name: 'Close' }).first().click();
  await page.evaluate(() => localStorage.clear());

  const other = await context.newPage();
  await openPage(other, '&lang=en');
  await other.getByRole('button', { name: 'Link to this moment' }).first().click();
  await other.locator('input[accept=".cutaway"]').setInputFiles({ name: 'a.cutaway', mimeType: '', buffer: file });
  await expect(other.getByText('Its breakpoints are set here, too (1)')).toBeVisible();
  await other.evaluate(() => window.cutaway.type('crictl images\r'));
  // It stands below what is said of the file, not under it.
  await other.getByRole('region', { name: 'Breakpoints' }).getByRole('button', { name: 'Go on' }).click();
  await expect(other.getByText('has gone on since. Its breakpoints are set here, too (1)')).toBeVisible();
  await expect.poll(() => kept(other)).toBe(2);
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
