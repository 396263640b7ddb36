/**
 * One pod's virtual machine: its helpers on the host, its network, and the connection to the agent inside.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/{hypervisor,runtimes/virt_container}/src
 * @fidelity partial: no templates, no confidential guests
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, mkdirAll, readAll, readFile, removeAll, writeFile } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { AgentService } from '../../../protocols/kata/agent/generated.ts';
import type { Spec } from '../../../protocols/oci-runtime/types.ts';
import { TtrpcClient } from '../../../protocols/ttrpc/client.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Future } from '../../../sim/primitives.ts';
import { failedPrecondition } from '../shared/errors.ts';
import type { Exit, Reaper } from '../shared/reaper.ts';
import type { HypervisorConfig } from './configuration.ts';
import { DiskIndices } from './disks.ts';
import { type StartedVm, startVmm, type VmControl } from './hypervisor.ts';
import { serveMonitor } from './monitor.ts';
import {
  configureNics,
  createNetns,
  type GuestNic,
  inNamespace,
  prepareNetwork,
  removeNetns,
  removeNetwork,
} from './network.ts';
import { MachineSize } from './resources.ts';
import {
  destroySandboxCgroup,
  enterSandboxCgroup,
  moveIntoSandboxCgroup,
  overheadCgroupPath,
  sandboxCgroupPath,
} from './sandbox-cgroup.ts';

const DIAL_TIMEOUT_NS = 45_000_000_000;
/** What whoever cleans up after the shim is to find. */
const STATE_FILE = 'state.json';
/** What the guest sees below this path is the pod's shared directory. */
export const GUEST_SHARED = '/run/kata-containers/shared/containers';

export type Sandbox = {
  id: string;
  config: HypervisorConfig;
  /** Host directory that the guest sees as GUEST_SHARED. */
  shared: string;
  runDirectory: string;
  netns: string | null;
  /** It was made for this machine, and goes with it. */
  ownNetns: boolean;
  /** Its cards were found before it started. */
  hasNetwork: boolean;
  cgroup: string;
  overhead: string | null;
  vmm: number;
  /** Resolves when the hypervisor has ended, for whatever reason. */
  readonly vmmExit: Future<Exit>;
  /** Null if the hypervisor cannot share files. */
  virtiofsd: number | null;
  readonly virtiofsdExit: Future<Exit> | null;
  agent: TtrpcClient;
  sharesPids: boolean;
  /** What can be plugged into the machine. */
  control: VmControl;
  disks: DiskIndices;
  size: MachineSize;
};

