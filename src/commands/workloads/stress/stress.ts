/**
 * stress: forks workers that burn CPU or hold memory. What becomes of them is for the cgroup they are in to say.
 * @models stress 1.0.4 src/stress.c
 * @fidelity partial: --io and --hdd workers spend CPU instead of using a disk; --vm-stride is ignored
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { print, printError } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { signalNumber } from '../../../linux/signals.ts';
import type { WaitStatus } from '../../../linux/syscalls.ts';

const SECOND = 1_000_000_000;
/** How long a worker computes before it looks at anything else. */
const CPU_SLICE_NS = 100_000_000;
/** Memory is touched in steps of this many bytes; touching one page costs this much CPU. */
const TOUCH_STEP = 4 << 20;
const PAGE = 4096;
const TOUCH_PAGE_NS = 250;
const OWN_RSS = 900_000;

const KINDS = ['cpu', 'io', 'vm', 'hdd'] as const;
type Kind = (typeof KINDS)[number];

type Options = {
  workers: Record<Kind, number>;
  timeoutSeconds: number;
  vmBytes: number;
  /** Seconds between touching and freeing, 0 for ever, null not at all. */
  vmHang: number | null;
  vmKeep: boolean;
  isQuiet: boolean;
  isVerbose: boolean;
};

const SHORT: Readonly<Record<string, string>> = {
  c: 'cpu',
  i: 'io',
  m: 'vm',
  d: 'hdd',
  t: 'timeout',
  q: 'quiet',
  v: 'verbose',
};

const USAGE = `Usage: stress [OPTION [ARG]] ...
 -?, --help         show this text
     --version      show the version
 -v, --verbose      say more
 -q, --quiet        say less
 -t, --timeout N    stop after N seconds
 -c, --cpu N        N workers that compute
 -i, --io N         N workers that sync
 -m, --vm N         N workers that allocate and touch memory
     --vm-bytes B   bytes for each of them (256MB)
     --vm-hang N    seconds to hold the memory before freeing it (0 is for ever)
     --vm-keep      touch the same memory again instead of freeing it
 -d, --hdd N        N workers that write files

Numbers may end in s,m,h,d,y (time) or B,K,M,G (size).
`;

export const stress: Program = {
  name: 'stress',
  startCpuNs: 400_000,
  rssBytes: OWN_RSS,
  main: async (ctx, argv) => {
    if (argv.length === 1 || argv.includes('--help') || argv.includes('-?')) {
      await print(ctx, USAGE);
      return 0;
    }
    if (argv.includes('--version')) {
      await print(ctx, 'stress 1.0.4\n');
      return 0;
    }
    const options = parse(argv.slice(1));
    const pid = ctx.sys.getpid(ctx);
    if (typeof options === 'string') {
      await printError(ctx, `stress: FAIL: [${pid}] ${options}\n`);
      return 1;
    }
    return dispatch(ctx, options, pid);
  },
};

function parse(args: readonly string[]): Options | string {
  const options: Options = {
    workers: { cpu: 0, io: 0, vm: 0, hdd: 0 },
    timeoutSeconds: 0,
    vmBytes: 256 << 20,
    vmHang: null,
    vmKeep: false,
    isQuiet: false,
    isVerbose: false,
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    const [, long, given] = /^--([^=]+)(?:=(.*))?$/.exec(arg) ?? [];
    const name = long ?? SHORT[arg.slice(1, 2)] ?? '';
    const attached = long === undefined && arg.length > 2 ? arg.slice(2) : given;
    if (name === 'quiet') options.isQuiet = true;
    else if (name === 'verbose') options.isVerbose = true;
    else if (name === 'vm-keep') options.vmKeep = true;
    else {
      const value = attached ?? args[++i];
      if (value === undefined) return `(300) missing argument to option '${arg}'`;
      const number = amount(value);
      if (number === null) return `(463) unable to convert '${value}'`;
      if (name in options.workers) options.workers[name as Kind] = number;
      else if (name === 'timeout') options.timeoutSeconds = number;
      else if (name === 'vm-bytes') options.vmBytes = number;
      else if (name === 'vm-hang') options.vmHang = number;
      else if (!['vm-stride', 'hdd-bytes', 'backoff'].includes(name)) return `(231) unrecognized option: ${arg}`;
    }
  }
  return options;
}

