/**
 * Redis commands on a keyspace.
 * @models redis 7.4 src/commands/*.json, t_string.c, t_list.c, t_hash.c, t_set.c, expire.c
 * @fidelity partial: no sorted sets, streams, scripts, pub/sub, replication, ACL, cluster; they answer as unknown commands
 */
import { globRegex } from '../../common/glob.ts';
import { type Keyspace, WrongType } from './keyspace.ts';
import { array, bulk, bulks, error, integer, NIL, OK, type Reply, status } from './resp.ts';

export type Client = { id: number; name: string; address: string; queue: string[][] | null; failed: boolean };
export type ServerState = {
  keys: Keyspace;
  nowMs: () => number;
  info: (section: string) => string;
  config: ReadonlyMap<string, string>;
  save: (background: boolean) => Promise<Reply>;
  clients: ReadonlySet<Client>;
};

/** Words it takes at least, its own name counted; a negative number: at least that many. */
type Command = { arity: number; run: (words: string[], state: ServerState, client: Client) => Reply | Promise<Reply> };

const NOT_INTEGER = error('ERR value is not an integer or out of range');
const SYNTAX = error('ERR syntax error');

const asInteger = (text: string | undefined): number | null =>
  text !== undefined && /^-?\d{1,16}$/.test(text) ? Number(text) : null;

function add(keys: Keyspace, key: string, delta: number): Reply {
  const value = keys.of(key, 'string');
  const before = value === undefined ? 0 : asInteger(value.text);
  if (before === null) return NOT_INTEGER;
  keys.set(key, { type: 'string', text: String(before + delta) }, true);
  return integer(before + delta);
}

function set(words: string[], { keys, nowMs }: ServerState): Reply {
  const [, key = '', text = '', ...options] = words;
  let expiry: number | null = null;
  let keep = false;
  let only: 'nx' | 'xx' | null = null;
  let get = false;
  for (let i = 0; i < options.length; i++) {
    const option = (options[i] as string).toLowerCase();
    if (option === 'nx' || option === 'xx') only = option;
    else if (option === 'keepttl') keep = true;
    else if (option === 'get') get = true;
    else if (option === 'ex' || option === 'px' || option === 'exat' || option === 'pxat') {
      const amount = asInteger(options[++i]);
      if (amount === null) return options[i] === undefined ? SYNTAX : NOT_INTEGER;
      if (amount <= 0) return error("ERR invalid expire time in 'set' command");
      const ms = option.startsWith('e') ? amount * 1000 : amount;
      expiry = option.endsWith('at') ? ms : nowMs() + ms;
    } else return SYNTAX;
  }
  const before = get ? keys.of(key, 'string') : keys.get(key);
  const old = get ? bulk(before?.type === 'string' ? before.text : null) : null;
  if ((only === 'nx' && before !== undefined) || (only === 'xx' && before === undefined)) return old ?? NIL;
  keys.set(key, { type: 'string', text }, keep);
  if (expiry !== null) keys.expireAt(key, expiry);
  return old ?? OK;
}

function expire(unitMs: number): Command['run'] {
  return ([name = '', key = '', amount], { keys, nowMs }) => {
    const value = asInteger(amount);
    if (value === null) return NOT_INTEGER;
    if (keys.get(key) === undefined) return integer(0);
    if (value <= 0) keys.delete(key);
    else keys.expireAt(key, nowMs() + value * unitMs);
    return name === '' ? NIL : integer(1);
  };
}

function push(end: 'head' | 'tail'): Command['run'] {
  return ([, key = '', ...items], { keys }) => {
    const list = keys.of(key, 'list')?.items ?? [];
    for (const item of items) end === 'head' ? list.unshift(item) : list.push(item);
    keys.set(key, { type: 'list', items: list }, true);
    return integer(list.length);
  };
}

