/** QEMU: everything on its command line; the guest is reached by the host's vsock. @models kata-containers 4.1.0 src/runtime-rs/crates/hypervisor/src/qemu @fidelity partial: no QMP, no hot plugging */
import type { Context } from '../../../linux/context.ts';
import type { HypervisorConfig } from './configuration.ts';
import { commandLine } from './guest-command-line.ts';
import { AGENT_PORT, type StartedVm, type Vm } from './hypervisor.ts';
import { inNamespace } from './network.ts';

export async function startQemu(ctx: Context, config: HypervisorConfig, vm: Vm): Promise<StartedVm> {
  const { sys } = ctx;
  const vsock = await sys.open(ctx, '/dev/vhost-vsock', { read: true, write: true });
  const errors = await sys.pipe(ctx);
  const argv = [
    config.path,
    ...['-name', `sandbox-${vm.id},debug-threads=on`],
    ...['-machine', 'q35,accel=kvm,nvdimm=on'],
    ...['-cpu', 'host,pmu=off'],
    ...['-m', `${config.memoryMiB}M,slots=10`],
    ...['-smp', `${config.vcpus},cores=1,threads=1`],
    ...['-object', `memory-backend-file,id=mem0,mem-path=${config.image},size=256M,readonly=on`],
    ...['-device', 'nvdimm,id=nv0,memdev=mem0,unarmed=on'],
    ...['-device', `vhost-vsock-pci,disable-modern=false,vhostfd=3,id=vsock-${vm.cid},guest-cid=${vm.cid}`],
    ...['-chardev', `socket,id=virtio-fs,path=${vm.socket}`],
    ...['-device', 'vhost-user-fs-pci,chardev=virtio-fs,tag=kataShared,queue-size=1024'],
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
    sys.spawn(ctx, config.path, { argv, env: [], stdio: { 0: 'null', 1: 'null', 2: errors[1], 3: vsock } });
  const vmm = vm.netns === null ? await spawn() : await inNamespace(ctx, vm.netns, spawn);
  await sys.close(ctx, errors[1]);
  await sys.close(ctx, vsock);
  const { cid } = vm;
  return {
    vmm,
    errors: errors[0],
    address: `vsock://${cid}:${AGENT_PORT}`,
    dial: (inner) => inner.sys.connect(inner, { family: 'vsock', cid, port: AGENT_PORT }),
  };
}
