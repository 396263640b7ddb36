/**
 * cloud-hypervisor: started empty with an API socket, then told what machine to make and to boot it.
 * @models Cloud Hypervisor 51.1 vmm/src/api @fidelity partial: vm.create, vm.boot, vm.info, vm.add-disk, vm.remove-device, vm.resize, vmm.ping, vm.shutdown
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { print, printError, printRefusal } from '../../../../linux/io.ts';
import type { Program } from '../../../../linux/program.ts';
import type { VirtualDevice } from '../../../../linux/syscalls.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { optionsOf } from '../options.ts';
import { ApiError, type ApiHandler, serveApi } from './api-server.ts';
import { serveHybridVsock } from './hybrid-vsock.ts';
import { makeMachine, openKvm } from './machine.ts';

const VERSION = '51.1.0';

type VmConfig = {
  cpus?: { boot_vcpus?: number; max_vcpus?: number };
  memory?: { size?: number; hotplug_size?: number };
  payload?: { kernel?: string; cmdline?: string };
  pmem?: { file: string; discard_writes?: boolean }[];
  disks?: { id?: string; path: string; readonly?: boolean }[];
  net?: { tap: string; mac: string }[];
  fs?: { tag: string; socket: string }[];
  vsock?: { cid: number; socket: string };
};

type VmResize = { desired_vcpus?: number; desired_ram?: number };

export const cloudHypervisorProgram: Program = {
  name: 'cloud-hypervisor',
  layer: 'oci-runtime',
  startCpuNs: LATENCY.cloudHypervisorStartNs,
  rssBytes: 12_000 << 10,
  threads: 6,
  async main(ctx, argv) {
    const options = optionsOf(argv.slice(1));
    if (options.has('--version') || options.has('-V')) {
      await print(ctx, `cloud-hypervisor v${VERSION}\n`);
      return 0;
    }
    const path = options.get('--api-socket')?.[0]?.replace(/^path=/, '');
    if (path === undefined || path === '') {
      await printRefusal(
        ctx,
        'cloud-hypervisor: not simulated: a machine described on the command line (use --api-socket)\n',
      );
      return 1;
    }
    const listener = await ctx.sys.listen(ctx, { family: 'unix', path }, { mode: 0o700 });
    await serveApi(ctx, listener, api(ctx));
    return 0;
  },
};

function api(main: Context): ApiHandler {
  let config: VmConfig | null = null;
  let state: 'Created' | 'Running' = 'Created';
  let machine = -1;
  let added = 0;
  return async (ctx, method, target, body) => {
    const call = target.replace(/^.*\/api\/v1\//, '');
    switch (`${method} ${call}`) {
      case 'GET vmm.ping':
        return { version: VERSION, pid: ctx.sys.getpid(ctx) };
      case 'PUT vm.create':
        if (config !== null) throw new ApiError(500, 'VM is already created');
        config = body as VmConfig;
        return null;
      case 'GET vm.info':
        if (config === null) throw new ApiError(500, 'VM is not created');
        return { config, state };
      case 'PUT vm.boot':
        if (config === null) throw new ApiError(500, 'VM is not created');
        machine = await bootVm(main, config);
        state = 'Running';
        return null;
      case 'PUT vm.add-disk': {
        if (config === null || state !== 'Running') throw new ApiError(500, 'VM is not running');
        const disk = body as { path: string; readonly?: boolean };
        const number = (config.disks?.length ?? 0) + added++;
        const id = `_disk${number}`;
        const { path, readonly: readOnly = false } = disk;
        const at = diskPlace(config, number);
        await vmError(() =>
          ctx.sys.addVirtualDevice(main, machine, { kind: 'disk', bus: 'virtio', id, at, path, readOnly }),
        );
        return { id, bdf: `0000:00:${slot(diskSlot(config, number))}.0` };
      }
      case 'PUT vm.remove-device': {
        const { id } = body as { id: string };
        await vmError(() => ctx.sys.removeVirtualDisk(main, machine, id));
        return null;
      }
      case 'PUT vm.resize': {
        if (config === null || state !== 'Running') throw new ApiError(500, 'VM is not running');
        const { desired_vcpus: vcpus, desired_ram: memoryBytes } = body as VmResize;
        if (vcpus !== undefined && vcpus > (config.cpus?.max_vcpus ?? 1))
          throw new ApiError(500, 'VM error: Desired vCPUs exceed the maximum');
        await vmError(() =>
          ctx.sys.resizeVirtualMachine(main, machine, {
            ...(vcpus === undefined ? {} : { vcpus }),
            ...(memoryBytes === undefined ? {} : { memoryBytes }),
          }),
        );
        config = {
          ...config,
          cpus: { ...config.cpus, ...(vcpus === undefined ? {} : { boot_vcpus: vcpus }) },
          memory: { ...config.memory, ...(memoryBytes === undefined ? {} : { size: memoryBytes }) },
        };
        return null;
      }
      case 'PUT vm.shutdown':
      case 'PUT vmm.shutdown':
        main.go('shutdown', (inner) => inner.sys.exit(inner, 0));
        return null;
      default:
        throw new ApiError(404, `not simulated: ${method} ${call}`);
    }
  };
}

const slot = (n: number): string => n.toString(16).padStart(2, '0');

/** Devices follow each other on the one bus; a disk that is plugged in later comes after all that the machine began with. */
function diskSlot(config: VmConfig, disk: number): number {
  const { pmem = [], net = [], fs = [] } = config;
  return 1 + pmem.length + net.length + fs.length + (config.vsock === undefined ? 0 : 1) + disk;
}

