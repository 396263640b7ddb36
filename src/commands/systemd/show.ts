/** systemctl status, show and cat. @models systemd 257 src/systemctl/systemctl-show.c @fidelity partial: the properties below */
import type { Context } from '../../linux/context.ts';
import { printError, readFile } from '../../linux/io.ts';
import type { Unit } from '../../protocols/systemd/client.ts';
import { type Call, getUnit, unitName, type Verb } from './call.ts';
import { controlGroupTree } from './control-group-tree.ts';
import { enabledState, presetOf, signalOrExit, stateColour, statusText, tryRead } from './status.ts';
import { timestampText } from './time-text.ts';

const NOT_ACTIVE = 3;
const NO_SUCH_UNIT = 4;
const VERSION = '257 (257.8-1~deb13u2)';

/** Of the system as a whole. */
async function systemStatus({ ctx, client, out, colour, columns }: Call): Promise<number> {
  const { nodename } = await ctx.sys.uname(ctx);
  const { units = [], jobs = 0 } = await client.call(ctx, 'ListUnits');
  const failed = units.filter((u) => u.activeState === 'failed').length;
  const bad = failed > 0;
  const since = timestampText(ctx.wallTime - BigInt(Math.round(ctx.now)));
  const paint = (text: string): string => (colour ? `${stateColour(bad ? 'failed' : 'active')}${text}\x1b[0m` : text);
  await out.write(
    `${paint('●')} ${nodename}\n    State: ${paint(bad ? 'degraded' : 'running')}\n    Units: ${units.length} loaded (incl. loaded aliases)\n     Jobs: ${jobs} queued\n   Failed: ${failed} units\n    Since: ${since}\n  systemd: ${VERSION}\n   CGroup: /\n`,
  );
  await out.write(await controlGroupTree(ctx, '/', { indent: '           ', width: columns, colour }));
  return 0;
}

export const status: Verb = async (call) => {
  const { ctx, client, options, args, out } = call;
  const width = options.has('full') ? Number.POSITIVE_INFINITY : call.columns;
  const show = { colour: call.colour, lines: Number(options.value('lines') ?? 10), width };
  if (args.length === 0) return systemStatus(call);
  let code = 0;
  for (const [i, name] of args.entries()) {
    const byPid = /^\d+$/.test(name);
    const unit = byPid
      ? ((await client.call(ctx, 'GetUnitByPID', { pids: [Number(name)] })).unit ?? null)
      : await getUnit(call, name);
    if (unit === null) {
      await out.flush();
      await printError(
        ctx,
        byPid
          ? `Failed to get unit for PID ${name}: PID ${name} does not belong to any loaded unit.\n`
          : `Unit ${unitName(name)} could not be found.\n`,
      );
      code = byPid ? 1 : NO_SUCH_UNIT;
      continue;
    }
    if (unit.needsReload) {
      await out.flush();
      await printError(
        ctx,
        `Warning: The unit file, source configuration file or drop-ins of ${unit.name} changed on disk. Run 'systemctl daemon-reload' to reload units.\n`,
      );
    }
    await out.write(`${i > 0 ? '\n' : ''}${await statusText(ctx, unit, show)}`);
    if (!/^(active|reloading)$/.test(unit.activeState)) code = NOT_ACTIVE;
  }
  return code;
};

export const cat: Verb = async (call) => {
  const { ctx, args, out } = call;
  let code = 0;
  let first = true;
  for (const name of args) {
    const unit = await getUnit(call, name);
    if (unit === null || unit.path === '') {
      await out.flush();
      const masked = unit?.loadState === 'masked';
      await printError(ctx, masked ? `Unit ${unitName(name)} is masked.\n` : `No files found for ${unitName(name)}.\n`);
      code = 1;
      continue;
    }
    for (const path of [unit.path, ...unit.dropIns]) {
      await out.write(`${first ? '' : '\n'}# ${path}\n${await readFile(ctx, path)}`);
      first = false;
    }
  }
  return code;
};

