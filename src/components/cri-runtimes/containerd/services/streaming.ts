/** containerd.services.streaming.v1: streams that other calls name. @models containerd 2.1 plugins/services/streaming, plugins/streaming @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import type { AnyStream } from '../../../../protocols/containerd/byte-stream.ts';
import { StreamInit, StreamingService } from '../../../../protocols/containerd/services/streaming/v1/generated.ts';
import { type Any, Empty } from '../../../../protocols/google/protobuf/generated.ts';
import type { GrpcServer, ServerCall } from '../../../../protocols/grpc/server.ts';
import { GrpcError } from '../../../../protocols/grpc/status.ts';
import { Queue } from '../../../../sim/primitives.ts';
import { classed, notFound } from '../../shared/errors.ts';
import { namespaceOf } from './request.ts';

export class StreamManager {
  private readonly streams = new Map<string, AnyStream>();

  register(ns: string, id: string, stream: AnyStream): void {
    if (this.streams.has(`${ns}/${id}`)) throw classed('AlreadyExists', 'stream already exists');
    this.streams.set(`${ns}/${id}`, stream);
  }

  get(ns: string, id: string): AnyStream {
    const stream = this.streams.get(`${ns}/${id}`);
    if (stream === undefined) throw notFound('stream');
    return stream;
  }

  forget(ns: string, id: string): void {
    this.streams.delete(`${ns}/${id}`);
  }
}

export function serveStreaming(server: GrpcServer, streams: StreamManager): void {
  server.implement(StreamingService, {
    Stream: async (ctx, _request, call) => {
      const ns = namespaceOf(call);
      const first = (await call.receive()) as Any | null;
      if (first === null) return;
      const { id } = StreamInit.decode(first.value);
      const closed = new Queue<void>(ctx.scheduler);
      streams.register(ns, id, streamOf(call, closed));
      // The client may name the stream from here on.
      await call.send(ctx, { typeUrl: Empty.typeName, value: new Uint8Array(0) });
      ctx.go('stream-end', async (c) => {
        await call.whenCancelled(c);
        closed.close();
      });
      await closed.take();
      streams.forget(ns, id);
    },
  });
}

function streamOf(call: ServerCall<Any>, closed: Queue<void>): AnyStream {
  return {
    async send(ctx: Context, message) {
      try {
        await call.send(ctx, message);
      } catch (error) {
        // A client that has gone does not want it any more.
        if (!(error instanceof GrpcError)) throw error;
      }
    },
    receive: async () => (await call.receive()) as Any | null,
    close: async () => closed.close(),
  };
}
