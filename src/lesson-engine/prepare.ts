/** The node that a lesson or a drill begins with. */
import { Machine } from '../machine/machine.ts';
import { isScenario } from '../machine/scenarios/index.ts';
import { StateViewer } from './state-view.ts';
import { Typist } from './typist.ts';

export type Stand = { scenario: string; seed: number; setup: readonly string[] };

/** What was printed by set-up lines that failed, for their author. */
export type Prepared = { machine: Machine; viewer: StateViewer; complaints: string[] };

/** Boots the scenario and types the set-up into a session of its own, which is closed before the learner comes. */
export async function prepare({ scenario, seed, setup }: Stand): Promise<Prepared> {
  if (!isScenario(scenario)) throw new Error(`there is no scenario "${scenario}"`);
  const machine = await Machine.boot({ scenario, seed });
  const complaints: string[] = [];
  if (setup.length > 0) {
    const typist = new Typist(machine);
    for (const line of setup) {
      const { output, exitCode } = await typist.type(line);
      if (exitCode !== 0) complaints.push(`set-up: ${line}\n${output}(exit code ${exitCode})`);
    }
    await typist.logOut();
  }
  return { machine, viewer: new StateViewer(machine), complaints };
}
