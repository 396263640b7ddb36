import { expect, test } from 'vitest';
import { installedCommands } from './installed.ts';
import { installedAdministration } from './installed-administration.ts';
import { installedTools } from './installed-tools.ts';
import { commandPrograms } from './list.ts';
import { administrationPrograms } from './list-administration.ts';
import { networkPrograms } from './list-network.ts';
import { systemPrograms } from './list-system.ts';
import { textPrograms } from './list-text.ts';
import { toolPrograms } from './list-tools.ts';
import { notSimulated } from './not-simulated.ts';

test('the table of installed commands is the lists of commands', () => {
  const listed = [...commandPrograms, ...systemPrograms].map((c) => `${c.path} ${c.size} ${c.program.name}`).sort();
  expect(installedCommands.map((row) => row.join(' ')).sort()).toEqual(listed);
});

test('the table of installed tools is the lists of tools', () => {
  const listed = [...textPrograms, ...toolPrograms].map((c) => `${c.path} ${c.size} ${c.program.name}`).sort();
  expect(installedTools.map((row) => row.join(' ')).sort()).toEqual(listed);
});

test('the table of administration is the lists of administration and network', () => {
  const listed = [...administrationPrograms, ...networkPrograms].map((c) => `${c.path} ${c.size} ${c.program.name}`);
  expect(installedAdministration.map((row) => row.join(' ')).sort()).toEqual(listed.sort());
});

test('nothing that is simulated is in the list of what is not', () => {
  const simulated = new Set(
    [...installedCommands, ...installedTools, ...installedAdministration].map(([path]) => path.replace(/^.*\//, '')),
  );
  expect(notSimulated.map(([path]) => path.replace(/^.*\//, '')).filter((name) => simulated.has(name))).toEqual([]);
});
