/**
 * runsc-sandbox: loads the Sentry and answers what runsc asks through the control socket, until the first container ends.
 * @models gVisor runsc/cmd/boot.go, runsc/boot/{controller,network,events}.go @fidelity partial: no checkpoint, port forwarding, trace sessions or metrics
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { takeOverLink } from '../../../linux/guest-network.ts';
import { readAll } from '../../../linux/io.ts';
import type { OpenFile } from '../../../linux/open-file.ts';
import type { Process } from '../../../linux/process.ts';
import { utf8 } from '../../../linux/rope.ts';
import { ALL_SIGNALS, signalNumber } from '../../../linux/signals.ts';
import type { NetLink, NetRoute } from '../../../linux/syscalls.ts';
import type { Spec, Process as SpecProcess } from '../../../protocols/oci-runtime/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Future } from '../../../sim/primitives.ts';
import { KNOWN_CAPABILITIES } from '../shared/capabilities.ts';
import { messageOf } from '../shared/fault.ts';
import { type GoferMounted, mountLisafs } from './lisafs.ts';
import { Loader, type SentryContainer } from './loader.ts';
import { type Sentry, startSentry } from './sentry.ts';
import { serveUrpc, type UrpcRequest } from './urpc.ts';

export type NetworkArguments = { links: { link: NetLink; routes: NetRoute[] }[] };
export type ProcessRow = { uid: number; pid: number; ppid: number; stimeNs: string; timeNs: number; cmd: string };

/** The largest that netstack's loopback takes. */
const LOOPBACK_MTU = 65_522;
const EXIT_KILLED = 128 + 9;

/** What util.Fatalf exits with. */
const FATAL = 128;

export async function boot(ctx: Context, flags: ReadonlyMap<string, string>, id: string): Promise<number> {
  const { sys } = ctx;
  sys.setComm(ctx, 'exe');
  const number = (name: string): number => Number(flags.get(name));
  const list = (name: string): number[] =>
    (flags.get(name) ?? '')
      .split(',')
      .filter((word) => word !== '')
      .map(Number);
  const text = utf8(await readAll(ctx, number('spec-fd')));
  // Whoever was to write it has gone.
  if (text === '') return FATAL;
  const spec = JSON.parse(text) as Spec;
  // The gofer says what it has found of the mounts. One that found nothing there has gone.
  if (utf8(await readAll(ctx, number('mounts-fd'))) === '') return FATAL;
  await ctx.cpu(LATENCY.sentryBootNs);
  if (unknownNames(spec.process as SpecProcess)) return FATAL;
  const hostNetwork = flags.get('network') === 'host';
  const netRaw = flags.get('net-raw') === 'true';
  if (hostNetwork && !netRaw) await withoutCapability(ctx, 'NET_RAW');
  const directfs = flags.get('directfs') !== 'false';
  const sentry = await startSentry(ctx, {
    hostname: spec.hostname ?? '',
    cores: Math.max(2, number('cpu-num')),
    memoryBytes: number('total-memory'),
    platform: flags.get('platform') ?? 'systrap',
    hostNetwork,
    directfs,
  });
  const { root } = sentry;
  if (!hostNetwork) await root.sys.netlink(root, { op: 'link.set', name: 'lo', mtu: LOOPBACK_MTU, up: true });
  const loader = new Loader(sentry, id, {
    netRaw,
    overlaid: flags.get('overlay2') !== 'none',
  });
  loader.add(id, spec);
  const sandbox = new Sandbox(ctx, sentry, loader, directfs);
  sandbox.rootFiles = { stdio: list('stdio-fds'), gofers: list('io-fds') };
  const listener = number('controller-fd');
  ctx.go('controller', async (inner) => {
    for (;;) {
      const connection = await sys.accept(inner, listener);
      inner.go('urpc', (c) => serveUrpc(c, connection, (d, request) => sandbox.answer(d, request), messageOf));
    }
  });
  const ready = number('start-sync-fd');
  await sys.write(ctx, ready, '0');
  await sys.close(ctx, ready);
  return sandbox.ended.wait();
}

class Sandbox {
  /** Descriptors for the first container, which came with the process. */
  rootFiles: { stdio: number[]; gofers: number[] } = { stdio: [], gofers: [] };
  readonly ended: Future<number>;
  private readonly exits = new Map<string, Future<number>>();
  private readonly sentry: Sentry;
  private readonly loader: Loader;
  private readonly directfs: boolean;

  constructor(ctx: Context, sentry: Sentry, loader: Loader, directfs: boolean) {
    this.directfs = directfs;
    this.sentry = sentry;
    this.loader = loader;
    this.ended = new Future<number>(ctx.scheduler);
  }

