/** What every Debian node has on its disk, whatever is installed on top. */
import type { DiskImage } from './disk-image.ts';
import { baseTree, deviceNodes } from './disk-image.ts';

export const NODE_ADDRESS = '192.168.1.10';
/** Where the node's cable ends. */
export const theUplink = { address: NODE_ADDRESS, mac: '52:54:00:12:34:56' };
const GATEWAY = '192.168.1.1';

export type HostIdentity = {
  name: string;
  address: string;
  machineId: string;
  /** Lines of /etc/hosts about other machines. */
  knows?: readonly string[];
  /** Commands that run once the interface is up. */
  up?: readonly string[];
};

const theNode: HostIdentity = {
  name: 'node-1',
  address: NODE_ADDRESS,
  machineId: '7d1c0fae53a64a0f9a4f3c2b1e0d9c8b',
};

export type DebianRelease = { readonly number: string; readonly codename: string; readonly version: string };

export const trixie: DebianRelease = { number: '13', codename: 'trixie', version: '13.1' };
export const bullseye: DebianRelease = { number: '11', codename: 'bullseye', version: '11.11' };

function osRelease({ number, codename, version }: DebianRelease): string {
  return `PRETTY_NAME="Debian GNU/Linux ${number} (${codename})"
NAME="Debian GNU/Linux"
VERSION_ID="${number}"
VERSION="${number} (${codename})"
VERSION_CODENAME=${codename}
${Number(number) < 13 ? '' : `DEBIAN_VERSION_FULL=${version}\n`}ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
`;
}

const PASSWD = `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sys:x:3:3:sys:/dev:/usr/sbin/nologin
mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
systemd-network:x:998:998:systemd Network Management:/:/usr/sbin/nologin
messagebus:x:996:996:System Message Bus:/nonexistent:/usr/sbin/nologin
sshd:x:995:65534:sshd user:/run/sshd:/usr/sbin/nologin
`;

const GROUP = `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
tty:x:5:
disk:x:6:
mail:x:8:
www-data:x:33:
nogroup:x:65534:
systemd-journal:x:999:
systemd-network:x:998:
messagebus:x:996:
`;

const PROFILE = `if [ "$EUID" -eq 0 ]; then
  PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
else
  PATH="/usr/local/bin:/usr/bin:/bin"
fi
export PATH
`;

const BASHRC = `PS1='\\u@\\h:\\w\\$ '
alias ll='ls -l'
alias ls='ls --color=auto'
alias grep='grep --color=auto'
`;

export function debian(disk: DiskImage, nameserver: string, release = trixie, host = theNode): void {
  baseTree(disk);
  deviceNodes(disk);
  disk.file('/etc/hostname', `${host.name}\n`);
  const known = ['127.0.0.1\tlocalhost', `127.0.1.1\t${host.name}`, ...(host.knows ?? [])];
  disk.file('/etc/hosts', known.map((line) => `${line}\n`).join(''));
  disk.file('/etc/resolv.conf', `nameserver ${nameserver}\n`);
  disk.file('/etc/nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
  disk.file('/etc/passwd', PASSWD);
  disk.file('/etc/group', GROUP);
  disk.file('/etc/shadow', 'root:*:20000:0:99999:7:::\n', 0o640);
  disk.file('/etc/shells', '/bin/sh\n/usr/bin/sh\n/bin/bash\n/usr/bin/bash\n');
  disk.file('/usr/lib/os-release', osRelease(release));
  disk.link('/etc/os-release', '../usr/lib/os-release');
  disk.file('/etc/debian_version', `${release.version}\n`);
  disk.file('/etc/issue', `Debian GNU/Linux ${release.number} \\n \\l\n\n`);
  disk.file('/etc/fstab', '/dev/vda1\t/\text4\tdefaults\t0\t1\n');
  disk.file('/etc/machine-id', `${host.machineId}\n`, 0o444);
  disk.link('/etc/localtime', '/usr/share/zoneinfo/Etc/UTC');
  disk.file('/etc/timezone', 'Etc/UTC\n');
  disk.file('/usr/share/zoneinfo/Etc/UTC', 'TZif2');
  disk.file('/etc/profile', PROFILE);
  disk.file('/root/.bashrc', BASHRC);
  disk.file('/root/.profile', 'if [ -f ~/.bashrc ]; then . ~/.bashrc; fi\n');
  disk.directory('/root/.ssh', 0o700);
  disk.file('/usr/lib/systemd/system/systemd-journald.service', JOURNALD_UNIT);
  disk.file(
    '/etc/network/interfaces',
    `auto lo\niface lo inet loopback\n\nauto eth0\niface eth0 inet static\n    address ${host.address}/24\n    gateway ${GATEWAY}\n${(host.up ?? []).map((line) => `    up ${line}\n`).join('')}`,
  );
  disk.file('/usr/lib/systemd/system/networking.service', NETWORKING_UNIT);
  disk.link(
    '/etc/systemd/system/multi-user.target.wants/networking.service',
    '/usr/lib/systemd/system/networking.service',
  );
  disk.link(
    '/etc/systemd/system/network-online.target.wants/networking.service',
    '/usr/lib/systemd/system/networking.service',
  );
  for (const [name, text] of Object.entries(TARGETS)) disk.file(`/usr/lib/systemd/system/${name}`, text);
}

/** What a server passes on its way up. */
const TARGETS: Record<string, string> = {
  'sysinit.target':
    '[Unit]\nDescription=System Initialization\nDocumentation=man:systemd.special(7)\nWants=systemd-journald.service\n',
  'basic.target':
    '[Unit]\nDescription=Basic System\nDocumentation=man:systemd.special(7)\nRequires=sysinit.target\nAfter=sysinit.target\n',
  'network.target': '[Unit]\nDescription=Network\nDocumentation=man:systemd.special(7)\n',
  'network-online.target':
    '[Unit]\nDescription=Network is Online\nDocumentation=man:systemd.special(7)\nAfter=network.target\n',
  'multi-user.target':
    '[Unit]\nDescription=Multi-User System\nDocumentation=man:systemd.special(7)\nRequires=basic.target\nAfter=basic.target\n',
};

const NETWORKING_UNIT = `[Unit]
Description=Raise network interfaces
Documentation=man:interfaces(5)
DefaultDependencies=no
Wants=network.target
Before=network.target network-online.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/ifup -a

[Install]
WantedBy=multi-user.target network-online.target
`;

const JOURNALD_UNIT = `[Unit]
Description=Journal Service
Documentation=man:systemd-journald.service(8) man:journald.conf(5)
DefaultDependencies=no

[Service]
Type=notify
ExecStart=/usr/lib/systemd/systemd-journald
OOMScoreAdjust=-250
Restart=always
RestartSec=0
`;
