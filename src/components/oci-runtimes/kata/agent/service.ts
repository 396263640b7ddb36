/**
 * AgentService: one method for everything that the shim wants done in the guest.
 * @models kata-containers 4.1.0 src/agent/src/{rpc,sandbox,namespace}.rs
 * @fidelity partial: statistics without block and network figures
 */
import { newError } from '../../../../go/errors.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { mkdirAll, readFile, writeFile } from '../../../../linux/io.ts';
import { ALL_SIGNALS, signalNumber } from '../../../../linux/signals.ts';
import type { LinuxNamespaceType } from '../../../../linux/syscalls.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import type { AgentService, Storage } from '../../../../protocols/kata/agent/generated.ts';
import type { Process, Resources, Spec } from '../../../../protocols/oci-runtime/types.ts';
import type { TtrpcHandlers } from '../../../../protocols/ttrpc/server.ts';
import { Queue } from '../../../../sim/primitives.ts';
import { createCgroup, freeze, keyedValue, killAll, removeCgroup, setLimits } from '../../shared/cgroup.ts';
import { CGROUP_ROOT } from '../../shared/cgroup-path.ts';
import { createConfig } from '../../shared/config.ts';
import { isGoError } from '../../shared/fault.ts';
import type { InitConfig } from '../../shared/init-config.ts';
import { copyFile } from './copy-file.ts';
import { bringOnline, memoryBlockSize } from './hotplug.ts';
import { type AgentProcess, launch } from './process.ts';
import { mountStorage, unmountStorages } from './storage.ts';

type AgentContainer = {
  id: string;
  cgroup: string;
  base: InitConfig;
  processes: Map<string, AgentProcess>;
  /** Storages of its own. */
  mounted: readonly string[];
};

const NAMESPACES = '/run/sandbox-ns';
const STREAM_BYTES_MAX = 65_536;

export class Agent {
  private readonly containers = new Map<string, AgentContainer>();
  /** Whose pid namespace the others join, when the pod shares one. */
  private first: AgentContainer | null = null;
  /** Containers whose cgroup met the guest's OOM killer, until the shim asks. */
  private readonly oomEvents: Queue<string>;

  constructor(ctx: Context) {
    this.oomEvents = new Queue<string>(ctx.scheduler);
  }

  private container(id: string): AgentContainer {
    const found = this.containers.get(id);
    if (found === undefined) throw new GrpcError(grpcCode.NotFound, `invalid container id ${id}`);
    return found;
  }

  private process(id: string, execId: string): AgentProcess {
    const found = this.container(id).processes.get(execId === id ? '' : execId);
    if (found === undefined) throw new GrpcError(grpcCode.NotFound, `invalid exec id ${execId}`);
    return found;
  }

