import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

const paragraph = (name: string, version: string, summary: string, status: string): string => `Package: ${name}
${status}Architecture: amd64
Version: ${version}
Description: ${summary}
 More about it.

`;
const INSTALLED = 'Status: install ok installed\n';
const CONTAINERD = ['containerd', '1.4.13~ds1-1~deb11u4', 'open and reliable container runtime'] as const;
const DOCKER = ['docker.io', '20.10.5+dfsg1-1+deb11u2', 'Linux container runtime'] as const;
const LIST = '/var/lib/apt/lists/deb.debian.org_debian_dists_bullseye';

const FILES: Readonly<Record<string, string>> = {
  '/var/lib/dpkg/status':
    paragraph(...DOCKER, INSTALLED) +
    paragraph(...CONTAINERD, INSTALLED) +
    paragraph('kubelet', '1.23.17-00', 'Kubernetes Node Agent', 'Status: hold ok installed\n') +
    paragraph('crun', '0.17', 'lightweight OCI runtime', 'Status: deinstall ok config-files\n'),
  '/var/lib/apt/extended_states': 'Package: containerd\nArchitecture: amd64\nAuto-Installed: 1\n\n',
  '/etc/apt/sources.list': 'deb http://deb.debian.org/debian bullseye main\n',
  [`${LIST}_InRelease`]: 'Origin: Debian\nSuite: oldstable\nCodename: bullseye\n',
  [`${LIST}_main_binary-amd64_Packages`]:
    paragraph(...CONTAINERD, '') + paragraph(...DOCKER, '') + paragraph('runc', '1.0.0', 'Open Container Project', ''),
};

const WARNING = '\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n';
const READING = 'Reading package lists...\nBuilding dependency tree...\nReading state information...\n';

async function nodeWith(files: Readonly<Record<string, string>>) {
  const bytes = Object.fromEntries(Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)]));
  const node = await boot({ seed: 1, scenario: 'bare', files: bytes });
  return async (line: string): Promise<[string, string, number]> => {
    const { stdout, stderr, exitCode } = await node.run(line);
    return [stdout, stderr, exitCode];
  };
}

test('apt installs what is there already by remembering that it was asked for', async () => {
  const run = await nodeWith(FILES);
  expect(await run('apt list --installed')).toEqual([
    `Listing...
containerd/oldstable,now 1.4.13~ds1-1~deb11u4 amd64 [installed,automatic]
docker.io/oldstable,now 20.10.5+dfsg1-1+deb11u2 amd64 [installed]
kubelet/now 1.23.17-00 amd64 [installed,local]
`,
    WARNING,
    0,
  ]);
  const newest = 'containerd is already the newest version (1.4.13~ds1-1~deb11u4).\n';
  const nothing = '0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n';
  const manual = 'containerd set to manually installed.\n';
  expect(await run('apt install containerd')).toEqual([READING + newest + manual + nothing, WARNING, 0]);
  expect(await run('apt-get install -y containerd')).toEqual([READING + newest + nothing, '', 0]);
  expect(await run('apt-get install containerd.io')).toEqual([
    READING,
    'E: Unable to locate package containerd.io\n',
    100,
  ]);
  expect(await run('apt-get instal')).toEqual(['', 'E: Invalid operation instal\n', 100]);
});

test('dpkg tells what its database holds', async () => {
  const run = await nodeWith(FILES);
  expect(await run("dpkg -l 'c*' kubelet nosuch")).toEqual([
    `Desired=Unknown/Install/Remove/Purge/Hold
| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend
|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)
||/ Name           Version              Architecture Description
+++-==============-====================-============-===================================
ii  containerd     1.4.13~ds1-1~deb11u4 amd64        open and reliable container runtime
rc  crun           0.17                 amd64        lightweight OCI runtime
hi  kubelet        1.23.17-00           amd64        Kubernetes Node Agent
`,
    'dpkg-query: no packages found matching nosuch\n',
    1,
  ]);
  expect(await run('dpkg -s kubelet nosuch')).toEqual([
    paragraph('kubelet', '1.23.17-00', 'Kubernetes Node Agent', 'Status: hold ok installed\n'),
    "dpkg-query: package 'nosuch' is not installed and no information is available\nUse dpkg --info (= dpkg-deb --info) to examine archive files.\n",
    1,
  ]);
});

test('a node without a package database says so', async () => {
  const run = await nodeWith({});
  await run('rm /var/lib/dpkg/status');
  const what = 'not simulated: the package database of this node (/var/lib/dpkg/status)\n';
  expect(await run('apt-get install containerd')).toEqual(['', `apt-get: ${what}`, 100]);
  expect(await run('dpkg -l')).toEqual(['', `dpkg: ${what}`, 2]);
});

