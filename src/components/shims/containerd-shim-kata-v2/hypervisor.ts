/** What a hypervisor is told of the pod, and how the shim reaches the guest through it. */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { startCloudHypervisor } from './cloud-hypervisor.ts';
import type { HypervisorConfig } from './configuration.ts';
import { startFirecracker } from './firecracker.ts';
import type { GuestNic } from './network.ts';
import { startQemu } from './qemu.ts';

export const AGENT_PORT = 1024;

export type Vm = {
  id: string;
  cid: number;
  runDirectory: string;
  /** virtiofsd's vhost-user socket. */
  socket: string;
  nics: readonly GuestNic[];
  netns: string | null;
};

/** What the agent is told to look for: a kind of device, and its address in the guest. */
export type GuestDisk = { driver: string; source: string };

/** What can be changed about a machine that runs; what a hypervisor cannot is missing. */
export type VmControl = {
  plugDisk(ctx: Context, path: string, index: number, readOnly: boolean): Promise<GuestDisk>;
  unplugDisk(ctx: Context, index: number): Promise<void>;
  /** How many there are then: no more than the hypervisor allows. */
  resizeVcpus?(ctx: Context, from: number, to: number): Promise<number>;
  /** In whole blocks of the guest's memory. */
  resizeMemory?(ctx: Context, totalMiB: number, blockBytes: number): Promise<void>;
  plugNic?(ctx: Context, nic: GuestNic, index: number): Promise<void>;
};

const MIB = 1 << 20;

/** What must have been plugged in for that much in all, in whole blocks; null if the machine began with as much. */
export function hotpluggedBytes(config: HypervisorConfig, totalMiB: number, blockBytes: number): number | null {
  if (totalMiB < config.memoryMiB) return null;
  const wanted = Math.ceil(((totalMiB - config.memoryMiB) * MIB) / blockBytes) * blockBytes;
  const total = config.memoryMiB + wanted / MIB;
  if (total > config.maxMemoryMiB)
    throw newError(`requested memory (${total} M) is greater than maximum allowed (${config.maxMemoryMiB} M)`);
  return wanted;
}

export type StartedVm = {
  control: VmControl;
  vmm: number;
  /** What the hypervisor says on stderr. */
  errors: number;
  address: string;
  /** One attempt at a connection to the agent; throws an errno while nobody listens there. */
  dial(ctx: Context): Promise<number>;
};

export function startVmm(ctx: Context, config: HypervisorConfig, vm: Vm): Promise<StartedVm> {
  switch (config.name) {
    case 'qemu':
      return startQemu(ctx, config, vm);
    case 'clh':
    case 'cloud-hypervisor':
      return startCloudHypervisor(ctx, config, vm);
    case 'fc':
    case 'firecracker':
      return startFirecracker(ctx, config, vm);
    default:
      throw newError(`not simulated: hypervisor ${config.name}`);
  }
}
