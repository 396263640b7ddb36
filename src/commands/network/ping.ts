/** ping. @models iputils 20240905 ping/ping.c, ping_common.c @fidelity partial: IPv4; no flood, record route, timestamps of the wire or marks */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import type { IcmpReply } from '../../linux/syscalls.ts';
import { Queue } from '../../sim/primitives.ts';
import { parseOptions, UsageError } from '../common/options.ts';
import { ADDRESS, lookUp, nameOf } from './names.ts';

const SECOND = 1e9;
const HEADER_BYTES = 8;
const IP_HEADER_BYTES = 20;
/** How long an answer is waited for when nothing has come yet. */
const LINGER_SECONDS = 10;
const TTL = 64;
const SIZE_MAX = 65_507;
/** As printed: it is more than a number here can be exactly. */
const COUNT_MAX = 2 ** 63;

const OPTIONS = {
  '4': 'IPv4 only',
  '6': 'IPv6 only',
  a: 'bell at each answer',
  A: 'adaptive',
  b: 'allow broadcast',
  'c=COUNT': 'stop after COUNT answers',
  D: 'print timestamps',
  h: 'show this text and stop',
  'i=INTERVAL': 'seconds between packets',
  'I=INTERFACE': 'interface name or address',
  'M=HINT': 'path MTU discovery',
  n: 'no names for addresses',
  O: 'report outstanding answers',
  'p=PATTERN': 'what fills the packet',
  q: 'only the summary',
  'Q=TCLASS': 'quality of service',
  's=SIZE': 'bytes of data to send',
  't=TTL': 'time to live',
  v: 'more words',
  V: 'show the version and stop',
  'w=DEADLINE': 'stop after DEADLINE seconds',
  'W=TIMEOUT': 'seconds to wait for an answer',
};

type Event =
  | { kind: 'answer'; sequence: number; reply: IcmpReply | null; at: number }
  | { kind: 'tick' }
  | { kind: 'interrupt' }
  | { kind: 'quit' }
  | { kind: 'end' };

type Plan = {
  target: string;
  address: string;
  numeric: boolean;
  count: number;
  intervalNs: number;
  deadlineNs: number;
  waitNs: number;
  bytes: number;
  ttl: number;
  quiet: boolean;
  timestamps: boolean;
  outstanding: boolean;
  bell: boolean;
};

async function usage(ctx: Context, message: string): Promise<number> {
  await printError(ctx, `ping: ${message}\n`);
  return 1;
}

async function main(ctx: Context, argv: string[]): Promise<number> {
  let parsed: ReturnType<typeof parseOptions>;
  try {
    parsed = parseOptions(OPTIONS, argv.slice(1));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await printError(ctx, `ping: ${error.message}\n\n${help()}`);
    return 2;
  }
  const { options, operands } = parsed;
  if (options.has('V')) {
    await print(ctx, 'ping from iputils 20240905\n');
    return 0;
  }
  if (options.has('h')) {
    await printError(ctx, `\n${help()}`);
    return 2;
  }
  const target = operands.at(-1);
  if (target === undefined) {
    await printError(ctx, 'ping: usage error: Destination address required\n');
    return 1;
  }
  const number = (key: string, least: number, most: number): number | null | string => {
    const text = options.value(key);
    if (text === undefined) return null;
    const value = Number(text);
    if (text.trim() === '' || Number.isNaN(value)) return `invalid argument: '${text}'`;
    return value < least || value > most
      ? `invalid argument: '${text}': out of range: ${least} <= value <= ${most === COUNT_MAX ? '9223372036854775807' : most}`
      : value;
  };
  const wanted = {
    c: number('c', 1, COUNT_MAX),
    i: number('i', 0, 2_147_483),
    s: number('s', 0, SIZE_MAX),
    t: number('t', 0, 255),
    w: number('w', 0, 2_147_483_647),
    W: number('W', 0, 2_147_483),
  };
  for (const value of Object.values(wanted)) if (typeof value === 'string') return usage(ctx, value);
  const { c, i, s, t, w, W } = wanted as Record<keyof typeof wanted, number | null>;
  if (options.has('6')) {
    await printError(ctx, `ping: ${target}: Address family for hostname not supported\n`);
    return 2;
  }
  const addresses = await lookUp(ctx, target);
  if (typeof addresses === 'string') {
    await printError(ctx, `ping: ${target}: ${addresses}\n`);
    return 2;
  }
  return run(ctx, {
    target,
    address: addresses[0] ?? target,
    numeric: options.has('n') || ADDRESS.test(target),
    count: c ?? Number.POSITIVE_INFINITY,
    intervalNs: Math.round((i ?? 1) * SECOND),
    deadlineNs: w === null ? Number.POSITIVE_INFINITY : w * SECOND,
    waitNs: Math.round((W ?? LINGER_SECONDS) * SECOND),
    bytes: s ?? 56,
    ttl: t ?? TTL,
    quiet: options.has('q'),
    timestamps: options.has('D'),
    outstanding: options.has('O'),
    bell: options.has('a'),
  });
}

