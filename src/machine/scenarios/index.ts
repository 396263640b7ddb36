/** Every scenario, by name. */
import type { Random } from '../../sim/random.ts';
import type { DiskImage } from '../disk-image.ts';
import type { OutsideHost } from '../internet.ts';
import { bare } from './bare.ts';
import { containerd } from './containerd.ts';
import { crio } from './crio.ts';
import { docker } from './docker.ts';
import { SCENARIO_NAMES, type ScenarioName } from './names.ts';

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
  /** What the node is; it is called `node-1`. */
  node: NodeSetup;
  /** The other machines on its network, by host name: the same kernel, switched on at the same time. */
  others?: Readonly<Record<string, NodeSetup>>;
};

export type NodeSetup = {
  /** Fills the disk of the new node. */
  install(disk: DiskImage, random: Random): void;
  /** Where its cable ends. */
  uplink: { address: string; mac: string };
};

const single: Readonly<Record<Exclude<ScenarioName, 'cluster'>, Scenario>> = { containerd, crio, docker, bare };

/** A whole cluster is fetched when it is wanted. */
export async function loadScenario(name: ScenarioName): Promise<Scenario> {
  return name === 'cluster' ? (await import('./cluster.ts')).cluster : single[name];
}

export function isScenario(name: string): name is ScenarioName {
  return (SCENARIO_NAMES as readonly string[]).includes(name);
}
