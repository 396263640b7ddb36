/** `systemctl status`. @models systemd 257 src/systemctl/systemctl-show.c @fidelity partial: services only; Process: lines of past commands are missing */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { parseSignal, signalNumber } from '../../linux/signals.ts';
import type { Unit } from '../../protocols/systemd/client.ts';
import { controlGroupTree, cut } from './control-group-tree.ts';
import { belongsTo, type Entry, entryNs, JournalReader, shortLine } from './journal.ts';
import { bytesText, relativeText, spanText, timestampText } from './time-text.ts';

export type StatusOptions = { colour: boolean; lines: number; width: number };

const GREEN = '\x1b[0;1;32m';
const RED = '\x1b[0;1;31m';
const OFF = '\x1b[0m';

export async function tryRead(ctx: Context, path: string): Promise<string | null> {
  try {
    return await readFile(ctx, path);
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

export function stateColour(activeState: string): string {
  return activeState === 'failed' ? RED : activeState === 'active' || activeState === 'reloading' ? GREEN : '';
}

export function dot(unit: Unit, colour: boolean): string {
  const symbol = { failed: '×', inactive: '○' }[unit.activeState] ?? '●';
  const on = unit.loadState === 'masked' ? '' : stateColour(unit.activeState);
  return colour && on !== '' ? `${on}${symbol}${OFF}` : symbol;
}

/** A unit without [Install] cannot be enabled: systemd calls it static. */
export async function enabledState(unit: Unit): Promise<string> {
  return unit.enabledState === 'disabled' && unit.path !== '' && !unit.installable ? 'static' : unit.enabledState;
}

/** What Debian's preset says of a unit in this state. */
export function presetOf(state: string): string {
  return state === 'static' || state === 'transient' ? '-' : 'enabled';
}

/** Drop-ins by directory, in the order in which they are listed. */
function dropInsOf(unit: Unit): { directory: string; files: string[] }[] {
  const out = new Map<string, string[]>();
  for (const path of unit.dropIns) {
    const slash = path.lastIndexOf('/');
    const directory = path.slice(0, slash);
    out.set(directory, [...(out.get(directory) ?? []), path.slice(slash + 1)]);
  }
  return [...out].sort(([a], [b]) => (a < b ? 1 : -1)).map(([directory, files]) => ({ directory, files }));
}

/** What systemd calls the exit codes of its own, and the most common of all. */
const EXIT_NAMES: Record<number, string> = {
  0: 'SUCCESS',
  1: 'FAILURE',
  2: 'INVALIDARGUMENT',
  200: 'CHDIR',
  203: 'EXEC',
  205: 'LIMITS',
  209: 'STDOUT',
  216: 'GROUP',
  217: 'USER',
  233: 'RUNTIME_DIRECTORY',
};

export function exitText(code: number, signal: string | null): string {
  if (signal !== null) {
    const known = parseSignal(signal);
    return `code=killed, signal=${known === null ? signal : known.slice(3)}`;
  }
  const name = EXIT_NAMES[code];
  return `code=exited, status=${code}${name === undefined ? '' : `/${name}`}`;
}

export function signalOrExit(unit: Unit): number {
  const signal = unit.exitSignal === null ? null : parseSignal(unit.exitSignal);
  return signal === null ? unit.exitCode : signalNumber(signal);
}

export async function statusText(ctx: Context, unit: Unit, options: StatusOptions): Promise<string> {
  const { colour } = options;
  const enabled = await enabledState(unit);
  const on = colour ? stateColour(unit.activeState) : '';
  const off = on === '' ? '' : OFF;
  const row = (label: string, text: string): string => `${label.padStart(11)}: ${text}\n`;
  let out = `${dot(unit, colour)} ${unit.name}${unit.description !== unit.name && unit.description !== '' ? ` - ${unit.description}` : ''}\n`;
  if (unit.loadState === 'masked') out += row('Loaded', `masked (Reason: Unit ${unit.name} is masked.)`);
  else if (unit.path === '') out += row('Loaded', 'loaded');
  else {
    const preset = presetOf(enabled);
    out += row('Loaded', `loaded (${unit.path}; ${enabled}${preset === '-' ? '' : `; preset: ${preset}`})`);
  }
  if (unit.transient) out += row('Transient', 'yes');
  for (const [i, { directory, files }] of dropInsOf(unit).entries()) {
    out += i === 0 ? row('Drop-In', directory) : `             ${directory}\n`;
    out += `             └─${files.join(', ')}\n`;
  }
  const result =
    unit.result !== 'success' && (unit.activeState === 'failed' || unit.subState === 'auto-restart')
      ? ` (Result: ${unit.result})`
      : '';
  const since = BigInt(unit.since);
  const when = since === 0n ? '' : ` since ${timestampText(since)}; ${relativeText(ctx.wallTime - since)}`;
  out += row(
    'Active',
    `${on}${unit.activeState}${unit.subState === unit.activeState ? '' : ` (${unit.subState})`}${off}${result}${when}`,
  );
  const entries = await recentEntries(ctx, unit.name, options.lines);
  const isService = unit.name.endsWith('.service');
  const down =
    unit.mainPid === 0 && BigInt(unit.activeSince) > 0n && BigInt(unit.inactiveSince) > BigInt(unit.activeSince);
  if (down && isService)
    out += row('Duration', spanText(Number((BigInt(unit.inactiveSince) - BigInt(unit.activeSince)) / 1000n)));
  if (unit.invocation !== '') out += row('Invocation', unit.invocation);
  unit.docs.forEach((doc, i) => {
    out += i === 0 ? row('Docs', doc) : `             ${doc}\n`;
  });
  for (const exec of unit.execs)
    if (exec.ended)
      out += row('Process', `${exec.pid} ${exec.setting}=${exec.line} (${exitText(exec.exitCode, exec.signal)})`);
  if (unit.mainPid !== 0) {
    const comm = (await tryRead(ctx, `/proc/${unit.mainPid}/comm`))?.trim();
    out += row('Main PID', `${unit.mainPid}${comm === undefined ? '' : ` (${comm})`}`);
  } else if (unit.lastMainPid !== 0) {
    out += row('Main PID', `${unit.lastMainPid} (${exitText(unit.exitCode, unit.exitSignal)})`);
  }
  if (unit.statusText !== '') out += row('Status', `"${unit.statusText}"`);
  const grouped = unit.name.endsWith('.slice') && unit.cgroup !== '/';
  if (unit.pids.length > 0 || grouped) out += await resources(ctx, unit, row, options);
  if (entries.length > 0) {
    const { nodename } = await ctx.sys.uname(ctx);
    out += `\n${entries.map((e) => `${cut(shortLine(e, { style: 'short', hostname: nodename, colour, bootNs: 0n }), options.width)}\n`).join('')}`;
  }
  return out;
}

async function resources(
  ctx: Context,
  unit: Unit,
  row: (label: string, text: string) => string,
  options: StatusOptions,
): Promise<string> {
  const directory = `/sys/fs/cgroup${unit.cgroup}`;
  const number = async (file: string): Promise<number | null> => {
    const text = (await tryRead(ctx, `${directory}/${file}`))?.trim();
    return text === undefined || text === 'max' ? null : Number(text);
  };
  const tasks = (await number('pids.current')) ?? unit.tasks;
  const limit = await number('pids.max');
  const peak = await number('memory.peak');
  const usage = Number(/^usage_usec (\d+)/m.exec((await tryRead(ctx, `${directory}/cpu.stat`)) ?? '')?.[1] ?? 0);
  let out = row('Tasks', `${tasks}${limit === null ? '' : ` (limit: ${limit})`}`);
  const memory = (await number('memory.current')) ?? unit.memoryBytes;
  const marks: string[] = [];
  for (const [label, file] of [
    ['min', 'memory.min'],
    ['low', 'memory.low'],
    ['high', 'memory.high'],
    ['max', 'memory.max'],
  ] as const) {
    const value = await number(file);
    if (value !== null && value > 0) marks.push(`${label}: ${bytesText(value)}`);
  }
  if (peak !== null) marks.push(`peak: ${bytesText(peak)}`);
  out += row('Memory', `${bytesText(memory)}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}`);
  out += row('CPU', spanText(usage));
  out += row('CGroup', unit.cgroup);
  return out + (await controlGroupTree(ctx, unit.cgroup, { ...options, indent: ' '.repeat(13) }));
}

/** The last lines of a unit since it was last started. */
async function recentEntries(ctx: Context, unit: string, count: number): Promise<Entry[]> {
  if (count === 0) return [];
  const reader = new JournalReader();
  const kept: Entry[] = [];
  try {
    for (let entry = await reader.next(ctx); entry !== null; entry = await reader.next(ctx)) {
      if (!belongsTo(entry, unit)) continue;
      kept.push(entry);
      if (kept.length > count) kept.shift();
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  return kept.sort((a, b) => (entryNs(a) < entryNs(b) ? -1 : entryNs(a) > entryNs(b) ? 1 : 0));
}
