/**
 * The CRI plugin: its stores, and what its RPCs share.
 * @models containerd 2.1 internal/cri/server/service.go, helpers.go
 * @fidelity partial: no NRI plugins, no per-handler CNI configurations
 */
import type { Context } from '../../../../linux/context.ts';
import type { PodSandboxConfig, RuntimeHandler } from '../../../../protocols/cri/generated.ts';
import { NamespaceMode } from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { StreamingServer } from '../../../../protocols/streaming/server.ts';
import { Mutex } from '../../../../sim/primitives.ts';
import type { Logger } from '../../shared/log.ts';
import { PodNetworks } from '../cni/go-cni.ts';
import {
  CRI_PLUGIN,
  type CriImagesConfig,
  type CriRuntimeConfig,
  type CriStreamingConfig,
  IMAGES_PLUGIN,
  RUNTIME_PLUGIN,
} from '../config/defaults.ts';
import type { Parts } from '../parts.ts';
import { ContainerEvents } from './container-events.ts';
import { stateName, stateOf } from './container-state.ts';
import { EventMonitor } from './event-monitor.ts';
import { IdStore, NameIndex } from './id-store.ts';
import { ImageStore } from './image-store.ts';
import { streamRuntime } from './stream-runtime.ts';
import type { CriContainer, Sandbox } from './types.ts';

export class CriService {
  readonly parts: Parts;
  readonly config: CriRuntimeConfig;
  readonly imagesConfig: CriImagesConfig;
  readonly streamingConfig: CriStreamingConfig;
  readonly sandboxes = new IdStore<Sandbox>();
  readonly containers = new IdStore<CriContainer>();
  readonly sandboxNames = new NameIndex();
  readonly containerNames = new NameIndex();
  readonly images: ImageStore;
  readonly networks: PodNetworks;
  readonly events: ContainerEvents;
  readonly monitor: EventMonitor;
  readonly streaming: StreamingServer;
  /** One update of a container's status at a time. */
  readonly statusLock: Mutex;
  initialized = false;
  /** What Status says of them (introspect.ts). */
  runtimeHandlers: readonly Input<RuntimeHandler>[] = [];

  constructor(parts: Parts) {
    this.parts = parts;
    this.config = parts.config.plugins[RUNTIME_PLUGIN];
    this.imagesConfig = parts.config.plugins[IMAGES_PLUGIN];
    this.streamingConfig = parts.config.plugins[CRI_PLUGIN];
    this.images = new ImageStore(parts);
    this.networks = new PodNetworks(this.config.cni);
    this.events = new ContainerEvents(parts.base);
    this.monitor = new EventMonitor(this);
    this.streaming = new StreamingServer(streamRuntime(this));
    this.statusLock = new Mutex(parts.base.scheduler);
  }

  get log(): Logger {
    return this.parts.log;
  }

  get rootDir(): string {
    return `${this.parts.config.root}/io.containerd.grpc.v1.cri`;
  }

  get stateDir(): string {
    return `${this.parts.config.state}/io.containerd.grpc.v1.cri`;
  }

  sandboxRoot(id: string): string {
    return `${this.rootDir}/sandboxes/${id}`;
  }

  sandboxState(id: string): string {
    return `${this.stateDir}/sandboxes/${id}`;
  }

  sandboxShm(id: string): string {
    return `${this.sandboxState(id)}/shm`;
  }

  containerRoot(id: string): string {
    return `${this.rootDir}/containers/${id}`;
  }

  containerState(id: string): string {
    return `${this.stateDir}/containers/${id}`;
  }

  async hostname(ctx: Context): Promise<string> {
    return (await ctx.sys.uname(ctx)).nodename;
  }

  announceSandbox(ctx: Context, sandbox: Sandbox, removed = false): void {
    const { metadata, status } = sandbox;
    ctx.trace.emit(ctx.span, ctx.process.pid, {
      kind: 'state',
      component: 'containerd',
      topic: 'sandbox',
      key: sandbox.id,
      value: removed
        ? null
        : {
            name: metadata.config.metadata?.name ?? '',
            namespace: metadata.config.metadata?.namespace ?? '',
            state: status.state,
            pid: status.pid,
            ip: metadata.ip,
            netns: metadata.netNsPath,
            handler: metadata.runtimeHandler,
          },
    });
  }

  announceContainer(ctx: Context, container: CriContainer, removed = false): void {
    const { metadata, status } = container;
    ctx.trace.emit(ctx.span, ctx.process.pid, {
      kind: 'state',
      component: 'containerd',
      topic: 'cri-container',
      key: container.id,
      value: removed
        ? null
        : {
            name: metadata.config.metadata?.name ?? '',
            attempt: metadata.config.metadata?.attempt ?? 0,
            sandbox: metadata.sandboxId,
            image: metadata.config.image?.image ?? '',
            state: stateName(stateOf(status)),
            pid: status.pid,
            exitCode: status.exitCode,
          },
    });
  }
}

/** 64 hexadecimal digits. */
export function generateId(ctx: Context): string {
  return ctx.random.hex(64);
}

export function isHostNetwork(config: PodSandboxConfig): boolean {
  return config.linux?.securityContext?.namespaceOptions?.network === NamespaceMode.NODE;
}
