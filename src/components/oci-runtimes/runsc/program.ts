/**
 * /usr/local/bin/runsc: the OCI runtime, the sandbox and the gofer in one binary.
 * @models gVisor release-20260817 runsc/cli/main.go @fidelity partial: no checkpoint, restore, do, port-forward, metrics or trace
 */

import { rfc3339Nano } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { Errno, isErrno } from '../../../linux/errno.ts';
import { print, printError, printRefusal } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { isGoError, messageOf } from '../shared/fault.ts';
import { boot } from './boot.ts';
import type { RunscCall } from './call.ts';
import { create } from './create.ts';
import { debug } from './debug.ts';
import { deleteContainer } from './delete.ts';
import { events } from './events.ts';
import { exec } from './exec.ts';
import { features } from './features.ts';
import { DEFAULT_ROOT, type FlagCheck, type FlagKinds, GLOBAL_CHECKS, parseFlags } from './flags.ts';
import { describeFlags, GLOBAL_FLAGS } from './global-flags.ts';
import { gofer } from './gofer.ts';
import { kill } from './kill.ts';
import { list } from './list.ts';
import { usage } from './memory-usage.ts';
import { pause, resume } from './pause.ts';
import { ps } from './ps.ts';
import { run } from './run.ts';
import { spec } from './spec.ts';
import { start } from './start.ts';
import { OCI_VERSION, state } from './state.ts';
import { commandFlags, commandUsage, fullHelp, isCommand, shortUsage } from './usage.ts';
import { wait } from './wait.ts';

const VERSION = 'release-20260817.0';
const FAILED = 128;
const USAGE = 2;

type Command = {
  flags: FlagKinds;
  /** How many arguments there may be. */
  args: readonly [least: number, most: number];
  act: (ctx: Context, call: RunscCall) => Promise<number>;
};

const PLATFORMS = new Set(['systrap', 'kvm', 'ptrace']);
const MANY = Number.POSITIVE_INFINITY;
/** UID[:GID], each as strconv.Atoi reads it. */
const EXEC_CHECKS: FlagCheck = {
  user: (value) => {
    const [uid = '', gid] = value.split(/:(.*)/s);
    if (!/^[-+]?\d+$/.test(uid)) return `couldn't parse UID: ${uid}`;
    return gid === undefined || /^[-+]?\d+$/.test(gid) ? null : `couldn't parse GID: ${gid}`;
  },
};
const CREATE_FLAGS: FlagKinds = {
  bundle: 'string',
  'console-socket': 'string',
  'pid-file': 'string',
  'user-log': 'string',
};

const COMMANDS: Readonly<Record<string, Command>> = {
  create: { flags: CREATE_FLAGS, args: [1, 1], act: create },
  debug: {
    flags: { pid: 'string', ps: 'bool', signal: 'string', stacks: 'bool', strace: 'string', 'log-level': 'string' },
    args: [0, MANY],
    act: debug,
  },
  delete: { flags: { force: 'bool' }, args: [1, MANY], act: deleteContainer },
  events: { flags: { stats: 'bool', interval: 'string' }, args: [1, 1], act: events },
  exec: {
    flags: {
      cwd: 'string',
      env: 'string',
      user: 'string',
      cap: 'string',
      process: 'string',
      detach: 'bool',
      'additional-gids': 'string',
      'exec-fd': 'string',
      'pass-fd': 'string',
      'pid-file': 'string',
      'internal-pid-file': 'string',
      'console-socket': 'string',
    },
    args: [1, MANY],
    act: exec,
  },
  features: { flags: {}, args: [0, MANY], act: features },
  kill: { flags: { all: 'bool', pid: 'string' }, args: [1, 2], act: kill },
  list: { flags: { quiet: 'bool', format: 'string', sandbox: 'bool' }, args: [0, 0], act: list },
  pause: { flags: {}, args: [1, 1], act: pause },
  ps: { flags: { format: 'string' }, args: [1, 1], act: ps },
  resume: { flags: {}, args: [1, 1], act: resume },
  run: { flags: { ...CREATE_FLAGS, detach: 'bool' }, args: [1, 1], act: run },
  spec: { flags: { bundle: 'string', cwd: 'string', netns: 'string' }, args: [0, MANY], act: spec },
  start: { flags: {}, args: [1, 1], act: start },
  state: { flags: {}, args: [1, 1], act: state },
  usage: { flags: { full: 'bool', fd: 'bool' }, args: [1, 1], act: usage },
  wait: { flags: { pid: 'string', rootpid: 'string' }, args: [1, 1], act: wait },
};

