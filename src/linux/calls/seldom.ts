/** System calls that few programs make: a page has its prompt sooner without them. */
import type { Kernel } from '../kernel.ts';
import type { Syscalls } from '../syscalls.ts';

const ON_BLOCK_DEVICES = [
  'loopFree',
  'loopAttach',
  'loopDetach',
  'loopStatus',
  'blockDiscard',
  'deviceMapper',
] as const satisfies readonly (keyof Syscalls)[];

const ON_VIRTUAL_MACHINES = [
  'createVirtualMachine',
  'addVirtualDevice',
  'removeVirtualDisk',
  'changeVirtualDisk',
  'resizeVirtualMachine',
  'runVirtualMachine',
  'connectGuest',
  'reboot',
] as const satisfies readonly (keyof Syscalls)[];

type Seldom = (typeof ON_BLOCK_DEVICES)[number] | (typeof ON_VIRTUAL_MACHINES)[number];

export function seldomCalls(kernel: Kernel): Pick<Syscalls, Seldom> {
  return {
    ...fetched(ON_BLOCK_DEVICES, async () => (await import('./block-devices.ts')).blockCalls(kernel)),
    ...fetched(ON_VIRTUAL_MACHINES, async () => (await import('./virtual-machines.ts')).virtualMachineCalls(kernel)),
  };
}

type AnyCall = (...args: unknown[]) => Promise<unknown>;

function fetched<N extends Seldom>(names: readonly N[], load: () => Promise<Pick<Syscalls, N>>): Pick<Syscalls, N> {
  let calls: Record<N, AnyCall> | null = null;
  const call =
    (name: N): AnyCall =>
    async (...args) => {
      calls ??= (await load()) as Record<N, AnyCall>;
      return calls[name](...args);
    };
  return Object.fromEntries(names.map((name) => [name, call(name)])) as unknown as Pick<Syscalls, N>;
}
