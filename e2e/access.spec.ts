import { expect, type Page, test } from '@playwright/test';
import { axeOn, openPage } from './page.ts';
import { faintOnStage } from './pixels.ts';

test.describe.configure({ timeout: 300_000 });

const RUNP = `echo '{"metadata":{"name":"web","namespace":"default","uid":"u"},"linux":{}}' > pod.json; crictl runp pod.json`;
const PLACES = [
  'learn',
  'article',
  'teach',
  'faithful',
  'faults',
  'browse',
  'keys',
  'interview',
  'interview-packs',
  'interview-cards',
  'interview-report',
  'compare',
];
const LOADING = /Reading the lessons|正在读取课程/;
/** One of each kind of thing that opens in the inspector. */
const THINGS = [/^pod web/, /^pause, \d+/, /^unix:/, /^content store/];

async function violations(page: Page, within: string, only: 'contrast' | 'all'): Promise<string[]> {
  // What has no room is cut short on the drawing; the name says it whole.
  const axe = axeOn(page).include(within).exclude('.xterm').disableRules(['label-content-name-mismatch']);
  if (only === 'contrast') axe.withRules(['color-contrast']);
  const found = await axe.analyze();
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
}

/** As its chooser in the header does, without taking the focus from what is open. */
async function switchTheme(page: Page, theme: string): Promise<void> {
  await page.locator('.theme select').evaluate((select: HTMLSelectElement, name) => {
    select.value = name;
    select.dispatchEvent(new Event('change', { bubbles: true }));
  }, theme);
  await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
}

/** The first theme in all that axe knows, the others in their colours only. */
async function check(page: Page, what: string, within: string, themes: readonly string[]): Promise<void> {
  for (const [i, theme] of themes.entries()) {
    await switchTheme(page, theme);
    expect.soft(await violations(page, within, i === 0 ? 'all' : 'contrast'), `${what}, ${theme}`).toEqual([]);
  }
}

/** In the midst of a command, when packets are on their way; the last of the themes stays. */
async function lookAtPixels(page: Page, themes: readonly string[]): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const call = await page.evaluate(() => {
    const sent = window.cutaway.trace({ kind: 'rpc.request' });
    return (sent[Math.floor(sent.length / 2)] as unknown as { time: number } | undefined)?.time ?? 0;
  });
  await page.evaluate((ns) => window.cutaway.rewind(ns / 1e6), call);
  await expect(page.locator('.stage .packet').first()).toBeVisible();
  for (const theme of themes) {
    await switchTheme(page, theme);
    const { faint, ...seen } = await faintOnStage(page);
    expect.soft(faint, `pixels, ${theme}`).toEqual([]);
    expect(seen.texts).toBeGreaterThan(15);
    expect(seen.packets).toBeGreaterThan(0);
    expect(seen.hatches).toBeGreaterThan(0);
  }
  await page.keyboard.press('Escape');
  await page.emulateMedia({ reducedMotion: null });
}

for (const { lang, themes } of [
  { lang: 'en', themes: ['light', 'contrast'] },
  { lang: 'zh-CN', themes: ['dark'] },
] as const) {
  test(`axe finds nothing on any screen or panel, in ${lang}`, async ({ page }) => {
    const { errors } = await openPage(page, `&lang=${lang}`);
    await page.evaluate((line) => window.cutaway.run(line), RUNP);
    await page.evaluate(() => window.cutaway.run('crictl pods'));
    await page.keyboard.press('Escape');
    await page.evaluate(() => window.cutaway.pause());
    await check(page, 'sandbox', 'body', themes);
    await lookAtPixels(page, [...themes].reverse());
    if (lang === 'en')
      for (const name of THINGS) {
        await page.getByRole('treeitem', { name }).first().focus();
        await page.keyboard.press('Enter');
        await expect(page.getByRole('complementary')).toBeVisible();
        await check(page, `inspector of ${name}`, '.inspector', themes.slice(0, 1));
      }
    const toolbar = page.getByRole('toolbar').getByRole('button');
    // A marker and a branch, so that there is something in their panel.
    await page.evaluate(() => window.cutaway.undo());
    await page.locator('.stage [role="tree"] [tabindex="0"]').focus();
    await page.keyboard.press('m');
    await page.keyboard.press('Enter');
    await page.locator('.timeline .marked').click();
    await expect(page.locator('.marks li')).toHaveCount(3);
    await check(page, 'markers and branches', '.inspector', themes);
    const panels = [
      [lang === 'en' ? 'Causes' : '因果', '.inspector'],
      [lang === 'en' ? 'Breakpoints' : '断点', '.inspector'],
      [lang === 'en' ? 'Link to this moment' : '此刻的链接', '.share'],
    ] as const;
    for (const [name, panel] of panels) {
      await toolbar.filter({ hasText: name }).click();
      await expect(page.locator(panel).first()).toBeVisible();
      await check(page, name, panel, themes);
    }
    await page.keyboard.press('Escape');
    await page.locator('.inspector .close').click();
    await page.getByRole('button', { name: lang === 'en' ? 'Search' : '搜索' }).click();
    await page.keyboard.type('nginx');
    await check(page, 'palette', '.palette', themes);
    await page.keyboard.press('Escape');
    for (const place of PLACES) {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, place);
      await expect(page.locator('section.home')).toBeVisible();
      await page.waitForTimeout(350);
      await expect(page.getByText(LOADING)).toHaveCount(0);
      await check(page, place, 'section.home', themes);
    }
    expect(errors).toEqual([]);
  });
}