export async function startSandbox(
  ctx: Context,
  reaper: Reaper,
  config: HypervisorConfig,
  id: string,
  spec: Spec,
): Promise<Sandbox> {
  const { sys } = ctx;
  const shared = `/run/kata-containers/shared/sandboxes/${id}/shared`;
  const runDirectory = `/run/vc/vm/${id}`;
  await mkdirAll(ctx, shared, 0o750);
  await mkdirAll(ctx, runDirectory, 0o750);
  await mkdirAll(ctx, `/run/kata/${id}`, 0o750);
  for (const [what, path] of [
    ['hypervisor', config.path],
    ['kernel', config.kernel],
    ['image', config.image],
    ...(config.sharesFiles ? [['virtio_fs_daemon', config.virtiofsd] as const] : []),
  ] as const) {
    if (!(await exists(ctx, path)))
      throw newError(`${what} path ${path} is invalid: No such file or directory (os error 2)`);
  }
  const cgroup = sandboxCgroupPath(spec.linux?.cgroupsPath);
  const overhead = config.sandboxCgroupOnly ? null : overheadCgroupPath(cgroup, id);
  await enterSandboxCgroup(ctx, overhead ?? cgroup);

  // A pod on the host's network has no such namespace, and its machine no card.
  const wanted = spec.linux?.namespaces?.find((ns) => ns.type === 'network');
  const ownNetns = wanted !== undefined && (wanted.path ?? '') === '';
  const netns = wanted === undefined ? null : ownNetns ? await createNetns(ctx) : (wanted.path ?? null);
  const nics = netns === null ? [] : await inNamespace(ctx, netns, () => prepareNetwork(ctx));

  const socket = `${runDirectory}/vhost-fs.sock`;
  let virtiofsd: number | null = null;
  let virtiofsdExit: Future<Exit> | null = null;
  const cid = 3 + (ctx.random.uint32() >>> 1);
  const abandon = async (): Promise<void> => {
    if (virtiofsd !== null) await killQuietly(ctx, virtiofsd);
    if (virtiofsdExit !== null) await virtiofsdExit.wait();
    await destroySandboxCgroup(ctx, cgroup);
    if (overhead !== null) await destroySandboxCgroup(ctx, overhead);
    if (ownNetns && netns !== null) await removeNetns(ctx, netns);
    await removeSandboxFiles(ctx, id);
  };
  if (config.sharesFiles) {
    virtiofsd = await startVirtiofsd(ctx, config, socket, shared);
    const exit = new Future<Exit>(ctx.scheduler);
    virtiofsdExit = exit;
    const pid = virtiofsd;
    ctx.go('virtiofsd', async (inner) => exit.resolve(await reaper.exit(inner, pid)));
    while (!exit.done && !(await exists(ctx, socket))) await ctx.sleep(LATENCY.kataDialRetryNs);
    if (exit.done) {
      await abandon();
      throw newError('failed to start virtiofsd');
    }
  }
  let started: StartedVm;
  try {
    started = await startVmm(ctx, config, { id, cid, runDirectory, socket, nics, netns });
  } catch (error) {
    await abandon();
    throw error;
  }
  const { control, vmm, errors, address, dial } = started;
  if (overhead !== null) await moveIntoSandboxCgroup(ctx, cgroup, vmm);
  const vmmExit = new Future<Exit>(ctx.scheduler);
  ctx.go('vmm', async (inner) => vmmExit.resolve(await reaper.exit(inner, vmm)));
  let agent: TtrpcClient;
  try {
    agent = new TtrpcClient(ctx, await dialAgent(ctx, dial, vmmExit), address);
  } catch (error) {
    const said = utf8(await readAll(ctx, errors)).trim();
    await abandon();
    await sys.close(ctx, errors);
    throw said === '' ? error : newError(`start vm: ${said}`);
  }
  await sys.close(ctx, errors);
  const sandbox: Sandbox = {
    id,
    config,
    shared,
    runDirectory,
    netns,
    ownNetns,
    hasNetwork: nics.length > 0,
    cgroup,
    overhead,
    vmm,
    vmmExit,
    virtiofsd,
    virtiofsdExit,
    agent,
    sharesPids: false,
    control,
    // A disk that holds the guest's image is the first one, unless it is a memory module.
    disks: new DiskIndices(config.rootDevice.startsWith('/dev/pmem') ? 0 : 1),
    size: new MachineSize(ctx, config, control),
  };
  await setUpGuest(ctx, sandbox, spec, nics);
  await serveMonitor(ctx, `/run/kata/${id}/shim-monitor.sock`, address);
  await writeFile(ctx, `/run/kata/${id}/${STATE_FILE}`, JSON.stringify(stateOf(config, id, cgroup, overhead)), {
    mode: 0o640,
  });
  return sandbox;
}

async function startVirtiofsd(ctx: Context, config: HypervisorConfig, socket: string, shared: string): Promise<number> {
  const pid = await ctx.sys.spawn(ctx, config.virtiofsd, {
    argv: [
      config.virtiofsd,
      '--socket-path',
      socket,
      '--shared-dir',
      shared,
      '--cache',
      config.virtiofsdCache,
      '--sandbox',
      'none',
      '--seccomp',
      'none',
      '--thread-pool-size=1',
      '--announce-submounts',
    ],
    env: [],
    stdio: { 0: 'null', 1: 'null', 2: 'null' },
  });
  return pid;
}