test('packages come from the mirror, run their scripts, and go again', async () => {
  const node = await boot({ seed: 1, scenario: 'docker' });
  const run = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  expect(await run('apt-get update')).toBe(`Get:1 http://deb.debian.org/debian bullseye InRelease [197 B]
Get:2 http://deb.debian.org/debian bullseye/main amd64 Packages [1444 B]
Fetched 1641 B in 1s (1641 B/s)
Reading package lists...
`);
  await run('apt-get remove -y docker.io');
  expect(await run('systemctl is-active docker.service docker.socket; which dockerd')).toBe('inactive\ninactive\n');
  expect(await run('dpkg -l docker.io | tail -1')).toMatch(/^rc {2}docker\.io /);
  expect(await run('systemctl is-active containerd')).toBe('active\n');
  await run('apt-get purge -y containerd');
  expect(await run('systemctl is-active containerd; ls /etc/containerd /usr/bin/containerd')).toBe(
    "inactive\nls: cannot access '/etc/containerd': No such file or directory\nls: cannot access '/usr/bin/containerd': No such file or directory\n",
  );
  expect(await run('apt-get install -y docker.io')).toContain(`The following additional packages will be installed:
  containerd
The following NEW packages will be installed:
  containerd docker.io
0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.
`);
  expect(await run('systemctl is-active containerd docker; docker version -f "{{.Server.Version}}"')).toBe(
    'active\nactive\n20.10.5+dfsg1\n',
  );
  expect(await run('dpkg -S /usr/sbin/dockerd; apt-mark showauto')).toBe(
    'docker.io: /usr/sbin/dockerd\ncontainerd\ncri-tools\nkubernetes-cni\nrunc\n',
  );
});

test('without a name server nothing can be fetched, and Debian 13 says so in its own way', async () => {
  const run = await nodeWith({});
  expect((await run('apt update'))[0]).toContain('All packages are up to date.\n');
  expect((await run('apt install -y htop'))[0]).toContain(
    'Installing:\n  htop\n\nSummary:\n  Upgrading: 0, Installing: 1, Removing: 0, Not Upgrading: 0\n',
  );
  expect(await run('htop')).toEqual(['', 'htop: known, but not simulated here\n', 126]);
  expect(await run('dpkg -S /usr/bin/htop')).toEqual(['htop: /usr/bin/htop\n', '', 0]);
  expect((await run('apt install containerd'))[1]).toContain(
    'not simulated: containerd 1.7.24~ds1-6+deb13u1 in the place of containerd.io 2.1.9',
  );
  await run('echo nameserver 192.168.1.10 > /etc/resolv.conf');
  const [stdout, stderr, exitCode] = await run('apt-get update');
  expect(stdout).toContain(
    "Err:1 http://deb.debian.org/debian trixie InRelease\n  Temporary failure resolving 'deb.debian.org'\n",
  );
  expect(stderr).toContain(
    "W: Failed to fetch http://deb.debian.org/debian/dists/trixie/InRelease  Temporary failure resolving 'deb.debian.org'\n",
  );
  expect(exitCode).toBe(0);
  await run(
    "sed -i 's/trixie-updates/nosuch/' /etc/apt/sources.list.d/debian.sources; echo nameserver 203.0.113.53 > /etc/resolv.conf",
  );
  expect(await run('apt-get update')).toEqual([
    expect.stringContaining(
      'Err:3 http://deb.debian.org/debian nosuch Release\n  404  Not Found [IP: 203.0.113.60 80]\n',
    ),
    "E: The repository 'http://deb.debian.org/debian nosuch Release' does not have a Release file.\n",
    100,
  ]);
});

test('Debian orders versions, and knows who owns what', async () => {
  const run = await nodeWith({});
  expect(await run('dpkg -S /usr/bin/ls /usr/bin/ip /usr/bin/kubelet /usr/bin/containerd')).toEqual([
    'coreutils: /usr/bin/ls\niproute2: /usr/bin/ip\nkubelet: /usr/bin/kubelet\ncontainerd.io: /usr/bin/containerd\n',
    '',
    0,
  ]);
  expect(await run('apt-mark showhold')).toEqual(['kubeadm\nkubectl\nkubelet\n', '', 0]);
  expect((await run('dpkg -l'))[0].split('\n').length).toBeGreaterThan(80);
});
