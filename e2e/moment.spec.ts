import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { Machine, type Savepoint } from '../src/machine/machine.ts';
import { openPage } from './page.ts';

const run = (page: Page, line: string) => page.evaluate((text) => window.cutaway.run(text), line);
/** Not what this tab had before: that is offered beside it. */
const shown = (page: Page) => page.locator('.banner.moment', { hasNotText: 'this tab had a session' });

async function openLink(page: Page, link: string): Promise<void> {
  await page.goto('about:blank');
  await page.goto(link);
}

/** The link that the panel offers. */
async function linkOf(page: Page): Promise<string> {
  await page.getByRole('button', { name: 'Link to this moment' }).first().click();
  const panel = page.getByRole('dialog', { name: 'Link to this moment' });
  await panel.getByRole('button', { name: 'Copy the link' }).click();
  await expect(panel.getByText(/^(Copied: \d+ characters|This browser does not)/)).toBeVisible();
  return panel.getByRole('textbox', { name: 'The link' }).inputValue();
}

/** The open panel's PNG is as large as it should be and not of one colour; its clip is one that the browser plays. */
async function picturesOf(page: Page): Promise<void> {
  const panel = page.getByRole('dialog', { name: 'Link to this moment' });
  const saved = async (click: () => Promise<void>): Promise<{ name: string; base64: string }> => {
    const [download] = await Promise.all([page.waitForEvent('download'), click()]);
    return {
      name: download.suggestedFilename(),
      base64: readFileSync(await download.path()).toString('base64'),
    };
  };
  const stage = await page.locator('.stage .sheet > svg').boundingBox();
  const picture = await saved(() => panel.getByRole('button', { name: 'Save a picture (PNG)' }).click());
  expect(picture.name).toMatch(/^bare-[\d.-]+\.png$/);
  const seen = await page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    context.drawImage(image, 0, 0);
    const colours = new Set<number>();
    for (const half of [0, image.height - 80]) {
      const { data } = context.getImageData(0, half, image.width, 80);
      for (let i = 0; i < data.length; i += 4) colours.add(((data[i] ?? 0) << 8) | (data[i + 2] ?? 0));
    }
    return { width: image.width, colours: colours.size };
  }, picture.base64);
  expect(seen.width).toBe(Math.round((stage?.width ?? 0) * 2));
  expect(seen.colours).toBeGreaterThan(20);
  const clip = await saved(async () => {
    await panel.getByRole('button', { name: 'Record a clip' }).click();
    await panel.getByRole('button', { name: 'End the clip here' }).click();
  });
  expect(clip.name).toMatch(/\.(webm|mp4)$/);
  expect(atob(clip.base64.slice(0, 8)).slice(0, 4)).toBe('\u001aE\u00df\u00a3');
  await page.keyboard.press('Escape');
}

