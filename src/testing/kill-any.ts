/**
 * Any process of the stack killed with -9 at its n-th system call, at any moment of a pod's life: a daemon, a shim, a
 * conmon, pause, a container's init, a runtime at work, a hypervisor, virtiofsd, a Sentry, a gofer, a CNI plugin. What
 * must hold afterwards: nothing is called running that has no process, no process runs that no store knows, and what an
 * operator can take away leaves nothing behind, but for what the originals leave too (`KNOWN`, each with its reason).
 */
import type { Cgroup } from '../linux/cgroup.ts';
import { Random } from '../sim/random.ts';
import { type BootedNode, boot } from './boot.ts';
import { countCalls } from './count-calls.ts';

const OWN = { namespace_options: { pid: 1 } };
const json = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const container = (name: string, linux: object): Uint8Array =>
  json({ metadata: { name }, image: { image: 'busybox' }, command: ['sleep', '1000'], log_path: `${name}.log`, linux });
const FILES: Readonly<Record<string, Uint8Array>> = {
  '/etc/crio/crio.conf.d/70-pod.conf': new TextEncoder().encode(`[crio.runtime.runtimes.perpod]
runtime_path = "/usr/libexec/crio/crun"
runtime_type = "pod"
runtime_root = "/run/crun"
monitor_path = "/usr/libexec/crio/conmonrs"
`),
  '/root/p.json': json({ metadata: { name: 'p', namespace: 'default', uid: 'u' }, log_directory: '/tmp', linux: {} }),
  '/root/own.json': container('own', { security_context: OWN }),
  '/root/shared.json': container('shared', {}),
};

/** Which runtimes stand below which daemon. runsc does not work below CRI-O 1.36: it takes no shim that is not -v2. */
const STACKS = [
  ['bare', 'runc'],
  ['bare', 'crun'],
  ['bare', 'kata'],
  ['bare', 'runsc'],
  ['crio', 'crun'],
  ['crio', 'runc'],
  ['crio', 'kata'],
  // One conmonrs for each pod.
  ['crio', 'perpod'],
] as const;
type Stack = (typeof STACKS)[number];

/** A pod's life, a line each. */
const LIFE: readonly string[] = [
  'P=$(crictl runp --runtime $HANDLER p.json)',
  'C=$(crictl create ${P:-none} own.json p.json); D=$(crictl create ${P:-none} shared.json p.json)',
  'crictl start $C; crictl start $D',
  'crictl exec $C true; crictl exec -s $D true',
  'crictl stop -t 1 $C',
  'crictl rm $C',
  'crictl stopp $P',
  'crictl rmp $P',
];

/** Those who look on, and the machine's own. */
const BYSTANDERS =
  /^(systemd.*|sshd.*|bash.*|crictl|agetty|dbus.*|cron|chronyd|kubelet|kube-.*|etcd|coredns|login|containerd-stress)$/;

/** What an operator does about it. */
const CLEAN: readonly string[] = [
  'crictl rmp -fa; crictl rm -fa',
  'sleep 8; crictl rmp -fa; crictl rm -fa',
  'sleep 8; crictl rmp -fa; crictl rm -fa; sleep 2',
];

/** Names of files of which each is something that somebody holds. */
const HELD = [
  '/run/netns',
  '/run/ipcns',
  '/run/utsns',
  '/run/runc',
  '/run/containerd/runc/k8s.io',
  '/run/containerd/s',
  '/run/containerd/io.containerd.runtime.v2.task/k8s.io',
  '/run/containerd/io.containerd.grpc.v1.cri/sandboxes',
  '/run/containerd/io.containerd.grpc.v1.cri/containers',
  '/run/containerd/runsc/k8s.io',
  '/run/crun',
  '/run/vc',
  '/run/vc/sbs',
  '/run/kata',
  '/run/kata-containers/shared/sandboxes',
  '/run/crio',
  '/run/crio/exits',
  '/run/containers/storage/overlay-containers',
  '/var/lib/cni/networks/containerd-net',
  '/var/lib/cni/networks/crio',
  '/var/lib/cni/results',
  '/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots',
  '/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes',
  '/var/lib/containerd/io.containerd.grpc.v1.cri/containers',
  '/var/lib/containers/storage/overlay',
  '/var/lib/containers/storage/overlay-containers',
];

type Leftover = {
  readonly of: RegExp;
  readonly what: RegExp;
  readonly because: string;
  /** It goes when the daemon starts again. */
  readonly untilRestart?: boolean;
};

