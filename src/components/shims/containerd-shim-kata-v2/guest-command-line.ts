/** The guest kernel's command line. @models kata-containers 4.1.0 src/runtime-rs/crates/hypervisor/src/kernel_param.rs @fidelity partial: no initrd */
import type { HypervisorConfig } from './configuration.ts';

export function commandLine(config: HypervisorConfig): string {
  const fixed =
    'tsc=reliable no_timer_check rcupdate.rcu_expedited=1 i8042.direct=1 i8042.dumbkbd=1 i8042.nopnp=1 i8042.noaux=1 noreplace-smp reboot=k cryptomgr.notests net.ifnames=0 pci=lastbus=0 quiet systemd.show_status=false panic=1';
  const isPmem = config.rootDevice.startsWith('/dev/pmem');
  const root = `root=${config.rootDevice} rootflags=${isPmem ? 'dax,' : ''}data=ordered,errors=remount-ro ro rootfstype=ext4`;
  const systemd =
    'systemd.unit=kata-containers.target systemd.mask=systemd-networkd.service systemd.mask=systemd-networkd.socket';
  return [fixed, root, `nr_cpus=${config.maxVcpus}`, 'selinux=0', systemd, config.kernelParams]
    .filter((part) => part !== '')
    .join(' ');
}
