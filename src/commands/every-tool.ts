/** The programs of all tools that a Debian node has beside its everyday commands. */
import type { Program } from '../linux/program.ts';
import { textPrograms } from './list-text.ts';
import { toolPrograms } from './list-tools.ts';
import { notSimulatedProgram } from './not-simulated.ts';

export const everyTool: Program[] = [
  ...[...textPrograms, ...toolPrograms].map((command) => command.program),
  notSimulatedProgram,
];
