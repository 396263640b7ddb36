/**
 * create and run: from a bundle to a container whose init waits on exec.fifo.
 * @models runc utils_linux.go, libcontainer/{factory,container,process}_linux.go
 * @fidelity partial: no sd_notify socket, no rootless mode, no pidfd socket
 */
import { newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import { rfc3339Nano } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, mkdirAll, removeAll, writeFileAtomic } from '../../../linux/io.ts';
import type { Process, Spec, State } from '../../../protocols/oci-runtime/types.ts';
import { SYSTEM_SLICE, startScope } from '../../../protocols/systemd/scope.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { cgroupPids, createCgroup, joinCgroup, ownCgroup, setLimits } from '../shared/cgroup.ts';
import { cgroupDirectory, unitName } from '../shared/cgroup-path.ts';
import { type Config, createConfig, type NamespaceName } from '../shared/config.ts';
import { isGoError, messageOf, onPath, pathError, wrapped } from '../shared/fault.ts';
import { waitForeground } from '../shared/foreground.ts';
import { runHooks } from '../shared/hooks.ts';
import { openSources } from '../shared/idmap.ts';
import type { InitConfig } from '../shared/init-config.ts';
import { joinOrder, PROC_NAMES } from '../shared/namespaces.ts';
import { systemdProperties } from '../shared/systemd-properties.ts';
import { foregroundTty, type Tty } from '../shared/tty.ts';
import {
  annotationsOf,
  bundleOf,
  type Container,
  cgroupOf,
  destroyContainer,
  EXEC_FIFO,
  processStat,
  saveState,
  signalInit,
  stateDirectory,
} from './container.ts';
import { log } from './log.ts';
import { startInit } from './parent.ts';
import type { RuncCall } from './program.ts';
import { loadSpec, OCI_VERSION, validateId } from './spec.ts';
import { openFifo } from './start.ts';
import { validateConfig } from './validate.ts';

export type LaunchMode = 'create' | 'run';

/** The exit code of the command. */
export async function launch(ctx: Context, call: RuncCall, mode: LaunchMode): Promise<number> {
  const { cli } = call;
  const bundle = cli.string('bundle');
  if (bundle !== '') await onPath('chdir', bundle, ctx.sys.chdir(ctx, bundle));
  const spec = await loadSpec(ctx);
  await ctx.cpu(LATENCY.runcConfigNs);
  const id = cli.args[0] ?? '';
  const container = await createContainer(ctx, call, spec, id);
  try {
    return await runContainer(ctx, call, container, spec.process as Process, mode);
  } catch (error) {
    await destroyQuietly(ctx, call, container);
    throw error;
  }
}

async function destroyQuietly(ctx: Context, call: RuncCall, container: Container): Promise<void> {
  try {
    await destroyContainer(ctx, container);
  } catch (error) {
    await log(ctx, call.logger, 'warning', messageOf(error));
  }
}

async function createContainer(ctx: Context, call: RuncCall, spec: Spec, id: string): Promise<Container> {
  const { cli, root } = call;
  const bundle = await ctx.sys.getcwd(ctx);
  const config = createConfig(spec, {
    id,
    bundle,
    systemdCgroup: cli.bool('systemd-cgroup'),
    noPivot: cli.bool('no-pivot'),
    noNewKeyring: cli.bool('no-new-keyring'),
  });
  validateId(id);
  await validateRootfs(ctx, config);
  validateConfig(config);
  if (config.cgroups.systemd && !(await exists(ctx, '/run/systemd/system')))
    throw newError('systemd not running on this host, cannot use systemd cgroups manager');
  const directory = stateDirectory(root, id);
  if (await exists(ctx, directory)) throw newError('container with given ID already exists');
  const cgroup = cgroupDirectory(config.cgroups, await ownCgroup(ctx));
  const left = await cgroupPids(ctx, cgroup);
  if (left.length > 0) throw newError(`container's cgroup is not empty: ${left.length} process(es) found`);
  await mkdirAll(ctx, root, 0o700);
  await onPath('mkdir', directory, ctx.sys.mkdir(ctx, directory, 0o711));
  return {
    root,
    id,
    state: {
      id,
      init_process_pid: 0,
      init_process_start: 0,
      created: '0001-01-01T00:00:00Z',
      config,
      rootless: false,
      cgroup_paths: { '': cgroup },
      namespace_paths: {},
      external_descriptors: [],
      intel_rdt_path: '',
    },
  };
}

