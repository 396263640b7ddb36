import { expect, test } from '@playwright/test';

type Told = { id?: unknown; event?: string; result?: unknown; error?: string };

/** A page of the same origin that frames this one, and keeps what it is told. */
function host(frame: string): string {
  return `<!doctype html><title>host</title><input id="mine" autofocus>
<iframe id="frame" title="node" width="900" height="700" src="${frame}"></iframe>`;
}

test('a page that frames it drives it by messages; strangers and nonsense are not heard', async ({ page }) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.addInitScript(() => {
    if (window.top !== window) return;
    const told: Told[] = [];
    Object.assign(window, { told });
    addEventListener('message', ({ data }) => void told.push(data));
  });
  const told = () => page.evaluate(() => (window as unknown as { told: Told[] }).told);
  const ask = (message: unknown) =>
    page.evaluate(
      (m) => document.querySelector<HTMLIFrameElement>('#frame')?.contentWindow?.postMessage(m, '*'),
      message,
    );
  await page.route('**/host.html*', (route) => {
    const extra = new URL(route.request().url()).search.slice(1);
    const frame = `./?embed=1&scenario=bare&seed=7&lang=en&run=echo%20first${extra === '' ? '' : `&${extra}`}`;
    return route.fulfill({ contentType: 'text/html', body: host(frame) });
  });
  await page.goto('host.html');
  await expect.poll(told).toContainEqual({ cutaway: 1, event: 'ready' });
  const frame = page.frameLocator('#frame');
  await expect(frame.locator('.stage')).toBeVisible();
  await expect(frame.locator('header')).toHaveCount(0);
  await expect(frame.locator('.timeline')).toHaveCount(0);
  await expect(page.locator('#mine')).toBeFocused();

  await ask({ cutaway: 1, id: 'a', call: 'run', args: ['echo hello; false'] });
  await expect
    .poll(told)
    .toContainEqual({ cutaway: 1, id: 'a', result: { stdout: 'hello\n', stderr: '', exitCode: 1 } });
  await ask({ cutaway: 1, id: 2, call: 'trace', args: [{ kind: 'command.start' }] });
  await expect.poll(told).toContainEqual(expect.objectContaining({ id: 2 }));
  const lines = (await told()).find(({ id }) => id === 2)?.result as { line: string }[];
  expect(lines.map(({ line }) => line)).toEqual(['echo first', 'echo hello; false']);
  const before = (await told()).length;
  for (const nonsense of ['alert(1)', null, { cutaway: 1 }, { id: 3, call: 'run', args: ['echo no'] }])
    await ask(nonsense);
  await ask({ cutaway: 1, id: 4, call: 'constructor', args: ['alert(1)'] });
  await expect.poll(told).toContainEqual({ cutaway: 1, id: 4, error: 'there is no such call' });
  expect((await told()).length).toBe(before + 1);

  // One that allows another origin only does not answer this one.
  await page.goto('host.html?origin=https%3A%2F%2Felsewhere.example');
  await expect(frame.locator('.stage .node').first()).toBeVisible();
  await ask({ cutaway: 1, id: 5, call: 'screen' });
  await page.waitForTimeout(500);
  expect(await told()).toEqual([]);
  expect(errors).toEqual([]);
});
