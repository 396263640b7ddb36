import { expect, test } from 'vitest';
import { collectFidelity, unitsOf } from '../headless/scripts/fidelity.mjs';
import { ROOT } from './source-files.ts';

test('a comment says what a unit is, what it follows and what it leaves out', () => {
  const text = `/**
 * Tokens of a thing,
 * line by line.
 * @models thing 1.2 lex.c, parse.c
 * @fidelity partial: no macros;
 * no include
 */
/** Not modelled. */
/** Another. @models thing 1.2 io.c @fidelity full */`;
  expect(unitsOf('src/a.ts', text)).toEqual([
    {
      path: 'src/a.ts',
      what: 'Tokens of a thing, line by line.',
      models: 'thing 1.2 lex.c, parse.c',
      degree: 'partial',
      leftOut: 'no macros; no include',
    },
    { path: 'src/a.ts', what: 'Another.', models: 'thing 1.2 io.c', degree: 'full', leftOut: '' },
  ]);
});

test('every degree of fidelity is one that readers know, and what is partial says what is missing', () => {
  const units = collectFidelity(ROOT);
  expect(units.length).toBeGreaterThan(1000);
  expect([...new Set(units.map(({ degree }) => degree))].sort()).toEqual(['', 'full', 'none', 'partial']);
  expect(units.filter(({ degree, leftOut }) => degree === 'partial' && leftOut === '').map(({ path }) => path)).toEqual(
    [],
  );
});
