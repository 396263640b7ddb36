/** nc. @models netcat-traditional 1.10-48 @fidelity partial: TCP; no UDP, source routing, hex dumps or scans with delays */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { Queue } from '../../sim/primitives.ts';
import { ADDRESS, lookUp, nameOf, portNumber, serviceName } from './names.ts';

const VALUED = 'cegGiopqswT';
const HELP = `[v1.10-48]
connect to somewhere:	nc [-options] hostname port[s] [ports] ...
listen for inbound:	nc -l -p port [-options] [hostname] [port]
options:
	-c commands		hand the connection to /bin/sh -c
	-e program		hand the connection to a program
	-h			this text
	-l			wait for a connection
	-n			addresses only, no names
	-p port			local port
	-q secs			end so long after the end of input
	-s addr			local address
	-u			UDP (not simulated)
	-v			say more
	-w secs			give up after that long
	-z			connect only: to see which ports are open
port numbers can be single or ranges: lo-hi [inclusive]
`;

type Call = { ctx: Context; has: (letter: string) => boolean; value: (letter: string) => string | undefined };

async function main(ctx: Context, argv: string[]): Promise<number> {
  const given = new Map<string, string>();
  const words: string[] = [];
  for (let i = 1; i < argv.length; i++) {
    const arg = argv[i] as string;
    if (!arg.startsWith('-') || arg === '-') {
      words.push(arg);
      continue;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at] as string;
      if (VALUED.includes(letter)) {
        given.set(letter, arg.slice(at + 1) || (argv[++i] ?? ''));
        break;
      }
      if (!'bhklnrtuvzC'.includes(letter)) {
        await printError(ctx, `nc: invalid option -- '${letter}'\nnc -h for help\n`);
        return 1;
      }
      given.set(letter, '');
    }
  }
  const call: Call = { ctx, has: (l) => given.has(l), value: (l) => given.get(l) };
  if (call.has('h')) {
    await printError(ctx, HELP);
    return 1;
  }
  if (call.has('u')) {
    await printRefusal(ctx, 'nc: not simulated: UDP\n');
    return 1;
  }
  if (call.has('l')) return await listen(call, words);
  const [host, ...ports] = words;
  if (host === undefined) {
    await printError(ctx, 'Cmd line: wrong\n');
    return 1;
  }
  const addresses = call.has('n') && !ADDRESS.test(host) ? 'numeric' : await lookUp(ctx, host);
  if (typeof addresses === 'string') {
    await printError(
      ctx,
      addresses === 'numeric'
        ? `Can't parse ${host} as an IP address\n`
        : `${host}: forward host lookup failed: ${addresses.startsWith('Temporary') ? 'Host name lookup failure' : 'Unknown host'}\n`,
    );
    return 1;
  }
  if (ports.length === 0) {
    await printError(ctx, 'no port[s] to connect to\n');
    return 1;
  }
  const numbers: number[] = [];
  for (const text of ports) {
    const [low = '', high] = /^\d+-\d+$/.test(text) ? text.split('-') : [text];
    const from = portNumber(low);
    if (from === null || from < 1 || from > 65_535) {
      await printError(ctx, `invalid port ${text}\n`);
      return 1;
    }
    // A range is tried from its end.
    for (let port = high === undefined ? from : Number(high); port >= from; port--) numbers.push(port);
  }
  return await connectAll(call, host, addresses[0] as string, numbers);
}

async function describe(call: Call, address: string): Promise<string> {
  const name = call.has('n') ? null : await nameOf(call.ctx, address);
  return `${name ?? '(UNKNOWN)'} [${address}]`;
}

async function connectAll(call: Call, host: string, address: string, ports: readonly number[]): Promise<number> {
  const { ctx } = call;
  const known = ADDRESS.test(host) ? await describe(call, address) : `${host} [${address}]`;
  let status = 1;
  for (const port of ports) {
    const label = `${known} ${port} (${call.has('n') ? '?' : (serviceName(port) ?? '?')})`;
    const fd = await dial(call, address, port);
    if (typeof fd === 'string') {
      // Scans say it only when asked to talk.
      if (call.has('v') || (ports.length === 1 && !call.has('z'))) await printError(ctx, `${label} : ${fd}\n`);
      continue;
    }
    if (call.has('v')) await printError(ctx, `${label} open\n`);
    status = 0;
    if (call.has('z')) await ctx.sys.close(ctx, fd);
    else if (call.has('e') || call.has('c')) return await handOver(call, fd);
    else return await pump(call, fd);
  }
  return status;
}

