import { expect, test } from '@playwright/test';
import { enter, openPage } from './page.ts';

const POD_CONFIG = `cat > pod-config.json <<'E'
{"metadata":{"name":"nginx-sandbox","namespace":"default","attempt":1,"uid":"hdishd83djaidwnduwk28bcsb"},"log_directory":"/tmp","linux":{}}
E`;
const CONTAINER_CONFIG = `cat > container-config.json <<'E'
{"metadata":{"name":"busybox"},"image":{"image":"busybox"},"command":["top"],"log_path":"busybox.0.log","linux":{}}
E`;

test('the whole container walk, typed in the browser, and every layer of it in the drawing', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en&theme=light');
  const item = (name: string | RegExp) => page.getByRole('treeitem', { name });
  const screen = (): Promise<string> => page.evaluate(() => window.cutaway.screen());

  expect(await enter(page, POD_CONFIG)).toBe(0);
  expect(await enter(page, CONTAINER_CONFIG)).toBe(0);
  expect(await enter(page, 'crictl pull busybox')).toBe(0);
  await expect(item(/^content store, blobs: [1-9]/)).toBeVisible();
  expect(await enter(page, 'crictl images')).toBe(0);
  await expect.poll(screen).toContain('docker.io/library/busybox');

  expect(await enter(page, 'POD=$(crictl runp pod-config.json); crictl pods')).toBe(0);
  await expect.poll(screen).toMatch(/nginx-sandbox\s+default\s+1/);
  await expect(item(/^pod nginx-sandbox/)).toBeVisible();
  await expect(item(/^pause, \d+/)).toBeVisible();
  await expect(item(/^containerd-shim-runc-v2, \d+$/)).toBeVisible();

  expect(await enter(page, 'CTR=$(crictl create $POD container-config.json pod-config.json); crictl ps -a')).toBe(0);
  await expect.poll(screen).toMatch(/busybox\s+.*Created\s+busybox/);
  await expect(item(/^busybox, created, no process/)).toBeVisible();

  expect(await enter(page, 'crictl start $CTR; crictl ps')).toBe(0);
  await expect.poll(screen).toMatch(/Running\s+busybox/);
  await expect(item(/^top, \d+ on the host, 2 inside its container, was runc:\[2:INIT\]/)).toBeVisible();

  expect(await enter(page, 'crictl exec $CTR ls /')).toBe(0);
  expect(await enter(page, 'crictl logs $CTR | head -3')).toBe(0);
  expect(await enter(page, 'crictl inspect $CTR | jq .status.state')).toBe(0);
  await expect.poll(screen).toContain('"CONTAINER_RUNNING"');
  expect(await enter(page, 'ps -ef --forest; ls /run/containerd')).toBe(0);
  await expect.poll(screen).toContain('containerd.sock');

  expect(await enter(page, 'crictl stop $CTR; crictl rm $CTR; crictl stopp $POD; crictl rmp $POD')).toBe(0);
  await expect(item(/^pod nginx-sandbox/)).toHaveCount(0);
  expect(errors).toEqual([]);
});

test('the first line stands at the prompt; Enter sends the first packet within a second; it opens', async ({
  page,
}) => {
  const { errors } = await openPage(page, '&lang=en');
  await expect.poll(() => page.evaluate(() => window.cutaway.screen())).toContain('crictl pull busybox');
  await page.keyboard.press('Enter');
  await expect(page.locator('.packet')).toBeVisible({ timeout: 1500 });
  await expect(page.locator('.caption')).toContainText('PullImage', { timeout: 5000 });
  await page.locator('.caption').getByRole('button', { name: 'open' }).click();
  const inspector = page.getByRole('complementary', { name: 'Inspector' });
  await expect(inspector).toContainText('PullImage');
  await inspector.locator('.field').first().hover();
  await expect(inspector.locator('.hex .on').first()).toBeVisible();
  await expect(inspector).toContainText('crictl pull busybox');
  expect(errors).toEqual([]);
});

test('the first line stands with the prompt, though the node is still coming up; what Enter begins waits for it', async ({
  page,
}) => {
  const { errors } = await openPage(page, '&lang=en&scenario=containerd');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => window.cutaway.trace({ kind: 'command.start' }).length)).toBe(1);
  const keys = (await page.evaluate(() => window.cutaway.trace({ kind: 'input' }))) as {
    time: number;
    length: number;
  }[];
  const [line, enter] = keys.filter(({ length }) => length > 0);
  expect(line).toMatchObject({ length: 'kubectl run web --image=nginx'.length });
  // It is up after a minute.
  expect(line?.time).toBeLessThan(60e9);
  expect(enter?.time).toBeGreaterThanOrEqual(60e9);
  expect(errors).toEqual([]);
});
