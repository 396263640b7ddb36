import { expect, test } from '@playwright/test';
import { openPage } from './page.ts';

const POD = `echo '{"metadata":{"name":"web","namespace":"default","uid":"u"},"log_directory":"/tmp","linux":{}}' > p.json; POD=$(crictl runp -r kata p.json)`;
const CONTAINER = `echo '{"metadata":{"name":"busybox"},"image":{"image":"busybox"},"command":["top"],"log_path":"b.log","linux":{}}' > c.json; CTR=$(crictl create $POD c.json p.json); crictl start $CTR`;

/** What the page shows is what the node answers: read back from the document, after any line. */
test('every process and container that the node lists stands in the drawing', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en');
  // Follow the machine rather than tell each command hop by hop.
  await page.evaluate(() => window.cutaway.speed(1));
  const run = async (line: string): Promise<string> => {
    const { stdout } = await page.evaluate((text) => window.cutaway.run(text), line);
    await page.evaluate(() => window.cutaway.idle());
    return stdout;
  };
  const drawn = (): Promise<number[]> =>
    page.evaluate(() =>
      [...document.querySelectorAll<SVGElement>('[role=treeitem][data-pids]')].flatMap((item) =>
        (item.dataset.pids ?? '').split(' ').map(Number),
      ),
    );
  for (const line of [
    'crictl pull busybox',
    POD,
    CONTAINER,
    'sleep 300 & unshare --fork --pid sleep 200 &',
    'crictl runp p.json',
    'crictl stop $CTR',
    'systemctl restart containerd',
    'kill -9 $(pidof qemu-system-x86_64)',
  ]) {
    await run(line);
    const pids = (await run('echo /proc/[0-9]*')).match(/\d+/g)?.map(Number) ?? [];
    const shown = await drawn();
    // A zombie, and the shell's own children, which have gone meanwhile, are nobody who lives.
    const alive = (await page.evaluate(() => window.cutaway.state({ of: 'processes' }))) as { pid: number }[];
    expect(new Set(shown), line).toEqual(new Set(alive.map((process) => process.pid)));
    for (const pid of pids.filter((pid) => alive.some((process) => process.pid === pid)))
      expect(shown, `${line}: pid ${pid}`).toContain(pid);
    const containers = (await run('crictl ps -aq --no-trunc')).split('\n').filter((id) => id !== '');
    for (const id of containers) await expect(page.locator(`[id="item-container:${id}"]`), line).toHaveCount(1);
  }
  expect(errors).toEqual([]);
});

test('a pod is found by its image, by keyboard', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en');
  const run = (line: string) => page.evaluate((text) => window.cutaway.run(text), line);
  await run('crictl pull busybox');
  for (let i = 0; i < 12; i++)
    await run(
      `echo '{"metadata":{"name":"pod-${i}","namespace":"default","uid":"u${i}"},"log_directory":"/tmp","linux":{}}' > p.json; POD=$(crictl runp p.json)`,
    );
  await run(CONTAINER);
  for (let i = 12; i < 24; i++)
    await run(
      `echo '{"metadata":{"name":"pod-${i}","namespace":"default","uid":"u${i}"},"log_directory":"/tmp","linux":{}}' > p.json; crictl runp p.json`,
    );
  await page.keyboard.press('Escape');
  await expect(page.getByRole('treeitem', { name: /^other pods/ })).toBeVisible();
  await page.getByRole('treeitem', { name: /host kernel/ }).focus();
  await page.keyboard.press('/');
  await page.keyboard.type('busybox');
  await expect(page.locator('search output')).toHaveText('1 of 24');
  await expect(page.getByRole('treeitem', { name: /^top, \d+/ })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('complementary')).toContainText('pod-11');
  await page.keyboard.press('Escape');
  expect(errors).toEqual([]);
});