/** What the originals leave as well: `daemon runtime victim`, what, and why. */
const KNOWN: readonly Leftover[] = [
  {
    of: /^crio \S+ (conmon|conmonrs)$/,
    what: /^left: file \/run\/crio\/exits\/[0-9a-f]{64}\.tmp[0-9a-f]+$/,
    because: 'the exit file is written beside its place and renamed (conmon.c, g_file_set_contents)',
  },
  {
    of: / containerd-shim$/,
    what: /^left: file \/run\/containerd\/s\//,
    because: 'only a shim that shuts down by itself removes its socket (cmd/containerd-shim-runc-v2/task/service.go)',
  },
  {
    of: /^bare (runc|crun|runsc) containerd-shim$/,
    what: /^left: (process (sleep sleep 1000$|crun \S+\/crun --root \S+ .* create )|cgroup \/k8s\.io\/|file \/run\/containerd\/(runc|runsc)\/k8s\.io\/)/,
    because:
      'a container that joined the shim of its pod has no clean-up of its own (core/runtime/v2 loadShim with an empty onClose); one with a PID namespace of its own was recorded to run on',
  },
  {
    of: /^bare (runc|crun|runsc) containerd-shim$/,
    what: /^left: (file|mount) \/run\/containerd\/io\.containerd\.runtime\.v2\.task\/k8s\.io\/[0-9a-f]{64}(\/rootfs)?$/,
    untilRestart: true,
    because:
      'a container that could not be started: its task is not deleted, because Kill fails first (client/process.go WithProcessKill); the next containerd unmounts and deletes such a bundle (shim_load.go)',
  },
  {
    of: /^crio (crun|runc|perpod) crio$/,
    what: /^(known to nobody|left): (process (conmon|conmonrs|pause|sleep|crun|runc:\[2:INIT\]) |cgroup \/system\.slice\/(crio|crio-conmon|crun|runc)-[0-9a-f]{64}\.scope|file \/run\/(crio|crun|runc)\/[0-9a-f]{64}$)/,
    because:
      'conmon goes on without it, but what has no state.json cannot be restored and is removed from storage only (server/server.go restore)',
  },
  {
    of: /^crio perpod (conmonrs|crun)$/,
    what: /^(known to nobody|left): (process crun \S+\/crun --systemd-cgroup .* create |cgroup \/system\.slice\/crio-[0-9a-f]{64}\.scope|file \/run\/crun\/[0-9a-f]{64}$)/,
    because:
      'nobody deletes a container whose creation conmonrs did not answer (runtime_pod.go CreateContainer, its TODO)',
  },
  {
    of: /^crio perpod crun$/,
    what: /^(known to nobody: process conmonrs |left: (process conmonrs |cgroup \/system\.slice\/crio-conmon-[0-9a-f]{64}\.scope$))/,
    because:
      'the server ends with the deletion of the pod’s own container, which did not come to be (runtime_pod.go DeleteContainer)',
  },
  {
    of: /^bare (runc|crun|runsc) (pause|exe)$/,
    what: /^(known to nobody: process containerd-shim |left: (process containerd-shim |file \/run\/containerd\/s\/))/,
    because: 'the shim outlives the pod whose pause or Sentry was killed: recorded with runc',
  },
  {
    of: /^bare kata containerd-shim$/,
    what: /^left: cgroup \/k8s\.io\//,
    because: 'the sandbox writes down its cgroup when it has started (runtime-rs virt_container sandbox.rs save)',
  },
  {
    of: /^crio kata containerd-shim$/,
    what: /^(known to nobody|left): (process (qemu-system-x86|virtiofsd) |(file|mount) \/run\/(kata|kata-containers\/shared\/sandboxes)\/)/,
    because:
      'what the shim would have ended: CRI-O does not watch it and runs no `shim delete` (internal/oci/runtime_vm.go)',
  },
  {
    of: /^crio kata containerd-shim$/,
    what: /^left: (file|mount) \/(run\/(ipcns|netns|utsns|containers\/storage\/overlay-containers)|var\/lib\/containers\/storage\/overlay(-containers)?)\//,
    because:
      'Kill over a closed connection fails, so that the pod cannot be stopped (runtime_vm.go StopContainer, kill)',
  },
  {
    of: /^crio kata containerd-shim$/,
    what: /^ready without a process \(0\): pod /,
    because:
      'killed once it had stopped the VM: State over a closed connection finds nothing and leaves the pod as it was (runtime_vm.go updateContainerStatus)',
  },
  {
    of: /^crio kata crio$/,
    what: /^left: (process (containerd-shim|virtiofsd|qemu-system-x86) |(file|mount) \/(run\/(containerd\/s|kata|kata-containers\/shared\/sandboxes|containers\/storage\/overlay-containers)|var\/lib\/containers\/storage\/overlay(-containers)?)\/)/,
    because:
      'killed between closing the fifos and Delete, crio cannot open them again and keeps the pod (runtime_vm.go deleteContainer, restoreContainerIO)',
  },
  {
    of: / containerd$/,
    what: /^left: (process containerd-shim |file \/run\/containerd\/s\/)/,
    because: 'the shim told its address to somebody who was dead by then: nobody can find it any more',
  },
  {
    of: /^crio \S+ crio$/,
    what: /^left: (link veth|(file|mount) \/run\/(net|ipc|uts)ns\/)/,
    because:
      'a pod that had no config.json yet is only a record in storage: LoadSandbox fails before it knows of namespaces (container_server.go)',
  },
  {
    of: / containerd$/,
    what: /^left: file \/run\/containerd\/io\.containerd\.runtime\.v2\.task\/k8s\.io\/\.[0-9a-f]{64}$/,
    because:
      'a bundle is renamed before it is deleted, and hidden ones are passed over at start (bundle.go, shim_load.go)',
  },
  {
    of: /^bare (runc runc|crun crun)/,
    what: /^left: (cgroup \/k8s\.io\/|file \/run\/containerd\/runc\/k8s\.io\/)/,
    because:
      'nobody runs `delete --force` for a container of a living shim that could not be created (task_manager.go)',
  },
  {
    of: /^bare runsc (runsc|exe)/,
    what: /^left: file \/run\/containerd\/runsc\/k8s\.io\/|^left: cgroup \/k8s\.io\//,
    because: 'as with runc, and the lock file goes last',
  },
  {
    of: /^crio \S+ conmon$/,
    what: /^left: file \/run\/crio\/[0-9a-f]{64}$/,
    because: 'the link to the attach socket: recorded',
  },
  {
    of: /^crio \S+ (bridge|host-local|loopback|portmap|tuning|firewall|crio)$/,
    what: /^left: file \/var\/lib\/cni\/networks\/crio\/\d/,
    because:
      'CRI-O tries DEL once and calls the network stopped (server/sandbox_network.go networkStop); an address without a cached result is nobody’s',
  },
  {
    of: / (containerd|crio)$/,
    what: /^left: file \S+\.tmp/,
    because: 'what is written beside a file and renamed stays if it is not renamed',
  },
];

