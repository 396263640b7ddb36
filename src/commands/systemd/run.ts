/** systemd-run: a command in a transient service or scope. @models systemd 257 src/run/run.c @fidelity partial: no timers, sockets, terminals or users' managers */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { getenv, printError, readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { SystemdClient } from '../../protocols/systemd/client.ts';
import { type Options, type OptionTable, optionHelp, parseOptions, UsageError } from '../common/options.ts';
import { Output } from '../common/streams.ts';
import { unitName } from './call.ts';
import { exitText, signalOrExit } from './status.ts';
import { spanText } from './time-text.ts';

const OPTIONS: OptionTable = {
  'h,help': 'show this text',
  version: 'show the version',
  scope: 'run it here, in a scope of its own',
  'u,unit=UNIT': 'name of the unit',
  'p,property=NAME=VALUE': 'a setting of the unit',
  'description=TEXT': 'what it is',
  'slice=SLICE': 'in which slice',
  'slice-inherit': '',
  'r,remain-after-exit': 'keep the service until it is stopped',
  wait: 'wait until it has ended',
  'G,collect': 'forget it even if it fails',
  'q,quiet': 'say nothing',
  'no-block': '',
  'no-ask-password': '',
  'uid=USER': 'as this user',
  'gid=GROUP': 'as this group',
  'nice=NICE': '',
  'working-directory=PATH': 'start there',
  'd,same-dir': 'start in the directory where this is typed',
  'E,setenv=NAME=VALUE': 'a variable for it',
  't,pty': 'on a terminal of its own',
  'P,pipe': 'with this standard input and output',
  'S,shell': '',
  'service-type=TYPE': 'Type= of the service',
  system: '',
  user: '',
  'on-active=SECONDS': '',
  'on-boot=SECONDS': '',
  'on-calendar=SPEC': '',
};
const NOT_SIMULATED = ['pty', 'pipe', 'shell', 'user', 'on-active', 'on-boot', 'on-calendar', 'nice', 'slice-inherit'];

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `"${word.replace(/(["\\])/g, '\\$1')}"`;
}

