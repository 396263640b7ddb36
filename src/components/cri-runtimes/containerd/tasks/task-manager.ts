/**
 * Tasks: which containers have a shim, starting them, finding them again after a restart, cleaning up after dead ones.
 * @models containerd 2.1 core/runtime/v2/task_manager.go, shim_manager.go, shim_load.go
 * @fidelity partial: no sandbox API shims, no downgrading to older shim versions, no idmap checks
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { exists, mkdirAll, readFile, removeAll, writeFile } from '../../../../linux/io.ts';
import { TaskDelete, TaskExit } from '../../../../protocols/containerd/events/generated.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { classed, failure, isNotFound, notFound, toFailure, wrap } from '../../shared/errors.ts';
import type { TaskIo } from '../../shared/io/fifos.ts';
import type { Logger } from '../../shared/log.ts';
import type { AnyMessage } from '../config/handlers.ts';
import { type ContainerRecord, type ContainerStore, runtimeOptionsOf } from '../containers/container-store.ts';
import type { Exchange } from '../events/exchange.ts';
import { validateIdentifier } from '../metadata/metadata.ts';
import { unmountRecursive } from '../mounts.ts';
import type { MountSpec } from '../snapshotters/snapshotter.ts';
import { toTimestamp } from '../timestamps.ts';
import { type Bundle, deleteBundle, loadBundle, newBundle } from './bundle.ts';
import { Shim, shimLog } from './shim.ts';
import {
  type BootstrapParams,
  type Exit,
  parseStartResponse,
  resolveRuntimePath,
  runShimDelete,
  type ShimEnvironment,
  startShimBinary,
  writeBootstrap,
} from './shim-binary.ts';

const LOAD_TIMEOUT_NS = 5_000_000_000;
const CLEANUP_TIMEOUT_NS = 5_000_000_000;

export type TaskManagerOptions = {
  /** Lives as long as the daemon. */
  base: Context;
  root: string;
  state: string;
  env: ShimEnvironment;
  events: Exchange;
  containers: ContainerStore;
  /** Is there a record of this sandbox? */
  hasSandbox: (ns: string, id: string) => boolean;
};

export class TaskManager {
  private readonly options: TaskManagerOptions;
  private readonly shims = new Map<string, Shim>();

  constructor(options: TaskManagerOptions) {
    this.options = options;
  }

  private get log(): Logger {
    return this.options.env.log;
  }

  find(ns: string, id: string): Shim | undefined {
    return this.shims.get(`${ns}/${id}`);
  }

  /** The task of a container that must exist, as the tasks service looks it up. */
  get(ns: string, id: string): Shim {
    this.options.containers.get(ns, id);
    const shim = this.find(ns, id);
    if (shim === undefined) throw notFound(`task ${id} not found`);
    return shim;
  }

  list(ns: string): Shim[] {
    return [...this.shims].filter(([key]) => key.startsWith(`${ns}/`)).map(([, shim]) => shim);
  }

  private remember(ctx: Context, shim: Shim): void {
    this.shims.set(`${shim.bundle.namespace}/${shim.id}`, shim);
    this.announce(ctx, shim.bundle, { address: shim.params.address, status: 'created' });
  }

  private forget(ctx: Context, bundle: Bundle): void {
    if (!this.shims.delete(`${bundle.namespace}/${bundle.id}`)) return;
    this.announce(ctx, bundle, null);
  }

  announce(ctx: Context, bundle: Pick<Bundle, 'id' | 'namespace'>, value: Record<string, unknown> | null): void {
    const state = value === null ? null : { namespace: bundle.namespace, ...value };
    ctx.trace.emit(ctx.span, ctx.process.pid, {
      kind: 'state',
      component: 'containerd',
      topic: 'task',
      key: bundle.id,
      scope: bundle.namespace,
      value: state,
    });
  }