function help(): string {
  const lines = Object.entries(OPTIONS).map(([declaration, text]) => {
    const [letter = '', value] = declaration.split('=');
    return `  -${letter}${value === undefined ? '' : ` <${value.toLowerCase()}>`}`.padEnd(21) + text;
  });
  return `Usage\n  ping [options] <destination>\n\nOptions:\n  <destination>      DNS name or IP address\n${lines.join('\n')}\n`;
}

/** `0.067`, `4.31`, `12.1`, `120`: fewer places the longer it took. */
export function tripTime(ns: number): string {
  const us = Math.round(ns / 1000);
  const thousands = String(us % 1000).padStart(3, '0');
  const whole = Math.floor(us / 1000);
  if (us >= 100_000) return String(whole);
  if (us >= 10_000) return `${whole}.${thousands.slice(0, 1)}`;
  return us >= 1000 ? `${whole}.${thousands.slice(0, 2)}` : `${whole}.${thousands}`;
}

const PROBLEMS: Readonly<Record<string, string>> = {
  'host-unreachable': 'Destination Host Unreachable',
  'net-unreachable': 'Destination Net Unreachable',
  'ttl-exceeded': 'Time to live exceeded',
};

async function run(ctx: Context, plan: Plan): Promise<number> {
  const { target, address, bytes } = plan;
  const events = new Queue<Event>(ctx.scheduler);
  ctx.sys.sigaction(ctx, 'SIGINT', () => events.push({ kind: 'interrupt' }));
  ctx.sys.sigaction(ctx, 'SIGQUIT', () => events.push({ kind: 'quit' }));
  const start = ctx.now;
  const times: number[] = [];
  let sent = 0;
  let received = 0;
  let errors = 0;
  let answered = 0;
  let pipe = 0;
  let lastSent = start;
  const seen = new Set<number>();
  const named = async (from: string): Promise<string> => {
    if (plan.numeric && from === address) return from;
    return plan.numeric ? from : `${(await nameOf(ctx, from)) ?? from} (${from})`;
  };
  const stamp = (): string => {
    const us = ctx.wallTime / 1000n;
    return plan.timestamps ? `[${us / 1_000_000n}.${String(us % 1_000_000n).padStart(6, '0')}] ` : '';
  };
  const send = async (): Promise<boolean> => {
    if (plan.outstanding && sent > 0 && !seen.has(sent))
      await print(ctx, `${stamp()}no answer yet for icmp_seq=${sent}\n`);
    sent++;
    lastSent = ctx.now;
    const sequence = sent;
    let failure: unknown = null;
    ctx.go('echo', async (c) => {
      const timeoutNs = plan.waitNs + plan.intervalNs;
      try {
        const reply = await c.sys.icmpEcho(c, address, { bytes, ttl: plan.ttl, timeoutNs });
        events.push({ kind: 'answer', sequence, reply, at: c.now });
      } catch (error) {
        failure = error;
        events.push({ kind: 'end' });
      }
    });
    // A refusal of the kernel comes at once.
    await ctx.sleep(0);
    if (failure === null) return true;
    if (!isErrno(failure)) throw failure;
    const { code, libc } = failure;
    if (sequence === 1 || code === 'EPERM') {
      await printError(
        ctx,
        code === 'EPERM'
          ? 'ping: socktype: SOCK_RAW\nping: socket: Operation not permitted\n'
          : `ping: connect: ${libc}\n`,
      );
      return false;
    }
    await printError(ctx, `ping: sendmsg: ${libc}\n`);
    return true;
  };
  const tick = (ns: number): void =>
    ctx.go('timer', async (c) => {
      await c.sleep(ns);
      events.push({ kind: 'tick' });
    });
  const head = `PING ${target} (${address}) ${bytes}(${bytes + HEADER_BYTES + IP_HEADER_BYTES}) bytes of data.\n`;
  // What the kernel refuses at once ends it before a word is said.
  if (!(await send())) return 2;
  await print(ctx, head);
  if (plan.count > 1 || plan.deadlineNs !== Number.POSITIVE_INFINITY) tick(plan.intervalNs);
  if (plan.deadlineNs !== Number.POSITIVE_INFINITY)
    ctx.go('deadline', async (c) => {
      await c.sleep(plan.deadlineNs);
      events.push({ kind: 'end' });
    });
  for (;;) {
    if (answered + errors >= plan.count) break;
    const event = await events.take();
    if (event === null || event.kind === 'interrupt' || event.kind === 'end') break;
    if (event.kind === 'quit') {
      await printError(ctx, `\r${received}/${sent} packets, ${lossOf(sent, received)}% loss${brief(times)}\n`);
      continue;
    }
    if (event.kind === 'tick') {
      if (sent >= plan.count) continue;
      await send();
      if (sent < plan.count) tick(plan.intervalNs);
      continue;
    }
    const { reply, sequence } = event;
    seen.add(sequence);
    if (reply === null) {
      // The last one is waited for no longer than this.
      if (sequence === plan.count) break;
      continue;
    }
    pipe = Math.max(pipe, sent - sequence + 1);
    if (reply.kind !== 'reply') {
      errors++;
      if (!plan.quiet)
        await print(ctx, `${stamp()}From ${await named(reply.from)} icmp_seq=${sequence} ${PROBLEMS[reply.kind]}\n`);
      continue;
    }
    received++;
    answered++;
    times.push(reply.roundTripNs);
    if (plan.quiet) continue;
    const time = bytes >= 16 ? ` time=${tripTime(reply.roundTripNs)} ms` : '';
    await print(
      ctx,
      `${stamp()}${bytes + HEADER_BYTES} bytes from ${await named(reply.from)}: icmp_seq=${sequence} ttl=${reply.ttl}${time}${plan.bell ? '\x07' : ''}\n`,
    );
  }
  const problems = errors > 0 ? `, +${errors} errors` : '';
  const spent = Math.floor((lastSent - start) / 1e6);
  const piped = pipe > 1 ? `pipe ${pipe}` : '';
  const rtt = received > 0 && bytes >= 16 ? summary(times) : '';
  await print(
    ctx,
    `\n--- ${target} ping statistics ---\n${sent} packets transmitted, ${received} received${problems}, ${lossOf(sent, received)}% packet loss, time ${spent}ms\n${rtt}${rtt !== '' && piped !== '' ? ', ' : ''}${piped}\n`,
  );
  return received === 0 ||
    (plan.deadlineNs !== Number.POSITIVE_INFINITY && received < plan.count && plan.count !== Number.POSITIVE_INFINITY)
    ? 1
    : 0;
}

const lossOf = (sent: number, received: number): string => {
  const percent = ((sent - received) * 100) / sent;
  return String(Number(percent.toPrecision(6)));
};

const threePlaces = (us: number): string =>
  `${Math.floor(us / 1000)}.${String(Math.round(us) % 1000).padStart(3, '0')}`;

function figures(times: readonly number[]): string[] {
  const us = times.map((ns) => Math.round(ns / 1000));
  const mean = us.reduce((sum, v) => sum + v, 0) / us.length;
  const squares = us.reduce((sum, v) => sum + v * v, 0) / us.length;
  const deviation = Math.sqrt(Math.max(0, squares - mean * mean));
  return [Math.min(...us), mean, Math.max(...us), deviation].map((v) => threePlaces(Math.floor(v)));
}

const summary = (times: readonly number[]): string => `rtt min/avg/max/mdev = ${figures(times).join('/')} ms`;
const brief = (times: readonly number[]): string => {
  if (times.length === 0) return '';
  const [least, mean, most] = figures(times);
  return `, min/avg/ewma/max = ${least}/${mean}/${mean}/${most} ms`;
};

export const ping: Program = { name: 'ping', main };