/** `5s` as systemctl shows spans; `infinity` stays. */
function spanOf(text: string): string {
  return /^\d+$/.test(text) ? `${text}s` : text;
}

async function properties(ctx: Context, unit: Unit): Promise<[string, string][]> {
  const set = (key: string, otherwise = ''): string => unit.settings[key] ?? otherwise;
  const time = (ns: string): string => (BigInt(ns) === 0n ? '' : timestampText(BigInt(ns)));
  const cgroup = async (file: string): Promise<string | null> =>
    (await tryRead(ctx, `/sys/fs/cgroup${unit.cgroup}/${file}`))?.trim() ?? null;
  const number = async (file: string): Promise<string> => {
    const text = unit.pids.length > 0 || unit.name.endsWith('.slice') ? await cgroup(file) : null;
    return text === null ? '[not set]' : text === 'max' ? 'infinity' : text;
  };
  const cpu = unit.pids.length > 0 ? /^usage_usec (\d+)/m.exec((await cgroup('cpu.stat')) ?? '')?.[1] : undefined;
  const quota = /^(\d+) (\d+)$/.exec((await cgroup('cpu.max')) ?? '');
  const names = (list: readonly string[]): string => [...new Set(list)].join(' ');
  const { dependencies: d, reverse: r } = unit;
  const exec = (setting: string): [string, string][] => {
    const line = set(setting);
    if (line === '') return [];
    const run = unit.execs.filter((one) => one.setting === setting).at(-1);
    return [
      [
        setting,
        `{ path=${line.replace(/^[-@:+!]+/, '').split(' ')[0]} ; argv[]=${line.replace(/^[-@:+!]+/, '')} ; ignore_errors=${line.startsWith('-') ? 'yes' : 'no'} ; start_time=[n/a] ; stop_time=[n/a] ; pid=${run?.pid ?? 0} ; code=${run?.ended ? (run.signal === null ? 'exited' : 'killed') : '(null)'} ; status=${run?.ended ? run.exitCode : '0/0'} }`,
      ],
    ];
  };
  const service: [string, string][] = unit.name.endsWith('.service')
    ? [
        ['Type', unit.type],
        ['Restart', set('Restart', 'no')],
        ['RestartUSec', spanOf(set('RestartSec', '100ms'))],
        ['TimeoutStartUSec', spanOf(set('TimeoutStartSec', unit.type === 'oneshot' ? 'infinity' : '1min 30s'))],
        ['TimeoutStopUSec', spanOf(set('TimeoutStopSec', '1min 30s'))],
        ['RemainAfterExit', set('RemainAfterExit', 'no')],
        ['MainPID', String(unit.mainPid)],
        ['ControlPID', '0'],
        ['StatusText', unit.statusText],
        ['Result', unit.result],
        ['NRestarts', String(unit.restarts)],
        ['ExecMainPID', String(unit.mainPid || unit.lastMainPid)],
        ['ExecMainStatus', String(signalOrExit(unit))],
        ...['ExecStartPre', 'ExecStart', 'ExecStartPost', 'ExecReload', 'ExecStop', 'ExecStopPost'].flatMap(exec),
      ]
    : [];
  const resources: [string, string][] = /\.(service|slice|scope)$/.test(unit.name)
    ? [
        ['Slice', unit.slice],
        ['ControlGroup', unit.pids.length > 0 || unit.name.endsWith('.slice') ? unit.cgroup : ''],
        ['MemoryCurrent', await number('memory.current')],
        ['MemoryPeak', await number('memory.peak')],
        ['CPUUsageNSec', cpu === undefined ? '[not set]' : `${cpu}000`],
        ['TasksCurrent', await number('pids.current')],
        ['Delegate', set('Delegate', 'no')],
        ['CPUWeight', set('CPUWeight', '[not set]')],
        [
          'CPUQuotaPerSecUSec',
          quota === null ? 'infinity' : `${Math.round((Number(quota[1]) / Number(quota[2])) * 1000)}ms`,
        ],
        ['MemoryMin', set('MemoryMin', '0')],
        ['MemoryLow', set('MemoryLow', '0')],
        ['MemoryHigh', await number('memory.high')],
        ['MemoryMax', await number('memory.max')],
        ['TasksMax', await number('pids.max')],
        ['KillMode', set('KillMode', 'control-group')],
        ['KillSignal', '15'],
        ['OOMScoreAdjust', set('OOMScoreAdjust', '0')],
        ['LimitNOFILE', set('LimitNOFILE', '524288')],
        ['User', set('User')],
        ['Group', set('Group')],
        ['WorkingDirectory', set('WorkingDirectory')],
        ['Environment', set('Environment')],
        ['EnvironmentFiles', set('EnvironmentFile')],
      ]
    : [];
  const state = await enabledState(unit);
  return [
    ...service,
    ...resources,
    ['Id', unit.name],
    ['Names', unit.name],
    ['InvocationID', unit.invocation],
    ['Requires', names(d.requires)],
    ['Wants', names(d.wants)],
    ['BindsTo', names(d.bindsTo)],
    ['PartOf', names(d.partOf)],
    ['RequiredBy', names(r.requiredBy)],
    ['WantedBy', names(r.wantedBy)],
    ['BoundBy', names(r.boundBy)],
    ['ConsistsOf', names(r.consistsOf)],
    ['Conflicts', names(d.conflicts)],
    ['Before', names([...d.before, ...r.before])],
    ['After', names([...d.after, ...r.after])],
    ['Documentation', unit.docs.join(' ')],
    ['Description', unit.description],
    ['LoadState', unit.loadState],
    ['ActiveState', unit.activeState],
    ['SubState', unit.subState],
    ['FragmentPath', unit.path],
    ['DropInPaths', unit.dropIns.join(' ')],
    ['UnitFileState', unit.path === '' ? '' : state],
    ['UnitFilePreset', presetOf(state) === '-' ? '' : presetOf(state)],
    ['StateChangeTimestamp', time(unit.since)],
    ['ActiveEnterTimestamp', time(unit.activeSince)],
    ['InactiveEnterTimestamp', time(unit.inactiveSince)],
    ['NeedDaemonReload', unit.needsReload ? 'yes' : 'no'],
    ['Transient', unit.transient ? 'yes' : 'no'],
  ];
}

