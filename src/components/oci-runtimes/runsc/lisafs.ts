/**
 * Between Sentry and gofer: who is asked for the directory that a connection stands for, and, where the Sentry has no
 * descriptors of it (no directfs), for each call on a file in it.
 * @models gVisor pkg/lisafs, runsc/fsgofer, pkg/sentry/fsimpl/gofer
 * @fidelity partial: over the socket, where the real one has channels in shared memory after the first message; a path instead of a
 * control descriptor and its walks, one request a call; what a call changes is changed by the kernels, the gofer looks it up. The
 * data of a regular file goes by a descriptor that its opening brought, as in reality
 */
import { locate } from '../../../linux/calls/files.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import type { Process } from '../../../linux/process.ts';
import { utf8 } from '../../../linux/rope.ts';
import { Connection } from '../../../linux/socket.ts';
import type { Location } from '../../../linux/vfs/mounts.ts';
import type { FileRequest, FileServer } from '../../../linux/vfs/remote-fs.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Future, Queue } from '../../../sim/primitives.ts';

const MOUNT = 1;
/** Which message asks for which call. */
const MESSAGES: Readonly<Record<string, readonly [id: number, name: string]>> = {
  stat: [6, 'WalkStat'],
  lstat: [6, 'WalkStat'],
  open: [7, 'OpenAt'],
  spawn: [7, 'OpenAt'],
  execve: [7, 'OpenAt'],
  chmod: [4, 'SetStat'],
  chown: [4, 'SetStat'],
  mkdir: [13, 'MkdirAt'],
  mknod: [14, 'MknodAt'],
  readlink: [19, 'ReadLinkAt'],
  rmdir: [22, 'UnlinkAt'],
  unlink: [22, 'UnlinkAt'],
  readDirectory: [24, 'Getdents64'],
  rename: [33, 'RenameAt2'],
};
const OPEN_AT = 7;
const HEADER_BYTES = 8;

type Frame = { message: number; text: string };

/** Length, message, padding; then the text. */
function frame(message: number, text: string): Uint8Array {
  const body = new TextEncoder().encode(text);
  const bytes = new Uint8Array(HEADER_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, body.length, true);
  view.setUint16(4, message, true);
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

async function readFrame(ctx: Context, fd: number): Promise<Frame | null> {
  const exactly = async (length: number): Promise<Uint8Array | null> => {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const more = await ctx.sys.read(ctx, fd, length - at);
      if (more.length === 0) return null;
      bytes.set(more, at);
      at += more.length;
    }
    return bytes;
  };
  const header = await exactly(HEADER_BYTES);
  if (header === null) return null;
  const view = new DataView(header.buffer);
  const body = await exactly(view.getUint32(0, true));
  return body === null ? null : { message: view.getUint16(4, true), text: utf8(body) };
}

/** The gofer's side, until the Sentry is gone: with directfs it gives the directory away, without it answers for it. */
export async function serveLisafs(ctx: Context, fd: number, source: string, directfs: boolean): Promise<void> {
  const { sys } = ctx;
  const mounted = await readFrame(ctx, fd);
  if (mounted === null) return;
  const { type } = await sys.stat(ctx, source);
  const directory = await sys.open(ctx, source, { path: true, ...(type === 'directory' ? { directory: true } : {}) });
  await sys.sendDescriptors(ctx, fd, frame(MOUNT, source), directfs ? [directory] : []);
  for (let got = await readFrame(ctx, fd); got !== null; got = await readFrame(ctx, fd)) {
    await ctx.cpu(LATENCY.lisafsRequestNs);
    await sys.write(ctx, fd, frame(got.message, await lookUp(ctx, got.message, `${source}${got.text}`)));
  }
}

