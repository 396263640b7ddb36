/**
 * Cloud Hypervisor: told over its REST socket what to make; the guest is reached through a Unix socket of its own.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/hypervisor/{src/ch,ch-config} @fidelity partial: no network cards that are plugged in
 */
import type { Context } from '../../../linux/context.ts';
import type { HypervisorConfig } from './configuration.ts';
import { commandLine } from './guest-command-line.ts';
import { AGENT_PORT, hotpluggedBytes, type StartedVm, type Vm, type VmControl } from './hypervisor.ts';
import { dialHybrid, request, startWithApi } from './rest-hypervisor.ts';

const GUEST_CID = 3;
const MIB = 1 << 20;

export function startCloudHypervisor(ctx: Context, config: HypervisorConfig, vm: Vm): Promise<StartedVm> {
  const api = `${vm.runDirectory}/clh-api.sock`;
  const vsock = `${vm.runDirectory}/clh.sock`;
  const machine = {
    cpus: { boot_vcpus: config.vcpus, max_vcpus: config.maxVcpus },
    memory: {
      size: config.memoryMiB * MIB,
      shared: true,
      ...(config.isStatic ? {} : { hotplug_size: (config.maxMemoryMiB - config.memoryMiB) * MIB }),
    },
    payload: { kernel: config.kernel, cmdline: commandLine(config) },
    pmem: [{ file: config.image, discard_writes: true }],
    net: vm.nics.map(({ tap, link }) => ({ tap, mac: link.mac })),
    fs: config.sharesFiles ? [{ tag: 'kataShared', socket: vm.socket, num_queues: 1, queue_size: 1024 }] : [],
    vsock: { cid: GUEST_CID, socket: vsock },
    rng: { src: '/dev/urandom' },
    serial: { mode: 'Off' },
    console: { mode: 'Off' },
  };
  return startWithApi(ctx, vm, {
    argv: [config.path, '--api-socket', api],
    api,
    requests: [
      ['/api/v1/vm.create', machine],
      ['/api/v1/vm.boot', null],
    ],
    control: control(config, api),
    address: `hvsock://${vsock}:${AGENT_PORT}`,
    dial: (inner) => dialHybrid(inner, vsock),
  });
}

type Plugged = { id: string; bdf: string };

function control(config: HypervisorConfig, api: string): VmControl {
  const ids = new Map<number, string>();
  const call = (ctx: Context, target: string, body: unknown): Promise<unknown> =>
    request(ctx, api, 'PUT', `/api/v1/${target}`, body);
  return {
    async plugDisk(ctx, path, index, readonly) {
      const { id, bdf } = (await call(ctx, 'vm.add-disk', {
        path,
        readonly,
        num_queues: 1,
        queue_size: 128,
      })) as Plugged;
      ids.set(index, id);
      // 0000:00:05.0: no bridge on the way, so that the slot is the whole path.
      return { driver: 'blk', source: bdf.slice('0000:00:'.length, -'.0'.length) };
    },
    async unplugDisk(ctx, index) {
      await call(ctx, 'vm.remove-device', { id: ids.get(index) ?? '' });
      ids.delete(index);
    },
    async resizeVcpus(ctx, from, wanted) {
      const to = Math.min(wanted, config.maxVcpus);
      if (to !== from) await call(ctx, 'vm.resize', { desired_vcpus: to });
      return to;
    },
    async resizeMemory(ctx, totalMiB, blockBytes) {
      const added = hotpluggedBytes(config, totalMiB, blockBytes);
      const info = (await request(ctx, api, 'GET', '/api/v1/vm.info', null)) as {
        config: { memory: { size: number } };
      };
      const wanted = config.memoryMiB * MIB + (added ?? 0);
      if (wanted > info.config.memory.size) await call(ctx, 'vm.resize', { desired_ram: wanted });
    },
  };
}