function diskPlace(config: VmConfig, disk: number): string {
  const n = diskSlot(config, disk);
  return `pci0000:00/0000:00:${slot(n)}.0/virtio${n - 1}`;
}

/** The machine belongs to the process, not to the request. */
async function bootVm(ctx: Context, config: VmConfig): Promise<number> {
  let kvm: number;
  try {
    kvm = await openKvm(ctx);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new ApiError(
      500,
      `Cannot create VM: Failed to create hypervisor: Kvm(${error.libc} (os error ${error.errno}))`,
    );
  }
  const devices: VirtualDevice[] = [
    ...(config.pmem ?? []).map(
      (disk, i): VirtualDevice => ({
        kind: 'disk',
        bus: 'pmem',
        id: `_pmem${i}`,
        at: `pci0000:00/0000:00:${slot(1 + i)}.0/virtio${i}/ndbus${i}/region${i}/namespace${i}.0`,
        path: disk.file,
        readOnly: disk.discard_writes === true,
      }),
    ),
    ...(config.disks ?? []).map(
      (disk, i): VirtualDevice => ({
        kind: 'disk',
        bus: 'virtio',
        id: disk.id ?? `_disk${i}`,
        at: diskPlace(config, i),
        path: disk.path,
        readOnly: disk.readonly === true,
      }),
    ),
    ...(config.net ?? []).map((nic): VirtualDevice => ({ kind: 'net', tap: nic.tap, mac: nic.mac })),
    ...(config.vsock === undefined ? [] : [{ kind: 'vsock', cid: config.vsock.cid, fd: null } as const]),
  ];
  const boot = { kernel: config.payload?.kernel ?? '', commandLine: config.payload?.cmdline ?? '' };
  try {
    const machine = await makeMachine(ctx, kvm, {
      vcpus: config.cpus?.boot_vcpus ?? 1,
      memoryBytes: config.memory?.size ?? 512 << 20,
      ...boot,
      devices,
      shares: config.fs ?? [],
    });
    if (config.vsock !== undefined) await serveHybridVsock(ctx, config.vsock.socket, () => machine);
    ctx.go('vcpu0', async (inner) => {
      try {
        await inner.sys.runVirtualMachine(inner, machine, boot);
        await inner.sys.exit(inner, 0);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await printError(inner, `cloud-hypervisor: Error booting VM: ${error.libc} (os error ${error.errno})\n`);
        await inner.sys.exit(inner, 1);
      }
    });
    return machine;
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new ApiError(500, `VM error: ${error.libc} (os error ${error.errno})`);
  }
}

async function vmError<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new ApiError(500, `VM error: ${error.libc} (os error ${error.errno})`);
  }
}
