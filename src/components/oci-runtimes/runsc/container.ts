/**
 * Creating, starting and destroying containers from the outside.
 * @models gVisor runsc/container/container.go, runsc/sandbox/{sandbox,network}.go
 * @fidelity partial: no checkpoint; a spec with a user namespace of its own is refused
 */
import { newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import { rfc3339Nano } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, mkdirAll, readAll, readFile, writeFile } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import type { Spec, Process as SpecProcess } from '../../../protocols/oci-runtime/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { createCgroup, removeCgroup, setLimits } from '../shared/cgroup.ts';
import { cgroupConfig, cgroupDirectory } from '../shared/cgroup-path.ts';
import { messageOf, pathError, wrapped } from '../shared/fault.ts';
import { secureJoin } from '../shared/secure-join.ts';
import type { NetworkArguments } from './boot.ts';
import type { RunscCall } from './call.ts';
import { goferMounts } from './container-mounts.ts';
import { flagWords } from './flags.ts';
import type { GoferMount } from './gofer.ts';
import { executeHooks, executeHooksBestEffort } from './hooks.ts';
import { readSpec } from './read-spec.ts';
import { type ContainerState, loadState, lockNew, removeState, saveState } from './state-file.ts';
import { UrpcClient } from './urpc.ts';

/** How containerd and CRI-O say which pod a container belongs to. */
const SANDBOX_IDS = ['io.kubernetes.cri.sandbox-id', 'io.kubernetes.cri-o.SandboxID'];
const CONTAINER_TYPES = ['io.kubernetes.cri.container-type', 'io.kubernetes.cri-o.ContainerType'];

function annotated(spec: Spec, names: readonly string[]): string {
  return names.map((name) => spec.annotations?.[name]).find((value) => value !== undefined) ?? '';
}

export async function createContainer(
  ctx: Context,
  call: RunscCall,
  given: { id: string; bundle: string; pidFile: string; consoleSocket: string },
): Promise<ContainerState> {
  const { id, bundle } = given;
  const spec = await readSpec(ctx, bundle);
  if (!/^[\w+.-]+$/.test(id)) throw newError(`invalid container id: ${id}`);
  const isSub = annotated(spec, CONTAINER_TYPES) === 'container';
  const sandboxId = isSub ? annotated(spec, SANDBOX_IDS) : id;
  await lockNew(ctx, call.root, id, sandboxId);
  const state: ContainerState = {
    id,
    spec,
    bundleDir: bundle,
    createdAt: rfc3339Nano(ctx.wallTime),
    owner: '',
    consoleSocket: given.consoleSocket,
    status: 'creating',
    goferPid: 0,
    goferIsChild: false,
    sandbox: {
      id: sandboxId,
      pid: 0,
      controlSocketPath: `${call.root}/runsc-${sandboxId}.sock`,
      cgroup: '',
      rootCid: sandboxId,
    },
    cgroup: '',
  };
  try {
    if (call.flags.get('ignore-cgroups') !== 'true') {
      const path = spec.linux?.cgroupsPath;
      state.cgroup = cgroupDirectory(cgroupConfig(path, id, path?.includes(':') ?? false), '/');
      await createCgroup(ctx, state.cgroup);
      // The sandbox is in the first container's cgroup; those of the others stay empty.
      if (!isSub) await setLimits(ctx, state.cgroup, spec.linux?.resources ?? {});
    }
    if (isSub) {
      const first = await loadState(ctx, call.root, sandboxId);
      state.sandbox = first.sandbox;
      const client = await connect(ctx, state);
      await client.call(ctx, 'containerManager.CreateSubcontainer', { cid: id, spec });
      await client.close(ctx);
    } else await createSandbox(ctx, call, state);
    state.status = 'created';
    await saveState(ctx, call.root, state);
    await executeHooks(ctx, spec.hooks?.prestart, state);
    await executeHooks(ctx, spec.hooks?.createRuntime, state);
    if (given.pidFile !== '') {
      try {
        await writeFile(ctx, given.pidFile, String(state.sandbox.pid));
      } catch (error) {
        throw wrapped('error writing PID file', pathError('open', given.pidFile, error));
      }
    }
    return state;
  } catch (error) {
    // What had been there of it already goes with it.
    if (state.status === 'created') await destroyContainer(ctx, call, state);
    else {
      if (!isSub) await endSandbox(ctx, state);
      await killAndWait(ctx, state.goferPid);
      await removeState(ctx, call.root, id, sandboxId);
      if (state.cgroup !== '') await removeCgroup(ctx, state.cgroup);
    }
    throw error;
  }
}

