/**
 * Bytes over containerd's streaming service: data in small messages, as far as the receiver has opened its window.
 * @models containerd 2.1 core/transfer/streaming
 * @fidelity full
 */
import type { Context } from '../../linux/context.ts';
import { Rope } from '../../linux/rope.ts';
import type { Any } from '../google/protobuf/generated.ts';
import type { MessageType } from '../proto/message-type.ts';
import { Data, WindowUpdate } from './types/transfer/generated.ts';

/** One end of a stream of Any messages. */
export type AnyStream = {
  send(ctx: Context, message: Any): Promise<void>;
  /** null at the end. */
  receive(ctx: Context): Promise<Any | null>;
  close(ctx: Context): Promise<void>;
};

const READ_BYTES_MAX = 32 * 1024;
const WINDOW_BYTES = 2 * READ_BYTES_MAX;

/** typeurl.MarshalAny. */
export function toAny<T>(type: MessageType<T>, message: T): Any {
  return { typeUrl: type.typeName, value: type.encode(message as never).slice() };
}

/** Sends what `next` gives until it gives null, then closes. */
export async function sendBytes(
  ctx: Context,
  stream: AnyStream,
  next: (ctx: Context, max: number) => Promise<Rope | null>,
): Promise<void> {
  let window = 0;
  for (;;) {
    while (window <= 0) {
      const message = await stream.receive(ctx);
      if (message === null) return;
      if (message.typeUrl === WindowUpdate.typeName) window += WindowUpdate.decode(message.value).update;
    }
    const part = await next(ctx, Math.min(READ_BYTES_MAX, window));
    if (part === null) break;
    window -= part.length;
    await stream.send(ctx, toAny(Data, { data: part.bytes() }));
  }
  await stream.close(ctx);
}

/** Delivers what the other side sends, until it has sent everything. */
export async function receiveBytes(
  ctx: Context,
  stream: AnyStream,
  deliver: (ctx: Context, part: Rope) => Promise<void>,
): Promise<void> {
  let window = 0;
  for (;;) {
    if (window < WINDOW_BYTES) {
      await stream.send(ctx, toAny(WindowUpdate, { update: WINDOW_BYTES }));
      window += WINDOW_BYTES;
    }
    const message = await stream.receive(ctx);
    if (message === null) break;
    if (message.typeUrl !== Data.typeName) continue;
    const { data } = Data.decode(message.value);
    window -= data.length;
    await deliver(ctx, Rope.of(data.slice()));
  }
  await stream.close(ctx);
}

/** A rope in parts of at most the size that is asked for. */
export function ropeParts(rope: Rope): (ctx: Context, max: number) => Promise<Rope | null> {
  let at = 0;
  return async (_ctx, max) => {
    if (at >= rope.length) return null;
    const part = rope.slice(at, at + max);
    at += part.length;
    return part;
  };
}
