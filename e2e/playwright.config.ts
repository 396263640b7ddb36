import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

const DEBIAN_CHROMIUM = '/usr/bin/chromium';
/** Another one where several copies of the page are tested side by side. */
const PORT = Number(process.env.PORT ?? 4173);

/** Runs against the built page: `npm run build` comes first. */
export default defineConfig({
  testDir: '.',
  // They make pictures and assert nothing.
  testIgnore: process.env.SCREENS === undefined ? ['screens.spec.ts'] : [],
  outputDir: '../test-results',
  timeout: 120_000,
  // Two pages, each with a worker, share two cores: what is there at once alone can take several seconds.
  expect: { timeout: 20_000 },
  retries: 0,
  workers: 2,
  reporter: [['list']],
  use: {
    baseURL: `http://127.0.0.1:${PORT}/`,
    viewport: { width: 1440, height: 900 },
    locale: 'en-US',
    // Each test begins with an empty browser: it would fetch everything that the next visit might want.
    serviceWorkers: 'block',
    launchOptions: existsSync(DEBIAN_CHROMIUM)
      ? { executablePath: DEBIAN_CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] }
      : {},
  },
  webServer: {
    command: `npx vite preview --host 127.0.0.1 --port ${PORT} --strictPort`,
    cwd: '..',
    url: `http://127.0.0.1:${PORT}/`,
    reuseExistingServer: true,
  },
});
