/** @models util-linux 2.41 sys-utils/lsns.c @fidelity partial: namespaces with processes only; no --persistent, no ownership tree */
import { isErrno } from '../../linux/errno.ts';
import { Exit } from '../common/command.ts';
import { commandLine, type ProcessInfo, readProcesses } from '../common/processes.ts';
import { shortCommand } from '../common/short-command.ts';
import { renderJson, renderTable, type TableColumn, type TableRow } from '../common/smart-table.ts';
import { isTerminal } from '../common/streams.ts';
import { nameTables } from '../common/users.ts';
import { readMounts } from './mount-table.ts';

const TYPES = ['mnt', 'net', 'ipc', 'user', 'pid', 'uts', 'cgroup', 'time'];
const RIGHT = new Set(['NS', 'NPROCS', 'PID', 'PPID', 'UID', 'NETNSID', 'PNS', 'ONS']);
const NUMERIC = new Set(['ns', 'nprocs', 'pid', 'ppid', 'uid']);

type Namespace = { id: number; type: string; processes: ProcessInfo[] };

export const lsns = shortCommand(
  {
    name: 'lsns',
    version: 'util-linux) 2.41',
    usage: ['[options] [<namespace>]'],
    about: '\nList the namespaces of the system.',
    options: {
      'J,json': 'JSON',
      'l,list': 'a list, not a tree',
      'n,noheadings': 'no headings',
      'o,output=LIST': 'which columns',
      'output-all': 'all columns',
      'P,persistent': '',
      'p,task=PID': "a process's namespaces",
      'r,raw': 'raw output',
      'u,notruncate': 'do not cut columns',
      'W,nowrap': '',
      't,type=NAME': 'the type (mnt, net, ipc, user, pid, uts, cgroup, time)',
      'T,tree[=REL]': 'a tree',
      'H,list-columns': '',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const wantedTypes = options.values('type');
    for (const type of wantedTypes) {
      if (TYPES.includes(type)) continue;
      await call.complain(`unknown namespace type: ${type}`);
      throw new Exit(1);
    }
    const processes = await readProcesses(ctx);
    const spaces = new Map<string, Namespace>();
    for (const process of processes) {
      for (const type of TYPES) {
        let link: string;
        try {
          link = await ctx.sys.readlink(ctx, `/proc/${process.pid}/ns/${type}`);
        } catch (error) {
          if (isErrno(error)) continue;
          throw error;
        }
        const id = Number(/\[(\d+)\]/.exec(link)?.[1]);
        const space = spaces.get(link);
        if (space === undefined) spaces.set(link, { id, type, processes: [process] });
        else space.processes.push(process);
      }
    }
    const task = options.value('task');
    const [wanted] = operands;
    const list = [...spaces.values()]
      .filter(
        (s) =>
          (wantedTypes.length === 0 || wantedTypes.includes(s.type)) &&
          (task === undefined || s.processes.some((p) => p.pid === Number(task))) &&
          (wanted === undefined || s.id === Number(wanted)),
      )
      .sort((a, b) => a.id - b.id);
    if (wanted !== undefined && list.length === 0) {
      await call.complain(`not found namespace: ${wanted}`);
      return 1;
    }
    const netOnly = wantedTypes.length === 1 && wantedTypes[0] === 'net';
    const defaults =
      wanted !== undefined
        ? ['PID', 'PPID', 'USER', 'COMMAND']
        : netOnly
          ? ['NS', 'TYPE', 'NPROCS', 'PID', 'USER', 'NETNSID', 'NSFS', 'COMMAND']
          : ['NS', 'TYPE', 'NPROCS', 'PID', 'USER', 'COMMAND'];
    const names = options.has('output-all')
      ? ['NS', 'TYPE', 'PATH', 'NPROCS', 'PID', 'PPID', 'COMMAND', 'UID', 'USER', 'NETNSID', 'NSFS']
      : (options
          .value('output')
          ?.toUpperCase()
          .replace(/^\+/, `${defaults.join(',')},`)
          .split(',') ?? defaults);
    const { user } = await nameTables(ctx);
    const nsfs = (await readMounts(ctx)).filter((m) => m.type === 'nsfs');
    const value = (name: string, space: Namespace, p: ProcessInfo): string | null => {
      switch (name) {
        case 'NS':
          return String(space.id);
        case 'TYPE':
          return space.type;
        case 'PATH':
          return `/proc/${p.pid}/ns/${space.type}`;
        case 'NPROCS':
          return String(space.processes.length);
        case 'PID':
          return String(p.pid);
        case 'PPID':
          return String(p.ppid);
        case 'COMMAND':
          return commandLine(p);
        case 'UID':
          return String(p.euid);
        case 'USER':
          return user(p.euid);
        case 'NETNSID':
          return space.type === 'net' ? 'unassigned' : '';
        case 'NSFS':
          return nsfs
            .filter((m) => m.root === `${space.type}:[${space.id}]`)
            .map((m) => m.target)
            .join(' ');
        default:
          return null;
      }
    };
    const bad = names.find((n) => value(n, { id: 0, type: '', processes: [] }, processes[0] as ProcessInfo) === null);
    if (bad !== undefined) {
      await call.complain(`unknown column: ${bad.toLowerCase()}`);
      return 1;
    }
    // A line hangs below the last line of its process's parent.
    const lines = new Map<number, TableRow>();
    const tree = !options.has('list') && !options.has('raw');
    const roots: TableRow[] = [];
    const rows: [Namespace, ProcessInfo][] =
      wanted === undefined
        ? list.map((s) => [s, s.processes[0] as ProcessInfo])
        : list.flatMap((s) => s.processes.map((p): [Namespace, ProcessInfo] => [s, p]));
    for (const [space, p] of rows) {
      const row: TableRow = { cells: names.map((n) => value(n, space, p) ?? ''), children: [] };
      ((tree ? lines.get(p.ppid) : undefined)?.children ?? roots).push(row);
      lines.set(p.pid, row);
    }
    const columns: TableColumn[] = names.map((name) => ({ name, ...(RIGHT.has(name) ? { right: true } : {}) }));
    if (options.has('json')) {
      await out.write(renderJson('namespaces', columns, roots, NUMERIC));
      return 0;
    }
    const width =
      (await isTerminal(ctx, 1)) && !options.has('notruncate')
        ? { widthMax: (await ctx.sys.getWindowSize(ctx, 1)).columns }
        : {};
    // The first column is ten wide even for shorter numbers.
    if (names[0] === 'NS' && !options.has('raw'))
      for (const row of [...lines.values(), ...roots])
        (row.cells as string[])[0] = (row.cells[0] as string).padStart(10);
    await out.write(
      renderTable(columns, roots, {
        treeColumn: tree ? names.indexOf('COMMAND') : -1,
        headings: !options.has('noheadings'),
        raw: options.has('raw'),
        ...width,
      }),
    );
    return 0;
  },
);