/** `150M`, `10s`: bytes or seconds. */
function amount(text: string): number | null {
  const [, digits, unit = ''] = /^(\d+)([smhdyBKMGT]?)$/i.exec(text) ?? [];
  if (digits === undefined) return null;
  const factors: Record<string, number> = {
    '': 1,
    s: 1,
    h: 3600,
    d: 86_400,
    y: 31_536_000,
    B: 1,
    b: 1,
    K: 1 << 10,
    k: 1 << 10,
    M: 1 << 20,
    m: 60,
    G: 1 << 30,
    g: 1 << 30,
    T: 2 ** 40,
  };
  return Number(digits) * (factors[unit] ?? 1);
}

async function dispatch(ctx: Context, options: Options, pid: number): Promise<number> {
  const { workers } = options;
  const say = async (level: string, text: string, isError = false): Promise<void> => {
    if (options.isQuiet && level === 'info') return;
    await (isError ? printError : print)(ctx, `stress: ${level}: [${pid}] ${text}\n`);
  };
  const started = ctx.now;
  await say('info', `dispatching hogs: ${KINDS.map((kind) => `${workers[kind]} ${kind}`).join(', ')}`);
  const children = new Set<number>();
  for (const kind of KINDS)
    for (let i = 0; i < workers[kind]; i++)
      children.add(await ctx.sys.fork(ctx, (c) => (kind === 'vm' ? holdMemory(c, options) : compute(c, options))));
  let failures = 0;
  while (children.size > 0) {
    let status: WaitStatus | null;
    try {
      status = await ctx.sys.wait(ctx, -1);
    } catch (error) {
      if (!isErrno(error, 'ECHILD')) throw error;
      break;
    }
    if (status === null || !children.delete(status.pid)) continue;
    if (status.signal === null && status.exitCode === 0) continue;
    const why =
      status.signal === null ? `returned error ${status.exitCode}` : `got signal ${signalNumber(status.signal)}`;
    await say('FAIL', `(415) <-- worker ${status.pid} ${why}`, true);
    if (failures++ > 0) continue;
    await say('WARN', '(417) now reaping child worker processes', true);
    for (const child of children) await ctx.sys.kill(ctx, child, 'SIGKILL').catch(() => undefined);
  }
  const seconds = Math.floor((ctx.now - started) / SECOND);
  if (failures === 0) await say('info', `successful run completed in ${seconds}s`);
  else await say('FAIL', `(451) failed run completed in ${seconds}s`, true);
  return failures === 0 ? 0 : 1;
}

function isOver(ctx: Context, options: Options, started: number): boolean {
  return options.timeoutSeconds > 0 && ctx.now - started >= options.timeoutSeconds * SECOND;
}

async function compute(ctx: Context, options: Options): Promise<number> {
  const started = ctx.now;
  while (!isOver(ctx, options, started)) await ctx.cpu(CPU_SLICE_NS);
  return 0;
}

async function holdMemory(ctx: Context, options: Options): Promise<number> {
  const started = ctx.now;
  let held = 0;
  while (!isOver(ctx, options, started)) {
    while (held < options.vmBytes) {
      const step = Math.min(TOUCH_STEP, options.vmBytes - held);
      held += step;
      await ctx.sys.setMemory(ctx, OWN_RSS + held);
      await ctx.cpu(Math.ceil(step / PAGE) * TOUCH_PAGE_NS);
    }
    if (options.vmHang !== null) {
      const left =
        options.timeoutSeconds > 0 ? options.timeoutSeconds * SECOND - (ctx.now - started) : Number.POSITIVE_INFINITY;
      const wanted = options.vmHang === 0 ? 86_400 * 365 * SECOND : options.vmHang * SECOND;
      await ctx.sleep(Math.max(1, Math.min(left, wanted)));
    }
    if (options.vmKeep) await ctx.cpu(Math.ceil(options.vmBytes / PAGE) * TOUCH_PAGE_NS);
    else {
      held = 0;
      await ctx.sys.setMemory(ctx, OWN_RSS);
    }
  }
  return 0;
}
