/** @models util-linux 2.41 misc-utils/lslocks.c @fidelity partial: locks of flock(2), which are all there are; no HOLDERS */
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import type { Invocation } from '../common/command.ts';
import { shortCommand } from '../common/short-command.ts';
import { renderJson, renderTable, type TableRow } from '../common/smart-table.ts';
import { sizeText } from './lsblk.ts';
import { readMounts } from './mount-table.ts';

const COLUMNS = ['COMMAND', 'PID', 'TYPE', 'SIZE', 'INODE', 'MAJ:MIN', 'MODE', 'M', 'START', 'END', 'PATH', 'BLOCKER'];
const DEFAULT = ['COMMAND', 'PID', 'TYPE', 'SIZE', 'MODE', 'M', 'START', 'END', 'PATH'];
const RIGHT = new Set(['PID', 'TYPE', 'SIZE', 'INODE', 'START', 'END', 'BLOCKER']);
const NUMERIC = new Set(['pid', 'inode', 'start', 'end', 'blocker']);

type Lock = { id: string; isWaiting: boolean; mode: string; pid: string; device: string; inode: number };

export const lslocks = shortCommand(
  {
    name: 'lslocks',
    version: 'util-linux) 2.41',
    usage: ['[options]'],
    about: '\nList the locks that processes hold on files, and who waits for them.',
    options: {
      'b,bytes': 'sizes in bytes',
      'H,list-columns': '',
      'J,json': 'JSON',
      'i,noinaccessible': 'not those whose file cannot be looked at',
      'n,noheadings': 'no headings',
      'o,output=LIST': 'which columns',
      'output-all': 'all columns',
      'p,pid=PID': 'locks of this process',
      'r,raw': 'raw output',
      'u,notruncate': 'do not cut columns',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    const pid = options.value('pid');
    if (pid !== undefined && !/^[+-]?\d+$/.test(pid)) {
      await call.complain(`invalid PID argument: '${pid}'`);
      return 1;
    }
    const asked = options.value('output')?.toUpperCase();
    const names = options.has('output-all')
      ? COLUMNS
      : (asked?.replace(/^\+/, `${DEFAULT.join(',')},`).split(',') ?? DEFAULT);
    const bad = names.find((name) => !COLUMNS.includes(name));
    if (bad !== undefined) {
      await call.complain(`unknown column: ${bad}`);
      return 1;
    }
    const locks = parse(await readFile(ctx, '/proc/locks'));
    const rows: TableRow[] = [];
    for (const lock of locks.toReversed()) {
      if (pid !== undefined && Number(lock.pid) !== Number(pid)) continue;
      const file = await fileOf(call, lock);
      if (file.path === null && options.has('noinaccessible')) continue;
      const blocker = lock.isWaiting ? locks.find(({ id, isWaiting }) => id === lock.id && !isWaiting) : undefined;
      const value: Record<string, string> = {
        COMMAND: (await text(call, `/proc/${lock.pid}/comm`)) ?? '(unknown)',
        PID: lock.pid,
        TYPE: 'FLOCK',
        SIZE: file.size === 0 ? '' : options.has('bytes') ? String(file.size) : sizeText(file.size),
        INODE: String(lock.inode),
        'MAJ:MIN': lock.device,
        MODE: `${lock.mode}${lock.isWaiting ? '*' : ''}`,
        M: options.has('json') ? 'false' : '0',
        START: '0',
        END: '0',
        PATH: file.path ?? (await whereMounted(call, lock)),
        BLOCKER: blocker?.pid ?? '',
      };
      rows.push({ cells: names.map((name) => value[name] as string), children: [] });
    }
    if (rows.length === 0) return 0;
    const columns = names.map((name) => ({ name, right: RIGHT.has(name) }));
    if (options.has('json')) await out.write(renderJson('locks', columns, rows, new Set([...NUMERIC, 'm'])));
    else
      await out.write(
        renderTable(columns, rows, {
          treeColumn: -1,
          headings: !options.has('noheadings'),
          raw: options.has('raw'),
        }),
      );
    return 0;
  },
);

function parse(table: string): Lock[] {
  const line = /^(\d+): +(-> )?FLOCK +\S+ +(READ|WRITE) +(\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /gm;
  return [...table.matchAll(line)].map(([, id = '', arrow, mode = '', pid = '', major = '', minor = '', inode]) => ({
    id,
    isWaiting: arrow !== undefined,
    mode,
    pid,
    device: `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`,
    inode: Number(inode),
  }));
}

async function text({ ctx }: Invocation, path: string): Promise<string | null> {
  try {
    return (await readFile(ctx, path)).trim();
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

/** Found among what the process has open; null if nobody may look there, or it is gone. */
async function fileOf({ ctx }: Invocation, lock: Lock): Promise<{ path: string | null; size: number }> {
  const directory = `/proc/${lock.pid}/fd`;
  try {
    for (const { name } of await ctx.sys.readDirectory(ctx, directory)) {
      const { ino, size, dev } = await ctx.sys.stat(ctx, `${directory}/${name}`);
      if (ino !== lock.inode || `${Math.floor(dev / 256)}:${dev % 256}` !== lock.device) continue;
      return { path: await ctx.sys.readlink(ctx, `${directory}/${name}`), size };
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  return { path: null, size: 0 };
}

async function whereMounted({ ctx }: Invocation, lock: Lock): Promise<string> {
  const mount = (await readMounts(ctx)).find(({ device }) => device === lock.device);
  return mount === undefined ? '' : `${mount.target}...`;
}
