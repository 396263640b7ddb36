/**
 * What is installed where: the one list. A program runs because a file here names it; its code is fetched when it is
 * first executed, so that the page need not load what nobody has used yet.
 */
import { installedCommands } from '../commands/installed.ts';
import { installedAdministration } from '../commands/installed-administration.ts';
import { installedLinks, installedTools } from '../commands/installed-tools.ts';
import { notSimulated } from '../commands/not-simulated.ts';
import { dnsServer } from '../components/dns-server/dns-server.ts';
import { registryProgram } from '../components/registry/registry.ts';
import { webServer } from '../components/web-server/web-server.ts';
import type { LazyProgram, Program } from '../linux/program.ts';
import { ashProgram, bashProgram, bashSessionProgram } from '../shell/program.ts';
import type { DiskImage } from './disk-image.ts';
import { ifup } from './ifup.ts';
import { sshdSession } from './sshd-session.ts';

type Installed = { path: string; size: number; program: Program | LazyProgram };

const KB = 1024;
const MB = 1024 * 1024;

function lazy(name: string, load: () => Promise<Program>): LazyProgram {
  return { name, load };
}

/** The code of all Debian commands: one chunk, fetched with the first of them. */
async function commands(): Promise<Program[]> {
  const { everyCommand } = await import('../commands/every-command.ts');
  return everyCommand;
}

/** The code for the network and administration: a third chunk. */
async function administration(): Promise<Program[]> {
  return (await import('../commands/every-administration.ts')).everyAdministration;
}

/** The code of the tools: a second chunk. */
async function tools(): Promise<Program[]> {
  const { everyTool } = await import('../commands/every-tool.ts');
  return everyTool;
}

function named(programs: readonly Program[], name: string): Program {
  const found = programs.find((program) => program.name === name);
  if (found === undefined) throw new Error(`no command is called ${name}`);
  return found;
}

const system: Installed[] = [
  {
    path: '/usr/lib/systemd/systemd',
    size: 100 * KB,
    program: lazy('systemd', async () => (await import('../linux/systemd/manager.ts')).systemd),
  },
  {
    path: '/usr/lib/systemd/systemd-journald',
    size: 180 * KB,
    program: lazy('systemd-journald', async () => (await import('../linux/systemd/journald.ts')).journald),
  },
  {
    path: '/usr/lib/systemd/systemd-shutdown',
    size: 71 * KB,
    program: lazy('systemd-shutdown', async () => (await import('../linux/systemd/shutdown.ts')).systemdShutdown),
  },
  { path: '/usr/lib/openssh/sshd-session', size: 860 * KB, program: sshdSession },
  {
    path: '/usr/sbin/sshd',
    size: 960 * KB,
    program: lazy('sshd', async () => (await import('../components/sshd/program.ts')).sshdProgram),
  },
  { path: '/usr/sbin/ifup', size: 80 * KB, program: ifup },
  { path: '/usr/bin/bash', size: 1298 * KB, program: bashProgram },
  { path: '/usr/lib/cutaway/bash-session', size: 1298 * KB, program: bashSessionProgram },
];

/** containerd's package. */
const containerd: Installed[] = [
  {
    path: '/usr/bin/containerd',
    size: 44 * MB,
    program: lazy(
      'containerd',
      async () => (await import('../components/cri-runtimes/containerd/program.ts')).containerdProgram,
    ),
  },
  {
    path: '/usr/bin/containerd-shim-runc-v2',
    size: 15 * MB,
    program: lazy(
      'containerd-shim-runc-v2',
      async () => (await import('../components/shims/containerd-shim-runc-v2/program.ts')).shimRuncV2Program,
    ),
  },
];

