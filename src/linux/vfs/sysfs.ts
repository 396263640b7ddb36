/** The part of sysfs that tools look at. @models Linux 6.12 sysfs @fidelity partial: cpus, net, a few empty buses */
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
        return directoryOf({
          address: fileOf(() => `${link.mac}\n`),
          mtu: fileOf(() => `${link.mtu}\n`),
          ifindex: fileOf(() => `${link.index}\n`),
          iflink: fileOf(() => `${link.kind === 'veth' ? (link.peer?.index ?? link.index) : link.index}\n`),
          operstate: fileOf(() => `${link.kind === 'loopback' ? 'unknown' : link.up ? 'up' : 'down'}\n`),
        });
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
  const cores = kernel.options.cores;
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
    block: empty,
    bus: empty,
    class: empty,
    dev: empty,
    devices: directoryOf({
      system: directoryOf({ cpu: directoryOf(cpus), node: directoryOf({ node0: directoryOf({}) }) }),
      virtual: directoryOf({ powercap: empty }),
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