const unknown = (name: string): [string, string][] => [
  ['Id', unitName(name)],
  ['Names', unitName(name)],
  ['Description', unitName(name)],
  ['LoadState', 'not-found'],
  ['ActiveState', 'inactive'],
  ['SubState', 'dead'],
  ['MainPID', '0'],
  ['UnitFileState', ''],
  ['FragmentPath', ''],
];

/** Of the manager itself. */
async function managerProperties({ ctx, client }: Call): Promise<[string, string][]> {
  const units = await client.units(ctx);
  const failed = units.filter((u) => u.activeState === 'failed').length;
  return [
    ['Version', VERSION],
    ['Architecture', 'x86-64'],
    ['NNames', String(units.length)],
    ['NFailedUnits', String(failed)],
    ['NJobs', '0'],
    ['SystemState', failed > 0 ? 'degraded' : 'running'],
    ['DefaultTarget', 'multi-user.target'],
    ['ControlGroup', ''],
  ];
}

export const show: Verb = async (call) => {
  const { ctx, options, args, out } = call;
  const wanted = [...options.values('property'), ...options.values('P')].flatMap((v) => v.split(','));
  const valueOnly = options.has('value') || options.has('P');
  const print = async (all: readonly [string, string][]): Promise<void> => {
    for (const [key, value] of all) {
      if (wanted.length > 0 ? !wanted.includes(key) : value === '' && !options.has('all')) continue;
      await out.write(valueOnly ? `${value}\n` : `${key}=${value}\n`);
    }
  };
  if (args.length === 0) await print(await managerProperties(call));
  for (const [i, name] of args.entries()) {
    const unit = await getUnit(call, name);
    if (i > 0) await out.write('\n');
    await print(unit === null ? unknown(name) : await properties(ctx, unit));
  }
  return 0;
};
