import { expect, test } from 'vitest';
import { installedCommands } from './installed.ts';
import { commandPrograms } from './list.ts';
import { systemPrograms } from './list-system.ts';

test('the table of installed commands is the lists of commands', () => {
  const listed = [...commandPrograms, ...systemPrograms].map((c) => `${c.path} ${c.size} ${c.program.name}`).sort();
  expect(installedCommands.map((row) => row.join(' ')).sort()).toEqual(listed);
});
