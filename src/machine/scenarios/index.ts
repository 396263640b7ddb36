/** Every scenario, by name. */
import type { DiskImage } from '../disk-image.ts';
import type { OutsideHost } from '../internet.ts';
import { bare } from './bare.ts';
import { cluster } from './cluster.ts';
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
  /** Fills the disk of the new node; it is called `node-1`. */
  install(disk: DiskImage): void;
  /** The other machines on its network, by host name: the same kernel, switched on at the same time. */
  others?: Readonly<Record<string, OtherNode>>;
};

export type Uplink = { address: string; mac: string };

export type OtherNode = { install(disk: DiskImage): void; uplink: Uplink };

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = { containerd, crio, cluster, docker, bare };

export function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(scenarios, name);
}
