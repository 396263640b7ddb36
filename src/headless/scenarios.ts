/** `cutaway scenarios`: the nodes that can be booted. */
import { scenarios } from '../machine/scenarios/index.ts';
import { parseFlags } from './arguments.ts';

export async function listScenarios(args: string[]): Promise<number> {
  parseFlags(args, {}, false);
  const all = Object.values(scenarios);
  const width = Math.max(...all.map((scenario) => scenario.name.length));
  for (const { name, summary } of all) process.stdout.write(`${name.padEnd(width)}  ${summary}\n`);
  return 0;
}