async function validateRootfs(ctx: Context, config: Config): Promise<void> {
  try {
    const stat = await ctx.sys.stat(ctx, config.rootfs);
    if (stat.type !== 'directory') throw newError(`invalid rootfs: ${config.rootfs} is not a directory`);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw wrapped('invalid rootfs', pathError('stat', config.rootfs, error));
  }
}

async function runContainer(
  ctx: Context,
  call: RuncCall,
  container: Container,
  process: Process,
  mode: LaunchMode,
): Promise<number> {
  const { cli } = call;
  const detach = mode === 'create' || cli.bool('detach');
  const consoleSocket = cli.string('console-socket');
  const terminal = process.terminal === true;
  if (detach && terminal && consoleSocket === '')
    throw newError('cannot allocate tty if runc will detach without setting console socket');
  if ((!detach || !terminal) && consoleSocket !== '')
    throw newError('cannot use console socket if runc will not detach or allocate tty');
  if (!detach && !cli.bool('no-subreaper')) ctx.sys.setSubreaper(ctx, true);
  const tty: Tty | null = terminal && !detach ? await foregroundTty(ctx) : null;
  const consoleFd =
    tty !== null ? tty.childFd : terminal ? await ctx.sys.connect(ctx, { family: 'unix', path: consoleSocket }) : null;
  // A terminal hands its master over while init starts: somebody has to be there to take it.
  if (tty !== null) ctx.go('console', (inner) => tty.attach(inner));

  const pid = await ctx.spanned(`start init of ${container.id.slice(0, 13)}`, 'oci-runtime', (inner) =>
    startContainerInit(inner, call, container, process, consoleFd),
  );
  // Before the container starts, in spite of their name: runc did so until 1.5.
  try {
    await runHooks(ctx, 'poststart', container.state.config.Hooks.poststart, ociState(container, 'created', pid));
  } catch (error) {
    await signalInit(ctx, container, 'SIGKILL');
    await ctx.sys.wait(ctx, pid);
    throw error;
  }
  if (consoleFd !== null) await ctx.sys.close(ctx, consoleFd);
  const pidFile = cli.string('pid-file');
  if (pidFile !== '') await writeFileAtomic(ctx, pidFile, String(pid), 0o644);
  if (mode === 'run') await openFifo(ctx, container);
  if (detach) return 0;
  const code = await waitForeground(ctx, pid, tty);
  if (!cli.bool('keep')) {
    await ctx.cpu(LATENCY.runcDestroyNs);
    await destroyContainer(ctx, container);
    try {
      await runPoststop(ctx, container);
    } catch (error) {
      if (!isGoError(error)) throw error;
      await log(ctx, call.logger, 'warning', messageOf(error));
    }
  }
  return code;
}

export async function runPoststop(ctx: Context, container: Container): Promise<void> {
  try {
    await runHooks(ctx, 'poststop', container.state.config.Hooks.poststop, ociState(container, 'stopped', 0));
  } catch (error) {
    throw wrapped('unable to destroy container', error);
  }
}

