/**
 * Firecracker: one request a part, then InstanceStart. It shares no files and takes no device once it runs; but what is
 * behind a disk may be changed, and so it begins with a few that are empty, for the containers to come.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/hypervisor/src/firecracker @fidelity partial: no jailer
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { mkdirAll, writeFile } from '../../../linux/io.ts';
import { isGoError } from '../shared/errors.ts';
import type { HypervisorConfig } from './configuration.ts';
import { commandLine } from './guest-command-line.ts';
import { AGENT_PORT, type StartedVm, type Vm, type VmControl } from './hypervisor.ts';
import { dialHybrid, request, startWithApi } from './rest-hypervisor.ts';

const GUEST_CID = 3;
/** DISK_POOL_SIZE: the guest's own disk and those kept for containers. */
const DISKS = 6;
const RETRIES_MAX = 500;
const RETRY_NS = 10_000_000;

export async function startFirecracker(ctx: Context, config: HypervisorConfig, vm: Vm): Promise<StartedVm> {
  const api = `${vm.runDirectory}/fc.sock`;
  const vsock = `${vm.runDirectory}/kata.hvsock`;
  const pool = `${vm.runDirectory}/root`;
  await mkdirAll(ctx, pool, 0o755);
  const drives: [string, unknown][] = [];
  for (let i = 1; i < DISKS; i++) {
    const path = `${pool}/drive${i}`;
    await writeFile(ctx, path, '');
    const drive = { drive_id: `drive${i}`, path_on_host: path, is_root_device: false, is_read_only: false };
    drives.push([`/drives/drive${i}`, drive]);
  }
  return startWithApi(ctx, vm, {
    control: control(api),
    argv: [config.path, '--api-sock', api],
    api,
    requests: [
      ['/machine-config', { vcpu_count: config.vcpus, mem_size_mib: config.memoryMiB, smt: false }],
      ['/boot-source', { kernel_image_path: config.kernel, boot_args: commandLine(config) }],
      ['/drives/rootfs', { drive_id: 'rootfs', path_on_host: config.image, is_root_device: false, is_read_only: true }],
      ...drives,
      ...vm.nics.map(({ tap, link }, i): [string, unknown] => [
        `/network-interfaces/eth${i}`,
        { iface_id: `eth${i}`, guest_mac: link.mac, host_dev_name: tap },
      ]),
      ['/vsock', { guest_cid: GUEST_CID, uds_path: vsock }],
      ['/actions', { action_type: 'InstanceStart' }],
    ],
    address: `hvsock://${vsock}:${AGENT_PORT}`,
    dial: (inner) => dialHybrid(inner, vsock),
  });
}

function control(api: string): VmControl {
  return {
    async plugDisk(ctx, path, index) {
      const id = `drive${index}`;
      for (let tries = 0; ; tries++) {
        try {
          await request(ctx, api, 'PATCH', `/drives/${id}`, { drive_id: id, path_on_host: path });
          break;
        } catch (error) {
          // It asks again and again, whatever the answer was.
          if (!isGoError(error)) throw error;
          if (tries >= RETRIES_MAX) throw newError(`After ${RETRIES_MAX} attempts, it still doesn't work.`);
          await ctx.sleep(RETRY_NS);
        }
      }
      return { driver: 'mmioblk', source: `/dev/vd${String.fromCharCode('a'.charCodeAt(0) + index)}` };
    },
    // The disk stays as it is, for the next container.
    async unplugDisk() {},
  };
}
