/**
 * Reads along on a connection, without touching a byte: is the client waiting for an answer that is only a matter of
 * modelled latencies? Then virtual time may run ahead. What waits for a program takes its real time, but for a moment's
 * grace: starting the program is a modelled latency too, and virtual time may be ahead already.
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

/** Enough to start a process in a container and to hear its first word. */
const GRACE_NS = 150_000_000;
/** After an answer: what follows at once, such as the end of the program that gave it. */
const TAIL_NS = 50_000_000;

export interface Watch {
  /** @param now virtual ns */
  waiting(now: number): boolean;
  fromClient(bytes: Uint8Array, now: number): void;
  fromServer(bytes: Uint8Array, now: number): void;
  end(): void;
}

/** A connection of which nothing is known: each word from the client has its grace, until there is an answer. */
export class StreamWatch implements Watch {
  private until = 0;

  waiting(now: number): boolean {
    return now < this.until;
  }

  fromClient(_bytes: Uint8Array, now: number): void {
    this.until = now + GRACE_NS;
  }

  /** An upgrade to streams and SPDY's control frames are no answer yet: the program is still to start. */
  fromServer(bytes: Uint8Array, now: number): void {
    const control = ((bytes[0] ?? 0) & 0x80) !== 0;
    if (!control && !new TextDecoder().decode(bytes.subarray(0, 12)).endsWith(' 101'))
      this.until = Math.min(this.until, now + TAIL_NS);
  }

  end(): void {
    this.until = 0;
  }
}

export class CallWatch implements Watch {
  private readonly client: Http2Decoder = newHttp2Decoder(true);
  private readonly server: Http2Decoder = newHttp2Decoder(false);
  private readonly headers: HeaderDecoder = newHeaderDecoder();
  /** Streams with a call that is to be answered, and until when that may be hurried. */
  private readonly open = new Map<number, number>();
  private greeted = false;
  /** It is no gRPC: nothing is known about it. */
  private lost = false;

  private received = 0;

  /** The client has sent its greeting and waits for ours, or for a call that is only a matter of modelled latencies. */
  waiting(now: number): boolean {
    if (this.lost) return false;
    if (!this.greeted && this.received >= GREETING_BYTES) return true;
    for (const until of this.open.values()) if (now < until) return true;
    return false;
  }

  fromClient(bytes: Uint8Array, now: number): void {
    this.received += bytes.length;
    this.guarded(() => {
      for (const frame of this.client.push(bytes)) {
        if (frame.type === 'rst-stream') this.open.delete(frame.streamId);
        if (frame.type !== 'headers') continue;
        const path = this.headers.decode(frame.block).find(([name]) => name === ':path')?.[1] ?? '';
        if (PROMPT.has(path)) this.open.set(frame.streamId, Number.POSITIVE_INFINITY);
        else if (path !== '') this.open.set(frame.streamId, now + GRACE_NS);
      }
    });
  }

  fromServer(bytes: Uint8Array): void {
    this.greeted = true;
    this.guarded(() => {
      for (const frame of this.server.push(bytes)) {
        // Of a stream of answers the first is enough.
        if (frame.type === 'rst-stream' || frame.type === 'data' || (frame.type === 'headers' && frame.endStream))
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
