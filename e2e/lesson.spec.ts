import { expect, type Page, test } from '@playwright/test';
import { enter, openPage } from './page.ts';

const LINES = [
  ["unshare --pid --fork --mount-proc --uts sh -c 'hostname c1; exec sleep 1000' &", 'sleep 1'],
  ['lsns -t pid'],
  ['PID=$(pgrep -x sleep)', 'nsenter -t $PID -p -m -u sleep 2000 &', 'sleep 1'],
  ["kill -9 $(pgrep -f 'sleep 1000' | tail -1)", 'sleep 1'],
];

async function tabTo(page: Page, name: string): Promise<void> {
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => document.activeElement?.textContent ?? '');
    if (focused.trim().startsWith(name)) return;
  }
  throw new Error(`no Tab reaches ${name}`);
}

for (const { lang, lessons, title, done, finished } of [
  { lang: 'en', lessons: 'Lessons', title: 'A container is a process', done: 'Done', finished: 'Lesson finished' },
  { lang: 'zh-CN', lessons: '课程', title: '容器就是进程', done: '完成', finished: '这一课学完了' },
]) {
  test(`a lesson from the home to its end, by keyboard, in ${lang}`, async ({ page }) => {
    const { errors } = await openPage(page, `&lang=${lang}&theme=light`);
    await page.getByRole('link', { name: lessons, exact: true }).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('link', { name: title })).toBeVisible();
    await tabTo(page, title);
    await page.keyboard.press('Enter');
    await page.waitForURL(/lesson=L02/);
    await page.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
    await expect(page.getByRole('heading', { name: title })).toBeVisible();

    // The prediction is asked before the lines are shown.
    const panel = page.locator('.lesson');
    await expect(panel.locator('.type-it')).toHaveCount(0);
    await panel.getByRole('radio').first().focus();
    await page.keyboard.press('Space');
    await expect(panel.locator('.type-it').first()).toBeVisible();

    for (const [i, lines] of LINES.entries()) {
      await page.locator('.terminal textarea').focus();
      for (const line of lines) await enter(page, line);
      await expect(panel.locator('.lesson-steps > .done')).toHaveCount(i + 1);
    }
    await expect(panel.getByText(done).first()).toBeAttached();
    await expect(panel.getByRole('heading', { name: finished })).toBeVisible();

    await page.goto(`?seed=7&scenario=bare&lang=${lang}#learn`);
    await expect(page.getByRole('link', { name: title })).toContainText('✓');
    expect(errors).toEqual([]);
  });
}

test('what is missing is said, hints come by level, and a step can be done for the learner', async ({ page }) => {
  await openPage(page, '&lang=en&lesson=L04');
  const panel = page.locator('.lesson');
  await panel.getByRole('button', { name: 'Why not yet?' }).click();
  await expect(panel.getByText('There is no /root/bundle/config.json yet.')).toBeVisible();
  await panel.getByRole('button', { name: 'Hint', exact: true }).click();
  await expect(panel.getByText('One subcommand of runc writes the file')).toBeVisible();
  await panel.getByRole('button', { name: 'Do this step for me' }).click();
  await expect(panel.locator('.lesson-steps > .done')).toHaveCount(1);
});

test('on a narrow page the lesson stands above, and nothing is wider than the page', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await openPage(page, '&lang=zh-CN&lesson=L02');
  await expect(page.locator('.lesson h2')).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
  await page.evaluate(() => {
    location.hash = '#learn';
  });
  await expect(page.locator('.home .cards').first()).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});

test('a step that asks for an order waits for it, and the next one begins at its top', async ({ page }) => {
  await openPage(page, '&lang=en&lesson=L01');
  const panel = page.locator('.lesson');
  for (const line of ['kubectl run web --image=nginx', 'sleep 10', 'crictl ps', 'ps -ef']) {
    await page.locator('.terminal textarea').focus();
    await enter(page, line);
  }
  await expect(panel.locator('.lesson-steps > .done')).toHaveCount(2);
  await panel.getByRole('button', { name: 'Why not yet?' }).click();
  await expect(panel.getByText('The list is not in order yet.')).toBeVisible();
  await panel.getByRole('button', { name: 'Do this step for me' }).click();
  await expect(panel.locator('.lesson-steps > .done')).toHaveCount(3);
  await expect(panel.locator('.lesson-steps > .current h3')).toBeInViewport();
});