/** CRI-O's package: the daemon and what it runs beside it. */
const crio: Installed[] = [
  {
    path: '/usr/bin/crio',
    size: 62 * MB,
    program: lazy('crio', async () => (await import('../components/cri-runtimes/cri-o/program.ts')).crioProgram),
  },
  {
    path: '/usr/bin/pinns',
    size: 780 * KB,
    program: lazy(
      'pinns',
      async () => (await import('../components/cri-runtimes/cri-o/pinns/program.ts')).pinnsProgram,
    ),
  },
  {
    path: '/usr/libexec/crio/conmon',
    size: 150 * KB,
    program: lazy('conmon', async () => (await import('../components/shims/conmon/program.ts')).conmonProgram),
  },
  {
    path: '/usr/libexec/crio/conmonrs',
    size: 9 * MB,
    program: lazy('conmonrs', async () => (await import('../components/shims/conmon/conmonrs.ts')).conmonrsProgram),
  },
  {
    path: '/usr/libexec/crio/crun',
    size: 1_130 * KB,
    program: lazy('crun', async () => (await import('../components/oci-runtimes/crun/program.ts')).crunProgram),
  },
  {
    path: '/usr/libexec/crio/runc',
    size: 13 * MB,
    program: lazy('runc', async () => (await import('../components/oci-runtimes/runc/program.ts')).runcProgram),
  },
];

/** Debian 11's docker.io and what it depends on, with the Kubernetes and cri-tools of its time. */
const docker: Installed[] = [
  {
    path: '/usr/bin/containerd',
    size: 47 * MB,
    program: lazy(
      'containerd-1.4',
      async () => (await import('../components/cri-runtimes/containerd/program.ts')).containerd14Program,
    ),
  },
  ...containerd.slice(1),
  {
    path: '/usr/sbin/dockerd',
    size: 92 * MB,
    program: lazy(
      'dockerd',
      async () => (await import('../components/cri-runtimes/dockerd/program.ts')).dockerdProgram,
    ),
  },
  {
    path: '/usr/bin/docker',
    size: 58 * MB,
    program: lazy('docker', async () => (await import('../commands/docker/program.ts')).dockerProgram),
  },
  {
    path: '/usr/bin/runc',
    size: 13 * MB,
    program: lazy('runc-1.0', async () => (await import('../components/oci-runtimes/runc/program.ts')).runc10Program),
  },
  {
    path: '/usr/bin/kubeadm',
    size: 45 * MB,
    program: lazy('kubeadm-1.23', async () => (await import('../commands/kubeadm/program.ts')).kubeadm123Program),
  },
  {
    path: '/usr/bin/kubectl',
    size: 46 * MB,
    program: lazy('kubectl-1.23', async () => (await import('../commands/kubectl/program.ts')).kubectl123Program),
  },
  {
    path: '/usr/bin/crictl',
    size: 32 * MB,
    program: lazy('crictl-1.23', async () => (await import('../commands/crictl/program.ts')).crictl123Program),
  },
  {
    path: '/usr/bin/kubelet',
    size: 124 * MB,
    program: lazy('kubelet-1.23', async () => (await import('../components/kubelet/program.ts')).kubelet123Program),
  },
];

const packages = { containerd, crio, docker } as const;