/** Starts the sandbox with the first container's gofer; resolves when the Sentry answers. */
async function createSandbox(ctx: Context, call: RunscCall, state: ContainerState): Promise<void> {
  const { sys } = ctx;
  const { spec } = state;
  await ctx.cpu(LATENCY.runscSandboxNs);
  refuseUsers(spec);
  const { connections: gofers, mountsFd } = await startGofer(ctx, call, state);
  const platform = call.flags.get('platform') ?? 'systrap';
  if (platform === 'kvm') {
    try {
      await sys.close(ctx, await sys.open(ctx, '/dev/kvm', { read: true, write: true }));
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw newError(
        `cannot create sandbox: cannot create sandbox process: opening device file for platform "kvm": error opening KVM device file (/dev/kvm): ${error.go}`,
      );
    }
  }
  const [specRead, specWrite] = await sys.pipe(ctx);
  const [syncRead, syncWrite] = await sys.pipe(ctx);
  const controller = await sys.listen(ctx, { family: 'unix', path: state.sandbox.controlSocketPath }, { mode: 0o755 });
  const stdio = await containerStdio(ctx, spec.process as SpecProcess, state.consoleSocket);
  const passed: Record<number, number | 'null'> = { 0: 'null', 1: 'null', 2: 'null' };
  let next = 3;
  const pass = (fd: number): number => {
    passed[next] = fd;
    return next++;
  };
  const ioFds = gofers.map(pass).join(',');
  const passedMountsFd = pass(mountsFd);
  const syncFd = pass(syncWrite);
  const controllerFd = pass(controller);
  const specFd = pass(specRead);
  const stdioFds = stdio.map(pass).join(',');
  const memory = spec.linux?.resources?.memory?.limit ?? 0;
  const host = await hostMemory(ctx);
  const total = memory > 0 ? Math.min(memory, host) : host;
  const argv = [
    'runsc-sandbox',
    ...flagWords(call.flags),
    'boot',
    '--apply-caps=false',
    `--bundle=${state.bundleDir}`,
    `--controller-fd=${controllerFd}`,
    `--cpu-num=${await cpuCount(ctx, spec)}`,
    '--dev-io-fd=-1',
    `--gofer-mount-confs=${mountConfs(call, spec)}`,
    `--io-fds=${ioFds}`,
    `--mounts-fd=${passedMountsFd}`,
    '--setup-root=false',
    `--spec-fd=${specFd}`,
    `--start-sync-fd=${syncFd}`,
    `--stdio-fds=${stdioFds}`,
    `--total-host-memory=${host}`,
    `--total-memory=${total}`,
    state.id,
  ];
  const network = call.flags.get('network') ?? 'sandbox';
  const netns = spec.linux?.namespaces?.find((ns) => ns.type === 'network');
  const path = network === 'none' ? '' : (netns?.path ?? '');
  const newNetns = path === '' && (network !== 'host' || netns !== undefined);
  const spawn = (inner: Context): Promise<number> =>
    sys.spawn(inner, '/proc/self/exe', {
      argv,
      env: [],
      stdio: passed,
      newSession: true,
      newNamespaces: [
        // The sockets of --network=host want the rights that its user has where the network is.
        ...(network === 'host' ? [] : (['user'] as const)),
        'mnt',
        'ipc',
        'uts',
        ...(newNetns ? (['net'] as const) : []),
      ],
      ...(state.cgroup === '' ? {} : { cgroup: state.cgroup }),
    });
  state.sandbox.pid = path === '' ? await spawn(ctx) : await inNamespace(ctx, path, () => spawn(ctx));
  state.sandbox.cgroup = state.cgroup;
  for (const fd of [...gofers, mountsFd, syncWrite, controller, specRead]) await sys.close(ctx, fd);
  if (state.consoleSocket !== '') for (const fd of new Set(stdio)) await sys.close(ctx, fd);
  await sys.write(ctx, specWrite, JSON.stringify(spec));
  await sys.close(ctx, specWrite);
  const ready = await sys.read(ctx, syncRead);
  await sys.close(ctx, syncRead);
  if (ready.length === 0)
    throw newError('cannot create sandbox: cannot read client sync file: waiting for sandbox to start: EOF');
}