  handlers(): TtrpcHandlers<typeof AgentService> {
    const handlers: TtrpcHandlers<typeof AgentService> = {
      CreateSandbox: async (ctx, { hostname, dns, storages }) => {
        await ctx.sys.netlink(ctx, { op: 'link.set', name: 'lo', up: true });
        for (const storage of storages) await mountStorage(ctx, storage);
        if (dns.length > 0) await writeFile(ctx, '/run/resolv.conf', dns.map((line) => `${line}\n`).join(''));
        await shareNamespaces(ctx, hostname);
      },
      GetOOMEvent: async () => ({ containerId: (await this.oomEvents.take()) ?? '' }),
      DestroySandbox: async (ctx) => {
        for (const container of [...this.containers.values()]) await this.remove(ctx, container);
      },
      OnlineCPUMem: (ctx, { nbCpus, cpuOnly }) => bringOnline(ctx, nbCpus, cpuOnly),
      GetGuestDetails: async (ctx) => ({ memBlockSizeBytes: await memoryBlockSize(ctx) }),
      CopyFile: (ctx, request) => copyFile(ctx, request),
      CreateContainer: (ctx, request) =>
        this.create(ctx, request.containerId, request.OCI, request.storages, request.sandboxPidns),
      StartContainer: async (ctx, { containerId }) => {
        const process = this.process(containerId, '');
        if (process.go === null) throw newError('container already started');
        await ctx.sys.write(ctx, process.go, '0');
        await ctx.sys.close(ctx, process.go);
        process.go = null;
      },
      RemoveContainer: (ctx, { containerId }) => this.remove(ctx, this.container(containerId)),
      ExecProcess: (ctx, { containerId, execId, process }) =>
        this.exec(ctx, this.container(containerId), execId, process),
      SignalProcess: async (ctx, { containerId, execId, signal }) => {
        const process = this.process(containerId, execId);
        const name = ALL_SIGNALS.find((candidate) => signalNumber(candidate) === signal);
        if (name === undefined) throw new GrpcError(grpcCode.InvalidArgument, `invalid signal ${signal}`);
        try {
          await ctx.sys.kill(ctx, process.pid, name);
        } catch (error) {
          if (isErrno(error, 'ESRCH')) throw new GrpcError(grpcCode.NotFound, 'ESRCH: No such process');
          throw error;
        }
      },
      WaitProcess: async (_ctx, { containerId, execId }) => ({
        status: await this.process(containerId, execId).exited.wait(),
      }),
      UpdateContainer: async (ctx, { containerId, resources }) => {
        const given = JSON.parse(new TextDecoder().decode(resources)) as Resources;
        await setLimits(ctx, this.container(containerId).cgroup, given);
      },
      StatsContainer: async (ctx, { containerId }) => ({
        cgroupStats: await statistics(ctx, this.container(containerId).cgroup),
      }),
      PauseContainer: (ctx, { containerId }) => freeze(ctx, this.container(containerId).cgroup, true),
      ResumeContainer: (ctx, { containerId }) => freeze(ctx, this.container(containerId).cgroup, false),
      WriteStdin: async (ctx, { containerId, execId, data }) => {
        const { stdin } = this.process(containerId, execId);
        if (stdin === null) throw newError('cannot get stdin');
        return { len: await ctx.sys.write(ctx, stdin, data) };
      },
      ReadStdout: (ctx, { containerId, execId, len }) => readStream(ctx, this.process(containerId, execId).stdout, len),
      ReadStderr: (ctx, { containerId, execId, len }) => readStream(ctx, this.process(containerId, execId).stderr, len),
      CloseStdin: async (ctx, { containerId, execId }) => {
        const process = this.process(containerId, execId);
        if (process.stdin === null || process.terminal) return;
        await ctx.sys.close(ctx, process.stdin);
        process.stdin = null;
      },
      TtyWinResize: async (ctx, { containerId, execId, row, column }) => {
        const process = this.process(containerId, execId);
        if (!process.terminal || process.stdin === null) throw newError('no tty');
        await ctx.sys.setWindowSize(ctx, process.stdin, { rows: row, columns: column });
      },
      UpdateInterface: async (ctx, request) => {
        const wanted = request.interface;
        if (wanted === undefined) throw new GrpcError(grpcCode.InvalidArgument, 'empty update interface request');
        const links = await ctx.sys.netLinks(ctx);
        const link = links.find((one) => one.mac === wanted.hwAddr);
        if (link === undefined) throw newError(`Link not found (Address: ${wanted.hwAddr})`);
        let { name } = link;
        if (name !== wanted.name) {
          await ctx.sys.netlink(ctx, { op: 'link.set', name, newName: wanted.name });
          name = wanted.name;
        }
        for (const { address, mask } of wanted.IPAddresses)
          await ctx.sys.netlink(ctx, { op: 'address.add', name, address: `${address}/${mask}` });
        await ctx.sys.netlink(ctx, { op: 'link.set', name, mtu: Number(wanted.mtu), up: true });
        return wanted;
      },
      UpdateRoutes: async (ctx, { routes }) => {
        for (const route of routes?.Routes ?? []) {
          try {
            await ctx.sys.netlink(ctx, {
              op: 'route.add',
              destination: route.dest === '' ? 'default' : route.dest,
              ...(route.gateway === '' ? {} : { gateway: route.gateway }),
              name: route.device,
            });
          } catch (error) {
            // The kernel made it when the address came.
            if (!isErrno(error, 'EEXIST')) throw error;
          }
        }
        return routes ?? { Routes: [] };
      },
    };
    return handlers;
  }

