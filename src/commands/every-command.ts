/** The programs of all commands that a Debian node has. */
import type { Program } from '../linux/program.ts';
import { commandPrograms } from './list.ts';
import { systemPrograms } from './list-system.ts';

export const everyCommand: Program[] = [...commandPrograms, ...systemPrograms].map((command) => command.program);
