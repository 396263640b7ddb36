/**
 * dig, host, nslookup. @models bind 9.20 bin/dig/dig.c, host.c, nslookup.c
 * @fidelity partial: questions go over TCP and say so nowhere; servers here keep A records only
 */
import type { Context } from '../../linux/context.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { strftime } from '../common/dates.ts';
import { type Answer, ask, type Failure, RCODES, resolverConfig, reverseName, TYPES } from './dns-query.ts';
import { ADDRESS, lookUp } from './names.ts';

const VERSION = '9.20.11-4-Debian';
const TTL_SECONDS = 60;
const TRIES = 3;

type Question = { name: string; type: string };

async function serverAddress(ctx: Context, server: string): Promise<string | null> {
  const found = await lookUp(ctx, server);
  return typeof found === 'string' ? null : (found[0] ?? null);
}

function whyNot(ctx: Context, failure: Failure, server: string, port: number): Promise<void> {
  const words = { refused: 'connection refused', unreachable: 'host unreachable', timeout: 'timed out' }[
    failure.reason
  ];
  const line = `;; communications error to ${server}#${port}: ${words}\n`;
  return print(ctx, `${line.repeat(TRIES)}${';; no servers could be reached\n'}`);
}

const record = (name: string, type: string, value: string): string => {
  const owner = `${name.replace(/\.$/, '')}.`;
  const tabs = owner.length < 8 ? '\t\t\t' : owner.length < 16 ? '\t\t' : '\t';
  return `${owner}${tabs}${TTL_SECONDS}\tIN\t${type}\t${value}\n`;
};