const containers: Installed[] = [
  {
    path: '/usr/bin/runc',
    size: 13 * MB,
    program: lazy('runc', async () => (await import('../components/oci-runtimes/runc/program.ts')).runcProgram),
  },
  {
    path: '/usr/bin/crun',
    size: 1_130 * KB,
    program: lazy('crun', async () => (await import('../components/oci-runtimes/crun/program.ts')).crunProgram),
  },
  {
    path: '/opt/cni/bin/bridge',
    size: 5 * MB,
    program: lazy('bridge', async () => (await import('../components/cni-plugins/bridge/program.ts')).bridgeProgram),
  },
  {
    path: '/opt/cni/bin/host-local',
    size: 4 * MB,
    program: lazy(
      'host-local',
      async () => (await import('../components/cni-plugins/host-local/program.ts')).hostLocalProgram,
    ),
  },
  {
    path: '/opt/cni/bin/portmap',
    size: 4 * MB,
    program: lazy('portmap', async () => (await import('../components/cni-plugins/portmap/program.ts')).portmapProgram),
  },
  {
    path: '/opt/cni/bin/firewall',
    size: 4 * MB,
    program: lazy(
      'firewall',
      async () => (await import('../components/cni-plugins/firewall/program.ts')).firewallProgram,
    ),
  },
  {
    path: '/opt/cni/bin/tuning',
    size: 4 * MB,
    program: lazy('tuning', async () => (await import('../components/cni-plugins/tuning/program.ts')).tuningProgram),
  },
  {
    path: '/opt/cni/bin/loopback',
    size: 4 * MB,
    program: lazy(
      'loopback',
      async () => (await import('../components/cni-plugins/loopback/program.ts')).loopbackProgram,
    ),
  },
  {
    path: '/usr/bin/kubelet',
    size: 58 * MB,
    program: lazy('kubelet', async () => (await import('../components/kubelet/program.ts')).kubeletProgram),
  },
  {
    path: '/usr/bin/ctr',
    size: 23 * MB,
    program: lazy('ctr', async () => (await import('../commands/ctr/program.ts')).ctrProgram),
  },
  {
    path: '/usr/local/bin/nerdctl',
    size: 26 * MB,
    program: lazy('nerdctl', async () => (await import('../commands/nerdctl/program.ts')).nerdctlProgram),
  },
  {
    path: '/usr/bin/crictl',
    size: 39 * MB,
    program: lazy('crictl', async () => (await import('../commands/crictl/program.ts')).crictlProgram),
  },
  {
    path: '/usr/bin/kubeadm',
    size: 70 * MB,
    program: lazy('kubeadm', async () => (await import('../commands/kubeadm/program.ts')).kubeadmProgram),
  },
  {
    path: '/usr/bin/kubectl',
    size: 58 * MB,
    program: lazy('kubectl', async () => (await import('../commands/kubectl/program.ts')).kubectlProgram),
  },
];

/** Kata Containers 4.1.0 as its static release unpacks it. */
const kata: Installed[] = [
  {
    path: '/opt/kata/runtime-rs/bin/containerd-shim-kata-v2',
    size: 47 * MB,
    program: lazy(
      'containerd-shim-kata-v2',
      async () => (await import('../components/shims/containerd-shim-kata-v2/program.ts')).shimKataV2Program,
    ),
  },
  {
    path: '/opt/kata/bin/kata-runtime',
    size: 52 * MB,
    program: lazy('kata-runtime', async () => (await import('../commands/kata-runtime/program.ts')).kataRuntimeProgram),
  },
  {
    path: '/opt/kata/bin/qemu-system-x86_64',
    size: 32 * MB,
    program: lazy(
      'qemu-system-x86_64',
      async () => (await import('../components/oci-runtimes/kata/hypervisors/qemu.ts')).qemuProgram,
    ),
  },
  {
    path: '/opt/kata/bin/cloud-hypervisor',
    size: 5 * MB,
    program: lazy(
      'cloud-hypervisor',
      async () =>
        (await import('../components/oci-runtimes/kata/hypervisors/cloud-hypervisor.ts')).cloudHypervisorProgram,
    ),
  },
  {
    path: '/opt/kata/bin/firecracker',
    size: 3 * MB,
    program: lazy(
      'firecracker',
      async () => (await import('../components/oci-runtimes/kata/hypervisors/firecracker.ts')).firecrackerProgram,
    ),
  },
  {
    path: '/opt/kata/libexec/virtiofsd',
    size: 6 * MB,
    program: lazy(
      'virtiofsd',
      async () => (await import('../components/oci-runtimes/kata/virtiofsd.ts')).virtiofsdProgram,
    ),
  },
];

/** gVisor's release: runsc and its shim. */
const gvisor: Installed[] = [
  {
    path: '/usr/local/bin/runsc',
    size: 66 * MB,
    program: lazy('runsc', async () => (await import('../components/oci-runtimes/runsc/program.ts')).runscProgram),
  },
  {
    path: '/usr/local/bin/containerd-shim-runsc-v1',
    size: 26 * MB,
    program: lazy(
      'containerd-shim-runsc-v1',
      async () => (await import('../components/shims/containerd-shim-runsc-v1/program.ts')).shimRunscV1Program,
    ),
  },
];

/** Programs that exist only in the image of Kata's guest. */
const inKataGuest: LazyProgram[] = [
  lazy('kata-agent', async () => (await import('../components/oci-runtimes/kata/agent/program.ts')).kataAgentProgram),
];

