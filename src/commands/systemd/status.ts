/** `systemctl status`. @models systemd 257 src/systemctl/systemctl-show.c @fidelity partial: services only; Process: lines of past commands are missing */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { parseSignal, signalNumber } from '../../linux/signals.ts';
import { commandLine, readProcess } from '../common/processes.ts';
import type { Unit } from './client.ts';
import { belongsTo, type Entry, entryNs, JournalReader, shortLine } from './journal.ts';
import { bytesText, relativeText, spanText, timestampText } from './time-text.ts';

export type StatusOptions = { colour: boolean; lines: number; width: number };

const GREEN = '\x1b[0;1;32m';
const RED = '\x1b[0;1;31m';
const GREY = '\x1b[0;38:5:245m';
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
export async function enabledState(ctx: Context, unit: Unit): Promise<string> {
  if (unit.enabledState !== 'disabled' || unit.path === '') return unit.enabledState;
  const text = await tryRead(ctx, unit.path);
  return text !== null && !/^\[Install\]/m.test(text) ? 'static' : 'disabled';
}

export async function dropIns(ctx: Context, name: string): Promise<{ directory: string; files: string[] }[]> {
  const out: { directory: string; files: string[] }[] = [];
  for (const root of ['/usr/lib/systemd/system', '/run/systemd/system', '/etc/systemd/system']) {
    const directory = `${root}/${name}.d`;
    try {
      const files = (await ctx.sys.readDirectory(ctx, directory))
        .map((e) => e.name)
        .filter((n) => n.endsWith('.conf'))
        .sort();
      if (files.length > 0) out.push({ directory, files });
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  return out;
}

export function exitText(code: number, signal: string | null): string {
  if (signal !== null) {
    const known = parseSignal(signal);
    return `code=killed, signal=${known === null ? signal : known.slice(3)}`;
  }
  const name = { 0: 'SUCCESS', 1: 'FAILURE', 2: 'INVALIDARGUMENT', 203: 'EXEC', 200: 'CHDIR' }[code];
  return `code=exited, status=${code}${name === undefined ? '' : `/${name}`}`;
}

export function signalOrExit(unit: Unit): number {
  const signal = unit.exitSignal === null ? null : parseSignal(unit.exitSignal);
  return signal === null ? unit.exitCode : signalNumber(signal);
}

export async function statusText(ctx: Context, unit: Unit, options: StatusOptions): Promise<string> {
  const { colour } = options;
  const enabled = await enabledState(ctx, unit);
  const on = colour ? stateColour(unit.activeState) : '';
  const off = on === '' ? '' : OFF;
  const row = (label: string, text: string): string => `${label.padStart(11)}: ${text}\n`;
  let out = `${dot(unit, colour)} ${unit.name}${unit.description !== unit.name && unit.description !== '' ? ` - ${unit.description}` : ''}\n`;
  if (unit.loadState === 'masked') out += row('Loaded', `masked (Reason: Unit ${unit.name} is masked.)`);
  else out += row('Loaded', `loaded (${unit.path}; ${enabled}${enabled === 'static' ? '' : '; preset: enabled'})`);
  for (const { directory, files } of await dropIns(ctx, unit.name)) {
    out += row('Drop-In', directory);
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
  if (unit.mainPid !== 0) {
    const invocation = /(?:^|\0)INVOCATION_ID=([0-9a-f]{32})/.exec(
      (await tryRead(ctx, `/proc/${unit.mainPid}/environ`)) ?? '',
    )?.[1];
    if (invocation !== undefined) out += row('Invocation', invocation);
  }
  unit.docs.forEach((doc, i) => {
    out += i === 0 ? row('Docs', doc) : `             ${doc}\n`;
  });
  if (unit.mainPid !== 0) {
    const comm = (await tryRead(ctx, `/proc/${unit.mainPid}/comm`))?.trim();
    out += row('Main PID', `${unit.mainPid}${comm === undefined ? '' : ` (${comm})`}`);
  } else if (unit.activeState === 'failed' || unit.subState === 'auto-restart') {
    out += row('Main PID', `(${exitText(unit.exitCode, unit.exitSignal)})`);
  }
  if (unit.pids.length > 0) out += await resources(ctx, unit, row, options);
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
  out += row('Memory', `${bytesText(unit.memoryBytes)}${peak === null ? '' : ` (peak: ${bytesText(peak)})`}`);
  out += row('CPU', spanText(usage));
  out += row('CGroup', unit.cgroup);
  const pids = [...unit.pids].sort((a, b) => a - b);
  const width = String(pids.at(-1) ?? '').length;
  for (const [i, pid] of pids.entries()) {
    const process = await readProcess(ctx, pid);
    const line = `             ${i === pids.length - 1 ? '└─' : '├─'}${String(pid).padStart(width)} ${process === null ? 'n/a' : commandLine(process)}`;
    const shown = cut(line, options.width);
    out += options.colour ? `             ${GREY}${shown.slice(13)}${OFF}\n` : `${shown}\n`;
  }
  return out;
}

function cut(line: string, width: number): string {
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
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
