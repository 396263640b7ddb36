/** Kata Containers as its static release and kata-deploy leave it on a node, and the devices that virtual machines need. */
import { GUEST_KERNEL_BANNER, guestImage } from '../components/oci-runtimes/kata/guest-image.ts';
import { kernelImage } from '../linux/guest-boot.ts';
import { treeImage } from '../linux/vfs/tree-image.ts';
import type { DiskImage } from './disk-image.ts';

const MB = 1024 * 1024;
const SHARE = '/opt/kata/share/kata-containers';
const DEFAULTS = '/opt/kata/share/defaults/kata-containers/runtime-rs';

const SHARED_FILES = `shared_fs = "virtio-fs"
virtio_fs_daemon = "/opt/kata/libexec/virtiofsd"
virtio_fs_cache = "auto"
`;

function configuration(name: string, binary: string, extra: string, files = SHARED_FILES): string {
  return `# Kata Containers 4.1.0, runtime-rs.
[hypervisor.${name}]
path = "/opt/kata/bin/${binary}"
kernel = "${SHARE}/vmlinux.container"
image = "${SHARE}/kata-containers.img"
${extra}rootfs_type = "ext4"
kernel_params = ""
default_vcpus = 1
default_maxvcpus = 0
default_memory = 2048
memory_slots = 10
${files}disable_guest_seccomp = true

[agent.kata]
dial_timeout_ms = 10
reconnect_timeout_ms = 5000
create_container_timeout = 30

[runtime]
name = "virt_container"
hypervisor_name = "${name}"
agent_name = "kata"
internetworking_model = "tcfilter"
sandbox_cgroup_only = true
static_sandbox_resource_mgmt = true
`;
}

export function kataNode(disk: DiskImage): void {
  disk.device('/dev/kvm', 10, 232, 0o660);
  disk.device('/dev/vhost-net', 10, 238, 0o600);
  disk.device('/dev/vhost-vsock', 10, 241, 0o600);
  disk.device('/dev/net/tun', 10, 200, 0o666);
  disk.device('/dev/loop-control', 10, 237, 0o660);
  disk.device('/dev/mapper/control', 10, 236, 0o600);
  disk.file(`${SHARE}/vmlinux-6.18.35-196`, kernelImage(GUEST_KERNEL_BANNER, 44 * MB));
  disk.link(`${SHARE}/vmlinux.container`, 'vmlinux-6.18.35-196');
  disk.file(`${SHARE}/kata-ubuntu-noble.image`, treeImage(guestImage, 256 * MB));
  disk.link(`${SHARE}/kata-containers.img`, 'kata-ubuntu-noble.image');
  disk.file(
    `${DEFAULTS}/configuration-qemu-runtime-rs.toml`,
    configuration('qemu', 'qemu-system-x86_64', 'machine_type = "q35"\nblock_device_driver = "virtio-scsi"\n'),
  );
  disk.file(`${DEFAULTS}/configuration-cloud-hypervisor.toml`, configuration('clh', 'cloud-hypervisor', ''));
  disk.file(
    `${DEFAULTS}/configuration-rs-fc.toml`,
    configuration(
      'firecracker',
      'firecracker',
      'vm_rootfs_driver = "virtio-blk-mmio"\nblock_device_driver = "virtio-blk-mmio"\n',
      'shared_fs = "none"\n',
    ),
  );
  disk.link(`${DEFAULTS}/configuration.toml`, 'configuration-qemu-runtime-rs.toml');
  disk.link('/usr/local/bin/kata-runtime', '/opt/kata/bin/kata-runtime');
  disk.link('/usr/local/bin/containerd-shim-kata-v2', '/opt/kata/runtime-rs/bin/containerd-shim-kata-v2');
}