/** A descriptor, or why not. `-w` bounds the wait. */
async function dial(call: Call, host: string, port: number): Promise<number | string> {
  const { ctx } = call;
  const seconds = call.value('w');
  const outcome = new Queue<number | string>(ctx.scheduler);
  ctx.go('connect', async (c) => {
    try {
      outcome.push(await c.sys.connect(c, { family: 'inet', host, port }));
    } catch (error) {
      if (!isErrno(error)) throw error;
      outcome.push(error.libc);
    }
  });
  if (seconds !== undefined)
    ctx.go('patience', async (c) => {
      await c.sleep(Math.max(0, Number(seconds)) * 1e9);
      outcome.push('Connection timed out');
    });
  return (await outcome.take()) ?? 'Connection timed out';
}

async function listen(call: Call, words: readonly string[]): Promise<number> {
  const { ctx } = call;
  const text = call.value('p') ?? words.find((word) => /^\d+$/.test(word)) ?? '0';
  const port = portNumber(text) ?? 0;
  let listener: number;
  try {
    listener = await ctx.sys.listen(ctx, { family: 'inet', host: call.value('s') ?? '0.0.0.0', port });
  } catch (error) {
    if (!isErrno(error)) throw error;
    await printError(ctx, `Can't grab ${call.value('s') ?? '0.0.0.0'}:${port} with bind : ${error.libc}\n`);
    return 1;
  }
  if (call.has('v')) await printError(ctx, `listening on [any] ${port} ...\n`);
  const fd = await ctx.sys.accept(ctx, listener);
  await ctx.sys.close(ctx, listener);
  const peer = ctx.sys.socketAddress(ctx, fd, 'peer');
  const local = ctx.sys.socketAddress(ctx, fd, 'local');
  if (call.has('v') && peer.family === 'inet' && local.family === 'inet')
    await printError(ctx, `connect to [${local.host}] from ${await describe(call, peer.host)} ${peer.port}\n`);
  if (call.has('e') || call.has('c')) return await handOver(call, fd);
  return await pump(call, fd);
}

/** `-e`, `-c`: a program in our place, the connection as its input and output. */
async function handOver(call: Call, fd: number): Promise<number> {
  const { ctx } = call;
  const script = call.value('c');
  const argv = script === undefined ? [call.value('e') as string] : ['/bin/sh', '-c', script];
  for (const target of [0, 1, 2]) await ctx.sys.dup2(ctx, fd, target);
  try {
    return await ctx.sys.execve(ctx, argv[0] as string, argv, ctx.process.env);
  } catch (error) {
    if (!isErrno(error)) throw error;
    await printError(ctx, `exec ${argv[0]} failed : ${error.libc}\n`);
    return 1;
  }
}

/** Input to the connection and back, until the other side ends, or `-q` seconds after our input has. */
async function pump(call: Call, fd: number): Promise<number> {
  const { ctx } = call;
  const events = new Queue<'input ended' | 'peer ended' | 'enough'>(ctx.scheduler);
  ctx.go('input', async (c) => {
    try {
      for (;;) {
        const bytes = await c.sys.read(c, 0);
        if (bytes.length === 0) break;
        await c.sys.write(c, fd, bytes);
      }
      await c.sys.shutdown(c, fd, 'write');
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    events.push('input ended');
  });
  ctx.go('output', async (c) => {
    try {
      for (let bytes = await c.sys.read(c, fd); bytes.length > 0; bytes = await c.sys.read(c, fd))
        await print(c, bytes);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    events.push('peer ended');
  });
  for (;;) {
    const event = await events.take();
    if (event === null || event === 'peer ended' || event === 'enough') return 0;
    const seconds = call.value('q');
    if (seconds === undefined || Number(seconds) < 0) continue;
    ctx.go('quit', async (c) => {
      await c.sleep(Number(seconds) * 1e9);
      events.push('enough');
    });
  }
}

export const nc: Program = { name: 'nc', main };
