/** What the drivers of a guest find on the machine that its hypervisor made (calls/virtual-machines.ts). */
import type { Hotplug } from './guest-hotplug.ts';
import type { Kernel } from './kernel.ts';
import type { Location } from './vfs/mounts.ts';
import type { FileServer } from './vfs/remote-fs.ts';

export type GuestHardware = {
  shares: Map<string, { server: FileServer; directory: Location }>;
};

/** Shares of the guests, for mount(2) over there. */
export const hardwareOf = new WeakMap<Kernel, GuestHardware>();

/** CPUs and memory that may come and go. */
export const hotplugs = new WeakMap<Kernel, Hotplug>();