async function digMain(ctx: Context, argv: string[]): Promise<number> {
  let server: string | null = null;
  let port = 53;
  let search = false;
  const shown = new Map<string, boolean>();
  const questions: Question[] = [];
  let type: string | null = null;
  let name: string | null = null;
  const finish = (): void => {
    if (name !== null || type !== null)
      questions.push({ name: name ?? '.', type: type ?? (name === null ? 'NS' : 'A') });
    name = null;
    type = null;
  };
  const args = argv.slice(1);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg.startsWith('@')) server = arg.slice(1);
    else if (arg.startsWith('+')) {
      const off = arg.startsWith('+no');
      const key = arg.slice(off ? 3 : 1).replace(/=.*/, '');
      if (key === 'all') for (const part of ['comments', 'question', 'answer', 'stats', 'cmd']) shown.set(part, !off);
      else if (key === 'search') search = !off;
      else shown.set(key, !off);
    } else if (arg === '-v') {
      await print(ctx, `DiG ${VERSION}\n`);
      return 0;
    } else if (arg === '-h') {
      await print(
        ctx,
        'Usage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}\n            {global-d-opt} host [@local-server] {local-d-opt}\n',
      );
      return 0;
    } else if (arg === '-x') {
      finish();
      name = reverseName(args[++i] ?? '');
      type = 'PTR';
    } else if (arg === '-t') type = (args[++i] ?? 'A').toUpperCase();
    else if (arg === '-q') name = args[++i] ?? '';
    else if (arg === '-p') port = Number(args[++i] ?? 53);
    else if (arg === '-4' || arg === '-u' || arg === '-r') continue;
    else if (arg.startsWith('-')) {
      await printError(
        ctx,
        `Invalid option: ${arg}\nUsage:  dig [@global-server] [domain] [q-type] [q-class] {q-opt}\n            {global-d-opt} host [@local-server] {local-d-opt}\n            [ local-server [ host [...]]]\n\nUse "dig -h" (or "dig -h | more") for complete list of options\n`,
      );
      return 1;
    } else if (arg.toUpperCase() in TYPES && name !== null) type = arg.toUpperCase();
    else if (arg.toUpperCase() in TYPES && !arg.includes('.')) type = arg.toUpperCase();
    else if (arg.toUpperCase() === 'IN') continue;
    else {
      if (name !== null) finish();
      name = arg;
    }
  }
  finish();
  if (questions.length === 0) questions.push({ name: '.', type: 'NS' });
  const short = shown.get('short') === true;
  const show = (part: string): boolean => !short && shown.get(part) !== false;
  const config = await resolverConfig(ctx);
  const asked = server ?? config.servers[0] ?? '127.0.0.1';
  const address = await serverAddress(ctx, asked);
  if (address === null) {
    await printError(ctx, `dig: couldn't get address for '${asked}': not found\n`);
    return 10;
  }
  let status = 0;
  for (const [i, { name: given, type: kind }] of questions.entries()) {
    const names =
      search && !given.endsWith('.')
        ? [...(given.includes('.') ? [given] : []), ...config.search.map((d) => `${given}.${d}`), given]
        : [given];
    if (show('cmd') && i === 0)
      await print(
        ctx,
        `\n; <<>> DiG ${VERSION} <<>> ${args.join(' ')}\n${questions.length > 1 ? `; (1 server found)\n` : server === null ? '' : '; (1 server found)\n'};; global options: +cmd\n`,
      );
    let answer: Answer | Failure = { reason: 'timeout' };
    let full = given;
    for (const candidate of names) {
      full = candidate;
      answer = await ask(ctx, address, candidate, TYPES[kind] ?? 1, port);
      if (!('reason' in answer) && answer.addresses.length > 0) break;
    }
    if ('reason' in answer) {
      await whyNot(ctx, answer, address, port);
      status = 9;
      continue;
    }
    const records = kind === 'A' || kind === 'ANY' ? answer.addresses : [];
    if (short) {
      await print(ctx, records.map((a) => `${a}\n`).join(''));
      continue;
    }
    let text = '';
    if (show('comments'))
      text += `;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: ${RCODES[answer.rcode] ?? answer.rcode}, id: ${answer.id}\n;; flags: qr ${answer.authoritative ? 'aa rd' : 'rd ra'}; QUERY: 1, ANSWER: ${records.length}, AUTHORITY: 0, ADDITIONAL: 0\n${answer.authoritative ? ';; WARNING: recursion requested but not available\n' : ''}\n`;
    if (show('question')) {
      const owner = `;${full.replace(/\.$/, '')}.`;
      text += `;; QUESTION SECTION:\n${owner}${owner.length < 8 ? '\t\t\t' : owner.length < 16 ? '\t\t' : owner.length < 24 ? '\t\t' : '\t'}IN\t${kind}\n\n`;
    }
    if (show('answer') && records.length > 0)
      text += `${show('comments') ? ';; ANSWER SECTION:\n' : ''}${records.map((a) => record(full, 'A', a)).join('')}${show('comments') ? '\n' : ''}`;
    if (show('stats'))
      text += `;; Query time: ${Math.round(answer.ns / 1e6)} msec\n;; SERVER: ${address}#${port}(${asked}) (TCP)\n;; WHEN: ${strftime('%a %b %d %H:%M:%S UTC %Y', ctx.wallTime)}\n;; MSG SIZE  rcvd: ${answer.bytes}\n\n`;
    await print(ctx, text);
  }
  return status;
}

/** The names to try for what was typed, in the resolver's order. */
function candidates(name: string, config: { search: string[]; ndots: number }): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = config.search.map((domain) => `${name}.${domain}`);
  return name.split('.').length - 1 >= config.ndots ? [name, ...searched] : [...searched, name];
}

