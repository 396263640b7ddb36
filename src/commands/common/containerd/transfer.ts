/**
 * Transfers as a client asks for them: an image from a registry, to one, out of an archive or into one, with progress.
 * @models containerd 2.1 core/transfer/proxy/transfer.go
 * @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import type { Rope } from '../../../linux/rope.ts';
import { type AnyStream, receiveBytes, sendBytes, toAny } from '../../../protocols/containerd/byte-stream.ts';
import { StreamInit, StreamingService } from '../../../protocols/containerd/services/streaming/v1/generated.ts';
import { TransferService } from '../../../protocols/containerd/services/transfer/v1/generated.ts';
import {
  AuthRequest,
  AuthResponse,
  AuthType,
  ImageExportStream,
  ImageImportStream,
  ImageStore,
  OCIRegistry,
  Progress,
} from '../../../protocols/containerd/types/transfer/generated.ts';
import type { Any } from '../../../protocols/google/protobuf/generated.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { Future } from '../../../sim/primitives.ts';
import { type Client, randomLetters } from './client.ts';
import { nativeError } from './errors.ts';

export type Credentials = { username: string; secret: string };

/** A stream that the daemon knows under this name from now on. */
async function createStream(ctx: Context, client: Client, id: string): Promise<AnyStream> {
  const duplex = await client.duplex(ctx, StreamingService.methods.Stream);
  await duplex.send(ctx, toAny(StreamInit, { id }));
  const receive = async (c: Context): Promise<Any | null> => {
    try {
      return await duplex.next(c);
    } catch (error) {
      if (error instanceof GrpcError) return null;
      throw error;
    }
  };
  await receive(ctx);
  return { send: (c, message) => duplex.send(c, message), receive, close: (c) => duplex.closeSend(c) };
}

function streamId(ctx: Context, prefix: string): string {
  return `${prefix}-${ctx.wallTime % 1_000_000_000n}-${randomLetters(ctx, 4)}`;
}

export function imageStore(store: Input<ImageStore>): Any {
  return toAny(ImageStore, ImageStore.create(store));
}

export type RegistryOptions = { hostDir: string; plainHttp: boolean; credentials: Credentials | null };

/** The registry's side of a transfer; the daemon asks for the credentials when the registry wants some. */
export async function ociRegistry(
  ctx: Context,
  client: Client,
  reference: string,
  { hostDir, plainHttp, credentials }: RegistryOptions,
): Promise<Any> {
  let authStream = '';
  if (credentials !== null) {
    authStream = streamId(ctx, 'creds');
    const stream = await createStream(ctx, client, authStream);
    ctx.go('credentials', async (c) => {
      for (let request = await stream.receive(c); request !== null; request = await stream.receive(c)) {
        if (request.typeUrl !== AuthRequest.typeName) continue;
        const { username, secret } = credentials;
        const authType = username === '' ? AuthType.REFRESH : AuthType.CREDENTIALS;
        await stream.send(c, toAny(AuthResponse, AuthResponse.create({ authType, username, secret })));
      }
    });
  }
  const resolver = { authStream, hostDir, defaultScheme: plainHttp ? 'http' : '' };
  return toAny(OCIRegistry, OCIRegistry.create({ reference, resolver }));
}

/** Bytes that the daemon is to import. */
export async function importStream(
  ctx: Context,
  client: Client,
  next: (ctx: Context, max: number) => Promise<Rope | null>,
): Promise<Any> {
  const id = streamId(ctx, 'import');
  const stream = await createStream(ctx, client, id);
  ctx.go('send archive', (c) => sendBytes(c, stream, next));
  return toAny(ImageImportStream, ImageImportStream.create({ stream: id }));
}

/** Where the daemon's archive goes; `done` when all of it has arrived. */
export async function exportStream(
  ctx: Context,
  client: Client,
  options: Omit<Input<ImageExportStream>, 'stream'>,
  deliver: (ctx: Context, part: Rope) => Promise<void>,
): Promise<{ target: Any; done: Future<void> }> {
  const id = streamId(ctx, 'export');
  const stream = await createStream(ctx, client, id);
  const done = new Future<void>(ctx.scheduler);
  ctx.go('receive archive', async (c) => {
    try {
      await receiveBytes(c, stream, deliver);
      done.resolve();
    } catch (error) {
      done.reject(error);
    }
  });
  return { target: toAny(ImageExportStream, ImageExportStream.create({ stream: id, ...options })), done };
}

export async function transfer(
  ctx: Context,
  client: Client,
  source: Any,
  destination: Any,
  onProgress: (ctx: Context, progress: Progress) => Promise<void>,
): Promise<void> {
  const progressStream = streamId(ctx, 'progress');
  const stream = await createStream(ctx, client, progressStream);
  const ended = new Future<void>(ctx.scheduler);
  ctx.go('progress', async (c) => {
    for (let message = await stream.receive(c); message !== null; message = await stream.receive(c)) {
      if (message.typeUrl === Progress.typeName) await onProgress(c, Progress.decode(message.value));
    }
    ended.resolve();
  });
  try {
    await client.call(ctx, TransferService.methods.Transfer, { source, destination, options: { progressStream } });
  } catch (error) {
    throw nativeError(error);
  }
  await ended.wait();
}
