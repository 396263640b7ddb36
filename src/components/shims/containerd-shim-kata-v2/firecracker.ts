/** Firecracker: one request a part, then InstanceStart; disks only, so that containers need block devices. @models kata-containers 4.1.0 src/runtime-rs/crates/hypervisor/src/firecracker @fidelity partial: no jailer */
import type { Context } from '../../../linux/context.ts';
import type { HypervisorConfig } from './configuration.ts';
import { commandLine } from './guest-command-line.ts';
import { AGENT_PORT, type StartedVm, type Vm } from './hypervisor.ts';
import { dialHybrid, startWithApi } from './rest-hypervisor.ts';

const GUEST_CID = 3;

export function startFirecracker(ctx: Context, config: HypervisorConfig, vm: Vm): Promise<StartedVm> {
  const api = `${vm.runDirectory}/fc.sock`;
  const vsock = `${vm.runDirectory}/kata.hvsock`;
  return startWithApi(ctx, vm, {
    argv: [config.path, '--id', vm.id.slice(0, 32), '--api-sock', api],
    api,
    requests: [
      ['/machine-config', { vcpu_count: config.vcpus, mem_size_mib: config.memoryMiB, smt: false }],
      ['/boot-source', { kernel_image_path: config.kernel, boot_args: commandLine(config) }],
      ['/drives/rootfs', { drive_id: 'rootfs', path_on_host: config.image, is_root_device: false, is_read_only: true }],
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
