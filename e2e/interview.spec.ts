import { readFileSync } from 'node:fs';
import { expect, type Page, test } from '@playwright/test';
import { axeOn, enter, openPage } from './page.ts';

const WORD = 'K7Q2';
const WORDS = {
  en: {
    door: 'Interview',
    packs: 'Packs',
    cards: 'Question cards',
    report: 'Hand-ins',
    word: 'Word of the interviewer',
    begin: 'Begin “Thirty minutes: reading errors”',
    finish: 'Finish this task',
    yes: 'Finish',
    completion: 'Completion with Tab',
    refused: 'Completion with Tab is off in this interview.',
    name: 'Name',
    save: 'Save the hand-in',
    open: 'Open hand-ins',
    full: '100 of 100',
    none: '0 of 100',
    sum: '100 of 500',
    watch: 'Watch it: R02 of Li Lei',
    card: 'What is a container?',
    point: 'no machine of its own',
  },
  'zh-CN': {
    door: '面试',
    packs: '套题',
    cards: '题卡',
    report: '答卷',
    word: '面试官的口令',
    begin: '开始“三十分钟：读懂报错”',
    finish: '做完这一题',
    yes: '做完了',
    completion: 'Tab 补全',
    refused: '这场面试不能用“Tab 补全”。',
    name: '姓名',
    save: '保存答卷',
    open: '打开答卷',
    full: '100 分（满分 100）',
    none: '0 分（满分 100）',
    sum: '100 分（满分 500）',
    watch: '回放 Li Lei 的 R02',
    card: '什么是容器？',
    point: '没有自己的机器',
  },
} as const;

async function prompted(page: Page): Promise<void> {
  await page.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
}

async function flawless(page: Page): Promise<void> {
  const { violations } = await axeOn(page).exclude('.terminal').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
}

for (const lang of ['en', 'zh-CN'] as const) {
  const w = WORDS[lang];
  test(`an interview from its word to its report, in ${lang}`, async ({ page }, info) => {
    test.setTimeout(400_000);
    const { errors } = await openPage(page, `&lang=${lang}&theme=light#interview`);
    await page.getByRole('link', { name: w.packs, exact: true }).click();
    await page.getByLabel(w.word).fill('k7-q2');
    await flawless(page);
    await page.getByRole('link', { name: w.begin }).click();
    await page.waitForURL(/interview=P30/);
    await prompted(page);
    const panel = page.locator('.interview');
    await expect(panel).toContainText(`P30 · ${WORD}`);
    // The drawing, time and completion are not there from the start.
    await expect(page.locator('.stage')).toHaveCount(0);
    await expect(page.locator('.timeline')).toHaveCount(0);
    await page.locator('.terminal textarea').focus();
    await page.keyboard.type('crict');
    await page.keyboard.press('Tab');
    await expect(panel.getByText(w.refused)).toBeVisible();
    expect(await page.evaluate(() => window.cutaway.undo())).toBe(false);
    await flawless(page);
    // R02 on the node of this word, solved by typing what any of its variants wants.
    await enter(
      page,
      "sed -i '/CONTAINER_RUNTIME_ENDPOINT\\|IMAGE_SERVICE_ENDPOINT/d' .bashrc; unset CONTAINER_RUNTIME_ENDPOINT IMAGE_SERVICE_ENDPOINT",
    );
    await enter(
      page,
      'S=unix:///run/containerd/containerd.sock; crictl config --set runtime-endpoint=$S --set image-endpoint=$S',
    );
    expect(await enter(page, 'crictl ps')).toBe(0);
    await panel.getByLabel(w.completion).check();
    for (let task = 1; task <= 5; task++) {
      await panel.getByRole('button', { name: w.finish }).click();
      const sure = panel.getByRole('button', { name: w.yes, exact: true });
      if (task < 5) {
        await Promise.all([page.waitForEvent('load'), sure.click()]);
        await prompted(page);
        await expect(panel.locator('.lesson-meta')).toContainText(String(task + 1));
      } else await sure.click();
    }
    await panel.getByLabel(w.name).fill('Li Lei');
    await flawless(page);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      panel.getByRole('button', { name: w.save }).click(),
    ]);
    expect(file.suggestedFilename()).toBe(`Li_Lei-P30-${WORD}.cutaway`);
    const path = info.outputPath('one.cutaway');
    await file.saveAs(path);
    const handIn = JSON.parse(readFileSync(path, 'utf8'));
    expect(handIn.tasks.map((task: { drill: string }) => task.drill)).toEqual(['R02', 'R01', 'R17', 'R11', 'R16']);

    // Somebody else did nothing, and wrote a score into the file.
    const other = { ...handIn, name: 'Han Meimei', score: 500, tasks: [{ ...handIn.tasks[1], score: 100 }] };
    await page.goto(`?seed=7&scenario=bare&lang=${lang}&theme=light#interview-report`);
    await page.getByLabel(w.open).setInputFiles([
      { name: 'one.cutaway', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(handIn)) },
      { name: 'two.cutaway', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(other)) },
    ]);
    const table = page.locator('.report > table');
    await expect(table.getByText('Han Meimei')).toBeVisible({ timeout: 180_000 });
    await expect(table.getByText(w.full)).toHaveCount(1);
    await expect(table.getByText(w.none, { exact: true })).toHaveCount(5);
    await expect(table.getByText(w.sum)).toHaveCount(1);
    // How they went about it is told by the log that was run again: what R02's solution looks at, and what it does not.
    await expect(table.locator('.seen').first()).toContainText('✓');
    await expect(table.locator('.seen').first()).toContainText('○');
    await flawless(page);
    await page.screenshot({ path: `test-results/screens/interview-report-${lang}.png`, fullPage: true });

    await page.getByRole('button', { name: w.watch }).click();
    await page.waitForURL(/replay=R02/);
    await prompted(page);
    await expect(page.locator('.stage')).toBeVisible();
    await expect.poll(() => page.evaluate(() => window.cutaway.screen())).toContain('kube-apiserver');
    expect(errors).toEqual([]);
  });

  test(`question cards by keyboard, in ${lang}`, async ({ page }) => {
    const { errors } = await openPage(page, `&lang=${lang}#interview`);
    await page.getByRole('link', { name: w.cards, exact: true }).focus();
    await page.keyboard.press('Enter');
    await expect(page.locator('.question-cards > li')).toHaveCount(60);
    await expect(page.getByText(w.point)).toBeHidden();
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate(() => document.activeElement?.textContent)) === w.card) break;
    }
    await page.keyboard.press('Enter');
    await expect(page.getByText(w.point)).toBeVisible();
    await expect(page.getByRole('link', { name: 'L02' })).toBeVisible();
    await flawless(page);
    expect(errors).toEqual([]);
  });
}

