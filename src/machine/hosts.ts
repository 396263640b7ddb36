/** The machines that there are: switched on together, and on again after a reboot with the disk that they had. */
import { Kernel, type KernelOptions } from '../linux/kernel.ts';
import type { Internet } from '../linux/net/net-namespace.ts';
import type { MemoryFileSystem } from '../linux/vfs/memory-fs.ts';
import type { Random } from '../sim/random.ts';
import { NODE_KERNEL } from '../sim/trace.ts';
import { logBoot } from './boot-log.ts';
import { connectUplink } from './internet.ts';
import type { NodeSetup, Scenario } from './scenarios/index.ts';
import { startSystemd } from './scenarios/start-systemd.ts';

type Common = Pick<KernelOptions, 'scheduler' | 'trace' | 'programs' | 'bootWallTime' | 'onDefect'> & {
  internet: Internet;
};

/** From reset to the kernel's first line: firmware and boot loader (estimate). */
const FIRMWARE_NS = 6_000_000_000;

export class Hosts {
  /** By host name; those that are switched off keep the kernel that they had. */
  readonly kernels = new Map<string, Kernel>();
  private readonly scenario: Scenario;
  private readonly common: Common;
  private readonly random: Random;
  private readonly onStart: (kernel: Kernel) => void;

  constructor(scenario: Scenario, common: Common, random: Random, onStart: (kernel: Kernel) => void) {
    this.scenario = scenario;
    this.common = common;
    this.random = random;
    this.onStart = onStart;
  }

  switchOn(files: Readonly<Record<string, Uint8Array>>): void {
    this.start('node-1', this.scenario.node, NODE_KERNEL, files);
    for (const [name, setup] of Object.entries(this.scenario.others ?? {}))
      this.start(name, setup, this.common.trace.newKernel(), {});
  }

  /** `from`: what goes onto an empty disk, or the disk of before. */
  private start(
    name: string,
    setup: NodeSetup,
    number: number,
    from: Readonly<Record<string, Uint8Array>> | MemoryFileSystem,
  ): void {
    const { scheduler } = this.common;
    const { kernel: booted } = this.scenario;
    const isNew = !('root' in from);
    const kernel = new Kernel({
      ...this.common,
      random: this.random.fork(isNew ? name : `${name} at ${scheduler.now}`),
      hostname: name,
      ...booted,
      cores: 2,
      memoryBytes: 4 * 1024 ** 3,
      diskBytes: 40 * 1024 ** 3,
      commandLine: `BOOT_IMAGE=/boot/vmlinuz-${booted.release} root=/dev/vda1 ro quiet`,
      ...(isNew ? {} : { disk: from as MemoryFileSystem }),
      ...(number === NODE_KERNEL ? {} : { number }),
    });
    this.kernels.set(name, kernel);
    kernel.announce();
    logBoot(kernel);
    this.onStart(kernel);
    if (isNew) setup.prepare(kernel, from as Readonly<Record<string, Uint8Array>>);
    connectUplink(kernel, setup.uplink.address, setup.uplink.mac);
    startSystemd(kernel);
    kernel.onPowerOff.push((why) => {
      if (why === 'reset')
        scheduler.at(scheduler.now + FIRMWARE_NS, () => this.start(name, setup, number, kernel.rootFileSystem));
    });
  }
}
