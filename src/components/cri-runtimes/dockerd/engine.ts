/** The daemon's parts, and finding things by what people call them. @models moby 20.10 daemon/daemon.go, daemon/container.go, daemon/images/image.go @fidelity partial: no truncindex; ambiguous prefixes take the first */
import { rfc3339Nano } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { EngineEvent } from '../../../protocols/docker/types.ts';
import type { Logger } from '../shared/log.ts';
import type { EngineConfig } from './config.ts';
import type { ContainerdClient } from './containerd-client.ts';
import type { Container } from './containers/container.ts';
import type { ExecSession } from './containers/exec.ts';
import { noSuchContainer, notFound } from './errors.ts';
import type { ImageStore, StoredImage } from './images/image-store.ts';
import { familiarName, parseImageName } from './images/names.ts';
import type { Bridge } from './network/bridge.ts';

const EVENTS_MAX = 256;

export type Engine = {
  /** Lives as long as the daemon. */
  base: Context;
  config: EngineConfig;
  log: Logger;
  containerd: ContainerdClient;
  images: ImageStore;
  bridge: Bridge;
  containers: Map<string, Container>;
  execs: Map<string, ExecSession>;
  events: EventHub;
  /** What the daemon calls itself. */
  id: string;
  shuttingDown: boolean;
};

export class EventHub {
  readonly past: EngineEvent[] = [];
  private readonly listeners = new Set<(event: EngineEvent) => void>();

  emit(ctx: Context, type: string, action: string, id: string, attributes: Record<string, string>): void {
    const event: EngineEvent = {
      Type: type,
      Action: action,
      Actor: { ID: id, Attributes: attributes },
      scope: 'local',
      time: Number(ctx.wallTime / 1_000_000_000n),
      timeNano: Number(ctx.wallTime),
    };
    this.past.push(event);
    if (this.past.length > EVENTS_MAX) this.past.shift();
    for (const listener of [...this.listeners]) listener(event);
  }

  listen(listener: (event: EngineEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

export function containerEvent(ctx: Context, engine: Engine, container: Container, action: string, extra = {}): void {
  engine.events.emit(ctx, 'container', action, container.id, {
    ...extra,
    image: container.record.Config.Image ?? '',
    name: container.name,
    ...container.record.Config.Labels,
  });
}

/** By id, name, or the beginning of an id. */
export function findContainer(engine: Engine, text: string): Container {
  const name = text.replace(/^\//, '');
  const whole = engine.containers.get(name);
  if (whole !== undefined) return whole;
  for (const container of engine.containers.values()) if (container.name === name) return container;
  if (/^[0-9a-f]+$/.test(name))
    for (const container of engine.containers.values()) if (container.id.startsWith(name)) return container;
  throw noSuchContainer(text);
}

/** By name, digest, id, or the beginning of an id. */
export function findImage(engine: Engine, text: string): StoredImage {
  const { images } = engine;
  const hex = text.replace(/^sha256:/, '');
  const byId = images.images.get(`sha256:${hex}`);
  if (byId !== undefined) return byId;
  const missing = (): Error => notFound(`No such image: ${withTag(text)}`);
  if (!text.startsWith('sha256:')) {
    let id: string | undefined;
    try {
      id = images.idOf(familiarName(parseImageName(text)));
    } catch {
      throw missing();
    }
    const image = id === undefined ? undefined : images.images.get(id);
    if (image !== undefined) return image;
  }
  if (/^[0-9a-f]+$/.test(hex))
    for (const image of images.images.values()) if (image.id.slice(7).startsWith(hex)) return image;
  throw missing();
}

function withTag(text: string): string {
  return /[:@]/.test(text.slice(text.lastIndexOf('/') + 1)) ? text : `${text}:latest`;
}

export function timeText(ctx: Context): string {
  return rfc3339Nano(ctx.wallTime);
}
