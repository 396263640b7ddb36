/**
 * The cgroups of slices, services and scopes, with what their files say about resources.
 * @models systemd 257 src/core/cgroup.c @fidelity partial: every controller is switched on everywhere
 */
import type { Context } from '../context.ts';
import { isErrno } from '../errno.ts';
import { exists, mkdirAll, readFile, writeFile } from '../io.ts';
import { kindOf, type Unit } from './unit.ts';
import { parseBytes, type UnitFile, valueOf } from './unit-file.ts';
import { cgroupOf, parentSlice, type UnitStore } from './unit-store.ts';

const CGROUPS = '/sys/fs/cgroup';
const CONTROLLERS = '+cpuset +cpu +io +memory +hugetlb +pids';
const CPU_PERIOD_US = 100_000;

type Resource = {
  setting: string;
  file: string;
  initial: string;
  text: (value: string, total: Totals) => string | null;
};
type Totals = { memoryBytes: number; pidsMax: number };
const NO_TOTALS: Totals = { memoryBytes: 0, pidsMax: 0 };

function share(value: string, total: number): string | null {
  if (value === 'infinity') return 'max';
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value);
  if (percent !== null) return String(Math.floor((total * Number(percent[1])) / 100));
  const bytes = parseBytes(value);
  return bytes === null ? null : String(bytes);
}

const memory = (value: string, { memoryBytes }: Totals): string | null => share(value, memoryBytes);

export const RESOURCES: readonly Resource[] = [
  {
    setting: 'CPUWeight',
    file: 'cpu.weight',
    initial: '100',
    text: (value) => (/^\d+$/.test(value) ? value : value === 'idle' ? '1' : null),
  },
  {
    setting: 'CPUQuota',
    file: 'cpu.max',
    initial: 'max 100000',
    text: (value) => {
      const percent = /^(\d+(?:\.\d+)?)%$/.exec(value);
      return percent === null ? null : `${Math.floor((CPU_PERIOD_US * Number(percent[1])) / 100)} ${CPU_PERIOD_US}`;
    },
  },
  { setting: 'AllowedCPUs', file: 'cpuset.cpus', initial: '', text: (value) => value.replace(/\s+/g, ',') },
  {
    setting: 'IOWeight',
    file: 'io.weight',
    initial: 'default 100',
    text: (value) => (/^\d+$/.test(value) ? `default ${value}` : null),
  },
  { setting: 'MemoryMin', file: 'memory.min', initial: '0', text: memory },
  { setting: 'MemoryLow', file: 'memory.low', initial: '0', text: memory },
  { setting: 'MemoryHigh', file: 'memory.high', initial: 'max', text: memory },
  { setting: 'MemoryMax', file: 'memory.max', initial: 'max', text: memory },
  { setting: 'MemorySwapMax', file: 'memory.swap.max', initial: 'max', text: memory },
  { setting: 'TasksMax', file: 'pids.max', initial: 'max', text: (value, { pidsMax }) => share(value, pidsMax) },
];

export function resourceSection(unit: Unit): string {
  const kind = kindOf(unit.name);
  return `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
}

/** Makes the unit's cgroup and every slice above it; returns its path in the file system. */
export async function makeCgroup(ctx: Context, store: UnitStore, unit: Unit): Promise<string> {
  const slices: string[] = [];
  for (let slice = parentSlice(unit); slice !== null && slice !== '-.slice'; ) {
    slices.unshift(slice);
    const dash = slice.lastIndexOf('-');
    slice = dash <= 0 ? null : `${slice.slice(0, dash)}.slice`;
  }
  let path = CGROUPS;
  for (const slice of slices) {
    path = `${path}/${slice}`;
    if (await exists(ctx, path)) continue;
    await mkdirAll(ctx, path);
    await writeFile(ctx, `${path}/cgroup.subtree_control`, CONTROLLERS);
    const known = store.find(slice);
    if (known !== null) await applyResources(ctx, known, path);
  }
  const own = `${CGROUPS}${cgroupOf(unit)}`;
  await mkdirAll(ctx, own);
  if (kindOf(unit.name) === 'slice' && unit.name !== '-.slice')
    await writeFile(ctx, `${own}/cgroup.subtree_control`, CONTROLLERS);
  await applyResources(ctx, unit, own);
  return own;
}

/** Writes what the unit's file says. */
export async function applyResources(
  ctx: Context,
  unit: Unit,
  path: string,
  file: UnitFile | null = unit.file,
): Promise<void> {
  if (file === null || unit.name === '-.slice') return;
  let total: Totals | null = null;
  for (const { setting, file: name, initial, text } of RESOURCES) {
    const value = valueOf(file, resourceSection(unit), setting);
    // The machine is asked only by those who count in parts of it.
    if (value?.includes('%') === true) total ??= await totals(ctx);
    let written = value === undefined ? null : text(value, total ?? NO_TOTALS);
    if (written === null) {
      // What a setting that is not there any more had said is taken back.
      if (!unit.applied.delete(setting)) continue;
      written = initial;
    } else unit.applied.add(setting);
    try {
      await writeFile(ctx, `${path}/${name}`, written);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
}

async function totals(ctx: Context): Promise<Totals> {
  const kB = /^MemTotal:\s+(\d+)/m.exec(await readFile(ctx, '/proc/meminfo'))?.[1] ?? '0';
  const threads = (await readFile(ctx, '/proc/sys/kernel/threads-max')).trim();
  return { memoryBytes: Number(kB) * 1024, pidsMax: Number(threads) };
}

export async function processesOf(ctx: Context, unit: Unit): Promise<number[]> {
  const path = cgroupOf(unit);
  if (path === '' || kindOf(unit.name) === 'slice') return [];
  return processesBelow(ctx, `${CGROUPS}${path}`);
}

/** Pids in a cgroup and everything below it. */
async function processesBelow(ctx: Context, path: string): Promise<number[]> {
  try {
    const pids = (await readFile(ctx, `${path}/cgroup.procs`))
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
    for (const entry of await ctx.sys.readDirectory(ctx, path))
      if (entry.type === 'directory') pids.push(...(await processesBelow(ctx, `${path}/${entry.name}`)));
    return pids;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENODEV')) return [];
    throw error;
  }
}

/** Removes the unit's cgroup if nothing is in it any more. */
export async function removeCgroup(ctx: Context, unit: Unit): Promise<void> {
  const path = cgroupOf(unit);
  if (path !== '' && path !== '/') await removeTree(ctx, `${CGROUPS}${path}`);
}

async function removeTree(ctx: Context, path: string): Promise<void> {
  try {
    for (const entry of await ctx.sys.readDirectory(ctx, path))
      if (entry.type === 'directory') await removeTree(ctx, `${path}/${entry.name}`);
    await ctx.sys.rmdir(ctx, path);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EBUSY')) throw error;
  }
}
