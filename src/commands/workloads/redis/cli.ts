/** redis-cli: one command from the command line, or lines from standard input. @models redis 7.4.3 src/redis-cli.c @fidelity partial: no --scan, --pipe, --bigkeys, cluster mode, line editing */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { getenv, LineReader, print, printError, printRefusal } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { resolveName } from '../../../protocols/dns/resolve.ts';
import { bulks, bytesOf, encode, ProtocolError, type Reply, RespReader, splitWords } from './resp.ts';

const VERSION = '7.4.3';

type Options = {
  host: string;
  port: number;
  password: string | null;
  raw: boolean;
  repeat: number;
  intervalNs: number;
};

export const redisCli: Program = {
  name: 'redis-cli',
  startCpuNs: 1_500_000,
  rssBytes: 5_000_000,
  main: async (ctx, argv) => {
    const { sys } = ctx;
    const terminal = await sys.isTty(ctx, 1);
    const options: Options = {
      host: '127.0.0.1',
      port: 6379,
      password: getenv(ctx, 'REDISCLI_AUTH') ?? null,
      raw: !terminal,
      repeat: 1,
      intervalNs: 0,
    };
    const args = argv.slice(1);
    while (args[0]?.startsWith('-')) {
      const option = args.shift() as string;
      if (option === '-v' || option === '--version') {
        await print(ctx, `redis-cli ${VERSION}\n`);
        return 0;
      }
      if (option === '--raw') options.raw = true;
      else if (option === '--no-raw') options.raw = false;
      else if (option === '--no-auth-warning') continue;
      else if (['-h', '-p', '-a', '--pass', '-n', '-r', '-i', '--user', '-u'].includes(option)) {
        const value = args.shift() ?? '';
        if (option === '-h') options.host = value;
        else if (option === '-p') options.port = Number(value);
        else if (option === '-a' || option === '--pass') options.password = value;
        else if (option === '-r') options.repeat = Number(value);
        else if (option === '-i') options.intervalNs = Math.round(Number(value) * 1e9);
        else if (option === '-u') {
          await printRefusal(ctx, 'redis-cli: -u: not simulated\n');
          return 1;
        }
      } else {
        await printError(ctx, `Unrecognized option or bad number of args for: '${option}'\n`);
        return 1;
      }
    }
    const link = await connect(ctx, options);
    if (typeof link === 'string') {
      await printError(ctx, `Could not connect to Redis at ${options.host}:${options.port}: ${link}\n`);
      if (args.length > 0 || !(await sys.isTty(ctx, 0))) return 1;
    }
    if (args.length > 0) {
      if (typeof link === 'string') return 1;
      for (let i = 0; i < options.repeat; i++) {
        if (i > 0 && options.intervalNs > 0) await ctx.sleep(options.intervalNs);
        const code = await ask(ctx, link, args, options);
        if (code !== 0) return code;
      }
      return 0;
    }
    return converse(ctx, link, options);
  },
};

type Link = { fd: number; reader: RespReader };

async function connect(ctx: Context, options: Options): Promise<Link | string> {
  const found = await resolveName(ctx, options.host);
  const address = found.kind === 'found' ? found.addresses[0] : undefined;
  if (address === undefined) return 'Name or service not known';
  try {
    const fd = await ctx.sys.connect(ctx, { family: 'inet', host: address, port: options.port });
    const link = { fd, reader: new RespReader(ctx, fd) };
    if (options.password !== null) {
      await ctx.sys.write(ctx, fd, bytesOf(encode(bulks(['AUTH', options.password]))));
      const reply = await link.reader.reply();
      if (reply?.type === 'error') await printError(ctx, `AUTH failed: ${reply.text}\n`);
    }
    return link;
  } catch (cause) {
    if (!isErrno(cause)) throw cause;
    return cause.libc;
  }
}

async function ask(ctx: Context, link: Link, words: readonly string[], options: Options): Promise<number> {
  let reply: Reply | null;
  try {
    await ctx.sys.write(ctx, link.fd, bytesOf(encode(bulks(words))));
    reply = await link.reader.reply();
  } catch (cause) {
    if (cause instanceof ProtocolError) {
      await printError(ctx, `Error: ${cause.message}\n`);
      return 1;
    }
    if (!isErrno(cause)) throw cause;
    reply = null;
  }
  if (reply === null) {
    if (words[0]?.toLowerCase() === 'shutdown') return 0;
    await printError(ctx, 'Error: Server closed the connection\n');
    return 1;
  }
  await print(ctx, bytesOf(options.raw ? `${plain(reply)}\n` : pretty(reply, '')));
  return 0;
}

async function converse(ctx: Context, link: Link | string, options: Options): Promise<number> {
  const interactive = await ctx.sys.isTty(ctx, 0);
  const lines = new LineReader(0);
  let current = link;
  for (;;) {
    if (interactive)
      await print(ctx, typeof current === 'string' ? 'not connected> ' : `${options.host}:${options.port}> `);
    const line = await lines.next(ctx);
    if (line === null) return 0;
    let words: string[];
    try {
      words = splitWords(line);
    } catch {
      await print(ctx, 'Invalid argument(s)\n');
      continue;
    }
    if (words.length === 0) continue;
    if (/^(quit|exit)$/i.test(words[0] as string)) return 0;
    if (typeof current === 'string') {
      current = await connect(ctx, options);
      if (typeof current === 'string') {
        await print(ctx, `Could not connect to Redis at ${options.host}:${options.port}: ${current}\n`);
        continue;
      }
    }
    if ((await ask(ctx, current, words, options)) !== 0) current = 'closed';
  }
}

function plain(reply: Reply): string {
  switch (reply.type) {
    case 'integer':
      return String(reply.value);
    case 'bulk':
      return reply.text ?? '';
    case 'array':
      return (reply.items ?? []).map(plain).join('\n');
    default:
      return reply.type === 'error' ? `${reply.text}\n` : reply.text;
  }
}

function pretty(reply: Reply, prefix: string): string {
  switch (reply.type) {
    case 'status':
      return `${reply.text}\n`;
    case 'error':
      return `(error) ${reply.text}\n`;
    case 'integer':
      return `(integer) ${reply.value}\n`;
    case 'bulk':
      return reply.text === null
        ? '(nil)\n'
        : `"${reply.text
            .replace(/[\\"]/g, '\\$&')
            .replace(/\n/g, '\\n')
            .replace(/\r/g, '\\r')
            .replace(/\t/g, '\\t')
            .replace(/[^\x20-\x7e]/g, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)}"\n`;
    case 'array': {
      const items = reply.items;
      if (items === null) return '(nil)\n';
      if (items.length === 0) return '(empty array)\n';
      const width = String(items.length).length;
      return items
        .map((item, i) => {
          const head = `${String(i + 1).padStart(width)}) `;
          return `${i === 0 ? '' : prefix}${head}${pretty(item, prefix + ' '.repeat(head.length))}`;
        })
        .join('');
    }
  }
}
