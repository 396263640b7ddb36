/**
 * redis-server: one thread that answers requests from memory and saves snapshots.
 * @models redis 7.4.3 src/server.c
 * @fidelity partial: the snapshot file has our own format after redis's magic word; no append-only file, TLS, modules
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, print, printError, readFile, writeFileAtomic } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { strftime } from '../../common/dates.ts';
import { signalQueue } from '../signals.ts';
import { type Client, execute, type ServerState } from './commands.ts';
import { Keyspace } from './keyspace.ts';
import { bytesOf, encode, error, OK, ProtocolError, type Reply, RespReader, splitWords, status } from './resp.ts';

const VERSION = '7.4.3';
const MAGIC = 'REDIS0012';
const DEFAULTS: readonly (readonly [string, string])[] = [
  ['bind', '* -::*'],
  ['port', '6379'],
  ['dir', '.'],
  ['dbfilename', 'dump.rdb'],
  ['save', '3600 1 300 100 60 10000'],
  ['appendonly', 'no'],
  ['maxmemory', '0'],
  ['maxmemory-policy', 'noeviction'],
  ['requirepass', ''],
  ['protected-mode', 'no'],
  ['timeout', '0'],
  ['databases', '16'],
];

export const redisServer: Program = {
  name: 'redis-server',
  startCpuNs: LATENCY.redisStartNs,
  rssBytes: 10_200_000,
  threads: 5,
  main: async (ctx, argv) => {
    if (argv.includes('--version') || argv.includes('-v')) {
      await print(ctx, `Redis server v=${VERSION} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0\n`);
      return 0;
    }
    const config = new Map<string, string>(DEFAULTS);
    const fatal = await configure(ctx, argv.slice(1), config);
    if (fatal !== null) {
      await printError(ctx, fatal);
      return 1;
    }
    return serve(ctx, config, argv.length > 1);
  },
};

/** A configuration file and options; returns what redis says of a mistake. */
async function configure(ctx: Context, args: string[], config: Map<string, string>): Promise<string | null> {
  const lines: string[] = [];
  const file = args[0]?.startsWith('-') ? undefined : args.shift();
  if (file !== undefined) {
    try {
      lines.push(...(await readFile(ctx, file)).split('\n'));
    } catch (cause) {
      if (!isErrno(cause)) throw cause;
      return `*** FATAL CONFIG FILE ERROR (Redis ${VERSION}) ***\nCan't open config file '${file}': ${cause.libc}\n`;
    }
  }
  for (const arg of args) {
    if (arg.startsWith('--')) lines.push(arg.slice(2));
    else if (lines.length > 0) lines.push(`${lines.pop() as string} ${arg === '' ? '""' : arg}`);
  }
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue;
    const [name = '', ...values] = splitWords(line);
    if (!config.has(name.toLowerCase()))
      return `\n*** FATAL CONFIG FILE ERROR (Redis ${VERSION}) ***\nReading the configuration file, at line ${i + 1}\n>>> '${line}'\nBad directive or wrong number of arguments\n`;
    config.set(name.toLowerCase(), values.join(' '));
  }
  return null;
}

