/** A node's power: which kernel runs at the moment, and what follows when that ends. */
import { Errno } from '../linux/errno.ts';
import { Kernel, type KernelOptions, type PowerOffReason } from '../linux/kernel.ts';
import { GOING_DOWN } from '../linux/systemd/shutdown.ts';
import type { Inode } from '../linux/vfs/inode.ts';
import { walk } from '../linux/vfs/mounts.ts';
import { LATENCY } from '../sim/latency.ts';
import { WaitQueue } from '../sim/primitives.ts';
import { logBoot } from './boot-log.ts';
import { connectUplink, unplugUplink } from './internet.ts';
import type { NodeSetup } from './scenarios/index.ts';
import { startSystemd } from './start-systemd.ts';

type Owner = {
  /** From power-on until one can log in, ns. */
  loginNs: number;
  /** A kernel is there and nothing runs on it yet. */
  prepare(kernel: Kernel): void;
  /** One can log in again. */
  ready(kernel: Kernel): void;
};

export class NodePower {
  kernel: Kernel;
  /** Switched off, or halted: it stays so until somebody presses the button. */
  off = false;
  /** Woken when the node has gone down and when one can log in again. */
  readonly changed: WaitQueue<void>;
  private boots = 0;
  private readonly options: KernelOptions;
  private readonly uplink: NodeSetup['uplink'];
  private readonly owner: Owner;

  constructor(options: KernelOptions, uplink: NodeSetup['uplink'], owner: Owner) {
    this.options = options;
    this.uplink = uplink;
    this.owner = owner;
    this.changed = new WaitQueue(options.scheduler);
    this.kernel = this.newKernel(options);
  }

  private newKernel(options: KernelOptions): Kernel {
    const kernel = new Kernel(options);
    kernel.announce();
    logBoot(kernel);
    connectUplink(kernel, this.uplink.address, this.uplink.mac);
    kernel.onPowerOff.push((why) => this.wentDown(kernel, why));
    this.owner.prepare(kernel);
    this.boots++;
    return kernel;
  }

  private wentDown(kernel: Kernel, why: PowerOffReason): void {
    kernel.forget();
    unplugUplink(kernel, this.uplink.address);
    this.off = why !== 'reset';
    if (!this.off) this.bootSoon();
    this.changed.wakeAll();
  }

  /** The power button of a node that is off. */
  switchOn(): void {
    if (!this.off) return;
    this.off = false;
    this.bootSoon();
  }

  private bootSoon(): void {
    const { scheduler, random } = this.options;
    scheduler.at(scheduler.now + LATENCY.firmwareNs, () => {
      const disk = this.kernel.rootFileSystem;
      const kernel = this.newKernel({ ...this.options, random: random.fork(`boot-${this.boots}`), disk });
      this.kernel = kernel;
      startSystemd(kernel);
      scheduler.at(scheduler.now + this.owner.loginNs, () => {
        if (kernel.poweredOff !== null) return;
        this.owner.ready(kernel);
        this.changed.wakeAll();
      });
    });
  }

  /** From the moment that systemd begins to stop everything until one can log in again. */
  get away(): boolean {
    const { kernel, boots } = this;
    if (kernel.poweredOff !== null || (boots > 1 && kernel.uptimeNs < this.owner.loginNs)) return true;
    return inodeAt(kernel, GOING_DOWN) !== null;
  }
}

/** What is at a path of the node, as its first process sees it. */
export function inodeAt(kernel: Kernel, path: string): Inode | null {
  const root = kernel.rootLocation(kernel.initialNamespaces.mnt);
  try {
    return walk(path, { followLast: true, caller: null, root, cwd: root }).location?.inode ?? null;
  } catch (error) {
    if (error instanceof Errno) return null;
    throw error;
  }
}
