/**
 * A running QEMU changed through its monitor: disks, CPUs, memory, network cards.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/hypervisor/src/qemu/{qmp,inner}.rs @fidelity partial: no virtio-mem, no vfio
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import type { HypervisorConfig } from './configuration.ts';
import { hotpluggedBytes, type VmControl } from './hypervisor.ts';
import type { GuestNic } from './network.ts';
import type { QmpClient } from './qmp-client.ts';

const BRIDGE = 'pci-bridge-0';
const BRIDGE_SLOT = '02';
const BRIDGE_SLOTS_MAX = 30;

type CpuSlot = { type: string; props: Record<string, number>; 'qom-path'?: string };
type MemoryDevice = { type: string; data: { size: number; hotplugged: boolean } };

export function qemuControl(config: HypervisorConfig, connect: (ctx: Context) => Promise<QmpClient>): VmControl {
  let monitor: QmpClient | null = null;
  const slots = new Map<string, number>();
  const execute = async (
    ctx: Context,
    command: string,
    given?: Readonly<Record<string, unknown>>,
  ): Promise<unknown> => {
    monitor ??= await connect(ctx);
    return monitor.execute(ctx, command, given);
  };
  const freeSlot = (device: string): string => {
    for (let slot = 1; slot <= BRIDGE_SLOTS_MAX; slot++) {
      if ([...slots.values()].includes(slot)) continue;
      slots.set(device, slot);
      return String(slot).padStart(2, '0');
    }
    throw newError('no free slots on PCI bridges');
  };
  return {
    async plugDisk(ctx, path, index, readOnly) {
      const name = `drive-${index}`;
      const driver = (await ctx.sys.stat(ctx, path)).type === 'block' ? 'host_device' : 'file';
      await execute(ctx, 'blockdev-add', {
        driver: 'raw',
        'node-name': name,
        'read-only': readOnly,
        file: { driver, filename: path, aio: config.blockDeviceAio, 'read-only': readOnly },
      });
      const shared = readOnly ? {} : { 'share-rw': true };
      if (config.blockDeviceDriver === 'virtio-scsi') {
        const [id, lun] = [index >> 8, index & 255];
        await execute(ctx, 'device_add', {
          driver: 'scsi-hd',
          id: name,
          bus: 'scsi0.0',
          drive: name,
          'scsi-id': id,
          lun,
          ...shared,
        });
        return { driver: 'scsi', source: `${id}:${lun}` };
      }
      const addr = freeSlot(name);
      await execute(ctx, 'device_add', {
        driver: 'virtio-blk-pci',
        id: name,
        bus: BRIDGE,
        drive: name,
        addr,
        ...shared,
      });
      return { driver: 'blk', source: `${BRIDGE_SLOT}/${addr}` };
    },
    async unplugDisk(ctx, index) {
      const name = `drive-${index}`;
      await execute(ctx, 'device_del', { id: name });
      await monitor?.waitDeleted(ctx, name);
      await execute(ctx, 'blockdev-del', { 'node-name': name });
      slots.delete(name);
    },
    async resizeVcpus(ctx, from, wanted) {
      const to = Math.min(wanted, config.maxVcpus);
      const cpus = (await execute(ctx, 'query-hotpluggable-cpus')) as CpuSlot[];
      let done = 0;
      for (const { type, props, 'qom-path': path } of cpus) {
        if (done >= Math.abs(to - from)) break;
        if ((path === undefined) !== to > from) continue;
        const id = `cpu-${props['core-id']}`;
        if (to > from) await execute(ctx, 'device_add', { driver: type, id, ...props });
        else {
          await execute(ctx, 'device_del', { id });
          await monitor?.waitDeleted(ctx, id);
        }
        done++;
      }
      return to > from ? from + done : from - done;
    },
    async resizeMemory(ctx, totalMiB, blockBytes) {
      const wanted = hotpluggedBytes(config, totalMiB, blockBytes);
      if (wanted === null) return;
      const devices = (await execute(ctx, 'query-memory-devices')) as MemoryDevice[];
      const dimms = devices.filter(({ type, data }) => type === 'dimm' && data.hotplugged);
      const present = dimms.reduce((sum, { data }) => sum + data.size, 0);
      // What has come stays: only a module of the very size could go, and the guest would have to give up all of it.
      if (wanted <= present) return;
      const backend = `hotplugged-${dimms.length}`;
      await execute(ctx, 'object-add', {
        'qom-type': 'memory-backend-file',
        id: backend,
        size: wanted - present,
        'mem-path': '/dev/shm',
        share: true,
      });
      await execute(ctx, 'device_add', { driver: 'pc-dimm', id: `frontend-to-${backend}`, memdev: backend });
    },
    async plugNic(ctx, { tap, link }: GuestNic, index) {
      const netdev = `network-${index}`;
      await execute(ctx, 'netdev_add', { type: 'tap', id: netdev, ifname: tap, vhost: true });
      await execute(ctx, 'device_add', {
        driver: 'virtio-net-pci',
        id: `frontend-${netdev}`,
        netdev,
        mac: link.mac,
        bus: BRIDGE,
        addr: freeSlot(netdev),
        mq: 'on',
      });
    },
  };
}