async function serve(ctx: Context, config: ReadonlyMap<string, string>, configured: boolean): Promise<number> {
  const { sys } = ctx;
  const pid = sys.getpid(ctx);
  const say = (role: 'C' | 'M' | 'signal', level: '*' | '#' | '-', text: string): Promise<void> => {
    const ms = String(Number((ctx.wallTime / 1_000_000n) % 1000n)).padStart(3, '0');
    return print(ctx, `${pid}:${role} ${strftime('%d %b %Y %H:%M:%S', ctx.wallTime)}.${ms} ${level} ${text}\n`);
  };
  const port = Number(config.get('port'));
  const startedAt = ctx.now;
  const nowMs = (): number => Number(ctx.wallTime / 1_000_000n);
  await say('C', '*', 'oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo');
  await say('C', '*', `Redis version=${VERSION}, bits=64, commit=00000000, modified=0, pid=${pid}, just started`);
  if (configured) await say('C', '*', 'Configuration loaded');
  else
    await say(
      'C',
      '#',
      'Warning: no config file specified, using the default config. In order to specify a config file use redis-server /path/to/redis.conf',
    );
  await say('M', '*', 'monotonic clock: POSIX clock_gettime');
  let listener: number;
  try {
    listener = await sys.listen(ctx, { family: 'inet', host: '0.0.0.0', port });
  } catch (cause) {
    if (!isErrno(cause)) throw cause;
    await say('M', '#', `Warning: Could not create server TCP listening socket *:${port}: bind: ${cause.libc}`);
    await say('M', '#', 'Failed listening on port, aborting.');
    return 1;
  }
  await say('M', '*', `Running mode=standalone, port=${port}.`);
  const keys = new Keyspace(nowMs);
  const file = `${config.get('dir')}/${config.get('dbfilename')}`;
  await say('M', '*', 'Server initialized');
  if (await exists(ctx, file)) {
    const text = await readFile(ctx, file);
    if (!text.startsWith(MAGIC)) {
      await say('M', '#', 'Wrong signature trying to load DB from file');
      await say('M', '#', `Fatal error loading the DB, check server logs. Exiting.`);
      return 1;
    }
    keys.load(text.slice(MAGIC.length + 1));
    await say('M', '*', `DB loaded from disk: 0.000 seconds`);
  }
  await say('M', '*', 'Ready to accept connections tcp');

  const clients = new Set<Client>();
  let served = 0;
  let commands = 0;
  const save = async (background: boolean): Promise<Reply> => {
    try {
      await writeFileAtomic(ctx, file, `${MAGIC}\n${keys.dump()}`);
    } catch (cause) {
      if (!isErrno(cause)) throw cause;
      await say(
        'M',
        '#',
        `Failed opening the temp RDB file temp-${pid}.rdb (in server root dir ${await sys.getcwd(ctx)}) for saving: ${cause.libc}`,
      );
      return error('ERR');
    }
    keys.dirty = 0;
    await say('M', '*', 'DB saved on disk');
    return background ? status('Background saving started') : OK;
  };
  const info = (section: string): string => {
    const seconds = Math.floor((ctx.now - startedAt) / 1e9);
    const sections: Record<string, string[]> = {
      server: [
        `redis_version:${VERSION}`,
        'redis_mode:standalone',
        'arch_bits:64',
        `process_id:${pid}`,
        `tcp_port:${port}`,
        `uptime_in_seconds:${seconds}`,
        `uptime_in_days:${Math.floor(seconds / 86_400)}`,
      ],
      clients: [`connected_clients:${clients.size}`],
      persistence: ['loading:0', `rdb_changes_since_last_save:${keys.dirty}`],
      stats: [`total_connections_received:${served}`, `total_commands_processed:${commands}`],
      replication: ['role:master', 'connected_slaves:0'],
      keyspace: keys.keys().length === 0 ? [] : [`db0:keys=${keys.keys().length},expires=${keys.volatile},avg_ttl=0`],
    };
    const wanted = Object.entries(sections).filter(([name]) =>
      ['default', 'all', 'everything', name].includes(section),
    );
    return wanted
      .map(([name, lines]) => `# ${name[0]?.toUpperCase()}${name.slice(1)}\r\n${lines.map((l) => `${l}\r\n`).join('')}`)
      .join('\r\n');
  };
  const state: ServerState = { keys, nowMs, info, config, save, clients };

  const signals = signalQueue(ctx, ['SIGTERM', 'SIGINT']);
  ctx.go('accept', async (c) => {
    for (;;) {
      const fd = await c.sys.accept(c, listener);
      const peer = c.sys.socketAddress(c, fd, 'peer');
      const client: Client = {
        id: ++served,
        name: '',
        address: peer.family === 'inet' ? `${peer.host}:${peer.port}` : '',
        queue: null,
        failed: false,
      };
      clients.add(client);
      c.go(`client-${client.id}`, async (conversation) => {
        try {
          await converse(conversation, fd, client, state, config, () => commands++);
        } catch (cause) {
          if (!isErrno(cause)) throw cause;
        }
        clients.delete(client);
        await c.sys.close(c, fd);
      });
    }
  });
  const signal = await signals.take();
  await say('signal', '*', `Received ${signal} scheduling shutdown...`);
  await say('M', '*', 'User requested shutdown...');
  if (config.get('save') !== '' && config.get('save') !== '""') {
    await say('M', '*', 'Saving the final RDB snapshot before exiting.');
    await save(false);
  }
  await say('M', '#', 'Redis is now ready to exit, bye bye...');
  return 0;
}

async function converse(
  ctx: Context,
  fd: number,
  client: Client,
  state: ServerState,
  config: ReadonlyMap<string, string>,
  count: () => void,
): Promise<void> {
  const reader = new RespReader(ctx, fd);
  const password = (config.get('requirepass') ?? '').replace(/^""$/, '');
  let trusted = password === '';
  let answer = '';
  for (;;) {
    let words: string[] | null;
    try {
      words = await reader.request();
    } catch (cause) {
      if (!(cause instanceof ProtocolError)) throw cause;
      await ctx.sys.write(ctx, fd, bytesOf(`${answer}${encode(error(`ERR ${cause.message}`))}`));
      return;
    }
    if (words === null) return;
    if (words.length === 0) continue;
    await ctx.cpu(LATENCY.redisCommandNs);
    count();
    const name = (words[0] as string).toLowerCase();
    let reply: Reply;
    if (name === 'quit') reply = OK;
    else if (name === 'auth') {
      if (password === '')
        reply = error(
          'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
        );
      else {
        trusted = words.at(-1) === password;
        reply = trusted ? OK : error('WRONGPASS invalid username-password pair or user is disabled.');
      }
    } else if (!trusted) reply = error('NOAUTH Authentication required.');
    else if (name === 'shutdown') {
      await ctx.sys.kill(ctx, ctx.sys.getpid(ctx), 'SIGTERM');
      return;
    } else reply = await execute(words, state, client);
    answer += encode(reply);
    if (reader.pending && name !== 'quit') continue;
    await ctx.sys.write(ctx, fd, bytesOf(answer));
    answer = '';
    if (name === 'quit') return;
  }
}
