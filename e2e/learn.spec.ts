import { expect, type Page, test } from '@playwright/test';
import { readDrills, readLessons } from '../src/headless/lesson-files.ts';
import type { Lesson } from '../src/lesson-engine/lesson.ts';
import { enter, openPage } from './page.ts';

const WORDS = {
  en: { lessons: 'Lessons', interview: 'Interview', next: 'Next lesson: ', grade: 'Grade it', full: '100 of 100' },
  'zh-CN': { lessons: '课程', interview: '面试', next: '下一课：', grade: '评分', full: '100 分（满分 100）' },
} as const;

/** Each is the next of the one before. */
const LESSONS = ['L02', 'L04', 'L01'];
const STOPS_MAX = 150;
const DRILLS = ['R02', 'R11'];

const lessons = new Map(readLessons().map((read) => [read.lesson.id, read]));
const drills = new Map(readDrills().map((read) => [read.drill.id, read]));

async function press(page: Page, key: string, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) await page.keyboard.press(key);
}

/** By Tab alone, to what begins with these words. */
async function tabTo(page: Page, words: string, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const focused = () =>
    page.evaluate(() => (document.activeElement?.ariaLabel ?? document.activeElement?.textContent ?? '').trim());
  for (let i = 0; i < STOPS_MAX; i++) {
    if ((await focused()).startsWith(words)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`no Tab reaches ${words}`);
}

async function prompted(page: Page): Promise<void> {
  await page.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
  // The drawing of each hop has tests of its own; a minute that a step waits is none of real time.
  await page.evaluate(() => window.cutaway.speed(64));
}

/** Predicts, types what the lesson's own solution says, puts in order what is asked for; all by keys. */
async function learn(page: Page, lesson: Lesson): Promise<void> {
  const panel = page.locator('.lesson');
  for (const [i, step] of lesson.steps.entries()) {
    if (step.prediction !== null) {
      // On a busy machine a key can come before the step is there to hear it: as a person would, it is pressed again.
      await expect(async () => {
        await press(page, 'F6');
        await press(page, 'Space');
        // A choice can be changed by no key once it is made: the lines are shown then.
        await expect(panel.locator('.current input').first()).toBeDisabled({ timeout: 3000 });
      }).toPass({ timeout: 30_000 });
      await expect(panel.locator('.current .type-it').first()).toBeVisible();
      await press(page, 'F6');
    }
    for (const line of step.solution) expect(await enter(page, line), line).toBe(0);
    if (step.order !== null) await putInOrder(page, step.order);
    await expect(panel.locator('.lesson-steps > .done')).toHaveCount(i + 1);
    await page.evaluate(() => window.cutaway.speed(64));
  }
}

async function putInOrder(page: Page, wanted: readonly string[]): Promise<void> {
  const rows = page.locator('.order li');
  const texts = await rows.locator('span').allInnerTexts();
  // It begins with every other one: where each is to go follows from that.
  const ids = [...wanted.filter((_, i) => i % 2 === 1), ...wanted.filter((_, i) => i % 2 === 0)];
  const labels = new Map(ids.map((id, i) => [id, texts[i] ?? '']));
  for (const [at, id] of wanted.entries()) {
    const row = (await rows.locator('span').allInnerTexts()).indexOf(labels.get(id) ?? '');
    await rows.nth(row).getByRole('button').first().focus();
    await press(page, 'Enter', row - at);
  }
  await page.locator('.order > button').focus();
  await press(page, 'Enter');
  await press(page, 'F6');
}

for (const lang of ['en', 'zh-CN'] as const) {
  const words = WORDS[lang];
  // In the second language one fewer: its words, and that one leads to the next.
  const [asked, given] = lang === 'en' ? [LESSONS, DRILLS] : [LESSONS.slice(0, 2), DRILLS.slice(0, 1)];
  test(`lessons, each the next of the one before, by keyboard, in ${lang}`, async ({ page }) => {
    const { errors } = await openPage(page, `&lang=${lang}&theme=light`);
    const title = (id: string): string => lessons.get(id)?.texts.get(lang)?.title ?? '';
    await tabTo(page, words.lessons, 'Shift+Tab');
    await press(page, 'Enter');
    await expect(page.getByRole('link', { name: title('L02') })).toBeVisible();
    await tabTo(page, title('L02'));
    await press(page, 'Enter');
    for (const [i, id] of asked.entries()) {
      const { lesson } = lessons.get(id) ?? {};
      await page.waitForURL((url) => url.searchParams.get('lesson') === id);
      await prompted(page);
      await expect(page.getByRole('heading', { name: title(id) })).toBeVisible();
      if (lesson !== undefined) await learn(page, lesson);
      const next = asked[i + 1];
      if (next === undefined) continue;
      await expect(page.locator('.next-up a')).toBeVisible();
      await press(page, 'F6');
      await tabTo(page, `${words.next}${next} ${title(next)}`);
      await press(page, 'Enter');
    }
    await page.goto(`?seed=7&scenario=bare&lang=${lang}#learn`);
    for (const id of asked) await expect(page.getByRole('link', { name: title(id) }).last()).toContainText('✓');
    expect(errors).toEqual([]);
  });

  test(`drills by keyboard, in ${lang}`, async ({ page }) => {
    const { errors } = await openPage(page, `&lang=${lang}&theme=light#interview`);
    for (const id of given) {
      const { drill, texts } = drills.get(id) ?? {};
      const title = texts?.get(lang)?.title ?? '';
      await expect(page.getByRole('link', { name: title }).first()).toBeVisible();
      await tabTo(page, title);
      await press(page, 'Enter');
      await page.waitForURL((url) => url.searchParams.get('drill') === id);
      await prompted(page);
      for (const line of drill?.variants[0]?.solution ?? []) await enter(page, line);
      await press(page, 'F6');
      await tabTo(page, words.grade);
      await press(page, 'Enter');
      await expect(page.locator('.lesson-end').getByText(words.full)).toBeVisible({ timeout: 60_000 });
      await press(page, 'F6');
      await tabTo(page, words.interview);
      await press(page, 'Enter');
    }
    expect(errors).toEqual([]);
  });
}
