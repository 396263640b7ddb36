/** `npm run bench`: measures against the numbers to reach and prints the ratios; machines differ, so nothing fails. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/testing/benchmarks/*.ts'],
    testTimeout: 600_000,
    fileParallelism: false,
    disableConsoleIntercept: true,
  },
});
