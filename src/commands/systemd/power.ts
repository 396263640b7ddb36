/**
 * reboot, poweroff, halt, shutdown and telinit: other names of systemctl; and its verbs of the first three.
 * @models systemd 257 src/systemctl/systemctl-{halt,compat-shutdown,compat-halt,compat-telinit}.c, src/login/logind-dbus.c
 * @fidelity partial: no inhibitors, firmware setup or kexec; asked of pid 1 itself, not of logind; no wtmp
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { printError, printRefusal, writeFile } from '../../linux/io.ts';
import { SystemdClient } from '../../protocols/systemd/client.ts';
import { type Options, type OptionTable, optionHelp, parseOptions, UsageError } from '../common/options.ts';
import { Output } from '../common/streams.ts';
import { sessions } from '../login/getent.ts';
import type { Verb } from './call.ts';
import { timestampText } from './time-text.ts';

type Kind = 'reboot' | 'poweroff' | 'halt';

const REBOOT = { reboot: 'reset', poweroff: 'shutdown', halt: 'halt' } as const;
const DOING: Record<Kind, string> = { reboot: 'reboot', poweroff: 'power off', halt: 'halt' };
const SCHEDULED: Record<Kind, string> = { reboot: 'Reboot', poweroff: 'Shutdown', halt: 'Halt' };
const MINUTE_NS = 60_000_000_000n;
const DAY_NS = 86_400_000_000_000n;

/** Tells everybody else who is logged in. */
async function wall(ctx: Context, text: string): Promise<void> {
  const { nodename } = await ctx.sys.uname(ctx);
  const own = await ctx.sys.readlink(ctx, '/proc/self/fd/0').catch(() => '');
  const on = own.startsWith('/dev/') ? ` on ${own.slice('/dev/'.length)}` : '';
  const message = `\r\nBroadcast message from root@${nodename}${on} (${timestampText(ctx.wallTime)}):\r\n\r\n${text}\r\n\r\n`;
  for (const { tty } of await sessions(ctx))
    if (own !== `/dev/${tty}`) await writeFile(ctx, `/dev/${tty}`, message).catch(() => {});
}

async function ask(
  ctx: Context,
  client: SystemdClient | null,
  kind: Kind,
  how: { force: number; wall: boolean; at?: bigint; text?: string },
): Promise<number> {
  if (how.force > 1) {
    await printError(ctx, { reboot: 'Rebooting.\n', poweroff: 'Powering off.\n', halt: 'Halting.\n' }[kind]);
    await ctx.sys.sync(ctx);
    try {
      return await ctx.sys.reboot(ctx, REBOOT[kind]);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `Failed to ${DOING[kind]}: ${error.libc}\n`);
      return 1;
    }
  }
  const when = how.at === undefined ? 'now' : `at ${timestampText(how.at)}`;
  if (how.wall && how.force === 0)
    await wall(ctx, `${how.text === undefined ? '' : `${how.text}\r\n`}The system will ${DOING[kind]} ${when}!`);
  const at = how.at === undefined ? {} : { at: String(how.at) };
  const reply = (await client?.call(ctx, 'Shutdown', { kind, force: how.force > 0, ...at })) ?? {
    ok: false,
  };
  if (reply.ok) return 0;
  await printError(ctx, `Call to ${DOING[kind]} failed: ${reply.error}\n`);
  return 1;
}

export const power =
  (kind: Kind): Verb =>
  ({ ctx, client, options }) =>
    ask(ctx, client, kind, { force: options.values('force').length, wall: !options.has('no-wall') });

const HALT_OPTIONS: OptionTable = {
  help: 'show this text',
  halt: 'halt the machine',
  'p,poweroff': 'switch the machine off',
  reboot: 'reboot the machine',
  'f,force': 'at once; twice: without the service manager',
  'w,wtmp-only': 'write a record, and nothing else',
  'd,no-wtmp': '',
  'n,no-sync': '',
  'no-wall': 'do not tell those who are logged in',
};

const SHUTDOWN_OPTIONS: OptionTable = {
  help: 'show this text',
  'H,halt': 'halt the machine',
  'P,poweroff': 'switch the machine off',
  'r,reboot': 'reboot the machine',
  h: 'like --poweroff, unless --halt is given',
  k: 'only tell those who are logged in',
  c: 'cancel what was scheduled',
  'no-wall': 'do not tell those who are logged in',
  show: 'what is scheduled',
};

const NAMES: readonly string[] = ['reboot', 'poweroff', 'halt', 'shutdown', 'telinit', 'init'];

/** Whether systemctl was called by one of these names. */
export function isPowerCommand(name: string): boolean {
  return NAMES.includes(name);
}

