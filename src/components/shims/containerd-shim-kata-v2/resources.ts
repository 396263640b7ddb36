/**
 * The size of a machine that follows its containers: with each that has limits come CPUs and memory, with its end the
 * CPUs go.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/resource/src/{cpu_mem/cpu.rs,cpu_mem/mem.rs,manager_inner.rs}
 * @fidelity partial: no huge pages, no swap
 */
import type { Context } from '../../../linux/context.ts';
import { AgentService } from '../../../protocols/kata/agent/generated.ts';
import type { Resources } from '../../../protocols/oci-runtime/types.ts';
import { Mutex } from '../../../sim/primitives.ts';
import type { HypervisorConfig } from './configuration.ts';
import type { VmControl } from './hypervisor.ts';
import type { Sandbox } from './sandbox.ts';

const { methods } = AgentService;
const MIB = 1 << 20;
const DEFAULT_PERIOD_US = 100_000;

export type Change = 'add' | 'update' | 'remove';

export class MachineSize {
  private readonly config: HypervisorConfig;
  private readonly control: VmControl;
  private readonly containers = new Map<string, Resources>();
  private readonly turn: Mutex;
  private vcpus: number;
  /** In what pieces the guest takes memory; null before it was asked. */
  private blockBytes: number | null = null;

  constructor(ctx: Context, config: HypervisorConfig, control: VmControl) {
    this.config = config;
    this.control = control;
    this.vcpus = config.vcpus;
    this.turn = new Mutex(ctx.scheduler);
  }

  async change(ctx: Context, sandbox: Sandbox, id: string, resources: Resources, change: Change): Promise<void> {
    if (this.config.isStatic) return;
    const unlock = await this.turn.lock();
    try {
      if (change === 'remove') this.containers.delete(id);
      else this.containers.set(id, merged(this.containers.get(id), resources));
      const wanted = Math.max(1, Math.ceil(this.neededVcpus()));
      const turnsBack = (change === 'add' && wanted < this.vcpus) || (change === 'remove' && wanted > this.vcpus);
      if (wanted !== this.vcpus && !turnsBack)
        this.vcpus = (await this.control.resizeVcpus?.(ctx, this.vcpus, wanted)) ?? this.vcpus;
      await this.control.resizeMemory?.(ctx, this.neededMiB(), await this.memoryBlock(ctx, sandbox));
      await sandbox.agent.call(ctx, methods.OnlineCPUMem, { nbCpus: this.vcpus });
    } finally {
      unlock();
    }
  }

  private async memoryBlock(ctx: Context, sandbox: Sandbox): Promise<number> {
    if (this.blockBytes === null) {
      const details = await sandbox.agent.call(ctx, methods.GetGuestDetails, { memBlockSize: true });
      this.blockBytes = Number(details.memBlockSizeBytes);
    }
    return this.blockBytes;
  }

  /** Those that the machine began with, and on top of them what the containers may use together. */
  private neededVcpus(): number {
    const { vcpus } = this.config;
    let shares = 0;
    const pinned = new Set<string>();
    for (const { cpu } of this.containers.values()) {
      const quota = Number(cpu?.quota ?? -1);
      const period = Number(cpu?.period ?? DEFAULT_PERIOD_US);
      if (quota > 0 && period > 0) shares += quota / period;
      for (const one of cpusOf(cpu?.cpus ?? '')) pinned.add(one);
    }
    if (shares > 0) return vcpus + shares;
    return pinned.size > 0 ? pinned.size : vcpus;
  }

  private neededMiB(): number {
    let bytes = 0;
    for (const { memory } of this.containers.values()) bytes += Math.max(0, Number(memory?.limit ?? 0));
    return this.config.memoryMiB + Math.floor(bytes / MIB);
  }
}

/** An update says everything anew; only a quota is not forgotten because an update has none. */
function merged(known: Resources | undefined, given: Resources): Resources {
  const kept = given.cpu === undefined || (Number(known?.cpu?.quota ?? 0) > 0 && Number(given.cpu.quota ?? -1) < 0);
  return kept && known?.cpu !== undefined ? { ...given, cpu: known.cpu } : given;
}

/** `0-2,6` */
function cpusOf(text: string): string[] {
  return text.split(',').flatMap((part) => {
    const [first = '', last = first] = part.split('-');
    if (first === '') return [];
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => String(Number(first) + i));
  });
}
