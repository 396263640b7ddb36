/** The programs that a Debian node has for its network and its administration, in a chunk of their own. */
import type { Program } from '../linux/program.ts';
import { administrationPrograms } from './list-administration.ts';
import { networkPrograms } from './list-network.ts';

export const everyAdministration: Program[] = [
  ...new Set([...administrationPrograms, ...networkPrograms].map((command) => command.program)),
];
