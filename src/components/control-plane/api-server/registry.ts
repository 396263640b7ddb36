/**
 * How objects lie in etcd: each below `/registry/`, by its resource, as JSON.
 * @models apiserver pkg/storage/etcd3 store.go
 * @fidelity partial: values are JSON, as with --storage-media-type=application/json
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { utf8 } from '../../../linux/rope.ts';
import { passingBytes } from '../../../protocols/byte-queue.ts';
import type { EtcdClient } from '../../../protocols/etcd/client.ts';
import { KVService } from '../../../protocols/etcd/etcdserverpb/generated.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import type { Resource } from '../../../protocols/kube/resources.ts';
import type { KubeObject } from '../../../protocols/kube/types.ts';

const encoder = new TextEncoder();

export const FIRST_KEY = encoder.encode('/registry/');
export const AFTER_LAST_KEY = encoder.encode('/registry0');

/** What lies at a key since a revision. `object` null: nothing, or nothing that is an object. */
export type Written = {
  readonly resource: string;
  readonly key: string;
  readonly object: KubeObject | null;
  readonly revision: number;
};

export function registryKey({ resource }: Resource, key: string): Uint8Array {
  return passingBytes(`/registry/${resource}/${key}`);
}

export function writtenAt(keyBytes: Uint8Array, value: Uint8Array | null, revision: number): Written {
  const [, , resource = '', ...rest] = utf8(keyBytes).split('/');
  const object = value === null ? null : objectIn(utf8(value));
  if (object !== null) object.metadata.resourceVersion = String(revision);
  return { resource, key: rest.join('/'), object, revision };
}

/** All that is there. Throws a GoError when etcd does not answer. */
export async function listRegistry(
  ctx: Context,
  client: EtcdClient,
): Promise<{ revision: number; objects: (Written & { object: KubeObject })[] }> {
  const { header, kvs } = await asking(
    client.call(ctx, KVService.methods.Range, { key: FIRST_KEY, rangeEnd: AFTER_LAST_KEY }),
  );
  const objects: (Written & { object: KubeObject })[] = [];
  for (const { key, value, modRevision } of kvs) {
    const { object, ...rest } = writtenAt(key, value, Number(modRevision));
    // Anybody may put there what is no object.
    if (object !== null) objects.push({ ...rest, object });
  }
  return { revision: Number(header?.revision ?? 0n), objects };
}

function objectIn(text: string): KubeObject | null {
  try {
    const value = JSON.parse(text) as Partial<KubeObject> | null;
    return typeof value?.metadata?.name === 'string' ? (value as KubeObject) : null;
  } catch {
    return null;
  }
}

/** What goes wrong is an error like any other to whoever asked. */
export async function asking<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof GrpcError ? newError(error.message, { code: error.code }) : error;
  }
}
