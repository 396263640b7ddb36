/** sshd with its host key, and who may come in with which key. */
import { base64 } from '../go/json.ts';
import { pseudoRandomSource } from '../linux/program.ts';
import { Rope } from '../linux/rope.ts';
import type { DiskImage } from './disk-image.ts';

const KEY_TYPE = 'ssh-ed25519';
const KEY_BYTES = 32;

/** A key of the right shape; nothing is signed with it, so that it is as good as its name. */
function publicKey(owner: string): string {
  const type = new TextEncoder().encode(KEY_TYPE);
  const key = Rope.from(pseudoRandomSource(`ssh:${owner}`, KEY_BYTES)).bytes();
  return `${KEY_TYPE} ${base64(Uint8Array.from([0, 0, 0, type.length, ...type, 0, 0, 0, KEY_BYTES, ...key]))}`;
}

const secretKey = (owner: string): string =>
  `-----BEGIN OPENSSH PRIVATE KEY-----\n${base64(new TextEncoder().encode(`keys are not simulated: ${owner}`))}\n-----END OPENSSH PRIVATE KEY-----\n`;

const UNIT = `[Unit]
Description=OpenBSD Secure Shell server
Documentation=man:sshd(8) man:sshd_config(5)
After=network.target networking.service

[Service]
ExecStart=/usr/sbin/sshd -D
KillMode=process
Restart=on-failure

[Install]
WantedBy=multi-user.target
Alias=sshd.service
`;

/** Root of every one of these machines may log in to every other, and knows their host keys. */
export function sshTrust(disk: DiskImage, self: string, machines: readonly { name: string; address: string }[]): void {
  disk.file('/usr/lib/systemd/system/ssh.service', UNIT);
  disk.link('/etc/systemd/system/multi-user.target.wants/ssh.service', '/usr/lib/systemd/system/ssh.service');
  disk.file('/etc/ssh/ssh_host_ed25519_key', secretKey(self), 0o600);
  disk.file('/etc/ssh/ssh_host_ed25519_key.pub', `${publicKey(self)} root@${self}\n`);
  disk.file('/root/.ssh/id_ed25519', secretKey(`root@${self}`), 0o600);
  disk.file('/root/.ssh/id_ed25519.pub', `${publicKey(`root@${self}`)} root@${self}\n`);
  const lines = (line: (machine: { name: string; address: string }) => string): string =>
    machines.map((machine) => `${line(machine)}\n`).join('');
  disk.file(
    '/root/.ssh/authorized_keys',
    lines(({ name }) => `${publicKey(`root@${name}`)} root@${name}`),
    0o600,
  );
  disk.file(
    '/root/.ssh/known_hosts',
    lines(({ name, address }) => `${name},${address} ${publicKey(name)}`),
    0o600,
  );
}
