/**
 * What all RPCs share: pods and containers by id and by name, their runtimes, and what is written to disk about them.
 * @models CRI-O 1.36 server/server.go, internal/lib/container_server.go
 * @fidelity partial: no NRI, no hooks, no seccomp notifier
 */
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { removeAll, writeFileAtomic } from '../../../../linux/io.ts';
import { StreamingServer } from '../../../../protocols/streaming/server.ts';
import type { Store } from '../../shared/containers-storage/store.ts';
import { failure, messageOf, wrap } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { CrioConfig, RuntimeHandler } from '../config/defaults.ts';
import { NO_FEATURES, type RuntimeFeatures } from '../config/runtime-features.ts';
import type { NetworkPlugin } from '../network/ocicni.ts';
import type { Container } from '../oci/container.ts';
import { ExecOci } from '../oci/exec-oci.ts';
import type { ExecRuntime, Runtime } from '../oci/runtime.ts';
import { RuntimeOci } from '../oci/runtime-oci.ts';
import { ExecPod, RuntimePod } from '../oci/runtime-pod.ts';
import { RuntimeVm } from '../oci/runtime-vm.ts';
import { ContainerEvents } from './events.ts';
import type { Sandbox } from './sandbox.ts';
import { streamRuntime } from './stream-runtime.ts';

export type Handler = { runtime: Runtime; exec: ExecRuntime; vm: boolean };

export class Server {
  readonly base: Context;
  readonly config: CrioConfig;
  readonly log: Logger;
  readonly store: Store;
  readonly network: NetworkPlugin;
  readonly streaming: StreamingServer;
  readonly events: ContainerEvents;
  readonly sandboxes = new Map<string, Sandbox>();
  readonly containers = new Map<string, Container>();
  /** Holders of names, also of those that are still being made. */
  readonly podNames = new Map<string, string>();
  readonly containerNames = new Map<string, string>();
  /** By handler; those who could not say are not there. */
  features: ReadonlyMap<string, RuntimeFeatures>;
  private readonly handlers = new Map<string, Handler>();

  constructor(
    base: Context,
    config: CrioConfig,
    log: Logger,
    store: Store,
    network: NetworkPlugin,
    features: ReadonlyMap<string, RuntimeFeatures>,
  ) {
    this.base = base;
    this.config = config;
    this.log = log;
    this.store = store;
    this.network = network;
    this.features = features;
    this.streaming = new StreamingServer(streamRuntime(this));
    this.events = new ContainerEvents(base, config.crio.runtime.enable_pod_events);
  }

  /** Empty: the default. Throws when nobody is configured under that name. */
  handler(name: string): Handler {
    const { runtimes, default_runtime: standard } = this.config.crio.runtime;
    const handler = runtimes[name === '' ? standard : name];
    if (handler === undefined)
      throw failure(`failed to find runtime handler ${name} from runtime list ${this.runtimeList()}`);
    const key = name === '' ? standard : name;
    let known = this.handlers.get(key);
    if (known === undefined) {
      known = this.makeHandler(handler);
      this.handlers.set(key, known);
    }
    return known;
  }

  featuresOf(name: string): RuntimeFeatures {
    return this.features.get(name === '' ? this.config.crio.runtime.default_runtime : name) ?? NO_FEATURES;
  }

  private makeHandler(handler: RuntimeHandler): Handler {
    if (handler.runtime_type === 'vm') {
      const runtime = new RuntimeVm(this.base, this.config, handler, this.log);
      return { runtime, exec: runtime, vm: true };
    }
    if (handler.runtime_type === 'pod') {
      const runtime = new RuntimePod(this.config, handler, ({ sandboxId }) => this.sandboxes.get(sandboxId)?.infra);
      return { runtime, exec: new ExecPod(this.config, runtime), vm: false };
    }
    const runtime = new RuntimeOci(this.config, handler);
    return { runtime, exec: new ExecOci(this.config, runtime), vm: false };
  }

  /** As Go prints a map of pointers. */
  private runtimeList(): string {
    const names = Object.keys(this.config.crio.runtime.runtimes).sort();
    return `map[${names.map((name, at) => `${name}:0x${(0xc000_1a2_000 + at * 0x180).toString(16)}`).join(' ')}]`;
  }

  runtimeOf(container: Container): Handler {
    return this.handler(container.handler);
  }

  async findContainer(_ctx: Context, prefix: string): Promise<Container> {
    if (prefix === '') throw failure('container ID should not be empty');
    const id = fullId([...this.containers.keys()], prefix, 'container');
    const container = this.containers.get(id);
    if (container === undefined || !container.created) throw failure(`specified container not found: ${id}`);
    return container;
  }