  private exitOf(ctx: Context, id: string): Future<number> {
    let future = this.exits.get(id);
    if (future === undefined) {
      future = new Future<number>(ctx.scheduler);
      this.exits.set(id, future);
    }
    return future;
  }

  async answer(ctx: Context, { method, arg, files }: UrpcRequest): Promise<unknown> {
    const given = arg as {
      cid: string;
      pid?: number;
      signo?: number;
      all?: boolean;
      spec?: Spec;
      process?: SpecProcess;
    };
    const { loader } = this;
    switch (method) {
      case 'Network.CreateLinksAndRoutes':
        return this.network(ctx, arg as NetworkArguments);
      case 'containerManager.StartRoot':
        return this.start(ctx, loader.container(given.cid), this.rootFiles.stdio, this.rootFiles.gofers, true);
      case 'containerManager.CreateSubcontainer':
        loader.add(given.cid, given.spec as Spec);
        return null;
      case 'containerManager.StartSubcontainer':
        return this.start(ctx, loader.container(given.cid), files.slice(0, 3), files.slice(3), false);
      case 'containerManager.ExecuteAsync': {
        const stdio = files.map((fd) => fileOf(ctx, fd));
        return loader.execute(ctx, loader.container(given.cid), given.process as SpecProcess, stdio);
      }
      case 'containerManager.Wait':
        loader.container(given.cid);
        return this.exitOf(ctx, given.cid).wait();
      case 'containerManager.WaitPID': {
        const container = loader.container(given.cid);
        const process = container.execs.get(given.pid ?? 0);
        if (process === undefined) throw newError('process not found');
        const status = await loader.exit(process);
        container.execs.delete(given.pid ?? 0);
        return status;
      }
      case 'containerManager.Signal':
        return this.signal(loader.container(given.cid), given.signo ?? 0, given.pid ?? 0, given.all === true);
      case 'containerManager.Processes':
        return loader.processesOf(loader.container(given.cid)).map(rowOf);
      case 'containerManager.Event':
        return this.statistics(loader.container(given.cid));
      case 'containerManager.DestroySubcontainer': {
        const container = loader.container(given.cid);
        await loader.signalAll(container, 'SIGKILL');
        loader.containers.delete(given.cid);
        announce(ctx, given.cid, null);
        return null;
      }
      case 'Usage.Collect': {
        const total = this.sentry.kernel.rootCgroup.memoryCurrent;
        const { full } = arg as { full: boolean };
        return {
          ...{ Unknown: full ? 0 : total, System: 0, Anonymous: full ? total : 0 },
          ...{ PageCache: 0, Mapped: 0, Tmpfs: 0, Ramdiskfs: 0, Total: total },
        };
      }
      case 'Lifecycle.Pause':
        this.sentry.kernel.pauseAll(true);
        return null;
      case 'Lifecycle.Resume':
        this.sentry.kernel.pauseAll(false);
        return null;
      default:
        throw newError(`unknown method: ${method}`);
    }
  }

  private async start(
    ctx: Context,
    container: SentryContainer,
    stdio: readonly number[],
    gofers: readonly number[],
    isRoot: boolean,
  ): Promise<void> {
    // The connections are kept: that they end says that the gofer has.
    const kept: number[] = [];
    for (const fd of gofers) kept.push(isRoot ? fd : await ctx.sys.dup(ctx, fd));
    const own = ctx.withSpan(ctx.process.span);
    const mounts: GoferMounted[] = [];
    for (const connection of kept) {
      const mounted = await mountLisafs(own, connection, this.directfs);
      if (mounted === null) throw newError('gofer gave no directory');
      mounts.push(mounted);
    }
    const exited = this.exitOf(ctx, container.id);
    try {
      await this.loader.start(ctx, container, { stdio: stdio.map((fd) => fileOf(ctx, fd)), mounts });
    } catch (error) {
      if (isRoot) ctx.go('failed', async () => this.ended.resolve(EXIT_KILLED));
      else for (const fd of kept) await ctx.sys.close(ctx, fd);
      throw error;
    }
    if (isRoot) for (const fd of stdio) await ctx.sys.close(ctx, fd);
    const init = container.init as Process;
    announce(ctx, container.id, { pid: init.pid, state: 'running', exitStatus: null });
    const gofer = mounts[0];
    if (gofer !== undefined) {
      own.go('gofer monitor', async () => {
        await gofer.gone.wait();
        await this.loader.signalAll(container, 'SIGKILL');
      });
    }
    own.go('wait for container', async (inner) => {
      const status = await this.loader.exit(init);
      // A container ends with its first process, whatever pid namespace it is in.
      await this.loader.signalAll(container, 'SIGKILL');
      for (const fd of kept) await inner.sys.close(inner, fd);
      announce(inner, container.id, { pid: init.pid, state: 'stopped', exitStatus: status });
      exited.resolve(status);
      if (!isRoot) return;
      // Whoever waits for the container is answered before the sandbox goes.
      await inner.sleep(LATENCY.sentryExecNs);
      this.ended.resolve(0);
    });
  }

