/** The programs of all tools that a Debian node has beside its everyday commands. */
import type { Program } from '../linux/program.ts';
import { textPrograms } from './list-text.ts';

export const everyTool: Program[] = textPrograms.map((command) => command.program);