  /** Creates the task of a container: bundle, shim, and in the shim the OCI container. Returns its pid. */
  async create(
    ctx: Context,
    ns: string,
    container: ContainerRecord,
    rootfs: readonly MountSpec[],
    io: TaskIo,
    runtimePath = '',
    taskOptions: AnyMessage | null = null,
  ): Promise<number> {
    const { id } = container;
    if (this.find(ns, id) !== undefined) throw classed('AlreadyExists', `task ${id}`);
    validateIdentifier(id, 'task id');
    const { root, state } = this.options;
    await ctx.cpu(LATENCY.containerdTaskCreateNs);
    const bundle = await newBundle(ctx, root, state, ns, id, container.spec);
    const options = runtimeOptionsOf(container);
    let shim: Shim;
    try {
      shim = await this.startShim(
        ctx,
        bundle,
        container,
        options,
        runtimePath === '' ? container.runtime.name : runtimePath,
      );
    } catch (error) {
      await deleteBundle(ctx, bundle);
      throw wrap('failed to start shim', error);
    }
    try {
      await shim.create(ctx, rootfs, io, taskOptions ?? options);
    } catch (error) {
      this.forget(ctx, bundle);
      try {
        await shim.delete(ctx.withDeadline(ctx.now + CLEANUP_TIMEOUT_NS), container.sandboxId !== '', () => {});
      } catch (cleanup) {
        toFailure(cleanup);
        await shim.disconnect(ctx);
      }
      await deleteBundle(ctx, bundle);
      throw wrap('failed to create shim task', error);
    }
    return shim.taskPid(ctx);
  }

  private async startShim(
    ctx: Context,
    bundle: Bundle,
    container: ContainerRecord,
    options: AnyMessage | null,
    runtime: string,
  ): Promise<Shim> {
    const { base, hasSandbox } = this.options;
    const { sandboxId } = container;
    if (sandboxId !== '' && hasSandbox(bundle.namespace, sandboxId)) {
      return this.joinSandboxShim(ctx, bundle, sandboxId);
    }
    if (sandboxId !== '') {
      await this.log.warn(ctx, `sandbox (id=${sandboxId}) not found, maybe created from v1.x`, { id: bundle.id });
    }
    const binary = await resolveRuntimePath(ctx, runtime).catch((error: unknown) => {
      throw wrap('failed to resolve runtime path', error);
    });
    const logFd = await shimLog(base, bundle);
    let shim: Shim;
    try {
      const params = await startShimBinary(ctx, this.options.env, bundle, binary, options);
      shim = await this.connect(ctx, bundle, params, binary, logFd);
      await writeBootstrap(ctx, bundle, params);
    } catch (error) {
      await base.sys.close(base, logFd);
      throw wrap('start failed', error);
    }
    this.remember(ctx, shim);
    return shim;
  }

  private connect(ctx: Context, bundle: Bundle, params: BootstrapParams, binary: string, logFd: number): Promise<Shim> {
    const { base } = this.options;
    return Shim.connect(base, ctx, bundle, params, this.log, logFd, { namespace: bundle.namespace }, async (c) => {
      await this.log.info(c, 'shim disconnected', { id: bundle.id, namespace: bundle.namespace });
      await this.cleanupAfterDeadShim(c, bundle, binary);
      this.forget(c, bundle);
    });
  }

  /** A container of a pod is served by the pod's shim; it gets a connection of its own. */
  private async joinSandboxShim(ctx: Context, bundle: Bundle, sandboxId: string): Promise<Shim> {
    const { base } = this.options;
    const sandbox = this.find(bundle.namespace, sandboxId);
    if (sandbox === undefined) throw wrap(`can't find shim for sandbox ${sandboxId}`, notFound());
    await writeFile(ctx, `${bundle.path}/sandbox`, sandboxId, { mode: 0o600 });
    await writeBootstrap(ctx, bundle, sandbox.params);
    const logFd = await shimLog(base, bundle);
    let shim: Shim;
    try {
      shim = await Shim.connect(base, ctx, bundle, sandbox.params, this.log, logFd, {}, async () => {});
    } catch (error) {
      await base.sys.close(base, logFd);
      throw wrap(`failed to load sandbox task "${sandboxId}"`, wrap('unable to make connection', error));
    }
    this.remember(ctx, shim);
    return shim;
  }

  /** Deletes the task of a container: in the shim, then the bundle, and the shim if nobody else needs it. */
  async delete(ctx: Context, ns: string, id: string): Promise<Exit> {
    const container = this.options.containers.get(ns, id);
    const shim = this.find(ns, id);
    if (shim === undefined) throw notFound(`task ${id} not found`);
    await ctx.cpu(LATENCY.containerdTaskDeleteNs);
    try {
      return await shim.delete(ctx, container.sandboxId !== '', () => this.forget(ctx, shim.bundle));
    } catch (error) {
      throw wrap('failed to delete task', error);
    }
  }

