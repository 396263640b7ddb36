/** Every scenario, by name. */
import type { DiskImage } from '../disk-image.ts';
import type { OutsideHost } from '../internet.ts';
import { bare } from './bare.ts';
import { containerd } from './containerd.ts';
import { crio } from './crio.ts';
import { docker } from './docker.ts';
import type { ScenarioName } from './names.ts';

export type { ScenarioName };

type NodeKernel = { readonly release: string; readonly version: string };

export type Scenario = {
  name: string;
  /** One line for `cutaway scenarios`. */
  summary: string;
  /** What the node boots. */
  kernel: NodeKernel;
  /** Hosts on the internet that the node can reach. */
  outside: readonly OutsideHost[];
  /** Virtual time after power-on by which everything is up; the learner's clock starts then. */
  readyNs: number;
  /** When one can log in; services that come soon after may still be on their way. */
  loginNs: number;
  /** Fills the disk of the new node. */
  install(disk: DiskImage): void;
};

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = { containerd, crio, docker, bare };

export function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(scenarios, name);
}
