/**
 * Reads along on a gRPC connection, without touching a byte: is the client waiting for an answer that is only a matter
 * of modelled latencies? Then virtual time may run ahead; a call that waits for a program must take its real time.
 */

import { ContainersService } from '../../protocols/containerd/services/containers/v1/generated.ts';
import { ContentService } from '../../protocols/containerd/services/content/v1/generated.ts';
import { ImagesService } from '../../protocols/containerd/services/images/v1/generated.ts';
import { IntrospectionService } from '../../protocols/containerd/services/introspection/v1/generated.ts';
import { LeasesService } from '../../protocols/containerd/services/leases/v1/generated.ts';
import { NamespacesService } from '../../protocols/containerd/services/namespaces/v1/generated.ts';
import { SnapshotsService } from '../../protocols/containerd/services/snapshots/v1/generated.ts';
import { TasksService } from '../../protocols/containerd/services/tasks/v1/generated.ts';
import { TransferService } from '../../protocols/containerd/services/transfer/v1/generated.ts';
import { VersionService } from '../../protocols/containerd/services/version/v1/generated.ts';
import { ImageService, RuntimeService } from '../../protocols/cri/generated.ts';
import { type HeaderDecoder, newHeaderDecoder } from '../../protocols/grpc/hpack.ts';
import { type Http2Decoder, newHttp2Decoder } from '../../protocols/grpc/http2-frames.ts';
import type { Service } from '../../protocols/proto/service.ts';

const SERVICES: readonly Service[] = [
  RuntimeService,
  ImageService,
  ContainersService,
  ContentService,
  ImagesService,
  IntrospectionService,
  LeasesService,
  NamespacesService,
  SnapshotsService,
  TasksService,
  TransferService,
  VersionService,
];
/** Unary calls that last as long as some program does. */
const WAITING = new Set(['ExecSync', 'StopContainer', 'Wait']);
const PROMPT: ReadonlySet<string> = new Set(
  SERVICES.flatMap((service) =>
    Object.values(service.methods)
      .filter((m) => !m.serverStreaming && !m.clientStreaming && !WAITING.has(m.name))
      .map((m) => m.path),
  ),
);

/** The connection preface and the head of the first frame. */
const GREETING_BYTES = 33;

export class CallWatch {
  private readonly client: Http2Decoder = newHttp2Decoder(true);
  private readonly server: Http2Decoder = newHttp2Decoder(false);
  private readonly headers: HeaderDecoder = newHeaderDecoder();
  private readonly open = new Set<number>();
  private greeted = false;
  /** It is no gRPC: nothing is known about it. */
  private lost = false;

  private received = 0;

  /** The client has sent its greeting and waits for ours, or for a call that is only a matter of modelled latencies. */
  get waiting(): boolean {
    return !this.lost && (this.open.size > 0 || (!this.greeted && this.received >= GREETING_BYTES));
  }

  fromClient(bytes: Uint8Array): void {
    this.received += bytes.length;
    this.guarded(() => {
      for (const frame of this.client.push(bytes)) {
        if (frame.type === 'rst-stream') this.open.delete(frame.streamId);
        if (frame.type !== 'headers') continue;
        const path = this.headers.decode(frame.block).find(([name]) => name === ':path')?.[1] ?? '';
        if (PROMPT.has(path)) this.open.add(frame.streamId);
      }
    });
  }

  fromServer(bytes: Uint8Array): void {
    this.greeted = true;
    this.guarded(() => {
      for (const frame of this.server.push(bytes)) {
        if (frame.type === 'rst-stream' || ((frame.type === 'headers' || frame.type === 'data') && frame.endStream))
          this.open.delete(frame.streamId);
      }
    });
  }

  end(): void {
    this.lost = true;
  }

  private guarded(body: () => void): void {
    if (this.lost) return;
    try {
      body();
    } catch {
      this.lost = true;
    }
  }
}