export const runscProgram: Program = {
  name: 'runsc',
  layer: 'oci-runtime',
  startCpuNs: LATENCY.runscStartNs,
  rssBytes: 22_900 << 10,
  threads: 7,
  main,
};

async function main(ctx: Context, argv: string[]): Promise<number> {
  const parsed = parseFlags(argv.slice(1), GLOBAL_FLAGS, GLOBAL_CHECKS);
  if (parsed.fault !== null) {
    await printError(ctx, `${parsed.fault}\n${shortUsage()}`);
    return USAGE;
  }
  const flags = parsed.values;
  if (flags.get('version') === 'true') {
    await print(ctx, `runsc version ${VERSION}\nspec: ${OCI_VERSION}\n`);
    return 0;
  }
  const [name, ...words] = parsed.rest;
  if (name === 'help' && words.length === 0) {
    await print(ctx, fullHelp());
    return 0;
  }
  if (name === 'flags') return describe(ctx, words);
  if (name === 'help' && words[0] === 'platforms') {
    await print(ctx, [...PLATFORMS].sort().join('\n').concat('\n'));
    return 0;
  }
  if (name === 'help') {
    const known = isCommand(words[0] ?? '');
    if (known) await print(ctx, commandUsage(words[0] ?? ''));
    else await printError(ctx, `Subcommand ${words[0]} not understood\nhelp [<subcommand>]:\n`);
    return known ? 0 : FAILED;
  }
  if (name === undefined || !isCommand(name)) {
    await printError(ctx, shortUsage());
    return FAILED;
  }
  if (name === 'boot' || name === 'gofer') {
    const inner = parseFlags(words, null);
    return name === 'gofer'
      ? gofer(ctx, new Map([...flags, ...inner.values]))
      : boot(ctx, new Map([...flags, ...inner.values]), inner.rest[0] ?? '');
  }
  const platform = flags.get('platform') ?? 'systrap';
  if (!PLATFORMS.has(platform)) {
    await printError(ctx, `unknown platform: ${platform}\n`);
    return FAILED;
  }
  const command = COMMANDS[name];
  if (command === undefined) {
    await printRefusal(ctx, `runsc: not simulated: ${name}\n`);
    return FAILED;
  }
  const own = parseFlags(words, { ...command.flags, help: 'bool', h: 'bool' }, name === 'exec' ? EXEC_CHECKS : {});
  const count = own.rest.length;
  if (own.values.has('help') || own.values.has('h')) {
    await printError(ctx, commandUsage(name));
    return FAILED;
  }
  if (own.fault !== null || count < command.args[0] || count > command.args[1]) {
    await printError(ctx, `${own.fault === null ? '' : `${own.fault}\n`}${commandUsage(name)}`);
    return FAILED;
  }
  const call: RunscCall = {
    flags: new Map([['root', DEFAULT_ROOT], ...flags]),
    root: flags.get('root') ?? DEFAULT_ROOT,
    options: own.values,
    args: own.rest,
    lists: own.lists,
  };
  try {
    return await ctx.spanned(name, 'oci-runtime', (inner) => command.act(inner, call));
  } catch (error) {
    if (!isGoError(error) && !(error instanceof Errno)) throw error;
    await fail(ctx, flags, messageOf(error));
    return FAILED;
  }
}

/** `runsc flags [SUBCOMMAND]`: its own are told on stderr, those of a subcommand on stdout. */
async function describe(ctx: Context, [name, ...more]: readonly string[]): Promise<number> {
  if (name === undefined) await printError(ctx, describeFlags());
  else if (more.length === 0 && isCommand(name)) await print(ctx, commandFlags(name));
  else {
    const refusal = more.length > 0 ? '' : `Subcommand ${name} not understood\n`;
    await printError(ctx, `${refusal}${commandUsage('flags')}`);
    return FAILED;
  }
  return 0;
}

/** The last words: on stderr, and in the log that somebody may read them from. */
async function fail(ctx: Context, flags: ReadonlyMap<string, string>, message: string): Promise<void> {
  await printError(ctx, `${message}\n`);
  const path = flags.get('log') ?? '';
  if (path === '') return;
  const time = rfc3339Nano(ctx.wallTime);
  // Whatever --log-format says: containerd reads it.
  const line = JSON.stringify({ msg: message, level: 'error', time });
  try {
    const fd = await ctx.sys.open(ctx, path, { write: true, create: true, append: true }, 0o644);
    await ctx.sys.write(ctx, fd, line);
    await ctx.sys.close(ctx, fd);
  } catch (error) {
    // Whoever waited for the log has taken its directory away.
    if (!isErrno(error)) throw error;
  }
}