const jq: Installed = {
  path: '/usr/bin/jq',
  size: 30 * KB,
  program: lazy('jq', async () => {
    const { makeJq } = await import('../commands/jq/jq.ts');
    return makeJq(() => import('jq-wasm/inline'));
  }),
};

const completions: Installed[] = [
  {
    path: '/usr/lib/cutaway/complete-crictl',
    size: 12 * KB,
    program: lazy('complete-crictl', async () => {
      const { crictlCompletion } = await import('../commands/crictl/completion-table.ts');
      return {
        name: 'complete-crictl',
        main: async (ctx) => ((await ctx.sys.write(ctx, 1, crictlCompletion)) > 0 ? 0 : 1),
      };
    }),
  },
];

const debianCommands: Installed[] = installedCommands.map(([path, size, name]) => ({
  path,
  size,
  program: lazy(name, async () => named(await commands(), name)),
}));

const debianTools: Installed[] = installedTools.map(([path, size, name]) => ({
  path,
  size,
  program: lazy(name, async () => named(await tools(), name)),
}));

const debianAdministration: Installed[] = installedAdministration.map(([path, size, name]) => ({
  path,
  size,
  program: lazy(name, async () => named(await administration(), name)),
}));

const unknown: Installed[] = notSimulated.map(([path, size]) => ({
  path,
  size,
  program: lazy('not-simulated', async () => named(await tools(), 'not-simulated')),
}));

const installed: Installed[] = [
  ...unknown,
  ...system,
  jq,
  ...completions,
  ...containers,
  ...kata,
  ...gvisor,
  ...debianCommands,
  ...debianTools,
  ...debianAdministration,
];

/** The programs of a control plane's images, of the releases that nodes here run. */
const controlPlane: LazyProgram[] = [
  lazy(
    'kube-apiserver-1.23',
    async () => (await import('../components/control-plane/api-server/program.ts')).kubeApiserver123Program,
  ),
  lazy(
    'kube-scheduler-1.23',
    async () => (await import('../components/control-plane/scheduler/program.ts')).kubeScheduler123Program,
  ),
  lazy(
    'kube-controller-manager-1.23',
    async () =>
      (await import('../components/control-plane/controller-manager/program.ts')).kubeControllerManager123Program,
  ),
  lazy(
    'kube-apiserver-1.24',
    async () => (await import('../components/control-plane/api-server/program.ts')).kubeApiserver124Program,
  ),
  lazy(
    'kube-scheduler-1.24',
    async () => (await import('../components/control-plane/scheduler/program.ts')).kubeScheduler124Program,
  ),
  lazy(
    'kube-controller-manager-1.24',
    async () =>
      (await import('../components/control-plane/controller-manager/program.ts')).kubeControllerManager124Program,
  ),
  lazy('etcd-3.5', async () => (await import('../components/control-plane/etcd/program.ts')).etcd35Program),
  lazy('etcdctl-3.5', async () => (await import('../commands/etcdctl/program.ts')).etcdctl35Program),
  lazy('etcdctl-3.5.16', async () => (await import('../commands/etcdctl/program.ts')).etcdctlDebianProgram),
  lazy('etcdctl', async () => (await import('../commands/etcdctl/program.ts')).etcdctlProgram),
  lazy('etcdutl-3.5', async () => (await import('../commands/etcdutl/program.ts')).etcdutl35Program),
  lazy('etcdutl', async () => (await import('../commands/etcdutl/program.ts')).etcdutlProgram),
  lazy('etcd', async () => (await import('../components/control-plane/etcd/program.ts')).etcdProgram),
  lazy(
    'kube-apiserver',
    async () => (await import('../components/control-plane/api-server/program.ts')).kubeApiserverProgram,
  ),
  lazy(
    'kube-scheduler',
    async () => (await import('../components/control-plane/scheduler/program.ts')).kubeSchedulerProgram,
  ),
  lazy(
    'kube-controller-manager',
    async () =>
      (await import('../components/control-plane/controller-manager/program.ts')).kubeControllerManagerProgram,
  ),
];

/** What a cluster runs on its nodes besides. */
const addons: LazyProgram[] = [
  lazy('kube-proxy', async () => (await import('../components/kube-proxy/program.ts')).kubeProxyProgram),
  lazy('coredns', async () => (await import('../components/coredns/program.ts')).corednsProgram),
];

