/** What can be set side by side: by default the machines, and the lines to tell them all. */
import type { Savepoint } from '../../machine/machine.ts';
import { LAB_LINES, LAB_SCENARIO, labSetUp, POD_LINES } from '../../projections/comparison/lab-script.ts';
import type { MachinePlan } from './compared-node.ts';

export const PRESETS = ['lab', 'runtimes', 'fault', 'branches'] as const;

export type Preset = (typeof PRESETS)[number];

export type Plan = { readonly machines: readonly MachinePlan[]; readonly lines: readonly string[] };

const HANDLERS: readonly (readonly [handler: string, name: string])[] = [
  ['runc', 'runc'],
  ['kata', 'Kata'],
  ['runsc', 'gVisor'],
  ['crun', 'crun'],
];

export const FAULT_LINE = 'rm /usr/bin/runc';
const POD = '{"metadata":{"name":"p","namespace":"default","uid":"u"},"linux":{}}';

export type Branches = {
  readonly scenario: string;
  readonly seed: number;
  readonly savepoints: readonly [Savepoint, Savepoint];
};

/** @param fault what only the second machine is told @param names of the machines before and after it, of both branches */
export function planOf(
  preset: Preset,
  seed: number,
  fault: string,
  names: readonly [string, string],
  branches: Branches | null,
): Plan {
  switch (preset) {
    case 'lab':
      return {
        machines: HANDLERS.map(([handler, name]) => ({
          name,
          scenario: LAB_SCENARIO,
          seed,
          own: labSetUp(handler).split('\n'),
        })),
        lines: LAB_LINES,
      };
    case 'runtimes':
      return {
        machines: ['containerd', 'crio'].map((scenario) => ({
          name: scenario === 'crio' ? 'CRI-O' : scenario,
          scenario,
          seed,
          own: [],
        })),
        lines: POD_LINES,
      };
    case 'fault': {
      const own = [`echo '${POD}' > pod.json`, 'crictl pull registry.k8s.io/pause:3.10'];
      return {
        machines: names.map((name, i) => ({
          name,
          scenario: LAB_SCENARIO,
          seed,
          own: i === 0 ? [...own, ':'] : [...own, fault],
        })),
        lines: ['crictl runp pod.json', 'crictl pods'],
      };
    }
    case 'branches':
      return {
        machines:
          branches === null
            ? []
            : branches.savepoints.map((savepoint, i) => ({
                name: names[i] ?? '',
                scenario: branches.scenario,
                seed: branches.seed,
                own: [],
                savepoint,
              })),
        lines: [],
      };
  }
}
