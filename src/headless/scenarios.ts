/** `cutaway scenarios`: the nodes that can be booted. */
import { loadScenario } from '../machine/scenarios/index.ts';
import { SCENARIO_NAMES } from '../machine/scenarios/names.ts';
import { parseFlags } from './arguments.ts';

export async function listScenarios(args: string[]): Promise<number> {
  parseFlags(args, {}, false);
  const all = await Promise.all(SCENARIO_NAMES.map(loadScenario));
  const width = Math.max(...all.map((scenario) => scenario.name.length));
  for (const { name, summary } of all) process.stdout.write(`${name.padEnd(width)}  ${summary}\n`);
  return 0;
}
