/**
 * SSH's messages, as both ends write them.
 * @models RFC 4253 (packets), RFC 4252 (publickey), RFC 4254 (session channels)
 * @fidelity partial: one channel; keys are shown and compared, not proven, and nothing is encrypted
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { Mutex } from '../../sim/primitives.ts';
import { newByteQueue, pushBytes, unreadLength } from '../byte-queue.ts';

export const SSH_VERSION = 'SSH-2.0-OpenSSH_10.0p2 Debian-7';
export const SSH_PORT = 22;

export type SshMessage =
  /** The server's part of the key exchange, of which only its host key matters here: `ssh-ed25519 AAAA…`. */
  | { type: 'hostKey'; key: string }
  | { type: 'authRequest'; user: string; key: string }
  | { type: 'authFailure'; methods: string }
  | { type: 'authSuccess' }
  | { type: 'env'; name: string; value: string }
  | { type: 'pty'; term: string; columns: number; rows: number }
  | { type: 'windowChange'; columns: number; rows: number }
  | { type: 'shell' }
  | { type: 'exec'; command: string }
  | { type: 'data'; data: Uint8Array }
  /** Standard error. */
  | { type: 'extendedData'; data: Uint8Array }
  | { type: 'eof' }
  | { type: 'exitStatus'; status: number }
  /** Without the SIG. */
  | { type: 'exitSignal'; signal: string }
  | { type: 'close' };

type Parts = readonly (number | string | Uint8Array)[];

const HOST_KEY = 31;
const AUTH_REQUEST = 50;
const AUTH_FAILURE = 51;
const AUTH_SUCCESS = 52;
const CHANNEL_DATA = 94;
const CHANNEL_EXTENDED_DATA = 95;
const CHANNEL_EOF = 96;
const CHANNEL_CLOSE = 97;
const CHANNEL_REQUEST = 98;

/** A number is a uint32, anything else a string with its length before it. */
function partsOf(message: SshMessage): [code: number, parts: Parts] {
  switch (message.type) {
    case 'hostKey':
      return [HOST_KEY, [message.key]];
    case 'authRequest':
      return [AUTH_REQUEST, [message.user, 'ssh-connection', 'publickey', message.key]];
    case 'authFailure':
      return [AUTH_FAILURE, [message.methods]];
    case 'authSuccess':
      return [AUTH_SUCCESS, []];
    case 'env':
      return [CHANNEL_REQUEST, [0, 'env', message.name, message.value]];
    case 'pty':
      return [CHANNEL_REQUEST, [0, 'pty-req', message.term, message.columns, message.rows]];
    case 'windowChange':
      return [CHANNEL_REQUEST, [0, 'window-change', message.columns, message.rows]];
    case 'shell':
      return [CHANNEL_REQUEST, [0, 'shell']];
    case 'exec':
      return [CHANNEL_REQUEST, [0, 'exec', message.command]];
    case 'data':
      return [CHANNEL_DATA, [0, message.data]];
    case 'extendedData':
      return [CHANNEL_EXTENDED_DATA, [0, 1, message.data]];
    case 'eof':
      return [CHANNEL_EOF, [0]];
    case 'close':
      return [CHANNEL_CLOSE, [0]];
    case 'exitStatus':
      return [CHANNEL_REQUEST, [0, 'exit-status', message.status]];
    case 'exitSignal':
      return [CHANNEL_REQUEST, [0, 'exit-signal', message.signal]];
  }
}

const BLOCK = 8;
const PADDING_MIN = 4;

