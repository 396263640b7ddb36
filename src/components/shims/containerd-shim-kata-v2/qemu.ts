/** QEMU: everything on its command line; the guest is reached by the host's vsock. @models kata-containers 4.1.0 src/runtime-rs/crates/hypervisor/src/qemu @fidelity partial: the devices that a pod needs */
import type { Context } from '../../../linux/context.ts';
import type { HypervisorConfig } from './configuration.ts';
import { commandLine } from './guest-command-line.ts';
import { AGENT_PORT, type StartedVm, type Vm } from './hypervisor.ts';
import { inNamespace } from './network.ts';
import { qemuControl } from './qemu-control.ts';
import { QmpClient } from './qmp-client.ts';

/** Of the guest's image: it takes a place among the memory modules. */
const IMAGE_MIB = 256;

export async function startQemu(ctx: Context, config: HypervisorConfig, vm: Vm): Promise<StartedVm> {
  const { sys } = ctx;
  const vsock = await sys.open(ctx, '/dev/vhost-vsock', { read: true, write: true });
  const errors = await sys.pipe(ctx);
  const path = `/run/kata/${vm.id}/qmp.sock`;
  const monitor = await sys.listen(ctx, { family: 'unix', path }, { mode: 0o755 });
  const argv = [
    config.path,
    ...['-name', `sandbox-${vm.id},debug-threads=on`],
    ...['-machine', 'q35,accel=kvm,nvdimm=on'],
    ...['-cpu', 'host,pmu=off'],
    ...['-m', `${config.memoryMiB}M,slots=10,maxmem=${Math.max(config.maxMemoryMiB, config.memoryMiB + IMAGE_MIB)}M`],
    ...['-smp', config.maxVcpus > config.vcpus ? `${config.vcpus},maxcpus=${config.maxVcpus}` : `${config.vcpus}`],
    ...['-qmp', 'unix:fd=4,server=on,wait=off'],
    ...['-object', `memory-backend-file,id=mem0,mem-path=${config.image},size=${IMAGE_MIB}M,readonly=on`],
    ...['-device', 'nvdimm,id=nv0,memdev=mem0,unarmed=on'],
    ...['-device', `vhost-vsock-pci,disable-modern=false,vhostfd=3,id=vsock-${vm.cid},guest-cid=${vm.cid}`],
    ...['-device', 'pci-bridge,bus=pcie.0,id=pci-bridge-0,chassis_nr=1,shpc=off,addr=2'],
    ...(config.blockDeviceDriver === 'virtio-scsi' ? ['-device', 'virtio-scsi-pci,id=scsi0,disable-modern=false'] : []),
    ...(config.sharesFiles
      ? [
          ...['-chardev', `socket,id=virtio-fs,path=${vm.socket}`],
          ...['-device', 'vhost-user-fs-pci,chardev=virtio-fs,tag=kataShared,queue-size=1024'],
        ]
      : []),
    ...vm.nics.flatMap(({ tap, link }, i) => [
      '-netdev',
      `tap,id=network-${i},vhost=on,ifname=${tap},script=no`,
      '-device',
      `virtio-net-pci,netdev=network-${i},mac=${link.mac},mq=on,vectors=4`,
    ]),
    ...['-rtc', 'base=utc,driftfix=slew,clock=host'],
    ...['-vga', 'none'],
    ...['-no-user-config', '-nodefaults', '-nographic', '--no-reboot'],
    ...['-kernel', config.kernel],
    ...['-append', commandLine(config)],
  ];
  const spawn = (): Promise<number> =>
    sys.spawn(ctx, config.path, { argv, env: [], stdio: { 0: 'null', 1: 'null', 2: errors[1], 3: vsock, 4: monitor } });
  const vmm = vm.netns === null ? await spawn() : await inNamespace(ctx, vm.netns, spawn);
  await sys.close(ctx, errors[1]);
  await sys.close(ctx, vsock);
  await sys.close(ctx, monitor);
  const { cid } = vm;
  return {
    control: qemuControl(config, (inner) => QmpClient.connect(inner, path)),
    vmm,
    errors: errors[0],
    address: `vsock://${cid}:${AGENT_PORT}`,
    dial: (inner) => inner.sys.connect(inner, { family: 'vsock', cid, port: AGENT_PORT }),
  };
}