async function startContainerInit(
  ctx: Context,
  call: RuncCall,
  container: Container,
  process: Process,
  consoleFd: number | null,
): Promise<number> {
  const { sys } = ctx;
  const { config } = container.state;
  const directory = stateDirectory(container.root, container.id);
  const cgroup = cgroupOf(container);
  const fifoPath = `${directory}/${EXEC_FIFO}`;
  const mask = await sys.umask(ctx, 0);
  await onPath('mkfifo', fifoPath, sys.mknod(ctx, fifoPath, 'fifo', 0o622));
  await sys.umask(ctx, mask);
  const fifoFd = await sys.open(ctx, fifoPath, { path: true });
  const removeFifo = (): Promise<void> => removeAll(ctx, fifoPath);
  container.state.created = rfc3339Nano(ctx.wallTime);
  try {
    const preserveFds = call.cli.number('preserve-fds');
    return await startInit(ctx, call.logger, {
      type: 'standard',
      bootstrap: {
        unshare: config.namespaces.filter((ns) => ns.path === '').map((ns) => ns.type),
        join: joinOrder(config.namespaces.filter((ns) => ns.path !== '')),
        oomScoreAdj: config.oom_score_adj,
        uidMap: config.uid_mappings ?? [],
        gidMap: config.gid_mappings ?? [],
      },
      config: initConfig(container, process, preserveFds),
      cgroup,
      async enterCgroup(inner, pid) {
        await inner.cpu(LATENCY.runcCgroupNs);
        await inner.spanned('cgroup', 'oci-runtime', (own) => applyCgroup(own, container, pid), { path: cgroup });
      },
      fifoFd,
      consoleFd,
      stdio: consoleFd === null ? [0, 1, 2] : ['null', 'null', 'null'],
      preserveFds,
      mountSources: await openSources(ctx, config),
      cwd: config.rootfs,
      hooks: {
        async beforePivot(inner, pid) {
          await setLimits(inner, cgroup, config.cgroups.resources);
          await runHooks(inner, 'prestart', config.Hooks.prestart, ociState(container, 'creating', pid));
          await runHooks(inner, 'createRuntime', config.Hooks.createRuntime, ociState(container, 'creating', pid));
        },
        async ready(inner, pid) {
          // Again, because hooks may have changed them.
          await setLimits(inner, cgroup, config.cgroups.resources);
          container.state.init_process_pid = pid;
          container.state.init_process_start = (await processStat(inner, pid))?.startTicks ?? 0;
          container.state.namespace_paths = namespacePaths(config, pid);
          await saveState(inner, container);
        },
      },
    });
  } catch (error) {
    await removeFifo();
    throw wrapped('unable to start container process', wordsOfHooks(error));
  } finally {
    await sys.close(ctx, fifoFd);
  }
}

async function applyCgroup(ctx: Context, container: Container, pid: number): Promise<void> {
  const { cgroups } = container.state.config;
  try {
    if (cgroups.systemd) await enterScope(ctx, container, pid);
    await createCgroup(ctx, cgroupOf(container));
    if (!cgroups.systemd) await joinCgroup(ctx, cgroupOf(container), pid);
  } catch (error) {
    throw wrapped('unable to apply cgroup configuration', error);
  }
}

async function enterScope(ctx: Context, container: Container, pid: number): Promise<void> {
  const { cgroups } = container.state.config;
  const unit = unitName(cgroups);
  const refused = await startScope(ctx, {
    unit,
    slice: cgroups.parent === '' ? SYSTEM_SLICE : cgroups.parent,
    description: `libcontainer container ${cgroups.name}`,
    pid,
    properties: systemdProperties(cgroups.resources),
  });
  if (refused !== null) throw newError(`unable to start unit ${quote(unit)}: ${refused}`);
}

/** A failing hook is told in init's name, because init is what waits for it. */
function wordsOfHooks(error: unknown): unknown {
  const words = messageOf(error);
  return words.startsWith('error running ') ? wrapped('error during container init', error) : error;
}

function namespacePaths(config: Config, pid: number): Partial<Record<NamespaceName, string>> {
  const paths: Partial<Record<NamespaceName, string>> = {};
  for (const { type } of config.namespaces) paths[type] = `/proc/${pid}/ns/${PROC_NAMES[type]}`;
  return paths;
}

export function initConfig(container: Container, process: Process, preserveFds: number): InitConfig {
  const { config } = container.state;
  return {
    args: process.args ?? [],
    env: process.env ?? [],
    cwd: process.cwd,
    capabilities: process.capabilities ?? config.capabilities,
    uid: process.user.uid,
    gid: process.user.gid,
    additional_groups: process.user.additionalGids ?? [],
    no_new_privileges: process.noNewPrivileges === true,
    rlimits: process.rlimits ?? config.rlimits ?? [],
    create_console: process.terminal === true,
    console_width: process.consoleSize?.width ?? 0,
    console_height: process.consoleSize?.height ?? 0,
    passed_files_count: preserveFds,
    containerid: container.id,
    config,
    spec_state: ociState(container, 'creating', 0),
  };
}

export function ociState(container: Container, status: State['status'], pid: number): State {
  const annotations = annotationsOf(container);
  return {
    ociVersion: OCI_VERSION,
    id: container.id,
    status,
    ...(pid === 0 ? {} : { pid }),
    bundle: bundleOf(container),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  };
}
