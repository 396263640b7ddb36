/** `npm run soak`: long campaigns, apart from the tests of every day. SOAK_SEEDS says how many seeds. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['src/testing/soak/*.soak.ts'], testTimeout: 3_600_000, pool: 'forks' },
});
