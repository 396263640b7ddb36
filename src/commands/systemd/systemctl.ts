/** systemctl. @models systemd 257 src/systemctl @fidelity partial: services; no jobs, pager, editing, user or remote managers */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { printError, readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { globRegex } from '../common/glob.ts';
import { type Options, type OptionTable, optionHelp, parseOptions, UsageError } from '../common/options.ts';
import { isTerminal, Output } from '../common/streams.ts';
import { type Reply, SystemdClient, type Unit } from './client.ts';
import { editUnit } from './edit.ts';
import { dropIns, enabledState, signalOrExit, stateColour, statusText, tryRead } from './status.ts';
import { timestampText } from './time-text.ts';

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
  system: '',
  runtime: '',
  'drop-in=NAME': 'name of the drop-in that edit writes',
  stdin: 'what edit writes comes from standard input',
  'no-ask-password': '',
  'r,recursive': '',
  'no-reload': '',
  'show-types': '',
};

type Call = {
  ctx: Context;
  options: Options;
  args: string[];
  out: Output;
  client: SystemdClient;
  colour: boolean;
  columns: number;
};
type Verb = (call: Call) => Promise<number>;

/** `foo` means foo.service. */
export const unitName = (name: string): string =>
  /\.(service|target|socket|timer|mount|slice|scope|path|device|swap|automount)$/.test(name) ? name : `${name}.service`;

const NOT_ACTIVE = 3;
const NO_SUCH_UNIT = 4;

/** LSB codes that systemctl gives for the manager's refusals. */
function refusal(error: string): number {
  if (/ not (found|loaded)\.$/.test(error)) return 5;
  return /not applicable for unit/.test(error) ? 3 : 1;
}

const steer =
  (method: string): Verb =>
  async ({ ctx, args, client }) => {
    let code = 0;
    for (const name of args.map(unitName)) {
      const reply = await client.call(ctx, method, { unit: name });
      if (reply.ok) continue;
      await printError(ctx, `${reply.error}\n`);
      code = refusal(reply.error ?? '');
    }
    return code;
  };

async function getUnit(call: Call, name: string): Promise<Unit | null> {
  return (await call.client.call(call.ctx, 'GetUnit', { unit: unitName(name) })).unit ?? null;
}

