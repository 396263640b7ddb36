/**
 * Listens on the node's loopback and carries each connection to a port of the pod.
 * @models k8s.io/client-go tools/portforward/portforward.go
 * @fidelity partial: forwards from localhost only, which is all crictl asks for; [::1] only where the kernel has it
 */

import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { Errno, isErrno } from '../../linux/errno.ts';
import { print } from '../../linux/io.ts';
import {
  connectPortForward,
  type PortConnection,
  type PortForwarder,
  StreamError,
} from '../../protocols/streaming/client.ts';
import { Future } from '../../sim/primitives.ts';
import { Failure } from './failure.ts';
import type { Interrupts } from './interrupts.ts';
import { klogError } from './logger.ts';
import type { Transport } from './streaming.ts';

export type PortPair = { readonly local: number; readonly remote: number };

const READ_SIZE = 32_768;

export function parsePorts(words: readonly string[]): PortPair[] {
  return words.map((word) => {
    const parts = word.split(':');
    if (parts.length > 2) throw new Failure(`invalid port format '${word}'`);
    const [first = '', second] = parts;
    const localText = second !== undefined && first === '' ? '0' : first;
    const remoteText = second ?? first;
    const local = parsePort(localText, 'local');
    const remote = parsePort(remoteText, 'remote');
    if (remote === 0) throw new Failure('remote port must be > 0');
    return { local, remote };
  });
}

function parsePort(text: string, side: 'local' | 'remote'): number {
  const isNumber = /^\d+$/.test(text);
  if (isNumber && Number(text) <= 0xffff) return Number(text);
  const fault = isNumber ? 'value out of range' : 'invalid syntax';
  throw new Failure(`error parsing ${side} port '${text}': strconv.ParseUint: parsing ${quote(text)}: ${fault}`);
}

/** Returns at the first interrupt; fails when the runtime goes away. */
export async function forwardPorts(
  ctx: Context,
  url: string,
  transport: Transport,
  ports: readonly PortPair[],
  interrupts: Interrupts,
): Promise<void> {
  const forwarder = await connect(ctx, url, transport);
  const outcome = new Future<void>(ctx.scheduler);
  interrupts.install(ctx);
  ctx.go('interrupt', async () => {
    await interrupts.first.wait();
    outcome.resolve();
  });
  ctx.go('lost connection', async () => {
    await forwarder.closed.wait();
    outcome.reject(new Failure('lost connection to pod'));
  });
  for (const pair of ports) await listenOn(ctx, forwarder, pair);
  await outcome.wait();
}

async function connect(ctx: Context, url: string, transport: Transport): Promise<PortForwarder> {
  try {
    return await connectPortForward(ctx, url, transport);
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    throw new Failure(`error upgrading connection: ${error.message}`, { cause: error });
  }
}

/** One of the two families is enough. */
async function listenOn(ctx: Context, forwarder: PortForwarder, { local, remote }: PortPair): Promise<void> {
  const faults: string[] = [];
  let port = local;
  for (const [host, network] of [
    ['127.0.0.1', 'tcp4'],
    ['::1', 'tcp6'],
  ] as const) {
    const shownHost = host === '::1' ? '[::1]' : host;
    try {
      const fd = await ctx.sys.listen(ctx, { family: 'inet', host, port });
      const address = ctx.sys.socketAddress(ctx, fd, 'local');
      if (address.family === 'inet') port = address.port;
      await print(ctx, `Forwarding from ${shownHost}:${port} -> ${remote}\n`);
      const listening = { local: port, remote };
      ctx.go('accept', (c) => acceptLoop(c, forwarder, fd, listening));
    } catch (error) {
      if (!isErrno(error)) throw error;
      faults.push(`unable to create listener: Error listen ${network} ${shownHost}:${local}: bind: ${error.go}`);
    }
  }
  if (faults.length < 2) return;
  const text = `Listeners failed to create with the following errors: [${faults.join(' ')}]`;
  throw new Failure(`unable to listen on port ${local}: ${text}`);
}

async function acceptLoop(ctx: Context, forwarder: PortForwarder, listener: number, pair: PortPair): Promise<void> {
  for (;;) {
    let fd: number;
    try {
      fd = await ctx.sys.accept(ctx, listener);
    } catch (error) {
      if (error instanceof Errno) return;
      throw error;
    }
    ctx.go('connection', (c) => carry(c, forwarder, fd, pair));
  }
}

async function carry(ctx: Context, forwarder: PortForwarder, fd: number, pair: PortPair): Promise<void> {
  await print(ctx, `Handling connection for ${pair.local}\n`);
  let connection: PortConnection;
  try {
    connection = await forwarder.open(ctx, pair.remote);
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    await klogError(ctx, 'portforward.go:404', 'Unhandled Error', error.message);
    await ctx.sys.close(ctx, fd);
    return;
  }
  ctx.go('to pod', async (c) => {
    try {
      for (;;) {
        const bytes = await c.sys.read(c, fd, READ_SIZE);
        if (bytes.length === 0 || !(await connection.send(c, bytes))) break;
      }
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
    await connection.end(c);
  });
  try {
    for (let bytes = await connection.receive(); bytes !== null; bytes = await connection.receive()) {
      await ctx.sys.write(ctx, fd, bytes);
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  const fault = await connection.result.wait();
  await ctx.sys.close(ctx, fd);
  if (fault === null) return;
  const text = `an error occurred forwarding ${pair.local} -> ${pair.remote}: ${fault}`;
  await klogError(ctx, 'portforward.go:522', 'Unhandled Error', text);
  await forwarder.close(ctx);
}
