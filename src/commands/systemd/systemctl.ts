/** systemctl. @models systemd 257 src/systemctl @fidelity partial: no pager, user or remote managers */
import { isErrno } from '../../linux/errno.ts';
import { printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { SystemdClient } from '../../protocols/systemd/client.ts';
import { type OptionTable, optionHelp, parseOptions, UsageError } from '../common/options.ts';
import { isTerminal, Output } from '../common/streams.ts';
import type { Verb } from './call.ts';
import { edit } from './edit-verb.ts';
import { listDependencies, listJobs, listSockets, listTimers, listUnitFiles, listUnits } from './list.ts';
import { isPowerCommand, power, powerCommand } from './power.ts';
import { cat, show, status } from './show.ts';
import {
  check,
  isEnabled,
  isolate,
  kill,
  link,
  preset,
  reloadOrRestart,
  resetFailed,
  setProperty,
  steer,
  tryRestart,
} from './steer.ts';

const OPTIONS: OptionTable = {
  'h,help': 'show this text',
  version: 'show the version',
  't,type=TYPE': 'only units of these types',
  'state=STATE': 'only units in these states',
  failed: 'only failed units',
  'a,all': 'inactive units and empty properties too',
  'p,property=NAME': 'show only these properties',
  'P,P=NAME': 'like --value --property=NAME',
  value: 'show only the values',
  'q,quiet': 'no output',
  'l,full': 'do not shorten lines',
  'no-pager': 'do not use a pager',
  'no-legend': 'no header and no hints',
  plain: 'a list without dots',
  'n,lines=NUM': 'so many journal lines',
  'o,output=MODE': '',
  now: 'start or stop as well',
  's,signal=SIGNAL': 'which signal to send',
  'kill-whom=WHOM': '',
  'kill-who=WHOM': '',
  'f,force': '',
  'no-block': '',
  'no-wall': 'do not tell those who are logged in',
  system: '',
  runtime: '',
  'no-ask-password': '',
  'r,recursive': '',
  'no-reload': '',
  'show-types': '',
  reverse: 'list what needs the unit',
  after: 'list in which order',
  before: '',
  'job-mode=MODE': '',
  'i,ignore-dependencies': '',
  'T,show-transaction': '',
  'drop-in=NAME': 'name of the drop-in that edit writes',
  stdin: 'what edit writes comes from standard input',
};

const NOT_ACTIVE = 3;
const NOT_SIMULATED = ['set-default', 'kexec', 'soft-reboot', 'suspend', 'rescue', 'emergency'];

const reload: Verb = async ({ ctx, client }) => ((await client.call(ctx, 'Reload')).ok ? 0 : 1);

const isSystemRunning: Verb = async ({ ctx, client, out, options }) => {
  const bad = (await client.units(ctx)).some((u) => u.activeState === 'failed');
  if (!options.has('quiet')) await out.write(bad ? 'degraded\n' : 'running\n');
  return bad ? 1 : 0;
};

const getDefault: Verb = async ({ out }) => {
  await out.write('multi-user.target\n');
  return 0;
};

const VERBS: Record<string, { run: Verb; least: number }> = {
  'list-units': { run: listUnits, least: 0 },
  'list-sockets': { run: listSockets, least: 0 },
  'list-timers': { run: listTimers, least: 0 },
  'is-active': { run: check(['active', 'reloading'], NOT_ACTIVE), least: 1 },
  'is-failed': { run: check(['failed'], 1), least: 0 },
  status: { run: status, least: 0 },
  show: { run: show, least: 0 },
  cat: { run: cat, least: 1 },
  'list-dependencies': { run: listDependencies, least: 0 },
  start: { run: steer('StartUnit'), least: 1 },
  stop: { run: steer('StopUnit'), least: 1 },
  reload: { run: steer('ReloadUnit'), least: 1 },
  restart: { run: steer('RestartUnit'), least: 1 },
  'try-restart': { run: tryRestart, least: 1 },
  'reload-or-restart': { run: reloadOrRestart, least: 1 },
  isolate: { run: isolate, least: 1 },
  kill: { run: kill, least: 1 },
  edit: { run: edit, least: 1 },
  'set-property': { run: setProperty, least: 2 },
  'reset-failed': { run: resetFailed, least: 0 },
  'list-unit-files': { run: listUnitFiles, least: 0 },
  enable: { run: link('EnableUnit'), least: 1 },
  disable: { run: link('DisableUnit'), least: 1 },
  reenable: {
    run: async (call) => (await link('DisableUnit')(call)) || link('EnableUnit')(call),
    least: 1,
  },
  preset: { run: preset, least: 1 },
  'is-enabled': { run: isEnabled, least: 1 },
  mask: { run: link('MaskUnit'), least: 1 },
  unmask: { run: link('UnmaskUnit'), least: 1 },
  revert: { run: link('RevertUnit'), least: 1 },
  'list-jobs': { run: listJobs, least: 0 },
  'daemon-reload': { run: reload, least: 0 },
  'daemon-reexec': { run: reload, least: 0 },
  'is-system-running': { run: isSystemRunning, least: 0 },
  reboot: { run: power('reboot'), least: 0 },
  poweroff: { run: power('poweroff'), least: 0 },
  halt: { run: power('halt'), least: 0 },
  'get-default': { run: getDefault, least: 0 },
};

export const systemctl: Program = {
  name: 'systemctl',
  rssBytes: 6_900_000,
  startCpuNs: 3_000_000,
  async main(ctx, argv) {
    const calledAs = (argv[0] ?? '').replace(/^.*\//, '');
    if (isPowerCommand(calledAs)) return powerCommand(ctx, calledAs, argv.slice(1));
    const out = new Output(ctx);
    let parsed: ReturnType<typeof parseOptions>;
    try {
      parsed = parseOptions(OPTIONS, argv.slice(1));
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      await printError(ctx, `${this.name}: ${error.message}\n`);
      return 1;
    }
    const { options, operands } = parsed;
    if (options.has('help')) {
      await out.write(
        `systemctl [OPTIONS...] COMMAND ...\n\nAsk or steer the system and service manager.\n\nCommands:\n${Object.keys(
          VERBS,
        )
          .map((v) => `  ${v}\n`)
          .join('')}\nOptions:\n${optionHelp(OPTIONS)}`,
      );
      await out.flush();
      return 0;
    }
    if (options.has('version')) {
      await out.write('systemd 257 (257.8-1~deb13u2)\n');
      await out.flush();
      return 0;
    }
    const [word = 'list-units', ...args] = operands;
    const verb = Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
    if (verb === undefined) {
      await (NOT_SIMULATED.includes(word) ? printRefusal : printError)(
        ctx,
        NOT_SIMULATED.includes(word) ? `systemctl: not simulated: ${word}\n` : `Unknown command verb '${word}'.\n`,
      );
      return 1;
    }
    if (args.length < verb.least) {
      await printError(ctx, 'Too few arguments.\n');
      return 1;
    }
    const colour = await isTerminal(ctx, 1);
    const columns = colour ? (await ctx.sys.getWindowSize(ctx, 1)).columns : Infinity;
    let client: SystemdClient;
    try {
      client = await SystemdClient.connect(ctx);
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (isErrno(error, 'EACCES', 'EPERM'))
        await printError(ctx, `Failed to connect to system scope bus via local transport: ${error.libc}\n`);
      else
        await printError(
          ctx,
          "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to system scope bus via local transport: Host is down\n",
        );
      return 1;
    }
    const code = await verb.run({ ctx, options, args, out, client, colour, columns });
    await out.flush();
    await client.close(ctx);
    return code;
  },
};