function* groupsBelow(group: Cgroup, path: string): Generator<string> {
  for (const child of group.children.values()) {
    const at = `${path}/${child.name}`;
    yield at;
    yield* groupsBelow(child, at);
  }
}

/** Everything of which something could be left, a line each. */
async function inventory(node: BootedNode): Promise<string[]> {
  const { kernel } = node.machine;
  const lines: string[] = [];
  for (const process of kernel.processes.values())
    lines.push(`process ${process.comm}${process.state === 'zombie' ? ' <defunct>' : ''} ${process.argv.join(' ')}`);
  for (const path of groupsBelow(kernel.rootCgroup, '')) lines.push(`cgroup ${path}`);
  for (const name of kernel.initialNamespaces.net.interfaces.keys()) lines.push(`link ${name}`);
  const { stdout } = await node.run(
    `for d in ${HELD.join(' ')}; do ls -A $d 2> /dev/null | sed "s|^|file $d/|"; done; awk '{print "mount", $2}' /proc/mounts`,
  );
  return [...lines, ...stdout.split('\n').filter((line) => line !== '')];
}

const words = async (node: BootedNode, line: string): Promise<string[]> =>
  (await node.run(line)).stdout.split(/\s+/).filter((word) => word !== '');

async function prepared([scenario, handler]: Stack, seed: number): Promise<BootedNode> {
  const node = await boot({ scenario, seed, files: FILES, forgetful: true });
  await node.run(`HANDLER=${handler}; cd /root; crictl pull busybox > /dev/null`);
  // The kubelet would take away what it has not made.
  if (scenario === 'crio') await node.run('systemctl stop kubelet; crictl rmp -fa > /dev/null');
  const { exitCode, stderr } = await node.run('crictl rmp -f $(crictl runp --runtime $HANDLER p.json)');
  if (exitCode !== 0) throw new Error(stderr);
  await node.run('sleep 2');
  return node;
}