/** The guest needs a while before somebody listens there. */
async function dialAgent(
  ctx: Context,
  dial: (ctx: Context) => Promise<number>,
  exited: { readonly done: boolean },
): Promise<number> {
  const deadline = ctx.now + DIAL_TIMEOUT_NS;
  for (;;) {
    try {
      return await dial(ctx);
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (exited.done) throw newError('start vm: the hypervisor exited');
      if (ctx.now > deadline) throw newError('connect to agent: timed out after 45 s');
    }
    await ctx.sleep(LATENCY.kataDialRetryNs);
  }
}

async function setUpGuest(ctx: Context, sandbox: Sandbox, spec: Spec, nics: readonly GuestNic[]): Promise<void> {
  const { agent } = sandbox;
  const { methods } = AgentService;
  await configureNics(ctx, agent, nics);
  await agent.call(ctx, methods.CreateSandbox, {
    hostname: spec.hostname ?? '',
    sandboxId: sandbox.id,
    storages: [
      ...(sandbox.virtiofsd === null
        ? []
        : [{ driver: 'virtio-fs', source: 'kataShared', fstype: 'virtiofs', mountPoint: GUEST_SHARED }]),
      {
        driver: 'ephemeral',
        source: 'shm',
        fstype: 'tmpfs',
        options: ['mode=1777', 'size=64m'],
        mountPoint: '/run/kata-containers/sandbox/shm',
      },
    ],
  });
}

/** Ends the machine and its helpers, and takes away what they left on the host. */
export async function stopSandbox(ctx: Context, sandbox: Sandbox): Promise<Exit> {
  for (const pid of [sandbox.vmm, sandbox.virtiofsd]) if (pid !== null) await killQuietly(ctx, pid);
  const exit = await sandbox.vmmExit.wait();
  await sandbox.virtiofsdExit?.wait();
  await destroySandboxCgroup(ctx, sandbox.cgroup);
  if (sandbox.overhead !== null) await destroySandboxCgroup(ctx, sandbox.overhead);
  const { netns } = sandbox;
  if (netns !== null && (await exists(ctx, netns))) {
    await inNamespace(ctx, netns, () => removeNetwork(ctx));
    if (sandbox.ownNetns) await removeNetns(ctx, netns);
  }
  return exit;
}

type SandboxState = {
  sandbox_type: string;
  resource: { cgroup_state: { path: string; overhead_path: string; sandbox_cgroup_only: boolean } };
  hypervisor: { hypervisor_type: string; id: string };
};

function stateOf(config: HypervisorConfig, id: string, cgroup: string, overhead: string | null): SandboxState {
  return {
    sandbox_type: 'virt_container',
    resource: { cgroup_state: { path: cgroup, overhead_path: overhead ?? '', sandbox_cgroup_only: overhead === null } },
    hypervisor: { hypervisor_type: config.name, id },
  };
}

/** For a sandbox whose shim is dead: the cgroup that it wrote down once the sandbox had started. */
export async function removeSandboxCgroup(ctx: Context, id: string): Promise<void> {
  const path = `/run/kata/${id}/${STATE_FILE}`;
  if (!(await exists(ctx, path))) return;
  const state = JSON.parse(await readFile(ctx, path)) as SandboxState;
  const { path: cgroup, overhead_path } = state.resource.cgroup_state;
  await destroySandboxCgroup(ctx, cgroup);
  if (overhead_path !== '') await destroySandboxCgroup(ctx, overhead_path);
}

export async function removeSandboxFiles(ctx: Context, id: string): Promise<void> {
  for (const path of [`/run/vc/vm/${id}`, `/run/kata/${id}`, `/run/kata-containers/shared/sandboxes/${id}`]) {
    if (await exists(ctx, path)) await removeAll(ctx, path);
  }
}

export async function killQuietly(ctx: Context, pid: number): Promise<void> {
  try {
    await ctx.sys.kill(ctx, pid, 'SIGKILL');
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

export function requireSandbox(sandbox: Sandbox | null): Sandbox {
  if (sandbox === null) throw failedPrecondition('sandbox is not created');
  return sandbox;
}
