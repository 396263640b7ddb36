import { expect, type Page, test } from '@playwright/test';
import { axeOn, openPage } from './page.ts';

const run = (page: Page, line: string) => page.evaluate((text) => window.cutaway.run(text), line);

/** Opens what the search finds first. */
async function find(page: Page, text: string): Promise<void> {
  await page.evaluate(() => window.cutaway.idle());
  const search = page.getByRole('button', { name: 'Search' });
  // On a phone it is behind the header's dots.
  if (!(await search.isVisible())) await page.getByLabel('More controls').click();
  await search.click();
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

test('a container’s files, what it has changed against its image, now and then', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en');
  const axe = async (): Promise<void> => {
    const { violations } = await axeOn(page).include('.inspector').analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  };
  const shot = (name: string) =>
    process.env.SHOTS === undefined ? undefined : page.screenshot({ path: `/tmp/framing-shots/${name}.png` });
  await run(page, 'ctr image pull docker.io/library/busybox:latest');
  await run(page, 'ctr run -d docker.io/library/busybox:latest c1 sleep 900');
  const before = (await page.evaluate(() => window.cutaway.state({ of: 'now' }))) as number;
  await run(
    page,
    `ctr task exec --exec-id a c1 sh -c 'echo x:x:9:9::/: >> /etc/passwd; rm /etc/shadow; echo hi > /new'`,
  );
  await find(page, 'process sleep');
  await page.getByRole('button', { name: 'Files, and what has changed' }).click();
  const changes = page.locator('.file-changes li');
  await expect(changes.filter({ hasText: '/etc/passwd' })).toContainText('changed');
  await expect(changes.filter({ hasText: '/etc/shadow' })).toContainText('deleted');
  await expect(changes.filter({ hasText: '/new' })).toContainText('added');
  await page.getByRole('button', { name: '/etc/passwd' }).click();
  await expect(page.locator('.diff .plus')).toHaveText('+x:x:9:9::/:\n');
  await axe();
  await shot(`files-desktop`);

  // What the container did came later than this: in the past there is what runc made for it, and no more.
  await page.evaluate((ms) => window.cutaway.rewind(ms), before);
  await expect(changes.filter({ hasText: 'passwd' })).toHaveCount(0, { timeout: 60_000 });
  await expect(changes.filter({ hasText: '/proc/' })).toContainText('added', { timeout: 60_000 });
  await expect(changes.filter({ hasText: '/new' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Everything' }).click();
  await expect(page.locator('.file-tree').getByRole('treeitem', { name: 'etc/' })).toBeVisible();
  await expect(page.locator('.file-tree').getByRole('treeitem', { name: /^new/ })).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(page.locator('.file-tree').getByRole('treeitem', { name: /^new/ })).toBeVisible();

  // The tree by keyboard alone.
  await page.locator('.file-tree [role=treeitem]').first().focus();
  while (!(await page.evaluate(() => document.activeElement?.textContent ?? '')).includes('etc/'))
    await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  const passwd = page.locator('.file-tree').getByRole('treeitem', { name: 'passwd' });
  await expect(passwd).toBeVisible();
  await passwd.focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('.file-view pre')).toContainText('root:x:0:0');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(passwd).toHaveCount(0);
  await axe();
  await shot(`files-desktop`);

  // The node's own, on a phone.
  await page.setViewportSize({ width: 360, height: 740 });
  await find(page, 'Files of the node');
  await page.locator('.file-tree').getByRole('treeitem', { name: 'proc/' }).click();
  await page.locator('.file-tree').getByRole('treeitem', { name: 'uptime' }).click();
  await expect(page.getByText('cat /proc/uptime')).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await shot('files-phone');
  expect(errors).toEqual([]);
});
