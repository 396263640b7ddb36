/** HTTP/1.1 messages on a socket whose bodies stay ropes: heads are parsed, bulk is passed through. */

import { newError } from '../../go/errors.ts';
import type { Context } from '../../linux/context.ts';
import { Rope, toBytes } from '../../linux/rope.ts';
import { allocateBytes } from '../byte-queue.ts';
import {
  bodyLength,
  decodeRequestHead,
  decodeResponseHead,
  endOfHead,
  HttpError,
  newHttpParser,
  type RequestHead,
  type ResponseHead,
} from '../http/http1.ts';
import { alertText } from './tls-model.ts';

const HEAD_MAX = 65_536;
const READ_MAX = 1 << 20;

export type BodySink = (ctx: Context, part: Rope) => Promise<void>;

type Message<Head> = { head: Head; keepAlive: boolean; hasBody: boolean };

export class HttpStream {
  readonly fd: number;
  private buffer: Rope;
  /** Of the message whose head was read last. */
  private headers: RequestHead['headers'] = [];
  private length: ReturnType<typeof bodyLength> = null;

  /** `first` has been read from it already. */
  constructor(fd: number, first: Rope = Rope.empty) {
    this.fd = fd;
    this.buffer = first;
  }

  /** null when the peer closed between messages. Throws HttpError. */
  async readRequest(ctx: Context): Promise<Message<RequestHead> | null> {
    const bytes = await this.takeHead(ctx);
    if (bytes === null) return null;
    const { head, keepAlive } = decodeRequestHead(bytes);
    this.lengthOf(head.headers);
    return { head, keepAlive, hasBody: true };
  }

  async readResponse(ctx: Context, method: string): Promise<Message<ResponseHead> | null> {
    const bytes = await this.takeHead(ctx);
    if (bytes === null) return null;
    const { head, keepAlive } = decodeResponseHead(bytes);
    const { status } = head;
    const hasBody = method !== 'HEAD' && status !== 204 && status !== 304 && status >= 200;
    if (hasBody) this.lengthOf(head.headers);
    return { head, keepAlive, hasBody };
  }

  private lengthOf(headers: RequestHead['headers']): ReturnType<typeof bodyLength> {
    if (headers === this.headers) return this.length;
    this.length = bodyLength(headers);
    this.headers = headers;
    return this.length;
  }

  /** Bytes up to and with the empty line. */
  private async takeHead(ctx: Context): Promise<Uint8Array | null> {
    for (;;) {
      const literal = this.buffer.asOne;
      const bytes = literal ?? headBytes(this.buffer);
      const end = endOfHead(bytes);
      if (end > 0) {
        this.buffer = this.buffer.slice(end);
        return bytes.subarray(0, end);
      }
      const alert = alertText(bytes);
      if (alert !== null) throw new HttpError(alert);
      // Nothing that is HTTP begins like this: somebody speaks TLS here, and would wait for an answer for ever.
      if ((bytes[0] ?? 32) < 32 && bytes[0] !== 13 && bytes[0] !== 10) throw new HttpError('malformed HTTP message');
      if (bytes.length >= HEAD_MAX) throw new HttpError('header too large');
      const part = await ctx.sys.readRope(ctx, this.fd, READ_MAX);
      if (part.length === 0) {
        if (this.buffer.length === 0) return null;
        throw new HttpError('unexpected EOF');
      }
      this.buffer = this.buffer.concat(part);
    }
  }

  /** Reads a body; with a sink its parts go there and the result is empty. Throws a GoError `unexpected EOF`. */
  async readBody(ctx: Context, headers: RequestHead['headers'], isResponse: boolean, sink?: BodySink): Promise<Rope> {
    const length = this.lengthOf(headers);
    if (sink === undefined && typeof length === 'number' && length <= this.buffer.length) {
      const whole = this.buffer.slice(0, length);
      this.buffer = this.buffer.slice(length);
      return whole;
    }
    const parts: Rope[] = [];
    const deliver = async (part: Rope): Promise<void> => {
      if (part.length === 0) return;
      if (sink === undefined) parts.push(part);
      else await sink(ctx, part);
    };
    if (length === 'chunked') {
      await this.readChunked(ctx, deliver);
    } else if (length !== null) {
      for (let missing = length; missing > 0; ) {
        const part = await this.takeSome(ctx, missing);
        if (part.length === 0) throw newError('unexpected EOF', { code: 'unexpected EOF' });
        missing -= part.length;
        await deliver(part);
      }
    } else if (isResponse) {
      for (let part = await this.takeSome(ctx, READ_MAX); part.length > 0; part = await this.takeSome(ctx, READ_MAX))
        await deliver(part);
    }
    return Rope.concat(parts);
  }

  private async takeSome(ctx: Context, max: number): Promise<Rope> {
    if (this.buffer.length === 0) this.buffer = await ctx.sys.readRope(ctx, this.fd, Math.min(max, READ_MAX));
    const part = this.buffer.slice(0, max);
    this.buffer = this.buffer.slice(part.length);
    return part;
  }

  private async readChunked(ctx: Context, deliver: (part: Rope) => Promise<void>): Promise<void> {
    const parser = newHttpParser('request');
    parser.push(toBytes('POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n'));
    for (;;) {
      const part = await this.takeSome(ctx, READ_MAX);
      if (part.length === 0) throw newError('unexpected EOF', { code: 'unexpected EOF' });
      for (const event of parser.push(part.bytes())) {
        if (event.type === 'body') await deliver(Rope.of(copyOf(event.data)));
        if (event.type === 'end') return;
      }
    }
  }
}

function copyOf(data: Uint8Array): Uint8Array {
  const copy = allocateBytes(data.length);
  copy.set(data);
  return copy;
}

/** What may hold the head. Heads are literal bytes; a generated body behind one must not be produced to find its end. */
function headBytes(buffer: Rope): Uint8Array {
  const literal: Rope[] = [];
  for (const piece of buffer.pieces()) {
    if (!('bytes' in piece)) break;
    // A head mostly lies in what its writer wrote at once.
    if (literal.length === 0 && endOfHead(piece.bytes) > 0) return piece.bytes;
    literal.push(Rope.of(piece.bytes));
  }
  const bytes = Rope.concat(literal).slice(0, HEAD_MAX).bytes();
  return endOfHead(bytes) > 0 ? bytes : buffer.slice(0, HEAD_MAX).bytes();
}