export function encodeSsh(message: SshMessage): Uint8Array {
  const [code, parts] = partsOf(message);
  const fields = parts.map((part) => (typeof part === 'string' ? new TextEncoder().encode(part) : part));
  const length = 1 + fields.reduce<number>((sum, part) => sum + 4 + (typeof part === 'number' ? 0 : part.length), 0);
  const padding = PADDING_MIN + BLOCK - 1 - ((5 + length + PADDING_MIN - 1) % BLOCK);
  const bytes = new Uint8Array(5 + length + padding);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 1 + length + padding);
  bytes[4] = padding;
  bytes[5] = code;
  let at = 6;
  for (const part of fields) {
    view.setUint32(at, typeof part === 'number' ? part : part.length);
    at += 4;
    if (typeof part === 'number') continue;
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

class Fields {
  private at = 1;
  private readonly payload: Uint8Array;
  private readonly view: DataView;

  constructor(payload: Uint8Array) {
    this.payload = payload;
    this.view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  }

  number(): number {
    const value = this.view.getUint32(this.at);
    this.at += 4;
    return value;
  }

  bytes(): Uint8Array {
    const length = this.number();
    const value = this.payload.slice(this.at, this.at + length);
    this.at += length;
    return value;
  }

  text(): string {
    return new TextDecoder().decode(this.bytes());
  }
}

function decode(payload: Uint8Array): SshMessage | null {
  const fields = new Fields(payload);
  switch (payload[0]) {
    case HOST_KEY:
      return { type: 'hostKey', key: fields.text() };
    case AUTH_REQUEST: {
      const user = fields.text();
      fields.text();
      fields.text();
      return { type: 'authRequest', user, key: fields.text() };
    }
    case AUTH_FAILURE:
      return { type: 'authFailure', methods: fields.text() };
    case AUTH_SUCCESS:
      return { type: 'authSuccess' };
    case CHANNEL_DATA:
      fields.number();
      return { type: 'data', data: fields.bytes() };
    case CHANNEL_EXTENDED_DATA:
      fields.number();
      fields.number();
      return { type: 'extendedData', data: fields.bytes() };
    case CHANNEL_EOF:
      return { type: 'eof' };
    case CHANNEL_CLOSE:
      return { type: 'close' };
    case CHANNEL_REQUEST:
      fields.number();
      return decodeRequest(fields.text(), fields);
    default:
      return null;
  }
}

function decodeRequest(kind: string, fields: Fields): SshMessage | null {
  switch (kind) {
    case 'env':
      return { type: 'env', name: fields.text(), value: fields.text() };
    case 'pty-req':
      return { type: 'pty', term: fields.text(), columns: fields.number(), rows: fields.number() };
    case 'window-change':
      return { type: 'windowChange', columns: fields.number(), rows: fields.number() };
    case 'shell':
      return { type: 'shell' };
    case 'exec':
      return { type: 'exec', command: fields.text() };
    case 'exit-status':
      return { type: 'exitStatus', status: fields.number() };
    case 'exit-signal':
      return { type: 'exitSignal', signal: fields.text() };
    default:
      return null;
  }
}

const READ_SIZE = 1 << 18;
const VERSION_LENGTH_MAX = 255;
const NEWLINE = 10;

/** One end of a connection: each message goes out whole, in the order in which they were given. */
export class SshStream {
  readonly fd: number;
  private readonly received = newByteQueue();
  private readonly lock: Mutex;

  constructor(ctx: Context, fd: number) {
    this.fd = fd;
    this.lock = new Mutex(ctx.scheduler);
  }

  /** Whether the other end still listens. */
  send(ctx: Context, message: SshMessage): Promise<boolean> {
    return this.sendBytes(ctx, encodeSsh(message));
  }

  sendVersion(ctx: Context): Promise<boolean> {
    return this.sendBytes(ctx, new TextEncoder().encode(`${SSH_VERSION}\r\n`));
  }

  private async sendBytes(ctx: Context, bytes: Uint8Array): Promise<boolean> {
    const unlock = await this.lock.lock();
    try {
      await ctx.sys.write(ctx, this.fd, bytes);
      return true;
    } catch (error) {
      if (!isErrno(error)) throw error;
      return false;
    } finally {
      unlock();
    }
  }

  /** The other end's version; null if it is none. */
  async readVersion(ctx: Context): Promise<string | null> {
    for (;;) {
      const { bytes, start } = this.received;
      const at = bytes.indexOf(NEWLINE, start);
      if (at >= 0) {
        this.received.start = at + 1;
        const line = new TextDecoder().decode(bytes.subarray(start, at)).trimEnd();
        return line.startsWith('SSH-2.0-') ? line : null;
      }
      if (unreadLength(this.received) > VERSION_LENGTH_MAX || !(await this.more(ctx))) return null;
    }
  }

  /** null: the connection has ended. */
  async next(ctx: Context): Promise<SshMessage | null> {
    for (;;) {
      const unread = unreadLength(this.received);
      const { bytes, start } = this.received;
      const length = unread < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset + start).getUint32(0);
      if (unread >= 4 && unread >= 4 + length) {
        this.received.start = start + 4 + length;
        const padding = bytes[start + 4] ?? 0;
        const message = decode(bytes.subarray(start + 5, start + 4 + length - padding));
        if (message !== null) return message;
      } else if (!(await this.more(ctx))) return null;
    }
  }

  private async more(ctx: Context): Promise<boolean> {
    try {
      const bytes = await ctx.sys.read(ctx, this.fd, READ_SIZE);
      if (bytes.length > 0) pushBytes(this.received, bytes);
      return bytes.length > 0;
    } catch (error) {
      if (!isErrno(error)) throw error;
      return false;
    }
  }
}
