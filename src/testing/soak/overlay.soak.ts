/** Overlay against a plain file system, many random histories. */
import { test } from 'vitest';
import { checkOverlay } from '../overlay-model.ts';

const SEEDS = Number(process.env['SOAK_SEEDS'] ?? 200);
const RUNS = 1000;

test(`overlay: ${SEEDS} × ${RUNS} histories`, () => {
  for (let seed = 1; seed <= SEEDS; seed++) checkOverlay(RUNS, seed);
});
