import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from '@playwright/test';
import { unzipSync } from 'fflate';
import { serveDirectory } from '../src/headless/scripts/static-server.mjs';

/** What a learning management system lends the page that it shows; it keeps only what the standard's data model allows. */
const SYSTEM = `
const real = (low, high) => (text) => /^-?\\d+(\\.\\d+)?$/.test(text) && Number(text) >= low && Number(text) <= high;
const oneOf = (...words) => (text) => words.includes(text);
const model = {
  'cmi.progress_measure': real(0, 1), 'cmi.score.scaled': real(-1, 1),
  'cmi.score.raw': real(-Infinity, Infinity), 'cmi.score.min': real(-Infinity, Infinity), 'cmi.score.max': real(-Infinity, Infinity),
  'cmi.completion_status': oneOf('completed', 'incomplete', 'not attempted', 'unknown'),
  'cmi.success_status': oneOf('passed', 'failed', 'unknown'),
  'cmi.suspend_data': (text) => text.length <= 64000,
  'cmi.session_time': (text) => /^PT\\d+(\\.\\d{1,2})?S$/.test(text),
  'cmi.exit': oneOf('time-out', 'suspend', 'logout', 'normal', ''),
};
const kept = JSON.parse(sessionStorage.getItem('kept') ?? '{}');
const refused = [];
let state = 'not initialized';
window.lms = { kept, refused, get state() { return state; } };
window.API_1484_11 = {
  Initialize: () => { if (state !== 'not initialized') return 'false'; state = 'running'; return 'true'; },
  Terminate: () => { if (state !== 'running') return 'false'; state = 'terminated'; return 'true'; },
  GetValue: (element) => kept[element] ?? (element === 'cmi.completion_status' ? 'unknown' : ''),
  SetValue: (element, value) => {
    if (state !== 'running' || typeof value !== 'string' || model[element] === undefined || !model[element](value)) {
      refused.push(element + '=' + value);
      return 'false';
    }
    kept[element] = value;
    return 'true';
  },
  Commit: () => { sessionStorage.setItem('kept', JSON.stringify(kept)); return 'true'; },
};
document.getElementById('sco').src = new URLSearchParams(location.search).get('sco');
`;
const FRAME = `<!doctype html><html lang="en"><title>LMS</title>
<iframe id="sco" title="lesson" style="width:100%;height:860px;border:0"></iframe>
<script src="lms.js"></script></html>`;

type System = { kept: Record<string, string>; refused: string[]; state: string };

test('an exported lesson runs in a school’s system, tells it how far it is, and goes on where it was left', async ({
  page,
}) => {
  const folder = mkdtempSync(join(tmpdir(), 'cutaway-lms-'));
  const zip = join(folder, 'lesson.zip');
  execFileSync(process.execPath, ['dist/headless/cutaway.js', 'lesson', 'pack', '--out', zip, 'L04']);
  const files = unzipSync(readFileSync(zip));
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  writeFileSync(join(folder, 'lms.html'), FRAME);
  writeFileSync(join(folder, 'lms.js'), SYSTEM);
  const manifest = new TextDecoder().decode(files['imsmanifest.xml']);
  const href = /<resource [^>]*href="([^"]*)"/.exec(manifest)?.[1] ?? '';
  const parameters = /parameters="([^"]*)"/.exec(manifest)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const { server, address } = await serveDirectory({ root: folder, port: 0, portsTried: 1 });
  const system = (): Promise<System> => page.evaluate(() => (window as unknown as { lms: System }).lms);
  const kept = async (element: string): Promise<string | undefined> => (await system()).kept[element];
  try {
    await page.goto(`${address}lms.html?sco=${encodeURIComponent(href + parameters)}`);
    const lesson = page.frameLocator('#sco').locator('.lesson');
    await lesson.getByRole('button', { name: 'Hint', exact: true }).waitFor();
    expect(await kept('cmi.completion_status')).toBe('incomplete');
    const doStep = async (done: number): Promise<void> => {
      const hint = lesson.getByRole('button', { name: 'Hint', exact: true });
      const doIt = lesson.getByRole('button', { name: 'Do this step for me' });
      const option = lesson.getByRole('radio').first();
      if (await option.isVisible()) await option.check();
      while (!(await doIt.isVisible())) await hint.click();
      await doIt.click();
      await expect(lesson.locator('.lesson-steps > .done')).toHaveCount(done, { timeout: 30_000 });
    };
    await doStep(1);
    await expect.poll(() => kept('cmi.suspend_data')).toMatch(/^[0-9A-Z]{6}$/);

    // Left and opened again: the step that was done is done.
    await page.reload();
    await expect(lesson.locator('.lesson-steps > .done')).toHaveCount(1, { timeout: 30_000 });
    expect((await system()).kept['cmi.exit']).toBe('suspend');
    const steps = await lesson.locator('.lesson-steps > li').count();
    for (let done = 2; done <= steps; done++) await doStep(done);
    await expect.poll(() => kept('cmi.completion_status')).toBe('completed');
    expect((await system()).kept).toMatchObject({
      'cmi.success_status': 'passed',
      'cmi.progress_measure': '1',
      'cmi.score.scaled': '1',
      'cmi.suspend_data': '',
    });
    expect((await system()).refused).toEqual([]);
  } finally {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  }
});
