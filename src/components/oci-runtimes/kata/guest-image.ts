/**
 * The guest image of a Kata release: Ubuntu with systemd as pid 1 and the agent as its one service.
 * @models kata-containers 4.1.0 tools/osbuilder, src/agent/kata-agent.service.in @fidelity partial: what boots, and of Ubuntu's programs those that a look around takes
 */
import type { TreeEntry } from '../../../linux/vfs/tree-image.ts';

/** The first words of the guest's kernel, as its image holds them. */
export const GUEST_KERNEL_BANNER =
  'Linux version 6.18.35 (@kata-build) (gcc (Ubuntu 11.4.0-1ubuntu1~22.04) 11.4.0, GNU ld (GNU Binutils for Ubuntu) 2.38) #1 SMP Tue Aug 11 09:26:40 UTC 2026';

const directories = ['/dev', '/proc', '/sys', '/run', '/tmp', '/mnt', '/root', '/var', '/etc/sysctl.d', '/usr/bin'];

const AGENT_SERVICE = `[Unit]
Description=Kata Containers Agent
Documentation=https://github.com/kata-containers/kata-containers
Wants=kata-containers.target

[Service]
Type=simple
ExecStart=/usr/bin/kata-agent
LimitNOFILE=1048576
OOMScoreAdjust=-997
`;

const PROGRAMS =
  'bash cat chmod cp cut date df dmesg du echo env find free grep head hostname id ip kill less ln ls lsblk mkdir mount mv nproc ps pwd readlink rm sed sleep sort stat sysctl tail touch tr tty umount uname uptime wc';
const PROGRAM_SIZE = 60_000;

export const guestImage: readonly TreeEntry[] = [
  ...directories.map((path): TreeEntry => ({ path, type: 'directory' })),
  { path: '/etc/hostname', type: 'file', text: 'localhost\n' },
  { path: '/etc/passwd', type: 'file', text: 'root:x:0:0:root:/root:/bin/bash\n' },
  { path: '/etc/group', type: 'file', text: 'root:x:0:\n' },
  {
    path: '/etc/os-release',
    type: 'file',
    text: 'PRETTY_NAME="Ubuntu 24.04.3 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n',
  },
  { path: '/usr/lib/systemd/systemd', type: 'program', program: 'systemd', size: 100_000 },
  ...PROGRAMS.split(' ').map(
    (name): TreeEntry => ({ path: `/usr/bin/${name}`, type: 'program', program: name, size: PROGRAM_SIZE }),
  ),
  { path: '/usr/bin/sh', type: 'symlink', target: 'bash' },
  { path: '/bin', type: 'symlink', target: 'usr/bin' },
  { path: '/usr/bin/kata-agent', type: 'program', program: 'kata-agent', size: 25_000_000 },
  { path: '/sbin/init', type: 'symlink', target: '/usr/lib/systemd/systemd' },
  { path: '/usr/lib/systemd/system/kata-agent.service', type: 'file', text: AGENT_SERVICE },
  {
    path: '/etc/systemd/system/kata-containers.target.wants/kata-agent.service',
    type: 'symlink',
    target: '/usr/lib/systemd/system/kata-agent.service',
  },
];