/** What the host says of it: nothing, or the name of an error. */
async function lookUp(ctx: Context, message: number, path: string): Promise<string> {
  const { sys } = ctx;
  try {
    if (message === OPEN_AT) await sys.close(ctx, await sys.open(ctx, path, { path: true }));
    else await sys.lstat(ctx, path);
    return '';
  } catch (error) {
    if (!isErrno(error)) throw error;
    return error.code;
  }
}

/** What the Sentry has of a connection: the directory it stands for, who serves it, and when the gofer is gone. */
export type GoferMounted = { directory: Location; server: FileServer; gone: Future<void> };

/** The Sentry's side of one connection. */
export async function mountLisafs(host: Context, fd: number, directfs: boolean): Promise<GoferMounted | null> {
  const { sys, process, scheduler } = host;
  await sys.write(host, fd, frame(MOUNT, ''));
  const { data, descriptors } = await sys.receiveDescriptors(host, fd);
  if (data.length === 0) return null;
  const gofer = goferOf(process, fd);
  const asked: Future<Frame>[] = [];
  const gone = new Future<void>(scheduler);
  host.go('lisafs', async (inner) => {
    try {
      for (let got = await readFrame(inner, fd); got !== null; got = await readFrame(inner, fd))
        asked.shift()?.resolve(got);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    gone.resolve();
  });
  if (!directfs)
    return {
      directory: locate(gofer, utf8(data.slice(HEADER_BYTES))),
      server: { process: gofer, requestNs: LATENCY.lisafsRequestNs, ask: asking(host, fd, gofer.pid, asked) },
      gone,
    };
  const { location } = process.kernel.file(process, descriptors[0] ?? -1);
  if (location === null) return null;
  return { directory: location, server: { process, requestNs: LATENCY.directfsRequestNs }, gone };
}

function goferOf(process: Process, fd: number): Process {
  const socket = process.kernel.file(process, fd);
  const writer = socket instanceof Connection ? socket.peer?.lastWriter : null;
  if (writer === null || writer === undefined) throw new Error('a message without a sender');
  return writer;
}

function asking(host: Context, fd: number, gofer: number, asked: Future<Frame>[]): NonNullable<FileServer['ask']> {
  const { process, trace, scheduler } = host;
  const questions = new Queue<{ payload: Uint8Array; answer: Future<Frame> }>(scheduler);
  // A strand of the Sentry's own: whoever asked may be killed meanwhile.
  host.go('lisafs requests', async (inner) => {
    for (let next = await questions.take(); next !== null; next = await questions.take()) {
      asked.push(next.answer);
      try {
        await inner.sys.write(inner, fd, next.payload);
      } catch (error) {
        // Without its gofer the container ends: nobody is answered any more.
        if (!isErrno(error)) throw error;
      }
    }
  });
  return async (ctx: Context, { call, path, count }: FileRequest): Promise<void> => {
    const message = MESSAGES[call];
    // The data of an open file: the Sentry reads and writes it itself.
    if (message === undefined) return process.kernel.cpu.spend(process, LATENCY.directfsRequestNs * count);
    const [id, name] = message;
    const payload = frame(id, path);
    const span = trace.startSpan(ctx.span, process.pid, name, 'kernel');
    const common = { call: span, protocol: 'lisafs', method: name, to: gofer } as const;
    trace.emit(span, process.pid, {
      ...{ kind: 'rpc.request', ...common, address: path, metadata: {}, type: `lisafs.${name}Req` },
      ...{ payload: trace.keepPayload(payload), length: payload.length },
    });
    const question = { payload, answer: new Future<Frame>(scheduler) };
    questions.push(question);
    const answer = await question.answer.wait();
    const reply = frame(answer.message, answer.text);
    trace.emit(span, process.pid, {
      ...{ kind: 'rpc.response', ...common, code: answer.text === '' ? 0 : 1, codeName: answer.text || 'OK' },
      ...{ message: '', payload: trace.keepPayload(reply), length: reply.length, type: `lisafs.${name}Resp` },
    });
    trace.endSpan(span, process.pid);
  };
}