const counted = new Map<Stack, ReadonlyMap<string, number>>();

/** How many system calls each of its processes makes in a pod's life, by the name of the program. */
async function callsOf(stack: Stack, stacks: readonly Stack[]): Promise<ReadonlyMap<string, number>> {
  // All at once, so that a seed that is tried alone counts as it did among the others.
  for (const each of stacks) if (!counted.has(each)) counted.set(each, await measured(each));
  return counted.get(stack) as ReadonlyMap<string, number>;
}

async function measured(stack: Stack): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const node = await prepared(stack, 1);
  countCalls(node, (comm) => {
    if (!BYSTANDERS.test(comm)) counts.set(comm, (counts.get(comm) ?? 0) + 1);
    return false;
  });
  for (const line of LIFE) {
    const { stderr, exitCode } = await node.run(line);
    if (exitCode !== 0) throw new Error(`${line}: ${stderr}`);
  }
  return counts;
}

export type Outcome = { stack: string; victim: string; call: number; died: boolean; wrong: string[]; known: string[] };

/** One seed: one of the stacks, a victim, a call of it; what was wrong afterwards, and what was left as the originals leave it. */
export async function killAny(seed: number, stacks: readonly Stack[] = STACKS): Promise<Outcome> {
  const random = new Random(seed).fork('kill any');
  const stack = stacks[random.below(stacks.length)] as Stack;
  const counts = [...(await callsOf(stack, stacks))];
  const [victim, total] = counts[random.below(counts.length)] as [string, number];
  const call = 1 + random.below(total);
  const goesOn = random.below(2) === 0;

  const node = await prepared(stack, seed);
  const before = new Set(await inventory(node));
  const state = countCalls(node, [victim]);
  state.endAt = call;
  for (const line of LIFE) {
    await node.run(line);
    if (state.calls >= call && !goesOn) break;
  }
  const died = state.calls >= call;
  state.endAt = Number.POSITIVE_INFINITY;
  await node.run('sleep 15');
  const outcome: Outcome = { stack: stack.join(' '), victim, call, died, wrong: [], known: [] };
  const note = (what: string): void => {
    const reason = KNOWN.find((each) => each.of.test(`${stack.join(' ')} ${victim}`) && each.what.test(what));
    if (reason === undefined) outcome.wrong.push(what);
    else outcome.known.push(`${what}: ${reason.because}`);
  };
  await truth(node, before, note);
  for (const line of CLEAN) await node.run(line);
  let left = (await inventory(node)).filter((item) => !before.has(item));
  for (const item of left) note(`left: ${item}`);
  const passing = KNOWN.filter(({ untilRestart }) => untilRestart === true).map(({ because }) => because);
  if (!outcome.known.some((text) => passing.some((because) => text.endsWith(because)))) return outcome;
  await node.run('systemctl restart containerd; sleep 8');
  left = (await inventory(node)).filter((item) => !before.has(item));
  for (const item of left)
    if (
      outcome.known.some(
        (text) => text.startsWith(`left: ${item}: `) && passing.some((because) => text.endsWith(because)),
      )
    )
      outcome.wrong.push(`left after a restart: ${item}`);
  return outcome;
}

/** What the runtime says against what there is. */
async function truth(node: BootedNode, before: ReadonlySet<string>, note: (what: string) => void): Promise<void> {
  const { processes } = node.machine.kernel;
  const alive = (pid: string): boolean => processes.get(Number(pid))?.alive === true;
  const ids = [...(await words(node, 'crictl ps -aq')), ...(await words(node, 'crictl pods -q'))];
  for (const id of await words(node, 'crictl ps -q')) {
    const [pid = ''] = await words(node, `crictl inspect ${id} | jq .info.pid`);
    if (!alive(pid)) note(`running without a process (${pid}): container ${id}`);
  }
  for (const id of await words(node, 'crictl pods -q --state ready')) {
    const [pid = ''] = await words(node, `crictl inspectp ${id} | jq .info.pid`);
    // CRI-O's pods need no process of their own.
    if (pid !== 'null' && !alive(pid)) note(`ready without a process (${pid}): pod ${id}`);
  }
  for (const process of processes.values()) {
    const line = `process ${process.comm}${process.state === 'zombie' ? ' <defunct>' : ''} ${process.argv.join(' ')}`;
    if (before.has(line) || BYSTANDERS.test(process.comm)) continue;
    const where = `${line} in ${process.cgroup.path}`;
    if (!ids.some((id) => where.includes(id))) note(`known to nobody: ${where}`);
  }
}
