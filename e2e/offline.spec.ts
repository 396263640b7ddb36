import { expect, test } from '@playwright/test';
import { enter } from './page.ts';

test.use({ serviceWorkers: 'allow' });

test('after one visit the page works without a network: boots, runs a command, opens a lesson', async ({
  page,
  context,
}) => {
  await page.goto('?seed=7&scenario=bare&lang=en');
  await page.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
  // What is being kept is all there when the worker has been installed.
  await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === 'activated');
  await context.setOffline(true);
  await page.goto('?seed=8&scenario=bare&lang=en');
  await page.waitForFunction(() => performance.getEntriesByName('cutaway:prompt').length > 0);
  await page.locator('.terminal textarea').focus();
  expect(await enter(page, 'crictl pull busybox && ctr -n k8s.io images ls -q | jq -R . | head -1')).toBe(0);
  await page.getByRole('link', { name: 'Lessons', exact: true }).click();
  await page.getByRole('link', { name: 'A container is a process' }).click();
  await expect(page.getByRole('heading', { name: 'A container is a process' })).toBeVisible();
});