  findSandbox(prefix: string): Sandbox {
    if (prefix === '') throw failure('PodSandboxId should not be empty');
    const id = fullId([...this.sandboxes.keys()], prefix, 'PodSandbox');
    const sandbox = this.sandboxes.get(id);
    if (sandbox === undefined || !sandbox.created) throw failure('sandbox not created');
    return sandbox;
  }

  sandboxOf(container: Container): Sandbox {
    const sandbox = this.sandboxes.get(container.sandboxId);
    if (sandbox === undefined) throw failure(`sandbox ${container.sandboxId} of container ${container.id} not found`);
    return sandbox;
  }

  addContainer(container: Container): void {
    this.containers.set(container.id, container);
    this.sandboxes.get(container.sandboxId)?.containers.set(container.id, container);
  }

  /** Asks the runtime, then writes state.json. */
  async stateToDisk(ctx: Context, container: Container, log: Logger): Promise<void> {
    try {
      await this.runtimeOf(container).runtime.updateStatus(ctx, container, log);
    } catch (error) {
      await log.warn(ctx, `Error updating the container status ${quote(container.id)}: ${messageOf(error)}`);
    }
    const directory = container.spoofed ? container.bundle : container.directory;
    try {
      await writeFileAtomic(ctx, `${directory}/state.json`, `${JSON.stringify(container.state)}\n`);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await log.warn(ctx, `Unable to write containers ${container.id} state to disk: ${error.go}`);
    }
  }

  async stopContainer(ctx: Context, container: Container, timeoutSeconds: number, log: Logger): Promise<void> {
    const { runtime } = this.runtimeOf(container);
    await runtime.stop(ctx, container, timeoutSeconds, log).catch((error: unknown) => {
      throw wrap(`failed to stop container ${container.id}`, error);
    });
    await runtime.updateStatus(ctx, container, log);
    await this.afterStop(ctx, container, log);
  }

  async afterStop(ctx: Context, container: Container, log: Logger): Promise<void> {
    try {
      await this.store.unmount(ctx, container.id);
    } catch (error) {
      await log.error(ctx, `Failed to unmount container ${container.id}: ${messageOf(error)}`);
    }
    await this.stateToDisk(ctx, container, log);
  }

  async removeContainerInPod(ctx: Context, sandbox: Sandbox, container: Container, log: Logger): Promise<void> {
    if (!sandbox.stopped)
      await this.stopContainer(ctx, container, this.stopTimeout, log).catch((error: unknown) => {
        throw failure(`failed to stop container for removal ${messageOf(error)}`);
      });
    await this.runtimeOf(container)
      .runtime.delete(ctx, container)
      .catch((error: unknown) => {
        throw wrap(`failed to delete container ${container.name} in pod sandbox ${sandbox.id}`, error);
      });
    await removeAll(ctx, `${this.config.crio.runtime.container_exits_dir}/${container.id}`);
    await this.store.removeContainer(ctx, container.id);
    this.containerNames.delete(container.name);
    this.containers.delete(container.id);
    sandbox.containers.delete(container.id);
  }

  /** Of requests that bring no time of their own. */
  get stopTimeout(): number {
    return 10;
  }

  /** A container or a pod's own one has left its exit code. */
  async handleExit(ctx: Context, id: string): Promise<void> {
    let container = this.containers.get(id);
    let sandbox = container === undefined ? this.sandboxes.get(id) : this.sandboxes.get(container.sandboxId);
    if (container === undefined) {
      if (sandbox === undefined) return;
      sandbox.stopped = true;
      container = sandbox.infra;
    }
    sandbox ??= this.sandboxOf(container);
    await this.afterStop(ctx, container, this.log);
    await this.events.send(ctx, this, container, 'stopped');
    await removeAll(ctx, `${this.config.crio.runtime.container_exits_dir}/${id}`);
  }
}

/** What a unique prefix stands for. */
function fullId(ids: readonly string[], prefix: string, kind: string): string {
  const found = ids.filter((id) => id.startsWith(prefix));
  const exact = found.find((id) => id === prefix);
  if (exact !== undefined) return exact;
  if (found.length === 1) return found[0] as string;
  const why = found.length === 0 ? 'ID does not exist' : `Multiple IDs found with provided prefix: ${found[0]}`;
  throw failure(`${kind} with ID starting with ${prefix} not found: ${why}`);
}

export function isUnknownId(error: unknown): boolean {
  return messageOf(error).endsWith('ID does not exist');
}
