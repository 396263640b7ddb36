import { expect, test } from '@playwright/test';
import { axeOn, openPage } from './page.ts';

const RUNP = `echo '{"metadata":{"name":"web","namespace":"default","uid":"u"},"linux":{}}' > pod.json; crictl runp pod.json`;

test('a breakpoint is set by keyboard, stops the machine at its call, and is kept', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en');
  await expect(page.getByRole('button', { name: 'Breakpoints', exact: true })).toBeVisible();
  await page.locator('.xterm').click();
  await page.keyboard.press('F9');
  const panel = page.getByRole('region', { name: 'Breakpoints' });
  await panel.getByLabel('Method').fill('RunPodSandbox');
  await page.keyboard.press('Enter');
  await expect(panel.getByRole('listitem')).toHaveText(/call RunPodSandbox/);
  await panel.getByLabel('Kind').selectOption('condition');
  await panel.getByLabel('Condition (CEL)').fill('pods.size(');
  await page.keyboard.press('Enter');
  await expect(panel.getByRole('alert')).toContainText('Not understood');
  await panel.getByLabel('Condition (CEL)').fill('pods.exists(p, p.state == "Ready")');
  await page.keyboard.press('Enter');
  await expect(panel.getByRole('listitem')).toHaveCount(2);
  const { violations } = await axeOn(page).include('.inspector').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);

  await page.evaluate((line) => void window.cutaway.run(line), RUNP);
  const stopped = page.locator('.stopped');
  await expect(stopped).toContainText('Stopped: crictl → RunPodSandbox');
  await expect(page.locator('[role="status"].sr-only')).toHaveText('Stopped: crictl → RunPodSandbox');
  await expect(page.locator('.inspector h2')).toContainText('RunPodSandbox');
  await expect(page.getByRole('button', { name: 'Play' })).toBeVisible();
  const last = () => page.evaluate(() => window.cutaway.trace().at(-1) as unknown as { kind: string; method?: string });
  expect(await last()).toMatchObject({ kind: 'rpc.request', method: '/runtime.v1.RuntimeService/RunPodSandbox' });
  expect(await page.evaluate(() => window.cutaway.trace({ kind: 'command.end' }).length)).toBeLessThan(2);

  await stopped.getByRole('button', { name: 'Go on' }).click();
  await expect(stopped).toContainText('when pods.exists');
  await page.getByRole('button', { name: 'Play' }).click();
  await expect(stopped).toHaveCount(0);
  await expect.poll(async () => page.evaluate(() => window.cutaway.trace({ kind: 'command.end' }).length)).toBe(1);

  // The next visit has them, too, and there they can be taken away.
  await page.reload();
  await page.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
  await page.getByRole('button', { name: 'Breakpoints: 2' }).click();
  await panel.getByRole('checkbox').first().uncheck();
  await panel.getByRole('button', { name: 'Remove: when pods' }).click();
  await expect(page.getByRole('button', { name: 'Breakpoints', exact: true })).toBeVisible();
  expect(await page.evaluate((line) => window.cutaway.run(line), RUNP)).toMatchObject({ exitCode: 0 });
  expect(errors).toEqual([]);
});

test('every kind of thing opens with its state, its maker and what to take along', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en');
  await page.evaluate((line) => window.cutaway.run(line), RUNP);
  const inspector = page.locator('.inspector');
  const open = async (words: string): Promise<void> => {
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('combobox', { name: 'Search over everything' }).fill(words);
    await page.keyboard.press('Enter');
  };
  const expected: [words: string, title: RegExp, maker: RegExp, taken: RegExp][] = [
    ['process pause', /pause/, /process\.fork.*runc/, /\/proc\/\d+/],
    ['web', /web/, /state.*RunPodSandbox.*crictl runp/s, /crictl inspectp/],
    ['image pause:3', /image registry\.k8s\.io\/pause/, /state/, /crictl inspecti/],
    ['snapshot sha256:', /snapshot/, /state/, /ctr -n k8s\.io snapshots/],
    ['content sha256:', /content/, /state/, /content\.v1\.content\/blobs\/sha256/],
    ['mount overlay rootfs', /rootfs/, /mount\.attach/, /findmnt -N/],
    ['system.slice/containerd.service', /⑧ /, /cgroup\.create/, /cgroup\.procs/],
    ['unit containerd.service', /^unit containerd\.service/, /state.*systemd/, /systemctl status/],
    ['socket containerd.sock', /containerd\.sock/, /socket\.listen.*containerd/, /ss -xlp/],
    ['RunPodSandbox', /RunPodSandbox/, /rpc\.request.*crictl runp/s, /containerd\.sock/],
  ];
  for (const [words, title, maker, taken] of expected) {
    await open(words);
    await expect.soft(inspector.locator('h2'), words).toHaveText(title);
    await expect.soft(inspector.locator('.made-by'), words).toContainText(maker);
    await expect.soft(inspector, words).toContainText(taken);
  }
  await open('process pause');
  await inspector.getByRole('button', { name: /^net:\[/ }).click();
  await expect(inspector.locator('h2')).toHaveText(/net:\[\d+\]/);
  await expect(inspector.locator('.made-by')).toContainText('namespace.new');
  await expect(inspector).toContainText(/\/proc\/\d+\/ns\/net/);
  await inspector.locator('.made-by').getByRole('button', { name: 'namespace.new' }).click();
  await expect(inspector.locator('h2')).toHaveText('namespace.new');
  await open('process pause');
  await inspector.getByRole('button', { name: 'Break on this: pause ends' }).click();
  await expect(page.getByRole('button', { name: 'Breakpoints: 1' })).toBeVisible();
  expect(errors).toEqual([]);
});