function pop(end: 'head' | 'tail'): Command['run'] {
  return ([, key = '', count], { keys }) => {
    const list = keys.of(key, 'list')?.items;
    if (list === undefined) return NIL;
    const taken: string[] = [];
    for (let i = 0; i < (count === undefined ? 1 : Number(count)) && list.length > 0; i++)
      taken.push((end === 'head' ? list.shift() : list.pop()) as string);
    if (list.length === 0) keys.delete(key);
    else keys.dirty++;
    return count === undefined ? bulk(taken[0] ?? null) : bulks(taken);
  };
}

function range(length: number, from: number, to: number): [number, number] {
  const start = Math.max(0, from < 0 ? length + from : from);
  const stop = Math.min(length - 1, to < 0 ? length + to : to);
  return [start, stop + 1];
}

const COMMANDS: Record<string, Command> = {
  ping: { arity: -1, run: ([, text]) => (text === undefined ? status('PONG') : bulk(text)) },
  echo: { arity: 2, run: ([, text = '']) => bulk(text) },
  select: {
    arity: 2,
    run: ([, n]) =>
      asInteger(n) === null
        ? error('ERR invalid DB index')
        : n === '0'
          ? OK
          : error('ERR databases other than 0: not simulated'),
  },
  hello: {
    arity: -1,
    run: ([, version]) =>
      version === '3'
        ? error('NOPROTO RESP3: not simulated')
        : bulks(['server', 'redis', 'version', '7.4.3', 'proto', '2']),
  },
  client: {
    arity: -2,
    run: ([, sub = '', name = ''], { clients }, client) => {
      switch (sub.toLowerCase()) {
        case 'setname':
          client.name = name;
          return OK;
        case 'getname':
          return bulk(client.name);
        case 'setinfo':
          return OK;
        case 'id':
          return integer(client.id);
        case 'list':
          return bulk([...clients].map((c) => `id=${c.id} addr=${c.address} name=${c.name} db=0\n`).join(''));
        default:
          return error(`ERR unknown subcommand '${sub}'. Try CLIENT HELP.`);
      }
    },
  },
  command: {
    arity: -1,
    run: ([, sub]) => (sub?.toLowerCase() === 'count' ? integer(Object.keys(COMMANDS).length) : array([])),
  },
  time: {
    arity: 1,
    run: (_, { nowMs }) => bulks([String(Math.floor(nowMs() / 1000)), String((nowMs() % 1000) * 1000)]),
  },
  dbsize: { arity: 1, run: (_, { keys }) => integer(keys.keys().length) },
  flushdb: { arity: -1, run: (_, { keys }) => (keys.clear(), OK) },
  flushall: { arity: -1, run: (_, { keys }) => (keys.clear(), OK) },
  info: { arity: -1, run: ([, section = 'default'], { info }) => bulk(info(section.toLowerCase())) },
  config: {
    arity: -2,
    run: ([, sub = '', pattern = ''], { config }) => {
      if (sub.toLowerCase() !== 'get') return error(`ERR CONFIG ${sub.toUpperCase()}: not simulated`);
      const wanted = globRegex(pattern, { ignoreCase: true });
      return bulks([...config].filter(([name]) => wanted.test(name)).flat());
    },
  },
  save: { arity: 1, run: (_, { save }) => save(false) },
  bgsave: { arity: -1, run: (_, { save }) => save(true) },
  keys: { arity: 2, run: ([, pattern = ''], { keys }) => bulks(keys.keys().filter((k) => globRegex(pattern).test(k))) },
  scan: { arity: -2, run: (_, { keys }) => array([bulk('0'), bulks(keys.keys())]) },
  type: { arity: 2, run: ([, key = ''], { keys }) => status(keys.get(key)?.type ?? 'none') },
  del: { arity: -2, run: ([, ...names], { keys }) => integer(names.filter((k) => keys.delete(k)).length) },
  unlink: { arity: -2, run: ([, ...names], { keys }) => integer(names.filter((k) => keys.delete(k)).length) },
  exists: {
    arity: -2,
    run: ([, ...names], { keys }) => integer(names.filter((k) => keys.get(k) !== undefined).length),
  },
  expire: { arity: -3, run: expire(1000) },
  pexpire: { arity: -3, run: expire(1) },
  ttl: {
    arity: 2,
    run: ([, key = ''], { keys }) => integer(keys.left(key) < 0 ? keys.left(key) : Math.round(keys.left(key) / 1000)),
  },
  pttl: { arity: 2, run: ([, key = ''], { keys }) => integer(keys.left(key)) },
  persist: {
    arity: 2,
    run: ([, key = ''], { keys }) => {
      if (keys.left(key) < 0) return integer(0);
      keys.expireAt(key, null);
      return integer(1);
    },
  },
  get: { arity: 2, run: ([, key = ''], { keys }) => bulk(keys.of(key, 'string')?.text ?? null) },
  set: { arity: -3, run: set },
  setnx: {
    arity: 3,
    run: ([, key = '', text = ''], state) => integer(set(['set', key, text, 'nx'], state) === OK ? 1 : 0),
  },
  setex: {
    arity: 4,
    run: ([, key = '', seconds = '', text = ''], state) => set(['set', key, text, 'ex', seconds], state),
  },
  getset: { arity: 3, run: ([, key = '', text = ''], state) => set(['set', key, text, 'get'], state) },
  getdel: {
    arity: 2,
    run: ([, key = ''], { keys }) => {
      const text = keys.of(key, 'string')?.text ?? null;
      keys.delete(key);
      return bulk(text);
    },
  },
  mget: {
    arity: -2,
    run: ([, ...names], { keys }) =>
      bulks(
        names.map((k) => {
          const v = keys.get(k);
          return v?.type === 'string' ? v.text : null;
        }),
      ),
  },
  mset: {
    arity: -3,
    run: ([, ...pairs], { keys }) => {
      if (pairs.length % 2 === 1) return error("ERR wrong number of arguments for 'mset' command");
      for (let i = 0; i < pairs.length; i += 2)
        keys.set(pairs[i] as string, { type: 'string', text: pairs[i + 1] as string });
      return OK;
    },
  },
  append: {
    arity: 3,
    run: ([, key = '', more = ''], { keys }) => {
      const text = (keys.of(key, 'string')?.text ?? '') + more;
      keys.set(key, { type: 'string', text }, true);
      return integer(text.length);
    },
  },
  strlen: { arity: 2, run: ([, key = ''], { keys }) => integer(keys.of(key, 'string')?.text.length ?? 0) },
  incr: { arity: 2, run: ([, key = ''], { keys }) => add(keys, key, 1) },
  decr: { arity: 2, run: ([, key = ''], { keys }) => add(keys, key, -1) },
  incrby: {
    arity: 3,
    run: ([, key = '', n], { keys }) => (asInteger(n) === null ? NOT_INTEGER : add(keys, key, Number(n))),
  },
  decrby: {
    arity: 3,
    run: ([, key = '', n], { keys }) => (asInteger(n) === null ? NOT_INTEGER : add(keys, key, -Number(n))),
  },
  lpush: { arity: -3, run: push('head') },
  rpush: { arity: -3, run: push('tail') },
  lpop: { arity: -2, run: pop('head') },
  rpop: { arity: -2, run: pop('tail') },
  llen: { arity: 2, run: ([, key = ''], { keys }) => integer(keys.of(key, 'list')?.items.length ?? 0) },
  lrange: {
    arity: 4,
    run: ([, key = '', from, to], { keys }) => {
      const [a, b] = [asInteger(from), asInteger(to)];
      if (a === null || b === null) return NOT_INTEGER;
      const items = keys.of(key, 'list')?.items ?? [];
      return bulks(items.slice(...range(items.length, a, b)));
    },
  },
  hset: {
    arity: -4,
    run: ([, key = '', ...pairs], { keys }) => {
      if (pairs.length % 2 === 1) return error("ERR wrong number of arguments for 'hset' command");
      const fields = keys.of(key, 'hash')?.fields ?? new Map<string, string>();
      const before = fields.size;
      for (let i = 0; i < pairs.length; i += 2) fields.set(pairs[i] as string, pairs[i + 1] as string);
      keys.set(key, { type: 'hash', fields }, true);
      return integer(fields.size - before);
    },
  },
  hget: {
    arity: 3,
    run: ([, key = '', field = ''], { keys }) => bulk(keys.of(key, 'hash')?.fields.get(field) ?? null),
  },
  hgetall: { arity: 2, run: ([, key = ''], { keys }) => bulks([...(keys.of(key, 'hash')?.fields ?? [])].flat()) },
  hkeys: { arity: 2, run: ([, key = ''], { keys }) => bulks([...(keys.of(key, 'hash')?.fields.keys() ?? [])]) },
  hlen: { arity: 2, run: ([, key = ''], { keys }) => integer(keys.of(key, 'hash')?.fields.size ?? 0) },
  hdel: {
    arity: -3,
    run: ([, key = '', ...names], { keys }) => {
      const fields = keys.of(key, 'hash')?.fields;
      const count = names.filter((name) => fields?.delete(name)).length;
      if (fields?.size === 0) keys.delete(key);
      return integer(count);
    },
  },
  sadd: {
    arity: -3,
    run: ([, key = '', ...items], { keys }) => {
      const members = keys.of(key, 'set')?.members ?? new Set<string>();
      const before = members.size;
      for (const item of items) members.add(item);
      keys.set(key, { type: 'set', members }, true);
      return integer(members.size - before);
    },
  },
  smembers: { arity: 2, run: ([, key = ''], { keys }) => bulks([...(keys.of(key, 'set')?.members ?? [])]) },
  sismember: {
    arity: 3,
    run: ([, key = '', item = ''], { keys }) => integer(keys.of(key, 'set')?.members.has(item) ? 1 : 0),
  },
  scard: { arity: 2, run: ([, key = ''], { keys }) => integer(keys.of(key, 'set')?.members.size ?? 0) },
  srem: {
    arity: -3,
    run: ([, key = '', ...items], { keys }) => {
      const members = keys.of(key, 'set')?.members;
      const count = items.filter((item) => members?.delete(item)).length;
      if (members?.size === 0) keys.delete(key);
      return integer(count);
    },
  },
};

