/**
 * firecracker: a machine put together with one request a part, started by an action. Few devices, no file sharing.
 * @models Firecracker 1.12.1 src/firecracker/src/api_server, src/vmm @fidelity partial: boot, drives and what is behind them, network, vsock; no snapshots, rate limits, jailer or metadata service
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { print, printError } from '../../../../linux/io.ts';
import type { Program } from '../../../../linux/program.ts';
import type { VirtualDevice } from '../../../../linux/syscalls.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { optionsOf } from '../options.ts';
import { ApiError, type ApiHandler, serveApi } from './api-server.ts';
import { serveHybridVsock } from './hybrid-vsock.ts';
import { makeMachine, openKvm } from './machine.ts';

const VERSION = '1.12.1';
const MIB = 1 << 20;

type Parts = {
  'machine-config'?: { vcpu_count: number; mem_size_mib: number };
  'boot-source'?: { kernel_image_path: string; boot_args: string };
  vsock?: { guest_cid: number; uds_path: string };
  drives: { drive_id: string; path_on_host: string; is_root_device: boolean; is_read_only: boolean }[];
  nics: { iface_id: string; guest_mac: string; host_dev_name: string }[];
  started: boolean;
  machine: number;
};

export const firecrackerProgram: Program = {
  name: 'firecracker',
  layer: 'oci-runtime',
  startCpuNs: LATENCY.firecrackerStartNs,
  rssBytes: 4_200 << 10,
  threads: 3,
  async main(ctx, argv) {
    const options = optionsOf(argv.slice(1));
    if (options.has('--version')) {
      await print(ctx, `Firecracker v${VERSION}\n`);
      return 0;
    }
    const path = options.get('--api-sock')?.[0] ?? '/run/firecracker.socket';
    let listener: number;
    try {
      listener = await ctx.sys.listen(ctx, { family: 'unix', path }, { mode: 0o700 });
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(
        ctx,
        `RunWithApiError error: Failed to open the API socket at: ${path}. Check that it is not already used.\n`,
      );
      return 1;
    }
    await serveApi(ctx, listener, api(ctx));
    return 0;
  },
};

function fault(message: string): ApiError {
  return new ApiError(400, JSON.stringify({ fault_message: message }));
}

function api(main: Context): ApiHandler {
  const parts: Parts = { drives: [], nics: [], started: false, machine: -1 };
  return async (_ctx, method, target, body) => {
    const [, kind = ''] = target.split('/');
    if (method === 'GET' && target === '/')
      return {
        id: 'anonymous-instance',
        state: parts.started ? 'Running' : 'Not started',
        vmm_version: VERSION,
        app_name: 'Firecracker',
      };
    if (method === 'PATCH' && kind === 'drives') {
      const { drive_id: id, path_on_host: path } = body as { drive_id: string; path_on_host: string };
      if (!parts.started) throw fault('The requested operation is not supported before starting the microVM.');
      if (!parts.drives.some((drive) => drive.drive_id === id))
        throw fault(`Unable to patch the block device: Device not found: ${id}`);
      try {
        await main.sys.changeVirtualDisk(main, parts.machine, id, path);
      } catch (error) {
        if (!isErrno(error)) throw error;
        throw fault(`Unable to patch the block device: ${error.libc} (os error ${error.errno}) ${path}`);
      }
      return null;
    }
    if (method !== 'PUT') throw fault(`Invalid request method and/or path: ${method} ${target}.`);
    if (parts.started) throw fault('The requested operation is not supported after starting the microVM.');
    switch (kind) {
      case 'machine-config':
      case 'boot-source':
      case 'vsock':
        Object.assign(parts, { [kind]: body });
        return null;
      case 'drives':
        parts.drives.push(body as Parts['drives'][number]);
        return null;
      case 'network-interfaces':
        parts.nics.push(body as Parts['nics'][number]);
        return null;
      case 'actions':
        if ((body as { action_type?: string }).action_type !== 'InstanceStart')
          throw fault('not simulated: this action');
        parts.machine = await start(main, parts);
        parts.started = true;
        return null;
      default:
        throw fault(`Invalid request method and/or path: ${method} ${target}.`);
    }
  };
}

async function start(ctx: Context, parts: Parts): Promise<number> {
  const source = parts['boot-source'];
  if (source === undefined) throw fault('Cannot start microvm without kernel configuration.');
  let kvm: number;
  try {
    kvm = await openKvm(ctx);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw fault(
      `Internal error while starting microVM: Error creating KVM object: ${error.libc} (os error ${error.errno})`,
    );
  }
  const devices: VirtualDevice[] = [
    ...parts.drives.map(
      (drive, i): VirtualDevice => ({
        kind: 'disk',
        bus: 'virtio',
        id: drive.drive_id,
        at: `platform/virtio-mmio.${i}/virtio${i}`,
        path: drive.path_on_host,
        readOnly: drive.is_read_only,
      }),
    ),
    ...parts.nics.map((nic): VirtualDevice => ({ kind: 'net', tap: nic.host_dev_name, mac: nic.guest_mac })),
    ...(parts.vsock === undefined ? [] : [{ kind: 'vsock', cid: parts.vsock.guest_cid, fd: null } as const]),
  ];
  const boot = { kernel: source.kernel_image_path, commandLine: source.boot_args };
  const size = parts['machine-config'];
  try {
    const machine = await makeMachine(ctx, kvm, {
      vcpus: size?.vcpu_count ?? 1,
      memoryBytes: (size?.mem_size_mib ?? 128) * MIB,
      ...boot,
      devices,
      shares: [],
    });
    if (parts.vsock !== undefined) await serveHybridVsock(ctx, parts.vsock.uds_path, () => machine);
    ctx.go('fc_vcpu 0', async (inner) => {
      try {
        await inner.sys.runVirtualMachine(inner, machine, boot);
        await inner.sys.exit(inner, 0);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await printError(inner, `Error loading kernel: ${error.libc} (os error ${error.errno})\n`);
        await inner.sys.exit(inner, 1);
      }
    });
    return machine;
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw fault(`Internal error while starting microVM: ${error.libc} (os error ${error.errno})`);
  }
}
