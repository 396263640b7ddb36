import { test } from '@playwright/test';

test('prompt time', async ({ browser }) => {
  const times: string[] = [];
  for (let i = 0; i < 5; i++) {
    const ctx = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const page = await ctx.newPage();
    page.on('console', (m) => {
      if (m.type() === 'error') console.log(m.text());
    });
    await page.goto('?seed=7&scenario=containerd');
    await page.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
    times.push(await page.evaluate(() => performance.getEntriesByName('cutaway:prompt')[0]!.startTime.toFixed(0)));
    if (i === 4) {
      await page.waitForTimeout(1500);
      await page.screenshot({ path: 'test-results/k-first.png' });
      await page.evaluate(() => window.cutaway.run('kubectl create deployment web --image=nginx --replicas=3'));
      await page.waitForTimeout(9000);
      await page.keyboard.press('Escape');
      await page.waitForTimeout(500);
      await page.screenshot({ path: 'test-results/k-live.png' });
      await page.evaluate(() => window.cutaway.run('kubectl get pods -o wide'));
      await page.waitForTimeout(600);
      await page.screenshot({ path: 'test-results/k-hop.png' });
    }
    await ctx.close();
  }
  console.log('PROMPT ms', times.join(' '));
});
