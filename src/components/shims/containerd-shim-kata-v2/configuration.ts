/**
 * configuration.toml: which hypervisor, how big a machine, which kernel and image.
 * @models kata-containers 4.1.0 src/libs/kata-types/src/config @fidelity partial: the keys used here; the rest is accepted
 */
import { parse } from 'smol-toml';
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readFile } from '../../../linux/io.ts';

export type HypervisorConfig = {
  name: string;
  path: string;
  kernel: string;
  image: string;
  kernelParams: string;
  /** How long the agent may take to make a container. */
  createTimeoutNs: number;
  vcpus: number;
  memoryMiB: number;
  /** static_sandbox_resource_mgmt: the machine keeps the size that it begins with. */
  isStatic: boolean;
  /** Up to here CPUs and memory may be plugged in. */
  maxVcpus: number;
  maxMemoryMiB: number;
  /** How disks come to the guest: virtio-scsi, virtio-blk-pci, virtio-blk-mmio. */
  blockDeviceDriver: string;
  blockDeviceAio: string;
  virtiofsd: string;
  virtiofsdCache: string;
  /** shared_fs is not `none`: a directory of the host can be shown in the guest. */
  sharesFiles: boolean;
  /** Everything that the pod costs on the host is charged to the pod; else all but the hypervisor to an overhead cgroup. */
  sandboxCgroupOnly: boolean;
  /** What the guest calls the disk with its image. */
  rootDevice: string;
};

/** Where runtime-rs looks when nobody names a file. */
const DEFAULT_PATHS = [
  '/etc/kata-containers/runtime-rs/configuration.toml',
  '/etc/kata-containers/configuration.toml',
  '/opt/kata/share/defaults/kata-containers/runtime-rs/configuration.toml',
];

const CREATE_TIMEOUT_S = 30;
/** What tells the agent to offer a shell. */
const DEBUG_CONSOLE = ['agent.debug_console', 'agent.debug_console_vport=1026'];

type Table = Record<string, unknown>;

export async function loadConfiguration(ctx: Context, given: string): Promise<HypervisorConfig> {
  const { path, text } = await findFile(ctx, given === '' ? DEFAULT_PATHS : [given]);
  let file: Table;
  try {
    file = parse(text) as Table;
  } catch (error) {
    throw newError(`load TOML config failed\n\nCaused by:\n    ${String((error as { message?: unknown }).message)}`);
  }
  const runtime = table(file['runtime']);
  const name = String(runtime['hypervisor_name'] ?? 'qemu');
  const hypervisor = table(table(file['hypervisor'])[name]);
  if (Object.keys(hypervisor).length === 0) throw newError(`hypervisor ${name} is not configured in ${path}`);
  const isStatic = runtime['static_sandbox_resource_mgmt'] !== false;
  const vcpus = Math.max(1, Number(hypervisor['default_vcpus'] ?? 1));
  const memoryMiB = Number(hypervisor['default_memory'] ?? 2048);
  const agent = table(table(file['agent'])[String(runtime['agent_name'] ?? 'kata')]);
  const text_ = (key: string): string => String(hypervisor[key] ?? '');
  return {
    name,
    path: text_('path'),
    kernel: text_('kernel'),
    image: text_('image'),
    kernelParams: [text_('kernel_params'), ...(agent['debug_console_enabled'] === true ? DEBUG_CONSOLE : [])]
      .filter((part) => part !== '')
      .join(' '),
    createTimeoutNs: Number(agent['create_container_timeout'] ?? CREATE_TIMEOUT_S) * 1e9,
    vcpus,
    memoryMiB,
    isStatic,
    maxVcpus: isStatic ? vcpus : Math.max(vcpus, await atMost(hypervisor['default_maxvcpus'], () => hostCpus(ctx))),
    maxMemoryMiB: isStatic ? memoryMiB : await atMost(hypervisor['default_maxmemory'], () => hostMemoryMiB(ctx)),
    blockDeviceDriver: text_('block_device_driver') === '' ? 'virtio-blk-pci' : text_('block_device_driver'),
    blockDeviceAio: text_('block_device_aio') === '' ? 'io_uring' : text_('block_device_aio'),
    virtiofsd: text_('virtio_fs_daemon'),
    sandboxCgroupOnly: runtime['sandbox_cgroup_only'] !== false,
    sharesFiles: hypervisor['shared_fs'] !== 'none',
    rootDevice:
      hypervisor['vm_rootfs_driver'] === 'virtio-blk-pci' || hypervisor['vm_rootfs_driver'] === 'virtio-blk-mmio'
        ? '/dev/vda1'
        : '/dev/pmem0p1',
    virtiofsdCache: String(hypervisor['virtio_fs_cache'] ?? 'auto'),
  };
}

const MIB = 1 << 20;
/** overhead_memory and overhead_vcpus of runtime-rs. */
const OVERHEAD_MIB = 32;
const OVERHEAD_VCPUS = 0.2;

/**
 * static_sandbox_resource_mgmt: the machine is as big as the pod's limits, which containerd passes on in annotations, and
 * the overhead; as big as the defaults if there are none.
 */
export function sizedFor(config: HypervisorConfig, annotations: Readonly<Record<string, string>>): HypervisorConfig {
  const number = (key: string): number => Number(annotations[`io.kubernetes.cri.sandbox-${key}`] ?? 0);
  const [memory, quota, period] = [number('memory'), number('cpu-quota'), number('cpu-period')];
  if (!config.isStatic) return config;
  const memoryMiB = memory > 0 ? Math.ceil(memory / MIB) + OVERHEAD_MIB : config.memoryMiB;
  const vcpus = quota > 0 && period > 0 ? Math.max(1, Math.ceil(quota / period + OVERHEAD_VCPUS)) : config.vcpus;
  return { ...config, memoryMiB, vcpus, maxVcpus: vcpus, maxMemoryMiB: memoryMiB };
}

/** 0, or nothing, is what the host has. */
async function atMost(given: unknown, host: () => Promise<number>): Promise<number> {
  const most = await host();
  return Number(given ?? 0) > 0 ? Math.min(Number(given), most) : most;
}

async function hostCpus(ctx: Context): Promise<number> {
  return (await readFile(ctx, '/proc/cpuinfo')).match(/^processor/gm)?.length ?? 1;
}

async function hostMemoryMiB(ctx: Context): Promise<number> {
  const total = /^MemTotal:\s+(\d+)/.exec(await readFile(ctx, '/proc/meminfo'));
  return Math.floor(Number(total?.[1] ?? 0) / 1024);
}

async function findFile(ctx: Context, paths: readonly string[]): Promise<{ path: string; text: string }> {
  for (const path of paths) {
    try {
      return { path, text: await readFile(ctx, path) };
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (paths.length === 1)
        throw newError(`failed to read config file ${path}: ${error.libc} (os error ${error.errno})`);
    }
  }
  throw newError('failed to load config: no configuration file found');
}

function table(value: unknown): Table {
  return typeof value === 'object' && value !== null ? (value as Table) : {};
}
