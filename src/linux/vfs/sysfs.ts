/** The part of sysfs that tools look at. @models Linux 6.12 sysfs @fidelity partial: cpus, net, block devices, a few empty buses */
import { type BlockDevice, knownBlockDevices } from '../block/block-device.ts';
import { hotplugs } from '../guest-hardware.ts';
import type { Kernel } from '../kernel.ts';
import type { NetNamespace } from '../net/net-namespace.ts';
import { directoryOf, fileOf, type GeneratedEntry, GeneratedInode } from './generated-fs.ts';
import { FileSystem, type Inode } from './inode.ts';

const MODULES = [
  'br_netfilter',
  'bridge',
  'kvm',
  'kvm_intel',
  'overlay',
  'tun',
  'veth',
  'vhost',
  'vhost_net',
  'vhost_vsock',
];

export class SysFileSystem extends FileSystem {
  readonly root: Inode;

  constructor(kernel: Kernel, device: readonly [number, number], net: NetNamespace) {
    super('sysfs', device);
    const interfaces: GeneratedEntry = {
      kind: 'directory',
      list: () => net.interfaces.keys(),
      entry: (name) => {
        const link = net.interfaces.get(name);
        if (link === undefined) return null;
        // Another interface may have the same name later.
        const files = directoryOf({
          address: fileOf(() => `${link.mac}\n`),
          mtu: fileOf(() => `${link.mtu}\n`),
          ifindex: fileOf(() => `${link.index}\n`),
          iflink: fileOf(() => `${link.kind === 'veth' ? (link.peer?.index ?? link.index) : link.index}\n`),
          operstate: fileOf(() => `${link.kind === 'loopback' ? 'unknown' : link.up ? 'up' : 'down'}\n`),
        });
        return { ...files, key: link } as GeneratedEntry;
      },
    };
    const all = machineTree(kernel);
    const devices = directoryOf({ net: interfaces });
    const root: GeneratedEntry = {
      kind: 'directory',
      list: () => Object.keys(all),
      entry: (name) => (name === 'class' ? devices : Object.hasOwn(all, name) ? (all[name] as GeneratedEntry) : null),
    };
    this.root = new GeneratedInode(this, root, kernel.wallTime());
  }
}

const trees = new WeakMap<Kernel, Record<string, GeneratedEntry>>();

/** One for all mounts of sysfs; of `class` a mount has one of its own, which shows a network namespace. */
function machineTree(kernel: Kernel): Readonly<Record<string, GeneratedEntry>> {
  let tree = trees.get(kernel);
  if (tree === undefined) {
    tree = buildMachineTree(kernel);
    trees.set(kernel, tree);
  }
  return tree;
}

function buildMachineTree(kernel: Kernel): Record<string, GeneratedEntry> {
  const empty = directoryOf({});
  const { cores } = kernel.options;
  const hotplug = hotplugs.get(kernel);
  const cpus: Record<string, GeneratedEntry> = {
    online: fileOf(() => `0-${cores - 1}\n`),
    possible: fileOf(() => `0-${cores - 1}\n`),
    present: fileOf(() => `0-${cores - 1}\n`),
  };
  for (let i = 0; i < cores; i++)
    cpus[`cpu${i}`] = directoryOf({
      topology: directoryOf({ core_id: fileOf(() => `${i}\n`), physical_package_id: fileOf(() => '0\n') }),
    });
  return {
    block: {
      kind: 'directory',
      list: () => knownBlockDevices(kernel).map(({ name }) => name),
      entry: (name) => {
        const device = knownBlockDevices(kernel).find((one) => one.name === name);
        return device === undefined ? null : { kind: 'link', target: () => `../devices/${device.place}/${name}` };
      },
    },
    bus: empty,
    class: empty,
    dev: empty,
    devices: withBlockDevices(kernel, '', {
      system: directoryOf({
        cpu: hotplug?.cpuDirectory ?? directoryOf(cpus),
        node: directoryOf({ node0: directoryOf({}) }),
        ...(hotplug === undefined ? {} : { memory: hotplug.memoryDirectory }),
      }),
      virtual: withBlockDevices(kernel, 'virtual/', { powercap: empty }),
    }),
    firmware: directoryOf({}),
    fs: directoryOf({ cgroup: directoryOf({}), bpf: directoryOf({}) }),
    hypervisor: empty,
    kernel: directoryOf({
      security: directoryOf({}),
      debug: directoryOf({}),
      mm: directoryOf({ transparent_hugepage: directoryOf({ enabled: fileOf(() => 'always [madvise] never\n') }) }),
    }),
    // What a guest's kernel needs is built in.
    module: kernel.carrier === null ? directoryOf(Object.fromEntries(MODULES.map((name) => [name, empty]))) : empty,
    power: empty,
  };
}

/** A directory below /sys/devices, with the way to the block devices that are further down. */
function withBlockDevices(kernel: Kernel, prefix: string, fixed: Record<string, GeneratedEntry>): GeneratedEntry {
  const steps = (): Map<string, BlockDevice | null> => {
    const found = new Map<string, BlockDevice | null>();
    for (const device of knownBlockDevices(kernel)) {
      const path = `${device.place}/${device.name}`;
      if (!path.startsWith(prefix)) continue;
      const [next = '', ...more] = path.slice(prefix.length).split('/');
      found.set(next, more.length === 0 ? device : null);
    }
    return found;
  };
  return {
    kind: 'directory',
    list: () => new Set([...Object.keys(fixed), ...steps().keys()]),
    entry: (name) => {
      if (Object.hasOwn(fixed, name)) return fixed[name] as GeneratedEntry;
      const step = steps().get(name);
      if (step === undefined) return null;
      return step === null ? withBlockDevices(kernel, `${prefix}${name}/`, {}) : blockDirectory(step);
    },
  };
}

function blockDirectory(device: BlockDevice): GeneratedEntry {
  const { name, label } = device;
  return directoryOf({
    dev: fileOf(() => `${device.number.join(':')}\n`),
    ro: fileOf(() => `${device.readOnly ? 1 : 0}\n`),
    size: fileOf(() => `${Math.floor(device.size / 512)}\n`),
    slaves: directoryOf(
      Object.fromEntries(
        device.below.map((one) => [one.name, { kind: 'link', target: () => `../../${one.name}` } as const]),
      ),
    ),
    ...(name.startsWith('dm-') ? { dm: directoryOf({ name: fileOf(() => `${label}\n`) }) } : {}),
    ...(name.startsWith('loop') && label !== null
      ? { loop: directoryOf({ backing_file: fileOf(() => `${label}\n`) }) }
      : {}),
  });
}
