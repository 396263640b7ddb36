/** What every hypervisor does with /dev/kvm: a machine with its devices, run until the guest switches itself off. */
import type { Context } from '../../../../linux/context.ts';
import type { VirtualDevice } from '../../../../linux/syscalls.ts';

export type MachineConfig = {
  vcpus: number;
  memoryBytes: number;
  kernel: string;
  commandLine: string;
  devices: readonly VirtualDevice[];
  /** virtio-fs: tag and vhost-user socket. */
  shares: readonly { tag: string; socket: string }[];
};

/** Opens /dev/kvm read-write; the errno is for the hypervisor to word. */
export async function openKvm(ctx: Context): Promise<number> {
  return ctx.sys.open(ctx, '/dev/kvm', { read: true, write: true, closeOnExec: true });
}

export async function makeMachine(ctx: Context, kvm: number, config: MachineConfig): Promise<number> {
  const { sys } = ctx;
  const machine = await sys.createVirtualMachine(ctx, kvm, { vcpus: config.vcpus, memoryBytes: config.memoryBytes });
  for (const device of config.devices) await sys.addVirtualDevice(ctx, machine, device);
  for (const { tag, socket } of config.shares) {
    const socketFd = await sys.connect(ctx, { family: 'unix', path: socket });
    const { descriptors } = await sys.receiveDescriptors(ctx, socketFd);
    const directoryFd = descriptors[0] ?? -1;
    await sys.addVirtualDevice(ctx, machine, { kind: 'fs', tag, socketFd, directoryFd });
    await sys.close(ctx, directoryFd);
  }
  return machine;
}