  private async create(
    ctx: Context,
    id: string,
    json: Uint8Array,
    storages: readonly Storage[],
    sharesPids: boolean,
  ): Promise<void> {
    if (this.containers.has(id)) throw new GrpcError(grpcCode.AlreadyExists, `container ${id} already exists`);
    const mounted = storages.map(({ mountPoint }) => mountPoint);
    for (const storage of storages) await mountStorage(ctx, storage);
    const spec = JSON.parse(new TextDecoder().decode(json)) as Spec;
    const joinsPids = sharesPids && this.first !== null;
    const own: LinuxNamespaceType[] = joinsPids ? ['mnt', 'cgroup'] : ['mnt', 'pid', 'cgroup'];
    const init = initConfig(spec, spec.process as Process, id);
    const cgroup = `${CGROUP_ROOT}/${(spec.linux?.cgroupsPath ?? id).replace(/^\/+/, '').replaceAll(':', '/')}`;
    await createCgroup(ctx, cgroup);
    const container: AgentContainer = { id, cgroup, base: init, processes: new Map(), mounted };
    try {
      await setLimits(ctx, cgroup, spec.linux?.resources ?? {});
      const firstPid = this.first?.processes.get('')?.pid;
      const join = [
        `${NAMESPACES}/ipc`,
        `${NAMESPACES}/uts`,
        ...(joinsPids && firstPid !== undefined ? [`/proc/${firstPid}/ns/pid`] : []),
      ];
      const process = await launch(ctx, { init, isInit: true, newNamespaces: own, join, cgroup });
      container.processes.set('', process);
    } catch (error) {
      await removeCgroup(ctx, cgroup);
      await unmountStorages(ctx, mounted);
      throw error;
    }
    this.containers.set(id, container);
    this.first ??= container;
    ctx.withDeadline(null).go('oom', (inner) => this.watchOom(inner, container));
    announce(ctx, container, true);
  }

  private async watchOom(ctx: Context, container: AgentContainer): Promise<void> {
    const path = `${container.cgroup}/memory.events`;
    let seen = 0;
    try {
      for (;;) {
        await ctx.sys.watch(ctx, path);
        const kills = await keyedValue(ctx, path, 'oom_kill');
        if (kills > seen) this.oomEvents.push(container.id);
        seen = kills;
      }
    } catch (error) {
      // The container has been removed.
      if (!isErrno(error)) throw error;
    }
  }

  private async exec(ctx: Context, container: AgentContainer, execId: string, json: Uint8Array): Promise<void> {
    const init = container.processes.get('');
    if (init === undefined || init.go !== null || init.exited.done)
      throw newError(`container ${container.id} is not running`);
    const process = JSON.parse(new TextDecoder().decode(json)) as Process;
    const join = (['ipc', 'uts', 'pid', 'cgroup', 'mnt'] as const).map((type) => `/proc/${init.pid}/ns/${type}`);
    container.processes.set(
      execId,
      await launch(ctx, {
        init: {
          ...processConfig(process),
          containerid: container.id,
          config: container.base.config,
          spec_state: container.base.spec_state,
        },
        isInit: false,
        newNamespaces: [],
        join,
        cgroup: container.cgroup,
      }),
    );
  }

  private async remove(ctx: Context, container: AgentContainer): Promise<void> {
    await killAll(ctx, container.cgroup);
    for (const process of container.processes.values()) await process.exited.wait();
    await removeCgroup(ctx, container.cgroup);
    await unmountStorages(ctx, container.mounted);
    for (const { stdin, stdout, stderr } of container.processes.values()) {
      for (const fd of new Set([stdin, stdout, stderr])) if (fd !== null) await closeQuietly(ctx, fd);
    }
    this.containers.delete(container.id);
    if (this.first === container) this.first = null;
    announce(ctx, container, false);
  }
}