  private async signal(container: SentryContainer, signo: number, pid: number, all: boolean): Promise<void> {
    const { loader } = this;
    const target = pid === 0 ? container.init : (container.execs.get(pid) ?? null);
    if (target === null || !target.alive) throw newError('no such process', { code: 'ESRCH' });
    if (signo === 0) return;
    const name = ALL_SIGNALS.find((candidate) => signalNumber(candidate) === signo);
    if (name === undefined) throw newError(`invalid signal ${signo}`);
    if (all) await loader.signalAll(container, name);
    else await loader.signal(target, name);
  }

  private async network(_ctx: Context, { links }: NetworkArguments): Promise<void> {
    const { root, kernel } = this.sentry;
    const carrier = kernel.carrier as Process;
    for (const { link, routes } of links) {
      const there = carrier.namespaces.net.interfaces.get(link.name);
      if (there === undefined) throw newError(`no link ${link.name}`);
      takeOverLink(kernel, there);
      for (const { address, prefix } of link.addresses)
        await root.sys.netlink(root, { op: 'address.add', name: link.name, address: `${address}/${prefix}` });
      await root.sys.netlink(root, { op: 'link.set', name: link.name, mtu: link.mtu, up: true });
      for (const route of routes) {
        try {
          await root.sys.netlink(root, {
            op: 'route.add',
            destination: route.destination,
            ...(route.gateway === null ? {} : { gateway: route.gateway }),
            name: route.name,
          });
        } catch (error) {
          // It came with the address.
          if (!isErrno(error, 'EEXIST')) throw error;
        }
      }
    }
  }

  private statistics(container: SentryContainer): unknown {
    const processes = this.loader.processesOf(container);
    const sum = (of: (process: Process) => number): number => processes.reduce((total, p) => total + of(p), 0);
    return {
      cpuNs: this.loader.containers.size === 1 ? this.sentry.kernel.cpu.busyNs : sum((process) => process.cpuTimeNs),
      memoryBytes: sum((process) => process.rssBytes),
      pids: processes.length,
      interfaces: [...this.sentry.kernel.initialNamespaces.net.interfaces.values()].map(({ name }) => name),
    };
  }
}

const RLIMITS = new Set(
  'AS CORE CPU DATA FSIZE LOCKS MEMLOCK MSGQUEUE NICE NOFILE NPROC RSS RTPRIO RTTIME SIGPENDING STACK'.split(' '),
);

/** Capabilities or limits that the Sentry does not know: with them it does not start. */
function unknownNames({ capabilities, rlimits }: SpecProcess): boolean {
  const sets = Object.values(capabilities ?? {}) as (readonly string[] | undefined)[];
  return (
    sets.some((names) => names?.some((name) => !KNOWN_CAPABILITIES.has(name.replace(/^CAP_/, ''))) === true) ||
    (rlimits ?? []).some(({ type }) => !RLIMITS.has(type.replace(/^RLIMIT_/, '')))
  );
}

async function withoutCapability(ctx: Context, name: string): Promise<void> {
  const { bounding, permitted, effective } = ctx.process.credentials.capabilities;
  const rest = (set: ReadonlySet<string>): string[] => [...set].filter((capability) => capability !== name);
  await ctx.sys.setCapabilities(ctx, {
    bounding: rest(bounding),
    permitted: rest(permitted),
    effective: rest(effective),
  });
}

function announce(ctx: Context, id: string, value: Record<string, unknown> | null): void {
  ctx.trace.emit(ctx.span, ctx.process.pid, {
    kind: 'state',
    component: 'runsc-sandbox',
    topic: 'container',
    key: id,
    value,
  });
}

function fileOf(ctx: Context, fd: number): OpenFile {
  return ctx.process.kernel.file(ctx.process, fd);
}

function rowOf(process: Process): ProcessRow {
  const view = process.namespaces.pid;
  const { parent } = process;
  return {
    uid: process.credentials.uid,
    pid: process.pidIn(view),
    ppid: parent?.pids.get(view) ?? 0,
    stimeNs: String(process.startWallTime),
    timeNs: process.cpuTimeNs,
    cmd: process.comm,
  };
}