test('a link opens the same history at the same moment, past or present, and goes on from there', async ({ page }) => {
  const { errors } = await openPage(page, '&lang=en');
  // Files that were brought are of its history; what a name would do elsewhere it does not.
  await dropFiles(page, [
    ['../../my pod.json', '{"metadata":{"name":"web","uid":"u"}}'],
    ['x.exe', 'MZ'],
  ]);
  const brought = page.getByRole('region', { name: 'Files brought to the node' });
  await expect(brought).toContainText('“x.exe” was not taken');
  await brought.getByRole('button', { name: 'crictl runp /root/my-pod.json' }).click();
  await expect.poll(() => page.evaluate(() => window.cutaway.screen())).toMatch(/# crictl runp \/root\/my-pod\.json$/);
  await page.keyboard.press('Control+u');
  await brought.getByRole('button', { name: 'Got it' }).click();
  await run(page, 'echo one > /root/note');
  await run(page, 'crictl pull busybox');
  await run(page, 'crictl images');
  await page.evaluate(() => window.cutaway.idle());
  // A moment in the midst of the pull; what came after it is not in the link.
  const [start, end] = (await page.evaluate(() => {
    const spans = window.cutaway.trace({ kind: 'command.start' });
    return [spans[1], window.cutaway.trace({ kind: 'command.end' })[1]];
  })) as unknown as [{ time: number }, { time: number }];
  const then = (start.time + end.time) / 2 / 1e6;
  await page.evaluate((ms) => window.cutaway.rewind(ms), then);
  await expect(page.locator('.stage')).toContainText('Looking back at');
  const drawn = await page.locator('.stage').textContent();
  const link = await linkOf(page);
  expect(link.length).toBeLessThan(2000);
  expect(link).toMatch(/\/#at=1\.[\w-]+$/);
  await picturesOf(page);

  await openLink(page, link);
  await expect(shown(page)).toContainText('It is the past');
  expect(await page.locator('.stage').textContent()).toBe(drawn);
  expect(await page.evaluate(() => window.cutaway.trace({ kind: 'command.start' }).length)).toBe(2);
  await shown(page).getByRole('button', { name: 'Where it ended' }).click();
  expect(await run(page, 'cat /root/note')).toMatchObject({ stdout: 'one\n' });

  // The present: time stands still there, and its trace is that of the page that it was copied from.
  await page.evaluate(() => window.cutaway.idle());
  await page.evaluate(() => window.cutaway.pause());
  const saved = (await page.evaluate(() => window.cutaway.savepoint())) as Savepoint & { digest: string };
  const present = await linkOf(page);
  await openLink(page, present);
  await expect(shown(page)).toContainText('Time stands still');
  const again = (await page.evaluate(() => window.cutaway.savepoint())) as Savepoint & { digest: string };
  expect(again.time).toBe(saved.time);
  expect(again.digest).toBe(saved.digest);
  expect((await Machine.replay(again)).machine.trace.digest()).toBe(saved.digest);
  await expect.poll(() => page.evaluate(() => window.cutaway.screen())).toContain('cat /root/note');
  expect(await run(page, 'cat /root/note')).toMatchObject({ stdout: 'one\n' });

  // The same as a file, dropped on a page.
  await page.evaluate(() => window.cutaway.idle());
  await page.getByRole('button', { name: 'Link to this moment' }).first().click();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as a file' }).click();
  const text = readFileSync(await (await download).path(), 'utf8');
  await page.goto('?lang=en&scenario=bare');
  await dropFile(page, 'walk.cutaway', text);
  await expect(shown(page)).toContainText('Time stands still');
  expect(await run(page, 'cat /root/note /root/my-pod.json')).toMatchObject({
    stdout: 'one\n{"metadata":{"name":"web","uid":"u"}}',
  });

  // A phone draws no section; its picture has one all the same.
  await page.setViewportSize({ width: 360, height: 800 });
  await page.getByRole('button', { name: 'More controls' }).click();
  await page.locator('header').getByRole('button', { name: 'Link to this moment' }).click();
  const picture = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save a picture (PNG)' }).click();
  const png = readFileSync(await (await picture).path());
  expect(png.readUInt32BE(16)).toBe(2 * 1280);
  expect(errors).toEqual([]);
});

const dropFile = (page: Page, name: string, text: string): Promise<void> => dropFiles(page, [[name, text]]);

async function dropFiles(page: Page, files: readonly (readonly [name: string, text: string])[]): Promise<void> {
  await page.locator('.timeline').waitFor();
  const data = await page.evaluateHandle((all) => {
    const transfer = new DataTransfer();
    for (const [name, text] of all) transfer.items.add(new File([text], name));
    return transfer;
  }, files);
  await page.dispatchEvent('main', 'drop', { dataTransfer: data });
}

test('what is malformed, hostile or of another version is told, runs no script, and a fresh node is there', async ({
  page,
}) => {
  const { errors } = await openPage(page, '&lang=en');
  const origin = page.url().split('?')[0];
  const cases: [at: string, lang: string, text: string][] = [
    ['1.<img src=x onerror=alert(1)>', 'en', 'Character 3 after “#at=” (“%” U+0025) cannot stand there.'],
    ['1.q1Yq', 'en', 'It ends after 6 characters'],
    ['1.q1Yq', 'zh-CN', '它只有 6 个字符'],
    ['2.AAAA', 'en', 'made by a newer Cutaway'],
    ['0.AAAA', 'zh-CN', '它由更旧的 Cutaway 生成'],
  ];
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  for (const [at, lang, text] of cases) {
    await openLink(page, `${origin}?lang=${lang}&scenario=bare&seed=7#at=${at}`);
    await expect(page.getByRole('alert')).toContainText(text);
    await page.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
    expect(await run(page, 'echo here')).toMatchObject({ stdout: 'here\n' });
  }
  await page.getByRole('alert').getByRole('button').click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  const hostile = { savepoint: { format: 1, scenario: '<script>alert(1)</script>' } };
  await dropFile(page, 'a.cutaway', JSON.stringify({ format: 'cutaway-moment-1', moment: hostile }));
  await expect(page.getByRole('alert')).toContainText('这里的节点照常运行');
  await dropFile(
    page,
    '<b>.cutaway',
    JSON.stringify({ format: 'cutaway-moment-1', moment: { savepoint: { format: 1 } } }),
  );
  await expect(page.getByRole('alert')).toContainText('<b>.cutaway: savepoint.scenario');
  expect(await run(page, 'echo here')).toMatchObject({ stdout: 'here\n' });
  expect(dialogs).toEqual([]);
  expect(errors).toEqual([]);
});
