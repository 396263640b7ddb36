/** What the kubelet asks of the API server, and reading what went wrong. */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import type { KubeClient } from '../../protocols/kube/client.ts';
import { StatusError } from '../../protocols/kube/status-error.ts';
import type { ConfigMap, KubeObject, Secret, Service } from '../../protocols/kube/types.ts';
import { Failure } from './failures.ts';

/** A refusal, a connection that failed, or a simulated failure: anything but a mistake of ours. */
export function isExpected(error: unknown): boolean {
  if (error instanceof StatusError || error instanceof Failure || isErrno(error)) return true;
  return typeof (error as { before?: unknown } | null)?.before === 'string';
}

/** The text of an expected error; others are thrown on. */
export function messageOf(error: unknown): string {
  if (isErrno(error)) return error.go;
  if (isExpected(error)) return (error as { message: string }).message;
  throw error;
}

const CACHE_NS = 10_000_000_000;

/**
 * Objects that pods refer to. They are kept for a short while, so that a hundred pods of one namespace do not ask a
 * hundred times for its root certificate; a failure is never kept.
 * @models kubernetes 1.36 pkg/kubelet/util/manager
 * @fidelity partial: read again after ten seconds where the real one watches
 */
export class ObjectCache {
  private readonly client: KubeClient;
  private readonly kept = new Map<string, { object: KubeObject; until: number }>();

  constructor(client: KubeClient) {
    this.client = client;
  }

  secret(ctx: Context, namespace: string, name: string): Promise<Secret> {
    return this.get<Secret>(ctx, 'secrets', namespace, name);
  }

  configMap(ctx: Context, namespace: string, name: string): Promise<ConfigMap> {
    return this.get<ConfigMap>(ctx, 'configmaps', namespace, name);
  }

  /** Services that a pod's environment names. */
  async services(ctx: Context, namespace: string): Promise<Service[]> {
    const key = `services/${namespace}`;
    const kept = this.kept.get(key);
    if (kept !== undefined && kept.until > ctx.now) return (kept.object as unknown as { items: Service[] }).items;
    const list = await this.client.list<Service>(ctx, 'services', namespace);
    this.keep(ctx, key, list as unknown as KubeObject);
    return list.items;
  }

  private async get<T extends KubeObject>(ctx: Context, resource: string, namespace: string, name: string): Promise<T> {
    const key = `${resource}/${namespace}/${name}`;
    const kept = this.kept.get(key);
    if (kept !== undefined && kept.until > ctx.now) return kept.object as T;
    const object = await this.client.get<T>(ctx, resource, namespace, name);
    this.keep(ctx, key, object);
    return object;
  }

  private keep(ctx: Context, key: string, object: KubeObject): void {
    if (this.kept.size >= OBJECTS_MAX)
      for (const [other, { until }] of this.kept) if (until <= ctx.now) this.kept.delete(other);
    this.kept.set(key, { object, until: ctx.now + CACHE_NS });
  }
}

const OBJECTS_MAX = 500;
