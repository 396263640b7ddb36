import { expect, type Page, test } from '@playwright/test';
import { axeOn, openPage } from './page.ts';

test.describe.configure({ timeout: 240_000 });

const SIZES = [
  { width: 1366, height: 768 },
  { width: 360, height: 740 },
] as const;

async function accessible(page: Page): Promise<void> {
  const axe = axeOn(page).exclude('.xterm').disableRules(['label-content-name-mismatch']);
  expect((await axe.analyze()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  const width = page.viewportSize()?.width ?? 0;
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
}

async function openLink(page: Page, name: string | RegExp): Promise<void> {
  // A plan that names it leads there as well.
  await page.getByRole('link', { name }).last().focus();
  await page.keyboard.press('Enter');
}

const ARTICLE = [
  {
    lang: 'en',
    lessons: 'Lessons',
    article: /the article you can run/,
    first: /One request, many programs/,
    sandboxes: /another kernel underneath/,
    layers: 'Every layer is a process',
    printed: 'As printed: a Pod without containers',
    repaired: 'The smallest repair: a container',
    run: 'Run it',
  },
  {
    lang: 'zh-CN',
    lessons: '课程',
    article: /能运行的文章/,
    first: /一个请求，一串程序/,
    sandboxes: /脚下换一个内核/,
    layers: '每一层都是进程',
    printed: '照原文：没有容器的 Pod',
    repaired: '最小的修改：补一个容器',
    run: '运行',
  },
] as const;

// Each language at one size: what is particular to a size is the same in both.
for (const [i, words] of ARTICLE.entries()) {
  for (const size of SIZES.slice(i, i + 1)) {
    test(`the article from the home, as printed and repaired, in ${words.lang} at ${size.width} px`, async ({
      page,
    }) => {
      await page.setViewportSize(size);
      const { errors } = await openPage(page, `&lang=${words.lang}&theme=light`);
      await openLink(page, words.lessons);
      await openLink(page, words.article);
      await expect(page.getByRole('link', { name: words.first })).toBeVisible();
      await expect(page.locator('.home .contents > li')).toHaveCount(9);
      await accessible(page);
      await openLink(page, words.first);
      await page.waitForURL(/article=A1/);

      const block = (name: string) => page.getByRole('region', { name, exact: true });
      const run = async (name: string): Promise<void> => {
        await block(name).getByRole('button', { name: words.run, exact: true }).focus();
        await page.keyboard.press('Enter');
        await expect(block(name).locator('.proof')).toBeVisible({ timeout: 90_000 });
        await expect(block(name).locator('.proof .unmet')).toHaveCount(0);
      };
      await page.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
      await run(words.layers);
      await accessible(page);

      // Asked for the repair, what was printed is typed first: the one stands on the other.
      await page.goto(`?lang=${words.lang}&theme=dark#article`);
      await openLink(page, words.sandboxes);
      await page.waitForURL(/article=A5/);
      await page.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
      await run(words.repaired);
      await expect(block(words.printed).locator('.proof')).toContainText('spec.containers: Required value');
      await expect(block(words.repaired).locator('.proof')).toContainText('6.18.35');
      await accessible(page);
      expect(errors).toEqual([]);
    });
  }
}

const DEMO = [
  {
    lang: 'en',
    title: /Vanishing runc/,
    teach: 'Teach',
    notes: 'Speaker notes',
    own: 'Watch the floor',
    type: 'Type yourself',
  },
  { lang: 'zh-CN', title: /消失的 runc/, teach: '教学', notes: '演讲者备注', own: '请大家盯住', type: '自己敲' },
] as const;

for (const [i, words] of DEMO.entries()) {
  for (const size of SIZES.slice(i, i + 1)) {
    test(`a demo presented by keyboard, in ${words.lang} at ${size.width} px`, async ({ page }) => {
      await page.setViewportSize(size);
      const { errors } = await openPage(page, `&lang=${words.lang}&theme=light`);
      await page.evaluate(() => {
        location.hash = '#teach';
      });
      await openLink(page, words.title);
      await page.waitForURL(/demo=D01/);
      await page.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
      const panel = page.locator('.lesson.demo');
      await expect(panel).toBeFocused();
      const pods = () => page.evaluate(() => window.cutaway.trace({ kind: 'command.end' }).length);
      const settled = () => expect(panel.locator('.lesson-buttons button').first()).toBeEnabled({ timeout: 90_000 });

      // The notes are in a window of their own, and its keys move the page.
      const [notes] = await Promise.all([
        page.context().waitForEvent('page'),
        panel.getByRole('button', { name: words.notes }).press('Enter'),
      ]);
      await expect(notes.locator('.before')).toHaveCount(0);
      await expect(notes.getByRole('heading', { level: 1 })).toBeVisible();
      await accessible(notes);
      await notes.keyboard.press('PageDown');
      await settled();
      expect(await pods()).toBe(1);
      await page.bringToFront();

      await page.keyboard.press('ArrowRight');
      await expect(page.locator('.demo-question li')).toHaveCount(3);
      await expect(notes.locator('main')).toContainText(words.own);
      await accessible(page);
      await page.locator('.demo-question button').nth(1).press('Enter');
      await page.keyboard.press('ArrowRight');
      // The first line is drawn hop by hop; pressing on shows its end.
      await expect.poll(pods, { timeout: 60_000 }).toBeGreaterThan(1);
      await page.keyboard.press('ArrowRight');
      await expect.poll(pods, { timeout: 60_000 }).toBe(3);
      await page.keyboard.press('ArrowRight');
      await settled();
      await expect(panel.locator('.claims .met')).toHaveCount(2);
      await expect(panel.locator('.demo-options .right')).toHaveCount(1);

      // Live typing at any time, and a clicker's key goes on from there.
      await panel.getByRole('button', { name: words.type }).press('Enter');
      await page.keyboard.type('crictl ps -q --name web | wc -l');
      await page.keyboard.press('Enter');
      await expect.poll(pods).toBe(4);
      await page.keyboard.press('PageDown');
      await page.keyboard.press('PageUp');
      await settled();

      // Back takes the node along: the Pod is not there yet.
      await page.keyboard.press('ArrowLeft');
      await settled();
      await expect(page.locator('.demo-question')).toBeVisible();
      const { stdout } = await page.evaluate(() => window.cutaway.run('kubectl get pods 2>&1'));
      expect(stdout).toContain('No resources found');
      expect(errors).toEqual([]);
    });
  }
}