test('a catch-up code takes to the class; a mistyped one says so', async ({ page }) => {
  await openPage(page, '&lang=en&lesson=L04');
  const panel = page.locator('.lesson');
  await panel.getByRole('button', { name: 'Do this step for me' }).click();
  await expect(panel.locator('.lesson-steps > .done')).toHaveCount(1);
  const code = /: ([0-9A-Z]{6})/.exec(await panel.getByText('Catch-up code').innerText())?.[1] ?? '';
  expect(code).toHaveLength(6);
  // What the step asks to watch is lit, and said.
  await expect(page.locator('.stage .stratum.watched').first()).toBeVisible();
  await page.goto('?seed=7&scenario=bare&lang=en#learn');
  const field = page.getByLabel('Catch-up code');
  await field.fill(code.slice(0, 5) + (code.endsWith('7') ? '8' : '7'));
  await page.getByRole('button', { name: 'Go there' }).click();
  await expect(page.getByText('That is no code of this page')).toBeVisible();
  await field.fill(code.toLowerCase());
  await page.keyboard.press('Enter');
  await page.waitForURL(/at=/);
  await prompted(page);
  await expect(panel.locator('.lesson-steps > .done')).toHaveCount(1, { timeout: 30_000 });
  await expect(panel.getByText(code)).toBeVisible();
});

for (const { name, width, height } of [
  { name: 'desktop', width: 1440, height: 900 },
  { name: 'tablet', width: 1024, height: 768 },
  { name: 'narrow', width: 360, height: 740 },
]) {
  // On each size one theme: the colours are the same on all.
  for (const theme of [name === 'desktop' ? 'light' : 'dark'] as const) {
    test(`interview on a ${name} page, ${theme}`, async ({ page }) => {
      await page.setViewportSize({ width, height });
      const lang = theme === 'dark' ? 'zh-CN' : 'en';
      const shot = (part: string) =>
        page.screenshot({ path: `test-results/screens/interview-${name}-${theme}-${part}.png` });
      await openPage(page, `&lang=${lang}&theme=${theme}#interview-packs`);
      await page.getByLabel(WORDS[lang].word).fill(WORD);
      await expect(page.locator('.pack').first()).toBeVisible();
      await shot('packs');
      for (const place of ['interview-cards', 'teach', 'learn']) {
        await page.evaluate((to) => {
          location.hash = `#${to}`;
        }, place);
        await expect(page.locator('.question-cards, .path').first()).toBeVisible();
        if (place === 'interview-cards') await page.locator('.question-cards summary').first().click();
        await page.waitForTimeout(200);
        await shot(place);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      }
      await page.goto(`?interview=P45&nonce=${WORD}&lang=${lang}&theme=${theme}`);
      await prompted(page);
      await expect(page.locator('.interview h2')).toBeVisible();
      await page.waitForTimeout(300);
      await shot('task');
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await flawless(page);
    });
  }
}