/** What packages bring that a node does not have at first. */
const inPackages: LazyProgram[] = [
  lazy('kubelet-1.24', async () => (await import('../components/kubelet/program.ts')).kubelet124Program),
  lazy('kubectl-1.24', async () => (await import('../commands/kubectl/program.ts')).kubectl124Program),
  lazy('kubeadm-1.24', async () => (await import('../commands/kubeadm/program.ts')).kubeadm124Program),
  lazy(
    'cri-dockerd',
    async () => (await import('../components/cri-runtimes/cri-dockerd/program.ts')).criDockerdProgram,
  ),
  lazy('podman', async () => (await import('../components/podman/program.ts')).podmanProgram),
  lazy('netavark', async () => (await import('../components/netavark/program.ts')).netavarkProgram),
  lazy('skopeo', async () => (await import('../components/skopeo/program.ts')).skopeoProgram),
];

/** Programs that exist only inside images. Debian's /bin/sh is dash; ours is the same small shell as busybox's. */
const inImages: (Program | LazyProgram)[] = [
  ...controlPlane,
  ...addons,
  ...inPackages,
  ashProgram,
  { ...ashProgram, name: 'dash' },
  lazy('busybox', async () =>
    (await import('../commands/busybox/busybox.ts')).makeBusybox(ashProgram.main, [
      ...(await commands()),
      ...(await tools()),
    ]),
  ),
  lazy('pause', async () => (await import('../commands/workloads/pause.ts')).pause),
  lazy('nginx', async () => (await import('../commands/workloads/nginx/nginx.ts')).nginx),
  lazy('redis-server', async () => (await import('../commands/workloads/redis/server.ts')).redisServer),
  lazy('redis-cli', async () => (await import('../commands/workloads/redis/cli.ts')).redisCli),
  lazy('gosu', async () => (await import('../commands/workloads/gosu.ts')).gosu),
  lazy('httpd', async () => (await import('../commands/workloads/httpd/httpd.ts')).httpd),
  lazy('whoami-server', async () => (await import('../commands/workloads/whoami/whoami.ts')).whoami),
  lazy('stress', async () => (await import('../commands/workloads/stress/stress.ts')).stress),
  lazy('postgres', async () => (await import('../commands/workloads/postgres/postgres.ts')).postgres),
  lazy('initdb', async () => (await import('../commands/workloads/postgres/postgres.ts')).initdb),
  lazy('pg_isready', async () => (await import('../commands/workloads/postgres/postgres.ts')).pgIsready),
  lazy('python3', async () => (await import('../commands/workloads/interpreters.ts')).python3),
  lazy('node', async () => (await import('../commands/workloads/interpreters.ts')).node),
  lazy('go', async () => (await import('../commands/workloads/interpreters.ts')).go),
  lazy('nnp', async () => (await import('../commands/workloads/nonewprivs.ts')).nonewprivs),
  lazy('hello', async () => (await import('../commands/workloads/hello.ts')).hello),
];

export function nodePrograms(): (Program | LazyProgram)[] {
  const programs = new Map<string, Program | LazyProgram>();
  for (const program of [
    ...[...installed, ...containerd, ...crio, ...docker].map((i) => i.program),
    ...inImages,
    ...inKataGuest,
  ])
    programs.set(program.name, program);
  return [...programs.values()];
}

export function outsidePrograms(): (Program | LazyProgram)[] {
  return [
    registryProgram,
    dnsServer,
    webServer,
    lazy('deb-mirror', async () => (await import('./debian-archive.ts')).debMirror),
    lazy('kubernetes-packages', async () => (await import('./kubernetes-packages.ts')).kubernetesPackages),
    lazy('release-files', async () => (await import('./release-files.ts')).releaseFiles),
  ];
}

export function install(disk: DiskImage, runtime: keyof typeof packages): void {
  for (const { path, size, program } of [...installed, ...packages[runtime]]) disk.program(path, program.name, size);
  disk.link('/usr/sbin/init', '../lib/systemd/systemd');
  disk.link('/usr/bin/sh', 'bash');
  for (const [path, target] of installedLinks) disk.link(path, target);
}
