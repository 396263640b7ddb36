import { expect, it } from 'vitest';
import { boot } from '../../../testing/boot.ts';

it('tries', async () => {
  const node = await boot({ seed: 1 });
  for (const line of [
    `printf '{"metadata":{"name":"k","namespace":"default","uid":"u1","attempt":1},"log_directory":"/var/log/pods/k","linux":{}}' > pod.json`,
    `printf '{"metadata":{"name":"c"},"image":{"image":"docker.io/library/busybox:latest"},"command":["sh","-c","uname -r; sleep 1000"],"log_path":"c.log"}' > c.json`,
    'crictl pull busybox',
    'time crictl runp --runtime kata pod.json',
    'ps -ef | tail -8',
    'journalctl -u containerd | tail -5',
    'ls -R /run/kata-containers /run/vc',
  ]) {
    const r = await node.run(line);
    console.log(`$ ${line}\n${r.stdout}${r.stderr}[${r.exitCode}] ${r.virtualMs} ms`);
  }
  expect(1).toBe(1);
});