/** The addresses of the namespace's links go to the Sentry's stack, and off the host's. */
async function setupNetwork(ctx: Context, call: RunscCall, state: ContainerState): Promise<void> {
  const { sys } = ctx;
  if ((call.flags.get('network') ?? 'sandbox') !== 'sandbox') return;
  const path = `/proc/${state.sandbox.pid}/ns/net`;
  const links: NetworkArguments['links'] = await inNamespace(ctx, path, async () => {
    const found: NetworkArguments['links'] = [];
    const routes = await sys.netRoutes(ctx);
    for (const link of await sys.netLinks(ctx)) {
      if (link.kind === 'loopback' || !link.up) continue;
      found.push({ link, routes: routes.filter((route) => route.name === link.name) });
      for (const { address, prefix } of link.addresses)
        await sys.netlink(ctx, { op: 'address.delete', name: link.name, address: `${address}/${prefix}` });
    }
    return found;
  });
  const client = await connect(ctx, state);
  await client.call(ctx, 'Network.CreateLinksAndRoutes', { links } satisfies NetworkArguments);
  await client.close(ctx);
}

/** setns(2) takes no process that has threads into a user namespace, and a Go program always has some. */
function refuseUsers({ linux }: Spec): void {
  const users = linux?.namespaces?.find(({ type }) => type === 'user');
  if (users?.path !== undefined && users.path !== '')
    throw newError(
      `cannot create gofer process: gofer: error setting namespace of type user and path ${quote(users.path)}: invalid argument`,
    );
  if (users !== undefined) throw newError('not simulated: a new user namespace with the ID mappings of the bundle');
}

/** Starts a container's gofer; returns our ends of its connections, the root's first, and where it says what it shows. */
async function startGofer(
  ctx: Context,
  call: RunscCall,
  state: ContainerState,
): Promise<{ connections: number[]; mountsFd: number }> {
  const { sys } = ctx;
  const { spec, bundleDir } = state;
  const root = spec.root?.path ?? 'rootfs';
  const mounts: GoferMount[] = [
    { source: root.startsWith('/') ? root : `${bundleDir}/${root}`, readOnly: spec.root?.readonly === true },
    ...goferMounts(spec).map((mount) => ({
      source: mount.source ?? '',
      readOnly: (mount.options ?? []).includes('ro'),
    })),
  ];
  // The working directory is made where the files are, before anything is read-only.
  const cwd = spec.process?.cwd ?? '';
  const rootfs = mounts[0]?.source ?? '';
  if (cwd !== '' && !mounts.slice(1).some(({ source }) => source === cwd) && (await exists(ctx, rootfs)))
    await mkdirAll(ctx, await secureJoin(ctx, rootfs, cwd), 0o755);
  const [specRead, specWrite] = await sys.pipe(ctx);
  const [mountsRead, mountsWrite] = await sys.pipe(ctx);
  const passed: Record<number, number | 'null'> = { 0: 'null', 1: 'null', 2: 'null', 3: specRead };
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < mounts.length; i++) {
    const [mine, other] = await sys.socketPair(ctx);
    ours.push(mine);
    theirs.push(other);
    passed[4 + i] = other;
  }
  const mountsFd = 4 + mounts.length;
  passed[mountsFd] = mountsWrite;
  state.goferPid = await sys.spawn(ctx, '/proc/self/exe', {
    argv: [
      'runsc-gofer',
      ...flagWords(call.flags),
      'gofer',
      `--bundle=${bundleDir}`,
      `--gofer-mount-confs=${mountConfs(call, spec)}`,
      `--io-fds=${theirs.map((_, i) => 4 + i).join(',')}`,
      `--mounts-fd=${mountsFd}`,
      '--spec-fd=3',
      '--sync-nvproxy-fd=-1',
      '--sync-userns-fd=-1',
      '--apply-caps=false',
      '--setup-root=false',
    ],
    env: [],
    stdio: passed,
    newSession: true,
    newNamespaces: ['user', 'mnt', 'pid', 'ipc', 'uts', 'net'],
    ...(state.sandbox.cgroup !== ''
      ? { cgroup: state.sandbox.cgroup }
      : state.cgroup !== ''
        ? { cgroup: state.cgroup }
        : {}),
  });
  for (const fd of [specRead, mountsWrite, ...theirs]) await sys.close(ctx, fd);
  await sys.write(ctx, specWrite, JSON.stringify(mounts));
  await sys.close(ctx, specWrite);
  return { connections: ours, mountsFd: mountsRead };
}

