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
  expect(await run('apt-get install runc')).toEqual([
    READING,
    'apt-get: not simulated: fetching and unpacking runc\n',
    100,
  ]);
  expect(await run('apt-get update')).toEqual(['', 'apt-get: not simulated: update\n', 100]);
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
  const what = 'not simulated: the package database of this node (/var/lib/dpkg/status)\n';
  expect(await run('apt-get install containerd')).toEqual(['', `apt-get: ${what}`, 100]);
  expect(await run('dpkg -l')).toEqual(['', `dpkg: ${what}`, 2]);
});
