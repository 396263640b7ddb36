/**
 * Cloud Hypervisor: told over its REST socket what to make; the guest is reached through a Unix socket of its own.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/hypervisor/{src/ch,ch-config} @fidelity partial: no hot plugging
 */
import type { Context } from '../../../linux/context.ts';
import type { HypervisorConfig } from './configuration.ts';
import { commandLine } from './guest-command-line.ts';
import { AGENT_PORT, type StartedVm, type Vm } from './hypervisor.ts';
import { dialHybrid, startWithApi } from './rest-hypervisor.ts';

const GUEST_CID = 3;
const MIB = 1 << 20;

export function startCloudHypervisor(ctx: Context, config: HypervisorConfig, vm: Vm): Promise<StartedVm> {
  const api = `${vm.runDirectory}/clh-api.sock`;
  const vsock = `${vm.runDirectory}/clh.sock`;
  const machine = {
    cpus: { boot_vcpus: config.vcpus, max_vcpus: config.vcpus },
    memory: { size: config.memoryMiB * MIB, shared: true },
    payload: { kernel: config.kernel, cmdline: commandLine(config) },
    pmem: [{ file: config.image, discard_writes: true }],
    net: vm.nics.map(({ tap, link }) => ({ tap, mac: link.mac })),
    fs: [{ tag: 'kataShared', socket: vm.socket, num_queues: 1, queue_size: 1024 }],
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
    address: `hvsock://${vsock}:${AGENT_PORT}`,
    dial: (inner) => dialHybrid(inner, vsock),
  });
}