function mountConfs(call: RunscCall, spec: Spec): string {
  const overlaid = (call.flags.get('overlay2') ?? 'root:self') !== 'none' && spec.root?.readonly !== true;
  return [overlaid ? 'lisafs:self' : 'lisafs:none', ...goferMounts(spec).map(() => 'lisafs:none')].join(',');
}

/** Our own three descriptors, or a terminal whose other end goes to the console socket. */
export async function containerStdio(ctx: Context, process: SpecProcess, consoleSocket: string): Promise<number[]> {
  const { sys } = ctx;
  if (process.terminal !== true || consoleSocket === '') return [0, 1, 2];
  const { master, slavePath } = await sys.openPty(ctx);
  const { consoleSize } = process;
  if (consoleSize !== undefined)
    await sys.setWindowSize(ctx, master, { rows: consoleSize.height, columns: consoleSize.width });
  const slave = await sys.open(ctx, slavePath, { read: true, write: true });
  const socket = await sys.connect(ctx, { family: 'unix', path: consoleSocket });
  await sys.sendDescriptors(ctx, socket, 'pty-master', [master]);
  await sys.close(ctx, socket);
  await sys.close(ctx, master);
  return [slave, slave, slave];
}

export async function startContainer(ctx: Context, call: RunscCall, state: ContainerState): Promise<void> {
  if (state.status !== 'created') throw newError(`cannot start container ${quote(state.id)} in state ${state.status}`);
  const client = await connect(ctx, state);
  if (state.sandbox.rootCid === state.id) {
    try {
      await setupNetwork(ctx, call, state);
    } catch (error) {
      throw wrapped('setting up network', error);
    }
    try {
      await client.call(ctx, 'containerManager.StartRoot', { cid: state.id });
    } catch (error) {
      throw wrapped('starting root container: starting sandbox', error);
    }
  } else {
    const { connections: gofers, mountsFd } = await startGofer(ctx, call, state);
    const cleanMounts = utf8(await readAll(ctx, mountsFd));
    await ctx.sys.close(ctx, mountsFd);
    if (cleanMounts === '')
      throw newError('reading mounts file: error unmarshaling mounts: unexpected end of JSON input\nJSON bytes:\n');
    const stdio = await containerStdio(ctx, state.spec.process as SpecProcess, state.consoleSocket);
    try {
      await client.call(ctx, 'containerManager.StartSubcontainer', { cid: state.id }, [...stdio, ...gofers]);
    } catch (error) {
      throw wrapped(`starting sub-container [${(state.spec.process?.args ?? []).join(' ')}]`, error);
    }
    for (const fd of gofers) await ctx.sys.close(ctx, fd);
  }
  await client.close(ctx);
  await executeHooks(ctx, state.spec.hooks?.poststart, state);
  state.status = 'running';
  await saveState(ctx, call.root, state);
}