export async function powerCommand(ctx: Context, name: string, args: readonly string[]): Promise<number> {
  const table =
    name === 'shutdown' ? SHUTDOWN_OPTIONS : name === 'telinit' || name === 'init' ? { help: '' } : HALT_OPTIONS;
  let parsed: ReturnType<typeof parseOptions>;
  try {
    parsed = parseOptions(table, args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await printError(ctx, `${name}: ${error.message}\n`);
    return 1;
  }
  const { options, operands } = parsed;
  const out = new Output(ctx);
  if (options.has('help')) {
    const operand =
      name === 'shutdown' ? '[OPTIONS...] [TIME] [WALL...]' : name === 'telinit' ? 'COMMAND' : '[OPTIONS...]';
    await out.write(`${name} ${operand}\n\nOptions:\n${optionHelp(table)}`);
    await out.flush();
    return 0;
  }
  if (options.has('wtmp-only')) return 0;
  let client: SystemdClient;
  try {
    client = await SystemdClient.connect(ctx);
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (options.values('force').length > 1) return ask(ctx, null, kindOf(name, options), { force: 2, wall: false });
    await printError(ctx, `Failed to connect to system scope bus via local transport: ${error.libc}\n`);
    return 1;
  }
  const code = await run(ctx, client, name, options, operands, out);
  await out.flush();
  await client.close(ctx);
  return code;
}

function kindOf(name: string, options: Options): Kind {
  if (options.has('halt')) return 'halt';
  if (options.has('reboot')) return 'reboot';
  if (options.has('poweroff') || options.has('h')) return 'poweroff';
  return name === 'shutdown' ? 'poweroff' : (name as Kind);
}

async function run(
  ctx: Context,
  client: SystemdClient,
  name: string,
  options: Options,
  operands: readonly string[],
  out: Output,
): Promise<number> {
  if (name === 'telinit' || name === 'init') return changeRunlevel(ctx, client, operands[0]);
  const kind = kindOf(name, options);
  if (name !== 'shutdown')
    return ask(ctx, client, kind, { force: options.values('force').length, wall: !options.has('no-wall') });
  const tell = !options.has('no-wall');
  if (options.has('show')) {
    const { scheduled } = await client.call(ctx, 'ScheduledShutdown');
    if (scheduled == null) {
      await printError(ctx, 'No scheduled shutdown.\n');
      return 1;
    }
    await out.write(scheduledText(scheduled.kind, BigInt(scheduled.at)));
    return 0;
  }
  if (options.has('c')) {
    const { cancelled } = await client.call(ctx, 'CancelShutdown');
    if (cancelled && tell) await wall(ctx, operands[0] ?? 'System shutdown has been cancelled');
    return 0;
  }
  const [time = '+1', ...words] = operands;
  const at = timeOf(ctx, time);
  if (at === undefined) {
    await printError(ctx, `Failed to parse time specification: ${time}\n`);
    return 1;
  }
  const text = words.length > 0 ? { text: words.join(' ') } : {};
  if (options.has('k')) {
    const when = at === null ? 'now' : `at ${timestampText(at)}`;
    await wall(ctx, `${words.length > 0 ? `${words.join(' ')}\r\n` : ''}The system will ${DOING[kind]} ${when}!`);
    return 0;
  }
  const code = await ask(ctx, client, kind, { force: 0, wall: tell, ...text, ...(at === null ? {} : { at }) });
  if (code === 0 && at !== null) await printError(ctx, scheduledText(kind, at));
  return code;
}

function scheduledText(kind: Kind, at: bigint): string {
  return `${SCHEDULED[kind]} scheduled for ${timestampText(at)}, use 'shutdown -c' to cancel.\n`;
}

/** ns since 1970; null for now, undefined if it is no time. */
function timeOf(ctx: Context, text: string): bigint | null | undefined {
  if (text === 'now' || text === '+0') return null;
  const minutes = /^\+?(\d+)$/.exec(text);
  if (minutes !== null) return ctx.wallTime + BigInt(minutes[1] as string) * MINUTE_NS;
  const clock = /^(\d{1,2}):(\d{2})$/.exec(text);
  if (clock === null || Number(clock[1]) > 23 || Number(clock[2]) > 59) return undefined;
  const at = ctx.wallTime - (ctx.wallTime % DAY_NS) + BigInt(Number(clock[1]) * 60 + Number(clock[2])) * MINUTE_NS;
  return at > ctx.wallTime ? at : at + DAY_NS;
}

async function changeRunlevel(ctx: Context, client: SystemdClient, level: string | undefined): Promise<number> {
  switch (level) {
    case '0':
      return ask(ctx, client, 'poweroff', { force: 0, wall: true });
    case '6':
      return ask(ctx, client, 'reboot', { force: 0, wall: true });
    case 'q':
    case 'Q':
    case 'u':
    case 'U':
      await client.call(ctx, 'Reload');
      return 0;
    case undefined:
      await printError(ctx, 'This program requires one argument.\n');
      return 1;
    default:
      if (!/^[1-5sS]$/.test(level)) await printError(ctx, 'Expected single character argument.\n');
      else await printRefusal(ctx, `telinit: not simulated: runlevel ${level}\n`);
      return 1;
  }
}
