/** A cgroup with its processes and everything below it. @models systemd 257 src/shared/cgroup-show.c */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { commandLine, readProcess } from '../common/processes.ts';

const CGROUPS = '/sys/fs/cgroup';
const GREY = '\x1b[0;38:5:245m';
const OFF = '\x1b[0m';

export type TreeOptions = { indent: string; width: number; colour: boolean; all?: boolean };

export function cut(line: string, width: number): string {
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
}

/** Lines below a cgroup (its own name is the caller's); '' if there is nothing in it. */
export async function controlGroupTree(ctx: Context, path: string, options: TreeOptions): Promise<string> {
  const directory = `${CGROUPS}${path === '/' ? '' : path}`;
  const pids = await processesIn(ctx, directory);
  const groups: string[] = [];
  for (const name of await groupsIn(ctx, directory))
    if (options.all || (await populated(ctx, `${directory}/${name}`))) groups.push(name);
  const width = String(pids.at(-1) ?? '').length;
  let out = '';
  for (const [i, pid] of pids.entries()) {
    const process = await readProcess(ctx, pid);
    const branch = i === pids.length - 1 && groups.length === 0 ? '└─' : '├─';
    const text = `${branch}${String(pid).padStart(width)} ${process === null ? 'n/a' : commandLine(process)}`;
    const shown = cut(text, options.width - options.indent.length);
    out += `${options.indent}${options.colour ? `${GREY}${shown}${OFF}` : shown}\n`;
  }
  for (const [i, name] of groups.entries()) {
    const last = i === groups.length - 1;
    out += `${options.indent}${last ? '└─' : '├─'}${name}\n`;
    out += await controlGroupTree(ctx, `${path === '/' ? '' : path}/${name}`, {
      ...options,
      indent: `${options.indent}${last ? '  ' : '│ '}`,
    });
  }
  return out;
}

async function processesIn(ctx: Context, directory: string): Promise<number[]> {
  try {
    return (await readFile(ctx, `${directory}/cgroup.procs`))
      .split('\n')
      .filter((line) => line !== '' && line !== '0')
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    if (isErrno(error)) return [];
    throw error;
  }
}

export async function groupsIn(ctx: Context, directory: string): Promise<string[]> {
  return (await ctx.sys.readDirectory(ctx, directory)).filter((e) => e.type === 'directory').map((e) => e.name);
}

async function populated(ctx: Context, directory: string): Promise<boolean> {
  return /^populated 1/m.test(await readFile(ctx, `${directory}/cgroup.events`));
}