function announce(ctx: Context, container: AgentContainer, exists: boolean): void {
  const pid = container.processes.get('')?.pid ?? 0;
  ctx.trace.emit(ctx.span, ctx.process.pid, {
    kind: 'state',
    component: 'kata-agent',
    topic: 'container',
    key: container.id,
    value: exists ? { pid, cgroup: container.cgroup } : null,
  });
}

function processConfig(process: Process): Omit<InitConfig, 'containerid' | 'config' | 'spec_state'> {
  return {
    args: process.args ?? [],
    env: process.env ?? [],
    cwd: process.cwd,
    capabilities: process.capabilities ?? null,
    uid: process.user.uid,
    gid: process.user.gid,
    additional_groups: process.user.additionalGids ?? [],
    no_new_privileges: process.noNewPrivileges === true,
    rlimits: process.rlimits ?? [],
    create_console: process.terminal === true,
    console_width: process.consoleSize?.width ?? 0,
    console_height: process.consoleSize?.height ?? 0,
    passed_files_count: 0,
  };
}

function initConfig(spec: Spec, process: Process, id: string): InitConfig {
  const config = createConfig(
    { ...spec, hostname: '', linux: { ...spec.linux, namespaces: [{ type: 'mount' }, { type: 'pid' }] } },
    { id, bundle: '/', systemdCgroup: false, noPivot: false, noNewKeyring: true },
  );
  return {
    ...processConfig(process),
    containerid: id,
    config,
    spec_state: { ociVersion: spec.ociVersion, id, status: 'creating', pid: 0, bundle: '/' },
  };
}

/** The pod's ipc and uts namespaces outlive the process that makes them: they are held by bind mounts. */
async function shareNamespaces(ctx: Context, hostname: string): Promise<void> {
  const { sys } = ctx;
  await mkdirAll(ctx, NAMESPACES);
  const pid = await sys.fork(
    ctx,
    async (inner) => {
      if (hostname !== '') await sys.sethostname(inner, hostname);
      for (const type of ['ipc', 'uts'] as const) {
        await writeFile(inner, `${NAMESPACES}/${type}`, '');
        await sys.mount(inner, `/proc/self/ns/${type}`, `${NAMESPACES}/${type}`, '', { bind: true });
      }
      return 0;
    },
    { newNamespaces: ['ipc', 'uts'] },
  );
  await sys.wait(ctx, pid);
}

/** Empty when the stream has ended. */
async function readStream(ctx: Context, fd: number | null, length: number): Promise<{ data: Uint8Array }> {
  if (fd === null) return { data: new Uint8Array(0) };
  try {
    return { data: await ctx.sys.read(ctx, fd, length === 0 ? STREAM_BYTES_MAX : length) };
  } catch (error) {
    // EIO: the terminal has been closed on the other side.
    if (isErrno(error, 'EIO', 'EBADF')) return { data: new Uint8Array(0) };
    throw error;
  }
}

async function statistics(ctx: Context, cgroup: string) {
  const number = async (file: string): Promise<bigint> => {
    const text = (await readFile(ctx, `${cgroup}/${file}`)).trim();
    return text === 'max' ? 18_446_744_073_709_551_615n : BigInt(text);
  };
  const cpu = (await readFile(ctx, `${cgroup}/cpu.stat`)).match(/^usage_usec (\d+)/m);
  return {
    cpuStats: { cpuUsage: { totalUsage: BigInt(cpu?.[1] ?? 0) * 1000n } },
    memoryStats: {
      usage: {
        usage: await number('memory.current'),
        maxUsage: await number('memory.peak'),
        limit: await number('memory.max'),
      },
    },
    pidsStats: { current: await number('pids.current'), limit: await number('pids.max') },
  };
}

async function closeQuietly(ctx: Context, fd: number): Promise<void> {
  try {
    await ctx.sys.close(ctx, fd);
  } catch (error) {
    if (!isGoError(error) && !isErrno(error)) throw error;
  }
}
