/** The machines that there are: on one network, switched on together, each with a power of its own. */
import type { Kernel, KernelOptions } from '../linux/kernel.ts';
import type { Random } from '../sim/random.ts';
import { NODE_KERNEL } from '../sim/trace.ts';
import { DiskImage } from './disk-image.ts';
import { NodePower } from './node-power.ts';
import type { NodeSetup, Scenario } from './scenarios/index.ts';
import { startSystemd } from './start-systemd.ts';

/** The one that is logged in to first. */
export const FIRST_HOST = 'node-1';

type Common = Pick<KernelOptions, 'scheduler' | 'trace' | 'programs' | 'bootWallTime' | 'internet' | 'onDefect'>;

type Owner = {
  /** A kernel is there and nothing runs on it yet. */
  prepare(kernel: Kernel): void;
  /** One can log in again. */
  ready(kernel: Kernel): void;
};

/** By host name. `files` are put on the first one's disk by their node path. */
export function switchOn(
  scenario: Scenario,
  files: Readonly<Record<string, Uint8Array>>,
  common: Common,
  random: Random,
  owner: Owner,
): ReadonlyMap<string, NodePower> {
  const { kernel, loginNs } = scenario;
  const hosts = new Map<string, NodePower>();
  const start = (name: string, setup: NodeSetup, number: number, extra: Readonly<Record<string, Uint8Array>>): void => {
    const options: KernelOptions = {
      ...common,
      random: random.fork(name),
      hostname: name,
      ...kernel,
      number,
      cores: 2,
      memoryBytes: 4 * 1024 ** 3,
      diskBytes: 40 * 1024 ** 3,
      commandLine: `BOOT_IMAGE=/boot/vmlinuz-${kernel.release} root=/dev/vda1 ro quiet`,
    };
    const power = new NodePower(options, setup.uplink, { ...owner, loginNs });
    const disk = new DiskImage(power.kernel.rootFileSystem, common.bootWallTime);
    setup.install(disk, options.random);
    for (const [path, bytes] of Object.entries(extra)) disk.file(path, bytes);
    startSystemd(power.kernel);
    hosts.set(name, power);
  };
  start(FIRST_HOST, scenario.node, NODE_KERNEL, files);
  for (const [name, setup] of Object.entries(scenario.others ?? {})) start(name, setup, common.trace.newKernel(), {});
  return hosts;
}
