import { expect, type Page, test } from '@playwright/test';
import { axeOn, openPage } from './page.ts';

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
  const { violations } = await axeOn(page).include('.palette').analyze();
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

  // The drawing is looked at nearer by fingers, wheel, keys and buttons; the page itself neither zooms nor moves.
  const svg = page.locator('.stage .sheet > svg');
  const view = async () => ((await svg.getAttribute('viewBox')) ?? '').split(' ').map(Number);
  const whole = await view();
  const { x, y, width, height } = (await svg.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const cdp = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...points: readonly (readonly [number, number])[]) =>
    cdp.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([px, py], id) => ({ x: px, y: py, id })) });
  const [cx, cy] = [x + width / 2, y + height / 2];
  await touch('touchStart', [cx - 40, cy], [cx + 40, cy]);
  for (const d of [60, 90, 120]) await touch('touchMove', [cx - d, cy], [cx + d, cy]);
  await touch('touchEnd');
  // Three times as far apart, three times as large, with its middle where it was.
  await expect.poll(async () => Math.round((whole[2] ?? 0) / ((await view())[2] ?? 1))).toBe(3);
  const near = await view();
  expect((near[0] ?? 0) + (near[2] ?? 0) / 2).toBeCloseTo((whole[2] ?? 0) / 2, -1);
  await touch('touchStart', [cx, cy]);
  await touch('touchMove', [cx - 60, cy - 30]);
  await touch('touchEnd');
  await expect.poll(async () => (await view())[0]).toBeGreaterThan((near[0] ?? 0) + 10);
  expect((await view())[2]).toBe(near[2]);
  // A mouse that drags selects nothing; one that clicks does.
  await page.locator('.inspector .close').click();
  const before = await view();
  await page.mouse.move(cx, cy);
  await page.mouse.down();
  await page.mouse.move(cx + 50, cy + 20, { steps: 3 });
  await page.mouse.up();
  await expect.poll(async () => (await view())[0]).toBeLessThan(before[0] ?? 0);
  await expect(page.locator('.inspector')).toHaveCount(0);
  await page.getByRole('button', { name: 'The whole (0)' }).click();
  await expect.poll(view).toEqual(await sheet(page));
  await page.mouse.move(x + 10, y + 10);
  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -100);
  await page.keyboard.up('Control');
  await expect.poll(async () => (await view())[2]).toBeLessThan((await sheet(page))[2] ?? 0);
  expect((await view())[0]).toBeLessThan(10);
  await page.locator('.stage [role="treeitem"][tabindex="0"]').focus();
  await page.keyboard.press('0');
  await expect.poll(view).toEqual(await sheet(page));
  await page.keyboard.press('+');
  await expect.poll(async () => (await view())[2]).toBeLessThan((await sheet(page))[2] ?? 0);
  // What the keyboard walks to comes into sight.
  await page.keyboard.press('End');
  const inSight = () =>
    page.evaluate(() => {
      const [item, seen] = [document.activeElement, document.querySelector('.stage .sheet')].map((element) =>
        (element as Element).getBoundingClientRect(),
      );
      return item !== undefined && seen !== undefined && item.bottom > seen.top && item.top < seen.bottom;
    });
  await expect.poll(inSight).toBe(true);
  expect(
    await page.evaluate(() => [visualViewport?.scale, visualViewport?.pageTop, document.scrollingElement?.scrollTop]),
  ).toEqual([1, 0, 0]);

  // The terminal above the drawing, and read by a screen reader: chosen by keyboard, and so the next time.
  for (const choice of ['terminal above', 'screen reader']) {
    await page.getByRole('button', { name: 'Search' }).press('Enter');
    await page.keyboard.type(choice);
    await page.keyboard.press('Enter');
  }
  await expect(page.locator('.xterm-accessibility')).toContainText('kept');
  await page.reload();
  await page.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
  await expect(page.locator('.xterm-accessibility')).toContainText('root@node-1');
  await expect(page.locator('#terminal + .divider')).toBeVisible();

  // On paper: one page, and it says of what; the command on a line of its own.
  await page.evaluate(() => window.cutaway.run('true'));
  await page.evaluate(() => window.cutaway.idle());
  const paper = await page.pdf({ preferCSSPageSize: true });
  expect(paper.toString('latin1').match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
  await expect(page.locator('.poster')).toContainText('bare · seed 7');
  await expect(page.locator('.poster .line')).toHaveText('true');
  await expect(page.locator('.poster p').last()).toHaveText(/^Exit code 0\.$/);
  expect(errors).toEqual([]);
});

test('a field is followed from the message to the cgroup, and back', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en');
  const json = (value: unknown): string => `echo '${JSON.stringify(value)}' >`;
  const pod = { metadata: { name: 'web', namespace: 'default', uid: 'u' }, linux: {} };
  const resources = { memory_limit_in_bytes: 50_000_000 };
  const container = { metadata: { name: 'app' }, image: { image: 'busybox' }, command: ['top'], linux: { resources } };
  await page.evaluate(
    (line) => window.cutaway.run(line),
    `${json(pod)} p.json; ${json(container)} c.json; crictl pull busybox; C=$(crictl create $(crictl runp p.json) c.json p.json); crictl start $C`,
  );
  await page.evaluate(() => window.cutaway.run('true'));
  await page.getByRole('button', { name: 'Search' }).click();
  await page.keyboard.type('follow memory limit of app');
  await expect(page.locator('.palette').getByRole('option', { selected: true })).toContainText('memory limit of app');
  await page.keyboard.press('Enter');
  const ladder = page.getByRole('list', { name: 'The way of memory limit, from the top down' });
  const rungs = ladder.getByRole('listitem');
  await expect(rungs.filter({ hasText: 'What the kernel says' })).toContainText('49999872');
  await expect(rungs.filter({ hasText: 'CreateContainerRequest' })).toContainText('50000000');
  // It ended before the last command began, and is drawn no more.
  await expect(rungs.filter({ hasText: 'CreateContainerRequest' })).toContainText(/by crictl \d+/);
  const { violations } = await axeOn(page).include('.inspector').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);

  // A rung opens the message at its moment, and a field of the message leads on.
  await ladder.getByRole('button', { name: 'CreateContainerRequest' }).press('Enter');
  await expect(page.locator('.inspector h2')).toContainText('CreateContainer');
  await page
    .locator('.fields')
    .getByRole('button', { name: /^\d+ LEN command/ })
    .click();
  await page.getByRole('button', { name: 'Follow this field down' }).click();
  await expect(
    page
      .getByRole('list', { name: /command and arguments/ })
      .getByRole('listitem')
      .first(),
  ).toBeVisible();
  expect(errors).toEqual([]);
});

/** What the drawing shows as a whole. */
async function sheet(page: Page): Promise<number[]> {
  return page.locator('.stage .sheet').evaluate((box) => [0, 0, box.clientWidth, box.clientHeight]);
}
