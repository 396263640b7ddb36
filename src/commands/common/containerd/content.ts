/** The content store from a client's side: blobs in and out. @models containerd 2.1 core/content/proxy @fidelity partial: a blob is held whole */
import type { Context } from '../../../linux/context.ts';
import { Rope, utf8 } from '../../../linux/rope.ts';
import { ContentService, type Info, WriteAction } from '../../../protocols/containerd/services/content/v1/generated.ts';
import { digestError } from '../../../protocols/oci/digest.ts';
import type { Client } from './client.ts';
import { ContainerdError, isKind, nativeError } from './errors.ts';

const { methods } = ContentService;
const WRITE_BLOCK = 1 << 20;

/** digest.Parse. */
export function parseDigest(text: string): string {
  const wrong = digestError(text);
  if (wrong !== null) throw new ContainerdError(wrong);
  return text;
}

export async function contentInfo(ctx: Context, client: Client, digest: string): Promise<Info> {
  const { info } = await client.call(ctx, methods.Info, { digest });
  if (info === undefined) throw new ContainerdError(`content digest ${digest}: not found`, 'NotFound');
  return info;
}

export async function hasContent(ctx: Context, client: Client, digest: string): Promise<boolean> {
  try {
    await contentInfo(ctx, client, digest);
    return true;
  } catch (error) {
    if (isKind(error, 'NotFound')) return false;
    throw error;
  }
}

export async function readBlob(ctx: Context, client: Client, digest: string): Promise<Rope> {
  await contentInfo(ctx, client, digest);
  const parts = await client.collect(ctx, methods.Read, { digest });
  return Rope.concat(parts.map(({ data }) => Rope.of(data.slice())));
}

export async function readJson<T>(ctx: Context, client: Client, digest: string): Promise<T> {
  return JSON.parse(utf8((await readBlob(ctx, client, digest)).bytes())) as T;
}

export async function listContent(ctx: Context, client: Client, filters: readonly string[] = []): Promise<Info[]> {
  return (await client.collect(ctx, methods.List, { filters })).flatMap(({ info }) => info);
}

/** content.WriteBlob: a blob that is there already is no error. Size 0 and an empty digest: nothing is expected. */
export async function writeBlob(
  ctx: Context,
  client: Client,
  ref: string,
  data: Rope,
  expected: { size: number; digest: string },
  labels: Record<string, string> = {},
): Promise<string> {
  const stream = await client.duplex(ctx, methods.Write);
  const total = BigInt(expected.size);
  const answer = async (): Promise<string> => (await stream.next(ctx))?.digest ?? '';
  try {
    await stream.send(ctx, { action: WriteAction.STAT, ref, total, expected: expected.digest });
    await answer();
    for (let at = 0; at < data.length; at += WRITE_BLOCK) {
      const part = data.slice(at, at + WRITE_BLOCK).bytes();
      await stream.send(ctx, { action: WriteAction.WRITE, ref, offset: BigInt(at), data: part });
      await answer();
    }
    await stream.send(ctx, {
      action: WriteAction.COMMIT,
      ref,
      total: total === 0n ? BigInt(data.length) : total,
      offset: BigInt(data.length),
      expected: expected.digest,
      labels,
    });
    const digest = await answer();
    await stream.closeSend(ctx);
    return digest;
  } catch (error) {
    const native = nativeError(error);
    if (native.kind !== 'AlreadyExists') throw native;
    return expected.digest;
  }
}
