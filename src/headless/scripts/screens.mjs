/** `npm run screens`: pictures of the main screens, to be looked at: test-results/screens. */
import { buildPage } from './build.mjs';
import { ensureBrowser, ensureDependencies, runTool } from './install.mjs';

ensureDependencies();
const missing = ensureBrowser();
if (missing !== null) {
  console.error(missing);
  process.exit(1);
}
const args = ['test', '--config', 'e2e/playwright.config.ts', 'screens.spec'];
process.exitCode = buildPage() || runTool('@playwright/test/cli.js', args, { env: { ...process.env, SCREENS: '1' } });
