/**
 * cloud-hypervisor: started empty with an API socket, then told what machine to make and to boot it.
 * @models Cloud Hypervisor 51.1 vmm/src/api @fidelity partial: vm.create, vm.boot, vm.info, vmm.ping, vm.shutdown; no hot plugging
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
  cpus?: { boot_vcpus?: number };
  memory?: { size?: number };
  payload?: { kernel?: string; cmdline?: string };
  pmem?: { file: string; discard_writes?: boolean }[];
  disks?: { path: string; readonly?: boolean }[];
  net?: { tap: string; mac: string }[];
  fs?: { tag: string; socket: string }[];
  vsock?: { cid: number; socket: string };
};

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
        await bootVm(main, config);
        state = 'Running';
        return null;
      case 'PUT vm.shutdown':
      case 'PUT vmm.shutdown':
        main.go('shutdown', (inner) => inner.sys.exit(inner, 0));
        return null;
      default:
        throw new ApiError(404, `not simulated: ${method} ${call}`);
    }
  };
}

/** The machine belongs to the process, not to the request. */
async function bootVm(ctx: Context, config: VmConfig): Promise<void> {
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
        name: `pmem${i}p1`,
        path: disk.file,
        readOnly: disk.discard_writes === true,
      }),
    ),
    ...(config.disks ?? []).map(
      (disk, i): VirtualDevice => ({
        kind: 'disk',
        name: `vd${String.fromCharCode(97 + i)}1`,
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
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new ApiError(500, `VM error: ${error.libc} (os error ${error.errno})`);
  }
}