async function hostMain(ctx: Context, argv: string[]): Promise<number> {
  const words: string[] = [];
  let type: string | null = null;
  for (let i = 1; i < argv.length; i++) {
    const arg = argv[i] as string;
    if (arg === '-t') type = (argv[++i] ?? 'A').toUpperCase();
    else if (arg === '-V') {
      await print(ctx, `host ${VERSION}\n`);
      return 0;
    } else if (arg === '-W' || arg === '-R' || arg === '-c' || arg === '-N') i++;
    else if (!arg.startsWith('-')) words.push(arg);
  }
  const [name, chosen] = words;
  if (name === undefined) {
    await printError(
      ctx,
      'Usage: host [-aCdilrTvVw] [-c class] [-N ndots] [-t type] [-W time]\n            [-R number] [-m flag] [-p port] hostname [server]\n',
    );
    return 1;
  }
  const config = await resolverConfig(ctx);
  const server = chosen ?? (config.servers[0] as string);
  const address = await serverAddress(ctx, server);
  if (address === null) {
    await printError(ctx, `host: couldn't get address for '${server}': not found\n`);
    return 1;
  }
  if (chosen !== undefined)
    await print(ctx, `Using domain server:\nName: ${server}\nAddress: ${address}#53\nAliases: \n\n`);
  const reverse = ADDRESS.test(name);
  const names = reverse ? [reverseName(name)] : candidates(name, config);
  let rcode = 3;
  for (const candidate of names) {
    const answer = await ask(ctx, address, candidate, reverse ? (TYPES['PTR'] as number) : (TYPES[type ?? 'A'] ?? 1));
    if ('reason' in answer) {
      await whyNot(ctx, answer, address, 53);
      return 1;
    }
    rcode = answer.rcode;
    if (answer.rcode !== 0) continue;
    if (answer.addresses.length > 0 && (type === null || type === 'A')) {
      await print(ctx, answer.addresses.map((a) => `${candidate} has address ${a}\n`).join(''));
      return 0;
    }
    if (type !== null) await print(ctx, `${candidate} has no ${type} record\n`);
    return 0;
  }
  const last = names.at(-1) as string;
  await print(ctx, `Host ${reverse ? `${last}.` : name} not found: ${rcode}(${RCODES[rcode] ?? rcode})\n`);
  return 1;
}

async function nslookupMain(ctx: Context, argv: string[]): Promise<number> {
  const words = argv.slice(1).filter((arg) => !arg.startsWith('-'));
  const kind = (argv.find((arg) => /^-(query)?type=|^-q=/.test(arg))?.replace(/^.*=/, '') ?? 'A').toUpperCase();
  const [name, chosen] = words;
  if (name === undefined) {
    await printRefusal(ctx, 'nslookup: not simulated: the interactive mode; name a host\n');
    return 1;
  }
  const config = await resolverConfig(ctx);
  const server = chosen ?? (config.servers[0] as string);
  const address = await serverAddress(ctx, server);
  if (address === null) {
    await printError(ctx, `nslookup: couldn't get address for '${server}': not found\n`);
    return 1;
  }
  const reverse = ADDRESS.test(name);
  const names = reverse ? [reverseName(name)] : candidates(name, config);
  let rcode = 3;
  for (const [i, candidate] of names.entries()) {
    const answer = await ask(ctx, address, candidate, TYPES[reverse ? 'PTR' : kind] ?? 1);
    if ('reason' in answer) {
      await whyNot(ctx, answer, address, 53);
      await print(ctx, '\n');
      return 1;
    }
    if (i === 0 && !reverse) await print(ctx, `Server:\t\t${server}\nAddress:\t${address}#53\n\n`);
    rcode = answer.rcode;
    if (answer.rcode !== 0) continue;
    await print(
      ctx,
      answer.addresses.length === 0
        ? `*** Can't find ${name}: No answer\n\n`
        : `${answer.authoritative ? '' : 'Non-authoritative answer:\n'}${answer.addresses.map((a) => `Name:\t${candidate}\nAddress: ${a}\n`).join('')}\n`,
    );
    return answer.addresses.length === 0 ? 1 : 0;
  }
  await print(ctx, `** server can't find ${names.at(-1)}${reverse ? '.' : ''}: ${RCODES[rcode] ?? rcode}\n\n`);
  return 1;
}

export const dig: Program = { name: 'dig', main: digMain };
export const hostProgram: Program = { name: 'host', main: hostMain };
export const nslookup: Program = { name: 'nslookup', main: nslookupMain };