  private async cleanupAfterDeadShim(ctx: Context, bundle: Bundle, binary: string): Promise<void> {
    const { id, namespace } = bundle;
    await this.log.info(ctx, 'cleaning up after shim disconnected', { id, namespace });
    let exit: Exit;
    try {
      exit = await runShimDelete(ctx, this.options.env, bundle, binary);
    } catch (error) {
      await this.log.log(ctx, 'warning', 'failed to clean up after shim disconnected', {
        error: toFailure(error).message,
        id,
        namespace,
      });
      exit = { pid: 0, status: 255, exitedAt: ctx.wallTime };
    }
    // A task that was deleted in the regular way has announced its end already.
    if (this.find(namespace, id) === undefined) return;
    const event = { containerId: id, pid: exit.pid, exitStatus: exit.status, exitedAt: toTimestamp(exit.exitedAt) };
    this.options.events.publish(ctx, namespace, '/tasks/exit', TaskExit, { ...event, id });
    this.options.events.publish(ctx, namespace, '/tasks/delete', TaskDelete, event);
  }

  /** At start: every bundle of an earlier life either has a living shim, or is cleaned up. */
  async loadExisting(ctx: Context): Promise<void> {
    const { root, state } = this.options;
    await mkdirAll(ctx, root, 0o711);
    await mkdirAll(ctx, state, 0o711);
    for (const namespace of await directories(ctx, state)) {
      for (const id of await directories(ctx, `${state}/${namespace}`)) {
        const bundle = loadBundle(state, namespace, id);
        try {
          if ((await ctx.sys.readDirectory(ctx, bundle.path)).length === 0) await deleteBundle(ctx, bundle);
          else await this.loadShim(ctx, bundle);
        } catch (error) {
          await this.log.error(ctx, `failed to load shim ${bundle.path}`, error, { namespace });
          await deleteBundle(ctx, bundle);
        }
      }
      for (const id of await directories(ctx, `${root}/${namespace}`)) {
        if (this.find(namespace, id) === undefined) await removeAll(ctx, `${root}/${namespace}/${id}`);
      }
    }
  }

  private async loadShim(ctx: Context, bundle: Bundle): Promise<void> {
    const { base, containers, hasSandbox } = this.options;
    const { id, namespace } = bundle;
    const binary = await this.binaryOf(ctx, bundle, containers);
    let shim: Shim;
    try {
      const params = await readBootstrap(ctx, bundle);
      shim = await this.connect(ctx, bundle, params, binary, await shimLog(base, bundle));
      await shim.taskPid(ctx.withDeadline(ctx.now + LOAD_TIMEOUT_NS));
    } catch (error) {
      if (!isNotFound(error)) {
        await this.cleanupAfterDeadShim(ctx, bundle, binary);
        throw wrap(`unable to load shim "${id}"`, error);
      }
      throw wrap(`unable to load shim "${id}"`, error);
    }
    let running = true;
    try {
      running = (await shim.pids(ctx)).length > 0;
    } catch (error) {
      if (isNotFound(error)) running = false;
      else toFailure(error);
    }
    if (!running && !hasSandbox(namespace, id)) {
      await this.log.info(ctx, 'cleaning leaked shim process', { id, namespace });
      try {
        await shim.delete(ctx, false, () => {});
      } catch (error) {
        toFailure(error);
      }
      return;
    }
    this.remember(ctx, shim);
    this.announce(ctx, bundle, { address: shim.params.address, status: 'running' });
  }

  private async binaryOf(ctx: Context, bundle: Bundle, containers: ContainerStore): Promise<string> {
    let runtime = '';
    try {
      runtime = await readFile(ctx, `${bundle.path}/shim-binary-path`);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
    if (runtime === '') {
      try {
        runtime = containers.get(bundle.namespace, bundle.id).runtime.name;
      } catch (error) {
        await this.log.error(ctx, `loading container ${bundle.id}`, error, { namespace: bundle.namespace });
        await unmountRecursive(ctx, `${bundle.path}/rootfs`);
        throw error;
      }
    }
    return resolveRuntimePath(ctx, runtime).catch((error: unknown) => {
      throw wrap('failed to resolve runtime path', error);
    });
  }
}

async function readBootstrap(ctx: Context, bundle: Bundle): Promise<BootstrapParams> {
  const path = `${bundle.path}/bootstrap.json`;
  if (!(await exists(ctx, path))) {
    throw failure(
      `failed to read bootstrap.json when restoring bundle "${bundle.id}": unable to migrate shim: failed to get socket address for bundle ${bundle.path}: open ${bundle.path}/address: no such file or directory`,
    );
  }
  return parseStartResponse(await readFile(ctx, path));
}

async function directories(ctx: Context, path: string): Promise<string[]> {
  try {
    const entries = await ctx.sys.readDirectory(ctx, path);
    return entries
      .filter((entry) => entry.type === 'directory' && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}
