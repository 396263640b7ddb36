import { expect, it } from 'vitest';
import { boot } from '../../testing/boot.ts';

it('says whether the node can run Kata, by trying', async () => {
  const node = await boot({ seed: 1 });
  expect(await node.run('kata-runtime check -n')).toMatchObject({
    stdout: 'System is capable of running Kata Containers\nSystem can currently create Kata Containers\n',
    stderr: '',
    exitCode: 0,
  });
  await node.run('mv /dev/kvm /dev/away');
  const without = await node.run('kata-runtime check -n');
  expect(without.exitCode).toBe(1);
  expect(without.stderr).toMatch(
    /cannot open kvm device: no such file or directory"[^\n]*device=\/dev\/kvm[^\n]*\n[^\n]*\nno such file or directory\n$/,
  );
});

it('shows the settings of the configured hypervisor', async () => {
  const node = await boot({ seed: 1 });
  const { stdout } = await node.run('kata-runtime env');
  expect(stdout.split('\n').slice(0, 19).join('\n')).toBe(`[Kernel]
  Path = "/opt/kata/share/kata-containers/vmlinux.container"
  Parameters = ""

[Meta]
  Version = "1.0.27"

[Image]
  Path = "/opt/kata/share/kata-containers/kata-containers.img"

[Initrd]
  Path = ""

[Hypervisor]
  MachineType = "q35"
  Version = "QEMU emulator version 11.0.1 (kata-static)"
  Path = "/opt/kata/bin/qemu-system-x86_64"
  SharedFS = "virtio-fs"
  VirtioFSDaemon = "/opt/kata/libexec/virtiofsd"`);
  expect((await node.run('kata-runtime factory init')).stderr).toContain('not simulated');
});