/** The first word as an absolute path: the manager does not search where this shell would. */
async function locate(ctx: Context, word: string): Promise<string | null> {
  if (word.includes('/')) return word;
  for (const directory of (getenv(ctx, 'PATH') ?? '').split(':')) {
    try {
      await ctx.sys.access(ctx, `${directory}/${word}`, 1);
      return `${directory}/${word}`;
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  return null;
}

async function unitText(ctx: Context, options: Options, words: readonly string[], kind: string): Promise<string> {
  const own: string[] = options.values('property').filter((pair) => !pair.startsWith('Description='));
  const line = words.map(quoted).join(' ');
  const description = options.value('description') ?? `[systemd-run] ${line}`;
  if (options.has('slice')) own.push(`Slice=${unitSlice(options.value('slice') ?? '')}`);
  if (kind === 'service') {
    if (options.has('service-type')) own.push(`Type=${options.value('service-type')}`);
    if (options.has('remain-after-exit')) own.push('RemainAfterExit=yes');
    if (options.has('uid')) own.push(`User=${options.value('uid')}`);
    if (options.has('gid')) own.push(`Group=${options.value('gid')}`);
    const directory = options.has('same-dir') ? await ctx.sys.getcwd(ctx) : options.value('working-directory');
    if (directory !== undefined) own.push(`WorkingDirectory=${directory}`);
    for (const pair of options.values('setenv'))
      own.push(`Environment="${pair.includes('=') ? pair : `${pair}=${getenv(ctx, pair) ?? ''}`}"`);
    own.push(`ExecStart=${line}`);
  }
  const collect = options.has('collect') ? 'CollectMode=inactive-or-failed\n' : '';
  const section = kind === 'scope' ? 'Scope' : 'Service';
  return `[Unit]\nDescription=${description}\n${collect}\n[${section}]\n${own.join('\n')}\n`;
}

function unitSlice(name: string): string {
  return name.endsWith('.slice') ? name : `${name}.slice`;
}

/** Options end where the command begins. */
function split(args: readonly string[]): number {
  const takesValue =
    /^(-[a-zA-Z]*[upE]|--(unit|property|description|slice|uid|gid|working-directory|setenv|service-type))$/;
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') return i + 1;
    if (!arg.startsWith('-')) return i;
    if (takesValue.test(arg)) i++;
  }
  return i;
}

export const systemdRun: Program = {
  name: 'systemd-run',
  rssBytes: 6_500_000,
  startCpuNs: 3_000_000,
  async main(ctx, argv) {
    const args = argv.slice(1);
    const at = split(args);
    const fail = async (text: string): Promise<number> => {
      await printError(ctx, `${text}\n`);
      return 1;
    };
    let options: Options;
    try {
      ({ options } = parseOptions(
        OPTIONS,
        args.slice(0, at).filter((a) => a !== '--'),
      ));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return fail(`${this.name}: ${error.message}`);
    }
    if (options.has('help')) {
      const out = new Output(ctx);
      await out.write(
        `systemd-run [OPTIONS...] COMMAND [ARGUMENTS...]\n\nRun a command in a transient unit.\n\nOptions:\n${optionHelp(OPTIONS)}`,
      );
      await out.flush();
      return 0;
    }
    const missing = NOT_SIMULATED.find((name) => options.has(name));
    if (missing !== undefined) return fail(`${this.name}: not simulated: --${missing}`);
    const words = args.slice(at);
    if (words.length === 0) return fail('Command line to execute required.');
    const path = await locate(ctx, words[0] as string);
    if (path === null) return fail(`Failed to find executable ${words[0]}: No such file or directory`);
    words[0] = path;
    const kind = options.has('scope') ? 'scope' : 'service';
    const pid = ctx.sys.getpid(ctx);
    const given = options.value('unit');
    const name =
      given === undefined
        ? `run-p${pid}-i${pid}.${kind}`
        : kind === 'scope' && !given.endsWith('.scope')
          ? `${given}.scope`
          : kind === 'scope'
            ? given
            : unitName(given);
    let client: SystemdClient;
    try {
      client = await SystemdClient.connect(ctx);
    } catch (error) {
      if (!isErrno(error)) throw error;
      return fail(`Failed to connect to system scope bus via local transport: ${error.libc}`);
    }
    const reply = await client.call(ctx, 'StartTransientUnit', {
      unit: name,
      text: await unitText(ctx, options, words, kind),
      pids: kind === 'scope' ? [pid] : [],
    });
    if (!reply.ok) {
      await client.close(ctx);
      return fail(`Failed to start transient ${kind} unit: ${reply.error ?? ''}`);
    }
    const unit = (await client.call(ctx, 'GetUnit', { unit: name })).unit;
    if (!options.has('quiet'))
      await printError(
        ctx,
        `Running as unit: ${name}${unit === undefined || unit.invocation === '' ? '' : `; invocation ID: ${unit.invocation}`}\n`,
      );
    if (kind === 'scope') {
      await client.close(ctx);
      const extra = options.values('setenv').filter((pair) => pair.includes('='));
      try {
        return await ctx.sys.execve(ctx, path, words, [...ctx.process.env, ...extra]);
      } catch (error) {
        if (!isErrno(error)) throw error;
        return fail(`Failed to execute: ${error.libc}`);
      }
    }
    const code = options.has('wait') ? await waitForEnd(ctx, client, name, options.has('quiet')) : 0;
    await client.close(ctx);
    return code;
  },
};

const POLL_NS = 20_000_000;

async function waitForEnd(ctx: Context, client: SystemdClient, name: string, quiet: boolean): Promise<number> {
  const start = ctx.now;
  let cpuUsec = '0';
  for (;;) {
    const { unit } = await client.call(ctx, 'GetUnit', { unit: name });
    if (unit === undefined || unit.activeState === 'failed' || unit.activeState === 'inactive') {
      const failed = unit !== undefined && unit.result !== 'success';
      if (!quiet) {
        await printError(ctx, `Finished with result: ${unit?.result ?? 'success'}\n`);
        await printError(
          ctx,
          `Main processes terminated with: ${exitText(unit?.exitCode ?? 0, unit?.exitSignal ?? null)}\n`,
        );
        await printError(ctx, `Service runtime: ${spanText(Math.round((ctx.now - start) / 1000))}\n`);
        if (cpuUsec !== '0') await printError(ctx, `CPU time consumed: ${spanText(Number(cpuUsec))}\n`);
      }
      return failed ? signalOrExit(unit) : 0;
    }
    const stat = await readStat(ctx, unit.cgroup);
    cpuUsec = /^usage_usec (\d+)/m.exec(stat)?.[1] ?? cpuUsec;
    await ctx.sleep(POLL_NS);
  }
}

async function readStat(ctx: Context, cgroup: string): Promise<string> {
  return readFile(ctx, `/sys/fs/cgroup${cgroup}/cpu.stat`).catch(() => '');
}