export async function connect(ctx: Context, state: ContainerState): Promise<UrpcClient> {
  try {
    return new UrpcClient(await ctx.sys.connect(ctx, { family: 'unix', path: state.sandbox.controlSocketPath }));
  } catch (error) {
    throw wrapped(`connecting to control server at PID ${state.sandbox.pid}`, error);
  }
}

/** With the status that the sandbox knows of: a container may have ended while its sandbox lives. */
export async function loadContainer(ctx: Context, call: RunscCall, id: string): Promise<ContainerState> {
  const state = await loadState(ctx, call.root, id);
  if (state.status !== 'running') return state;
  try {
    const client = await connect(ctx, state);
    await client.call(ctx, 'containerManager.Signal', { cid: state.id, signo: 0 });
    await client.close(ctx);
  } catch (error) {
    messageOf(error);
    state.status = 'stopped';
  }
  return state;
}

export async function destroyContainer(ctx: Context, call: RunscCall, state: ContainerState): Promise<void> {
  const { sandbox } = state;
  const isRoot = sandbox.rootCid === state.id;
  if (isRoot) await endSandbox(ctx, state);
  else {
    try {
      const client = await connect(ctx, state);
      await client.call(ctx, 'containerManager.DestroySubcontainer', { cid: state.id });
      await client.close(ctx);
    } catch (error) {
      // The sandbox is gone, and the container with it.
      messageOf(error);
    }
  }
  await killAndWait(ctx, state.goferPid);
  if (state.cgroup !== '') await removeCgroup(ctx, state.cgroup);
  await removeState(ctx, call.root, state.id, sandbox.id);
  await executeHooksBestEffort(ctx, state.spec.hooks?.poststop, { ...state, status: 'stopped' });
}

async function endSandbox(ctx: Context, { sandbox }: ContainerState): Promise<void> {
  await killAndWait(ctx, sandbox.pid);
  if (await exists(ctx, sandbox.controlSocketPath)) await ctx.sys.unlink(ctx, sandbox.controlSocketPath);
}

async function killAndWait(ctx: Context, pid: number): Promise<void> {
  if (pid === 0) return;
  try {
    await ctx.sys.kill(ctx, pid, 'SIGKILL');
    await ctx.sys.waitExit(ctx, pid);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

async function inNamespace<T>(ctx: Context, path: string, body: () => Promise<T>): Promise<T> {
  const { sys } = ctx;
  const own = await sys.open(ctx, '/proc/self/ns/net', { read: true, closeOnExec: true });
  let there: number;
  try {
    there = await sys.open(ctx, path, { read: true, closeOnExec: true });
  } catch (error) {
    throw pathError('open', path, error);
  }
  await sys.setns(ctx, there);
  try {
    return await body();
  } finally {
    await sys.setns(ctx, own);
    await sys.close(ctx, own);
    await sys.close(ctx, there);
  }
}

async function hostMemory(ctx: Context): Promise<number> {
  const match = /^MemTotal:\s+(\d+) kB/.exec(await readFile(ctx, '/proc/meminfo'));
  return Number(match?.[1] ?? 0) * 1024;
}

/** As many as the host has, or as the quota pays for; never fewer than two. */
async function cpuCount(ctx: Context, spec: Spec): Promise<number> {
  const host = ((await readFile(ctx, '/proc/cpuinfo')).match(/^processor/gm) ?? []).length;
  const { quota, period } = spec.linux?.resources?.cpu ?? {};
  const wanted = (quota ?? 0) > 0 && (period ?? 0) > 0 ? Math.ceil((quota ?? 0) / (period ?? 1)) : host;
  return Math.min(host, Math.max(2, wanted));
}
