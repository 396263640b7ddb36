import { test } from '@playwright/test';
import { enter, openPage } from './page.ts';

const SCREENS = [
  { name: 'desktop', width: 1440, height: 900, query: '' },
  { name: 'projector', width: 1920, height: 1080, query: '&projector=1' },
  { name: 'phone', width: 390, height: 844, query: '' },
] as const;

/** Pictures to be looked at, not compared, by `npm run screens`: test-results/screens. */
for (const screen of SCREENS) {
  for (const theme of ['light', 'dark'] as const) {
    test(`${screen.name} ${theme}`, async ({ page }) => {
      await page.setViewportSize({ width: screen.width, height: screen.height });
      await openPage(page, `&theme=${theme}&lang=${theme === 'dark' ? 'zh-CN' : 'en'}${screen.query}`);
      const shot = (part: string) =>
        page.screenshot({ path: `test-results/screens/${screen.name}-${theme}-${part}.png` });
      await page.waitForTimeout(300);
      await shot('first');
      await enter(page, 'crictl pull busybox');
      await enter(
        page,
        `echo '{"metadata":{"name":"web","namespace":"default","uid":"u"},"log_directory":"/tmp","linux":{}}' > p.json`,
      );
      await enter(
        page,
        `echo '{"metadata":{"name":"busybox"},"image":{"image":"busybox"},"command":["top"],"log_path":"b.log","linux":{}}' > c.json`,
      );
      await enter(page, 'POD=$(crictl runp p.json); CTR=$(crictl create $POD c.json p.json)');
      await page.keyboard.type('crictl start $CTR');
      await page.keyboard.press('Enter');
      await page.waitForTimeout(4500);
      await shot('hop');
      await page.keyboard.press('Escape');
      await page.waitForTimeout(300);
      await shot('live');
      await page.keyboard.press('Shift+F8');
      await page.getByRole('tab').nth(1).waitFor();
      await enter(page, 'crictl ps');
      await shot('terminals');
    });
  }
}
