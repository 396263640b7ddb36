/**
 * The sandbox's containers: making them, running processes in them, and how they end.
 * @models gVisor runsc/boot/{loader,vfs}.go @fidelity partial: no checkpoint, no seccomp profiles, no time namespaces
 */

import { newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { getenvIn, lookPath, readAll } from '../../../linux/io.ts';
import { UtsNamespace } from '../../../linux/namespaces.ts';
import type { OpenFile } from '../../../linux/open-file.ts';
import type { Process } from '../../../linux/process.ts';
import { rootCredentials } from '../../../linux/process.ts';
import { PtySlave } from '../../../linux/pty.ts';
import { utf8 } from '../../../linux/rope.ts';
import type { Signal } from '../../../linux/signals.ts';
import { IpcNamespace } from '../../../linux/system-v-ipc.ts';
import type { Spec, Process as SpecProcess } from '../../../protocols/oci-runtime/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { KNOWN_CAPABILITIES } from '../shared/capabilities.ts';
import { prepareEnvironment } from '../shared/environment.ts';
import { messageOf } from '../shared/fault.ts';
import { mountAll, newRoot } from './container-mounts.ts';
import type { GoferMounted } from './lisafs.ts';
import { cgroupNames } from './proc-view.ts';
import type { Sentry } from './sentry.ts';

export type SentryContainer = {
  id: string;
  spec: Spec;
  init: Process | null;
  /** Processes started by exec, by their pid in the container. */
  readonly execs: Map<number, Process>;
};

export type Files = { stdio: readonly OpenFile[]; mounts: readonly GoferMounted[] };

const PIPE_FD = 1000;

export class Loader {
  readonly containers = new Map<string, SentryContainer>();
  private readonly sentry: Sentry;
  private readonly netRaw: boolean;
  private readonly overlaid: boolean;
  readonly rootId: string;

  constructor(sentry: Sentry, rootId: string, how: { netRaw: boolean; overlaid: boolean }) {
    this.sentry = sentry;
    this.rootId = rootId;
    this.netRaw = how.netRaw;
    this.overlaid = how.overlaid;
  }

  container(id: string): SentryContainer {
    const found = this.containers.get(id);
    if (found === undefined) throw newError(`container ${quote(id)} not found`);
    return found;
  }

  add(id: string, spec: Spec): void {
    this.containers.set(id, { id, spec, init: null, execs: new Map() });
  }

  async start(ctx: Context, container: SentryContainer, files: Files): Promise<void> {
    await ctx.cpu(LATENCY.sentryLoadNs);
    const { kernel } = this.sentry;
    const { spec } = container;
    const first = this.containers.get(this.rootId)?.init ?? null;
    const joins = (type: string): boolean =>
      first?.alive === true &&
      spec.linux?.namespaces?.some((ns) => ns.type === type && (ns.path ?? '') !== '') === true;
    const sharesPids = joins('pid');
    const [root, ...binds] = files.mounts;
    if (root === undefined) throw newError('no root mount');
    container.init = await this.run(ctx, sharesPids ? kernel.contextOf(first as Process) : this.sentry.root, {
      process: spec.process as SpecProcess,
      files: files.stdio,
      sharesPids,
      before: async (inner) => {
        const { process } = inner;
        const mnt = newRoot(kernel, root, spec, this.overlaid);
        cgroupNames.set(mnt, container.id);
        process.namespaces = {
          ...process.namespaces,
          mnt,
          uts: joins('uts')
            ? (first as Process).namespaces.uts
            : new UtsNamespace(kernel.newNamespaceId(), spec.hostname ?? ''),
          ipc: joins('ipc') ? (first as Process).namespaces.ipc : new IpcNamespace(kernel.newNamespaceId()),
        };
        for (const type of ['mnt', 'uts', 'ipc'] as const)
          kernel.emit(inner.span, process.pid, {
            kind: type !== 'mnt' && joins(type) ? 'namespace.join' : 'namespace.new',
            type,
            id: process.namespaces[type].id,
          });
        process.root = kernel.rootLocation(mnt);
        process.cwd = process.root;
        await mountAll(inner, kernel, binds, spec);
      },
    });
  }

  /** A further process; returns its pid in the container. */
  async execute(
    ctx: Context,
    container: SentryContainer,
    process: SpecProcess,
    stdio: readonly OpenFile[],
  ): Promise<number> {
    const { init } = container;
    if (init === null || !init.alive) throw newError(`container ${quote(container.id)} not started`);
    await ctx.cpu(LATENCY.sentryExecNs);
    const started = await this.run(ctx, this.sentry.kernel.contextOf(init), {
      process,
      files: stdio,
      sharesPids: true,
    });
    const pid = started.pidIn(init.namespaces.pid);
    container.execs.set(pid, started);
    return pid;
  }

  exit(process: Process): Promise<number> {
    return this.sentry.exit(process.pidIn(this.sentry.kernel.rootPidNamespace));
  }

  /** Every process of a container. */
  processesOf(container: SentryContainer): Process[] {
    const { init } = container;
    if (init === null) return [];
    const { mnt } = init.namespaces;
    return [...this.sentry.kernel.processes.values()].filter((p) => p.alive && p.namespaces.mnt === mnt);
  }

  async signal(target: Process, signal: Signal): Promise<void> {
    const { root } = this.sentry;
    await root.sys.kill(root, target.pidIn(this.sentry.kernel.rootPidNamespace), signal);
  }

  async signalAll(container: SentryContainer, signal: Signal): Promise<void> {
    for (const process of this.processesOf(container)) if (process.alive) await this.signal(process, signal);
  }

  /** Starts a process beside `from` (or below it, if that is the Sentry itself); resolves when it runs its program. */
  private async run(
    ctx: Context,
    from: Context,
    how: {
      process: SpecProcess;
      files: readonly OpenFile[];
      sharesPids: boolean;
      before?: (inner: Context) => Promise<void>;
    },
  ): Promise<Process> {
    const { kernel, root } = this.sentry;
    const [read, write] = await root.sys.pipe(root);
    const pipe = kernel.file(root.process, write);
    const [stdin] = how.files;
    const terminal = how.process.terminal === true && stdin instanceof PtySlave ? stdin.terminal : null;
    const before = terminal === null ? null : { session: terminal.session, foregroundGroup: terminal.foregroundGroup };
    const found: { process: Process | null } = { process: null };
    await from.sys.fork(
      from.withSpan(ctx.span),
      async (inner) => {
        const { process, sys } = inner;
        found.process = process;
        process.layer = 'workload';
        // What the spec says, not what another process has left.
        process.credentials = rootCredentials();
        for (const file of process.descriptors.takeAll()) file.release();
        kernel.install(process, pipe, true, PIPE_FD);
        if (root.process.descriptors.get(write) !== null) kernel.closeDescriptor(root.process, write);
        for (const file of how.files) kernel.install(process, file);
        try {
          await sys.setsid(inner);
          await how.before?.(inner);
          if (terminal !== null) await sys.setControllingTty(inner, 0);
          const { path, env } = await this.prepare(inner, how.process);
          return await sys.execve(inner, path, how.process.args ?? [], env);
        } catch (error) {
          await sys.write(inner, PIPE_FD, messageOf(error));
          return 128;
        }
      },
      {
        comm: 'exe',
        ...(how.sharesPids ? { cloneParent: true } : { newNamespaces: ['pid'] as const }),
      },
    );
    const failure = utf8(await readAll(root, read));
    await root.sys.close(root, read);
    const { process } = found;
    const restore = (): void => {
      // On the host the terminal has been somebody's all the time.
      if (terminal !== null && before !== null && before.session !== 0) Object.assign(terminal, before);
    };
    if (failure !== '' || process === null) {
      restore();
      throw newError(failure);
    }
    if (terminal !== null)
      ctx.go('terminal', async () => {
        await this.exit(process);
        restore();
      });
    return process;
  }

  /** As the user, in the directory and with the capabilities of the spec; finds the program. */
  private async prepare(ctx: Context, process: SpecProcess): Promise<{ path: string; env: string[] }> {
    const { sys } = ctx;
    const { user } = process;
    const env = await prepareEnvironment(ctx, { env: process.env ?? [], uid: user.uid });
    try {
      await sys.chdir(ctx, process.cwd.startsWith('/') ? process.cwd : `/${process.cwd}`);
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw newError(`failed to find initial working directory ${quote(process.cwd)}: ${error.go}`);
    }
    for (const limit of process.rlimits ?? [])
      sys.setrlimit(ctx, limit.type.replace(/^RLIMIT_/, ''), limit.soft, limit.hard);
    const known = (names: readonly string[] | undefined): string[] =>
      (names ?? [])
        .map((name) => name.replace(/^CAP_/, ''))
        .filter((name) => KNOWN_CAPABILITIES.has(name) && (name !== 'NET_RAW' || this.netRaw));
    const { capabilities } = process;
    const sets = {
      bounding: known(capabilities?.bounding),
      effective: known(capabilities?.effective),
      inheritable: known(capabilities?.inheritable),
      permitted: known(capabilities?.permitted),
      ambient: known(capabilities?.ambient),
    };
    await sys.setCapabilities(ctx, { bounding: sets.bounding });
    await sys.setgroups(ctx, user.additionalGids ?? []);
    await sys.setgid(ctx, user.gid);
    await sys.setuid(ctx, user.uid);
    await sys.setCapabilities(ctx, sets);
    if (process.noNewPrivileges === true) sys.setNoNewPrivileges(ctx);
    return { path: await findExecutable(ctx, process.args?.[0] ?? '', getenvIn(env, 'PATH') ?? ''), env };
  }
}

async function findExecutable(ctx: Context, name: string, path: string): Promise<string> {
  const found = await lookPath(ctx, name, path);
  if (found !== null) return found;
  if (!name.includes('/'))
    throw newError(
      `error finding executable ${quote(name)} in PATH [${path.split(':').join(' ')}]: no such file or directory`,
    );
  try {
    const { type } = await ctx.sys.stat(ctx, name);
    throw newError(
      `creating process: failed to load ${name}: ${type === 'directory' ? 'is a directory' : 'permission denied'}`,
    );
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw newError(`creating process: failed to load ${name}: ${error.go}`);
  }
}
