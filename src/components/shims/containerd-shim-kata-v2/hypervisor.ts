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

export type StartedVm = {
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
