/**
 * What GitHub serves of the releases of cri-dockerd: a download leads to another host that has the file.
 * @models GitHub's release downloads; cri-dockerd 0.3.4 packaging/deb, packaging/systemd
 * @fidelity partial: the package for Debian 11 alone, and no other page
 */
import { print } from '../linux/io.ts';
import type { Program } from '../linux/program.ts';
import { debFile } from './deb-file.ts';
import { type ArchivePackage, programContent, textContent } from './deb-package.ts';

const MB = 1 << 20;

const SERVICE = `[Unit]
Description=CRI Interface for Docker Application Container Engine
Documentation=https://docs.mirantis.com
After=network-online.target firewalld.service docker.service
Wants=network-online.target
Requires=cri-docker.socket

[Service]
Type=notify
ExecStart=/usr/bin/cri-dockerd --container-runtime-endpoint fd://
ExecReload=/bin/kill -s HUP $MAINPID
TimeoutSec=0
RestartSec=2
Restart=always
StartLimitBurst=3
StartLimitInterval=60s
LimitNOFILE=infinity
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
Delegate=yes
KillMode=process

[Install]
WantedBy=multi-user.target
`;

const SOCKET = `[Unit]
Description=CRI Docker Socket for the API
PartOf=cri-docker.service

[Socket]
ListenStream=%t/cri-dockerd.sock
SocketMode=0660
SocketUser=root
SocketGroup=docker

[Install]
WantedBy=sockets.target
`;

const criDockerd: ArchivePackage = {
  name: 'cri-dockerd',
  version: '0.3.4~3-0~debian-bullseye',
  section: 'admin',
  summary: 'CRI for Docker, as the kubelet had it inside until 1.23',
  depends: ['containerd', 'iptables', 'libseccomp2 (>= 2.3.0)'],
  installedKb: 46_000,
  services: ['cri-docker.socket', 'cri-docker.service'],
  files: () => [
    programContent('/usr/bin/cri-dockerd', 'cri-dockerd', 45 * MB),
    textContent('/usr/lib/systemd/system/cri-docker.service', SERVICE),
    textContent('/usr/lib/systemd/system/cri-docker.socket', SOCKET),
  ],
};

const FILE = 'cri-dockerd_0.3.4.3-0.debian-bullseye_amd64.deb';
const DOWNLOAD = `/Mirantis/cri-dockerd/releases/download/v0.3.4/${FILE}`;
const ASSET = `/github-production-release-asset/${FILE}`;

export const releaseFiles: Program = {
  name: 'release-files',
  main: async (ctx, [, path = '', host = '']) => {
    if (host === 'github.com' && path === DOWNLOAD)
      await print(ctx, `Location: https://release-assets.githubusercontent.com${ASSET}\n\n`);
    else if (host === 'release-assets.githubusercontent.com' && path === ASSET) await print(ctx, debFile(criDockerd));
    else return 1;
    return 0;
  },
};
