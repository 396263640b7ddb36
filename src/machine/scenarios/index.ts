/** Every scenario, by name. */
import type { Random } from '../../sim/random.ts';
import type { DiskImage } from '../disk-image.ts';
import type { OutsideHost } from '../internet.ts';
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

const loaders: Readonly<Record<ScenarioName, () => Promise<Scenario>>> = {
  containerd: async () => (await import('./containerd.ts')).containerd,
  crio: async () => (await import('./crio.ts')).crio,
  cluster: async () => (await import('./cluster.ts')).cluster,
  docker: async () => (await import('./docker.ts')).docker,
  bare: async () => (await import('./bare.ts')).bare,
};

/** Fetched when it is wanted. */
export function loadScenario(name: ScenarioName): Promise<Scenario> {
  return loaders[name]();
}

export function isScenario(name: string): name is ScenarioName {
  return (SCENARIO_NAMES as readonly string[]).includes(name);
}
