/**
 * What is installed where: the one list. A program runs because a file here names it; its code is fetched when it is
 * first executed, so that the page need not load what nobody has used yet.
 */
import { installedCommands } from '../commands/installed.ts';
import { dnsServer } from '../components/dns-server/dns-server.ts';
import { registryProgram } from '../components/registry/registry.ts';
import type { LazyProgram, Program } from '../linux/program.ts';
import { journald } from '../linux/systemd/journald.ts';
import { systemd } from '../linux/systemd/manager.ts';
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

async function command(name: string): Promise<Program> {
  const found = (await commands()).find((program) => program.name === name);
  if (found === undefined) throw new Error(`no command is called ${name}`);
  return found;
}

const system: Installed[] = [
  { path: '/usr/lib/systemd/systemd', size: 100 * KB, program: systemd },
  { path: '/usr/lib/systemd/systemd-journald', size: 180 * KB, program: journald },
  { path: '/usr/lib/openssh/sshd-session', size: 860 * KB, program: sshdSession },
  { path: '/usr/sbin/ifup', size: 80 * KB, program: ifup },
  { path: '/usr/bin/bash', size: 1298 * KB, program: bashProgram },
  { path: '/usr/lib/cutaway/bash-session', size: 1298 * KB, program: bashSessionProgram },
];

const containers: Installed[] = [
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
    return makeJq(async () => {
      const library = await import('jq-wasm');
      // A CommonJS module: some bundlers put it whole under `default`.
      return 'raw' in library ? library : (library as { default: typeof library }).default;
    });
  }),
};

const curl: Installed = {
  path: '/usr/bin/curl',
  size: 299 * KB,
  program: lazy('curl', async () => (await import('../commands/curl/curl.ts')).curl),
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

completions.push({
  path: '/usr/lib/cutaway/complete-kubectl',
  size: 12 * KB,
  program: lazy('complete-kubectl', async () => {
    const { kubectlCompletion } = await import('../commands/kubectl/completion-table.ts');
    return {
      name: 'complete-kubectl',
      main: async (ctx) => ((await ctx.sys.write(ctx, 1, kubectlCompletion)) > 0 ? 0 : 1),
    };
  }),
});

const debianCommands: Installed[] = installedCommands.map(([path, size, name]) => ({
  path,
  size,
  program: lazy(name, () => command(name)),
}));

const installed: Installed[] = [
  ...system,
  jq,
  curl,
  ...completions,
  ...containers,
  ...kata,
  ...gvisor,
  ...debianCommands,
];

/** The programs of a control plane's images. */
const controlPlane: LazyProgram[] = [
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

/** Programs that exist only inside images. Debian's /bin/sh is dash; ours is the same small shell as busybox's. */
const inImages: (Program | LazyProgram)[] = [
  ...controlPlane,
  ashProgram,
  { ...ashProgram, name: 'dash' },
  lazy('busybox', async () =>
    (await import('../commands/busybox/busybox.ts')).makeBusybox(ashProgram.main, await commands()),
  ),
  lazy('pause', async () => (await import('../commands/workloads/pause.ts')).pause),
  lazy('nginx', async () => (await import('../commands/workloads/nginx/nginx.ts')).nginx),
  lazy('redis-server', async () => (await import('../commands/workloads/redis/server.ts')).redisServer),
  lazy('redis-cli', async () => (await import('../commands/workloads/redis/cli.ts')).redisCli),
  lazy('gosu', async () => (await import('../commands/workloads/gosu.ts')).gosu),
  lazy('httpd', async () => (await import('../commands/workloads/httpd.ts')).httpd),
  lazy('nnp', async () => (await import('../commands/workloads/nonewprivs.ts')).nonewprivs),
  lazy('hello', async () => (await import('../commands/workloads/hello.ts')).hello),
];

export function nodePrograms(): (Program | LazyProgram)[] {
  const programs = new Map<string, Program | LazyProgram>();
  for (const program of [...installed.map((i) => i.program), ...inImages, ...inKataGuest])
    programs.set(program.name, program);
  return [...programs.values()];
}

export function outsidePrograms(): Program[] {
  return [registryProgram, dnsServer];
}

export function install(disk: DiskImage): void {
  for (const { path, size, program } of installed) disk.program(path, program.name, size);
  disk.link('/usr/sbin/init', '../lib/systemd/systemd');
  disk.link('/usr/bin/sh', 'bash');
}