async function listed(call: Call): Promise<Unit[]> {
  const { ctx, client, options, args } = call;
  const states = options.has('failed') ? ['failed'] : options.values('state').flatMap((s) => s.split(','));
  const types = options.values('type').flatMap((s) => s.split(','));
  const globs = args.map((a) => globRegex(/[*?[]/.test(a) ? a : unitName(a)));
  const units = ((await client.call(ctx, 'ListUnits')).units ?? []).sort((a, b) => (a.name < b.name ? -1 : 1));
  return units.filter(
    (u) =>
      (types.length === 0 || types.some((t) => u.name.endsWith(`.${t}`))) &&
      (states.length === 0 ||
        states.includes(u.activeState) ||
        states.includes(u.subState) ||
        states.includes(u.loadState)) &&
      (globs.length === 0 || globs.some((g) => g.test(u.name))) &&
      (options.has('all') || states.length > 0 || globs.length > 0 || u.activeState !== 'inactive'),
  );
}

const listUnits: Verb = async (call) => {
  const { options, out, colour } = call;
  const units = await listed(call);
  const legend = !options.has('no-legend') && !options.has('quiet');
  const header = ['UNIT', 'LOAD', 'ACTIVE', 'SUB', 'DESCRIPTION'];
  const rows = units.map((u) => [u.name, u.loadState, u.activeState, u.subState, u.description]);
  const widths = header.map((h, i) => Math.max(...rows.map((r) => (r[i] as string).length), legend ? h.length : 0));
  const line = (cells: readonly string[]): string =>
    cells.map((c, i) => (i === cells.length - 1 ? c : c.padEnd(widths[i] as number))).join(' ');
  const marked = !options.has('plain');
  const shorten = (text: string): string => (text.length > call.columns ? `${text.slice(0, call.columns - 1)}…` : text);
  if (legend && units.length > 0)
    await out.write(
      colour
        ? `\x1b[0;4m${shorten(`${marked ? '  ' : ''}${line(header)}`).padEnd(1)}\x1b[0m\n`
        : `${marked ? '  ' : ''}${line(header)}\n`,
    );
  for (const [i, unit] of units.entries()) {
    const bad = unit.activeState === 'failed' || unit.loadState === 'masked';
    const text = shorten(`  ${line(rows[i] as string[])}`).slice(2);
    const on = colour ? (unit.activeState === 'failed' ? stateColour('failed') : '') : '';
    await out.write(`${marked ? (bad ? `${on}●${on === '' ? '' : '\x1b[0m'} ` : '  ') : ''}${text}\n`);
  }
  if (legend) {
    if (units.length > 0) {
      await out.write('\nLegend: LOAD   → Reflects whether the unit definition was properly loaded.\n');
      await out.write('        ACTIVE → The high-level unit activation state, i.e. generalization of SUB.\n');
      await out.write('        SUB    → The low-level unit activation state, values depend on unit type.\n\n');
    }
    const chosen = options.has('state') || options.has('failed');
    const hint = !options.has('all') && !chosen;
    await out.write(
      `${units.length} loaded units listed.${hint ? ' Pass --all to see loaded but inactive units, too.' : ''}\n`,
    );
    if (!chosen) await out.write("To show all installed unit files use 'systemctl list-unit-files'.\n");
  }
  return 0;
};

const listUnitFiles: Verb = async (call) => {
  const { ctx, client, options, out, args } = call;
  const globs = args.map((a) => globRegex(/[*?[]/.test(a) ? a : unitName(a)));
  const units = ((await client.call(ctx, 'ListUnits')).units ?? [])
    .filter((u) => globs.length === 0 || globs.some((g) => g.test(u.name)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows: string[][] = [];
  for (const unit of units) {
    const state = await enabledState(ctx, unit);
    rows.push([unit.name, state, state === 'static' ? '-' : 'enabled']);
  }
  const legend = !options.has('no-legend') && !options.has('quiet');
  const header = ['UNIT FILE', 'STATE', 'PRESET'];
  const widths = header.map((h, i) => Math.max(...rows.map((r) => (r[i] as string).length), h.length));
  const line = (cells: readonly string[]): string =>
    `${cells.map((c, i) => (i === cells.length - 1 ? c : c.padEnd(widths[i] as number))).join(' ')}\n`;
  if (legend && rows.length > 0) await out.write(line(header));
  for (const row of rows) await out.write(line(row));
  if (legend) await out.write(`\n${rows.length} unit files listed.\n`);
  return 0;
};

const status: Verb = async (call) => {
  const { ctx, client, options, args, out } = call;
  const width = options.has('full') ? Infinity : call.columns;
  const show = { colour: call.colour, lines: Number(options.value('lines') ?? 10), width };
  if (args.length === 0) {
    const { nodename } = await ctx.sys.uname(ctx);
    const units = (await client.call(ctx, 'ListUnits')).units ?? [];
    const failed = units.filter((u) => u.activeState === 'failed').length;
    const state = failed > 0 ? 'degraded' : 'running';
    await out.write(
      `● ${nodename}\n    State: ${state}\n    Units: ${units.length} loaded (incl. loaded aliases)\n     Jobs: 0 queued\n   Failed: ${failed} units\n    Since: ${timestampText(ctx.wallTime - BigInt(Math.round(ctx.now)))}\n`,
    );
    return 0;
  }
  let code = 0;
  for (const [i, name] of args.entries()) {
    const unit = await getUnit(call, name);
    if (unit === null) {
      await out.flush();
      await printError(ctx, `Unit ${unitName(name)} could not be found.\n`);
      code = NO_SUCH_UNIT;
      continue;
    }
    await out.write(`${i > 0 ? '\n' : ''}${await statusText(ctx, unit, show)}`);
    if (unit.activeState === 'inactive' || unit.activeState === 'failed' || unit.activeState === 'deactivating')
      code = NOT_ACTIVE;
    else if (unit.activeState === 'activating') code = NOT_ACTIVE;
  }
  return code;
};

/** is-active and is-failed: success if any unit is in one of the states. */
const check =
  (good: readonly string[], otherwise: number): Verb =>
  async (call) => {
    let found = false;
    let known = false;
    for (const name of call.args) {
      const unit = await getUnit(call, name);
      const state = unit?.activeState ?? 'inactive';
      if (unit !== null) known = true;
      if (good.includes(state)) found = true;
      if (!call.options.has('quiet')) await call.out.write(`${state}\n`);
    }
    return found ? 0 : known || otherwise === 1 ? otherwise : NO_SUCH_UNIT;
  };

const isEnabled: Verb = async (call) => {
  let code = 1;
  for (const name of call.args) {
    const unit = await getUnit(call, name);
    const state = unit === null ? 'not-found' : await enabledState(call.ctx, unit);
    if (state === 'enabled' || state === 'static') code = 0;
    else if (unit === null && code !== 0) code = NO_SUCH_UNIT;
    if (!call.options.has('quiet')) await call.out.write(`${state}\n`);
  }
  return code;
};

const link =
  (method: string): Verb =>
  async (call) => {
    const { ctx, client, args, options } = call;
    let code = 0;
    for (const name of args.map(unitName)) {
      const reply: Reply = await client.call(ctx, method, { unit: name });
      if (!reply.ok) {
        await printError(ctx, `${reply.error}\n`);
        code = 1;
        continue;
      }
      if (!options.has('quiet')) for (const message of reply.messages ?? []) await printError(ctx, `${message}\n`);
      if (options.has('now'))
        code = await steer(method === 'EnableUnit' ? 'StartUnit' : 'StopUnit')({ ...call, args: [name] });
    }
    return code;
  };

const kill: Verb = async ({ ctx, client, args, options }) => {
  const signal = options.value('signal') ?? 'SIGTERM';
  for (const name of args.map(unitName)) {
    const reply = await client.call(ctx, 'KillUnit', { unit: name, signal });
    if (reply.ok) continue;
    await printError(ctx, `${reply.error}\n`);
    return 1;
  }
  return 0;
};

const cat: Verb = async (call) => {
  const { ctx, args, out } = call;
  let code = 0;
  let first = true;
  for (const name of args) {
    const unit = await getUnit(call, name);
    if (unit === null || unit.path === '') {
      await out.flush();
      await printError(
        ctx,
        unit === null ? `No files found for ${unitName(name)}.\n` : `Unit ${unitName(name)} is masked.\n`,
      );
      code = 1;
      continue;
    }
    const paths = [
      unit.path,
      ...(await dropIns(ctx, unit.name)).flatMap((d) => d.files.map((f) => `${d.directory}/${f}`)),
    ];
    for (const path of paths) {
      await out.write(`${first ? '' : '\n'}# ${path}\n${await readFile(ctx, path)}`);
      first = false;
    }
  }
  return code;
};

const edit: Verb = async (call) => {
  const { ctx, client, args, options } = call;
  let code = 0;
  for (const name of args) {
    const unit = await getUnit(call, name);
    if ((unit === null || unit.path === '') && !options.has('force')) {
      await printError(
        ctx,
        `No files found for ${unitName(name)}.\nRun 'systemctl edit --force --full ${unitName(name)}' to create a new unit.\n`,
      );
      return 1;
    }
    const written = await editUnit(ctx, {
      unit: unitName(name),
      path: unit?.path ?? '',
      dropIns:
        unit === null ? [] : (await dropIns(ctx, unit.name)).flatMap((d) => d.files.map((f) => `${d.directory}/${f}`)),
      full: options.has('full'),
      runtime: options.has('runtime'),
      dropIn: `${(options.value('drop-in') ?? 'override').replace(/\.conf$/, '')}.conf`,
      stdin: options.has('stdin'),
    });
    if (written) await client.call(ctx, 'Reload');
    else code = 1;
  }
  return code;
};

async function properties(ctx: Context, unit: Unit): Promise<[string, string][]> {
  const text = unit.path === '' ? '' : ((await tryRead(ctx, unit.path)) ?? '');
  const setting = (key: string): string => [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].at(-1)?.[1] ?? '';
  const since = BigInt(unit.since) === 0n ? '' : timestampText(BigInt(unit.since));
  const up = unit.activeState === 'active';
  return [
    ['Type', setting('Type') || 'simple'],
    ['Restart', setting('Restart') || 'no'],
    ['KillMode', setting('KillMode') || 'control-group'],
    ['Delegate', setting('Delegate') === '' ? 'no' : setting('Delegate')],
    ['MainPID', String(unit.mainPid)],
    ['Result', unit.result],
    ['ExecMainPID', String(unit.mainPid)],
    ['ExecMainStatus', String(signalOrExit(unit))],
    [
      'ExecStart',
      setting('ExecStart') === ''
        ? ''
        : `{ path=${setting('ExecStart').split(' ')[0]} ; argv[]=${setting('ExecStart')} ; }`,
    ],
    ['Slice', 'system.slice'],
    ['ControlGroup', unit.pids.length > 0 ? unit.cgroup : ''],
    ['MemoryCurrent', unit.pids.length > 0 ? String(unit.memoryBytes) : '[not set]'],
    ['TasksCurrent', unit.pids.length > 0 ? String(unit.tasks) : '[not set]'],
    ['Id', unit.name],
    ['Names', unit.name],
    ['Description', unit.description],
    ['Documentation', unit.docs.join(' ')],
    ['LoadState', unit.loadState],
    ['ActiveState', unit.activeState],
    ['SubState', unit.subState],
    ['FragmentPath', unit.path],
    ['UnitFileState', await enabledState(ctx, unit)],
    ['UnitFilePreset', 'enabled'],
    ['StateChangeTimestamp', since],
    ['ActiveEnterTimestamp', up ? since : ''],
    ['InactiveEnterTimestamp', up ? '' : since],
  ];
}

const show: Verb = async (call) => {
  const { ctx, options, args, out } = call;
  const wanted = [...options.values('property'), ...options.values('P')].flatMap((v) => v.split(','));
  const valueOnly = options.has('value') || options.has('P');
  for (const [i, name] of args.entries()) {
    const unit = await getUnit(call, name);
    const all =
      unit === null
        ? ([
            ['Id', unitName(name)],
            ['Names', unitName(name)],
            ['Description', unitName(name)],
            ['LoadState', 'not-found'],
            ['ActiveState', 'inactive'],
            ['SubState', 'dead'],
            ['MainPID', '0'],
            ['UnitFileState', ''],
            ['FragmentPath', ''],
          ] as [string, string][])
        : await properties(ctx, unit);
    if (i > 0) await out.write('\n');
    for (const [key, value] of all) {
      if (wanted.length > 0 ? !wanted.includes(key) : value === '' && !options.has('all')) continue;
      await out.write(valueOnly ? `${value}\n` : `${key}=${value}\n`);
    }
  }
  return 0;
};

const VERBS: Record<string, { run: Verb; least: number }> = {
  'list-units': { run: listUnits, least: 0 },
  'list-unit-files': { run: listUnitFiles, least: 0 },
  status: { run: status, least: 0 },
  show: { run: show, least: 0 },
  cat: { run: cat, least: 1 },
  edit: { run: edit, least: 1 },
  start: { run: steer('StartUnit'), least: 1 },
  stop: { run: steer('StopUnit'), least: 1 },
  restart: { run: steer('RestartUnit'), least: 1 },
  reload: { run: steer('ReloadUnit'), least: 1 },
  'reload-or-restart': {
    run: async (call) => {
      const reply = await call.client.call(call.ctx, 'ReloadUnit', { unit: unitName(call.args[0] as string) });
      return reply.ok ? 0 : steer('RestartUnit')(call);
    },
    least: 1,
  },
  'try-restart': {
    run: async (call) => {
      let code = 0;
      for (const name of call.args)
        if ((await getUnit(call, name))?.activeState === 'active')
          code = await steer('RestartUnit')({ ...call, args: [name] });
      return code;
    },
    least: 1,
  },
  kill: { run: kill, least: 1 },
  'is-active': { run: check(['active', 'reloading'], NOT_ACTIVE), least: 1 },
  'is-failed': { run: check(['failed'], 1), least: 1 },
  'is-enabled': { run: isEnabled, least: 1 },
  enable: { run: link('EnableUnit'), least: 1 },
  disable: { run: link('DisableUnit'), least: 1 },
  mask: { run: link('MaskUnit'), least: 1 },
  unmask: { run: link('UnmaskUnit'), least: 1 },
  'daemon-reload': { run: async ({ ctx, client }) => ((await client.call(ctx, 'Reload')).ok ? 0 : 1), least: 0 },
  'is-system-running': {
    run: async (call) => {
      const bad = ((await call.client.call(call.ctx, 'ListUnits')).units ?? []).some((u) => u.activeState === 'failed');
      await call.out.write(bad ? 'degraded\n' : 'running\n');
      return bad ? 1 : 0;
    },
    least: 0,
  },
  'get-default': {
    run: async ({ out }) => {
      await out.write('multi-user.target\n');
      return 0;
    },
    least: 0,
  },
};

export const systemctl: Program = {
  name: 'systemctl',
  rssBytes: 6_900_000,
  startCpuNs: 3_000_000,
  async main(ctx, argv) {
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
      await printError(ctx, `Unknown command verb '${word}'.\n`);
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
