import { expect, test } from '@playwright/test';
import { axeOn, openPage } from './page.ts';

const POD = `echo '{"metadata":{"name":"web","namespace":"default","uid":"u"},"log_directory":"/tmp","linux":{}}' > p.json; POD=$(crictl runp -r kata p.json)`;
const CONTAINER = `echo '{"metadata":{"name":"busybox"},"image":{"image":"busybox"},"command":["top"],"log_path":"b.log","linux":{}}' > c.json; CTR=$(crictl create $POD c.json p.json); crictl start $CTR`;

/** Processes whose name is not to be read on the thing that stands for them, and not counted there either. */
function unnamed(): string[] {
  const alive = window.cutaway.state({ of: 'processes' }) as unknown as { pid: number; comm: string }[];
  const out: string[] = [];
  for (const item of document.querySelectorAll<SVGElement>('[role=treeitem][data-pids]')) {
    // The runtime's name stands beside its rooms, its guests' under their floor.
    const said = item.id === 'item-room:cri' ? (document.querySelector('.stratum-process')?.textContent ?? '') : '';
    // What it says when it is pointed at is not to be read on it.
    const shown = [...item.querySelectorAll('text')].map(({ textContent }) => textContent).join(' ');
    const text = `${said} ${shown}`;
    const missing = (item.dataset.pids ?? '').split(' ').flatMap((pid) => {
      const comm = alive.find((process) => process.pid === Number(pid))?.comm ?? '';
      return text.includes(comm.slice(0, 8)) ? [] : [`${comm} ${pid}: ${text}`];
    });
    if (missing.length > Number(/\+(\d+) *$/.exec(text)?.[1] ?? 0)) out.push(...missing);
  }
  return out;
}

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
    expect(await page.evaluate(unnamed), line).toEqual([]);
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

const PODS = `cat > pods.yaml <<'E'
{"apiVersion":"node.k8s.io/v1","kind":"RuntimeClass","metadata":{"name":"kata"},"handler":"kata","overhead":{"podFixed":{"memory":"300Mi","cpu":"250m"}}}
---
{"apiVersion":"node.k8s.io/v1","kind":"RuntimeClass","metadata":{"name":"gvisor"},"handler":"runsc"}
---
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"secure"},"spec":{"runtimeClassName":"kata","containers":[{"name":"app","image":"nginx:alpine","resources":{"limits":{"memory":"128Mi"}}}]}}
---
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"boxed"},"spec":{"runtimeClassName":"gvisor","containers":[{"name":"app","image":"nginx:alpine"}]}}
---
{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"app","image":"nginx:alpine","ports":[{"containerPort":80,"hostPort":8080}],"resources":{"limits":{"memory":"64Mi","cpu":"250m"}}}]}}
E`;

test('what isolates a pod can be told from the drawing, by eye and by ear', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en&theme=light&scenario=containerd');
  await page.evaluate(() => window.cutaway.speed(16));
  const run = (line: string) => page.evaluate((text) => window.cutaway.run(text), line);
  await run(PODS);
  await run('kubectl apply -f pods.yaml');
  await run('sleep 20');
  const item = (name: string | RegExp) => page.getByRole('treeitem', { name });
  await expect(item(/^pod secure · 10\.88\.0\.\d+, guest kernel 6\.18\.35/)).toBeVisible();
  await expect(item(/^qemu-system-x86_64 \d+$/)).toBeVisible();
  await expect(item(/^guest kernel 6\.18\.35$/)).toBeVisible();
  await expect(item(/^kata-agent, \d+/)).toBeVisible();
  await expect(item(/^virtiofsd, \d+$/)).toBeVisible();
  await expect(item(/^pod boxed · 10\.88\.0\.\d+, Sentry 4\.19\.0-gvisor/)).toBeVisible();
  await expect(item(/^Sentry 4\.19\.0-gvisor: the pod's kernel, in user space, \d+$/)).toBeVisible();
  await expect(item(/^runsc-gofer, \d+$/).first()).toBeVisible();
  await expect(item(/^nginx, \d+.*, app, .*nginx:alpine, mem [\d.]+ MiB \/ 64 MiB, cpu ≤ 0\.25/)).toBeVisible();
  await expect(item(/^bridge cni0 10\.88\.0\.1\/16$/)).toBeVisible();
  // gVisor takes the address off the interface: its own network stack has it.
  await expect(item(/^eth0( 10\.88\.0\.\d+\/16)?, wire to veth[0-9a-f]+ on cni0$/)).toHaveCount(3);
  await expect(item(/^eth0, wire to/)).toHaveCount(1);
  await expect(item(/^host port 8080 to 10\.88\.0\.\d+:80$/)).toBeVisible();

  // The guest's kernel stands inside the hypervisor's walls, and those on the host's floor.
  const box = async (name: RegExp) => {
    const rect = await item(name).locator('.body').first().boundingBox();
    if (rect === null) throw new Error(`${name} is not drawn`);
    return rect;
  };
  const [vm, guest, floor] = [await box(/^qemu-/), await box(/^guest kernel 6\.18\.35$/), await box(/host kernel/)];
  expect(guest.x).toBeGreaterThan(vm.x);
  expect(guest.y + guest.height).toBeLessThan(vm.y + vm.height);
  expect(Math.abs(vm.y + vm.height - floor.y)).toBeLessThan(4);
  const sentry = await box(/^Sentry 4/);
  expect(sentry.y + sentry.height).toBeLessThan(floor.y - 4);

  await page.getByRole('button', { name: /Find a pod/ }).click();
  await page.keyboard.type('secure');
  // What has no room is cut short on the drawing; the name says it whole.
  const axe = axeOn(page).exclude('.xterm').disableRules(['label-content-name-mismatch']);
  const { violations } = await axe.analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`)).toEqual([]);
  expect(errors).toEqual([]);
});
