import { expect, it } from 'vitest';
import { generateAll, staleFiles } from './generate.mjs';

it('has generated files that match the .proto text (npm run build:protocols)', () => {
  expect(generateAll().size).toBeGreaterThan(25);
  expect(staleFiles()).toEqual([]);
});