export async function execute(words: string[], state: ServerState, client: Client): Promise<Reply> {
  const name = (words[0] ?? '').toLowerCase();
  const command = COMMANDS[name];
  const fail = (reply: Reply): Reply => {
    if (client.queue !== null) client.failed = true;
    return reply;
  };
  if (name === 'multi') {
    if (client.queue !== null) return error('ERR MULTI calls can not be nested');
    client.queue = [];
    client.failed = false;
    return OK;
  }
  if (name === 'exec' || name === 'discard') {
    const { queue } = client;
    if (queue === null) return error(`ERR ${name.toUpperCase()} without MULTI`);
    client.queue = null;
    if (name === 'discard') return OK;
    if (client.failed) return error('EXECABORT Transaction discarded because of previous errors.');
    const replies: Reply[] = [];
    for (const each of queue) replies.push(await execute(each, state, client));
    return array(replies);
  }
  if (command === undefined) {
    const rest = words.slice(1).map((word) => `'${word.slice(0, 128)}' `);
    return fail(
      error(`ERR unknown command '${(words[0] ?? '').slice(0, 128)}', with args beginning with: ${rest.join('')}`),
    );
  }
  if (command.arity > 0 ? words.length !== command.arity : words.length < -command.arity)
    return fail(error(`ERR wrong number of arguments for '${name}' command`));
  if (client.queue !== null) {
    client.queue.push(words);
    return status('QUEUED');
  }
  try {
    return await command.run(words, state, client);
  } catch (cause) {
    if (cause instanceof WrongType) return error('WRONGTYPE Operation against a key holding the wrong kind of value');
    throw cause;
  }
}
