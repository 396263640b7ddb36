/** @models util-linux 2.41 misc-utils/findmnt.c @fidelity partial: the kernel's table only; no polling, no --verify */
import { isErrno } from '../../linux/errno.ts';
import { Exit } from '../common/command.ts';
import { shortCommand } from '../common/short-command.ts';
import { humanSize } from '../common/sizes.ts';
import { renderJson, renderTable, type TableColumn, type TableRow } from '../common/smart-table.ts';
import { isTerminal } from '../common/streams.ts';
import { allOptions, type MountEntry, normalise, readMounts, sourceText } from './mount-table.ts';

const SIZES = ['SIZE', 'USED', 'AVAIL', 'USE%'];
const PLAIN: Record<string, (m: MountEntry) => string> = {
  TARGET: (m) => m.target,
  SOURCE: sourceText,
  FSTYPE: (m) => m.type,
  OPTIONS: allOptions,
  'VFS-OPTIONS': (m) => m.mountOptions,
  'FS-OPTIONS': (m) => m.superOptions,
  PROPAGATION: (m) => m.propagation,
  'MAJ:MIN': (m) => m.device,
  ID: (m) => String(m.id),
  PARENT: (m) => String(m.parent),
  FSROOT: (m) => m.root,
  LABEL: () => '',
  UUID: () => '',
  PARTLABEL: () => '',
  PARTUUID: () => '',
  SOURCES: sourceText,
};
const RIGHT = new Set([...SIZES, 'ID', 'PARENT']);

export const findmnt = shortCommand(
  {
    name: 'findmnt',
    version: 'util-linux) 2.41',
    usage: [
      '[options]',
      '[options] <device> | <mountpoint>',
      '[options] <device> <mountpoint>',
      '[options] [--source <device>] [--target <path> | --mountpoint <dir>]',
    ],
    about: '\nFind a (mounted) filesystem.',
    options: {
      'a,ascii': '',
      'D,df': 'columns like those of df',
      'f,first-only': 'only the first one found',
      'J,json': 'JSON',
      'k,kernel[=METHOD]': '',
      'l,list': 'a list, not a tree',
      'n,noheadings': 'no headings',
      'N,task=PID': 'the mounts of another process',
      'o,output=LIST': 'which columns',
      'output-all': 'all columns',
      'P,pairs': 'KEY="value" pairs',
      'r,raw': 'raw output',
      'R,submounts': 'what is mounted below the found ones too',
      'S,source=STRING': 'the device',
      'T,target=PATH': 'the filesystem that PATH is on',
      'M,mountpoint=DIR': 'the mount point',
      't,types=LIST': 'only these types',
      'O,options=LIST': 'only with these options',
      'u,notruncate': 'do not cut columns',
      'v,nofsroot': 'no [/dir] for bind mounts',
      i: 'the others',
      invert: '',
      'b,bytes': 'sizes in bytes',
      'U,uniq': '',
      'p,poll[=LIST]': '',
      real: 'only real filesystems',
      pseudo: 'only pseudo-filesystems',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const task = options.value('task');
    const all = await readMounts(ctx, task === undefined ? undefined : `/proc/${task}/mountinfo`);
    const names = options.has('output-all')
      ? Object.keys(PLAIN)
      : (options.value('output')?.toUpperCase().split(',') ??
        (options.has('df')
          ? ['SOURCE', 'FSTYPE', 'SIZE', 'USED', 'AVAIL', 'USE%', 'TARGET']
          : ['TARGET', 'SOURCE', 'FSTYPE', 'OPTIONS']));
    for (const name of names) {
      if (Object.hasOwn(PLAIN, name) || SIZES.includes(name)) continue;
      await call.complain(`unknown column: ${name.toLowerCase()}`);
      throw new Exit(1);
    }
    const cwd = await ctx.sys.getcwd(ctx);
    const byPath = (path: string): MountEntry[] => all.filter((m) => m.target === normalise(path, cwd)).slice(-1);
    let chosen: MountEntry[] | null = null;
    const within = (list: MountEntry[]): void => {
      chosen = chosen === null ? list : chosen.filter((m) => list.includes(m));
    };
    const [first, second] = operands;
    if (first !== undefined) {
      const bySource = all.filter((m) => m.source === first);
      within(second !== undefined || byPath(first).length === 0 ? bySource : byPath(first));
    }
    if (second !== undefined) within(byPath(second));
    const mountpoint = options.value('mountpoint');
    if (mountpoint !== undefined) within(byPath(mountpoint));
    const source = options.value('source');
    if (source !== undefined) within(all.filter((m) => m.source === source || sourceText(m) === source));
    const target = options.value('target');
    if (target !== undefined) {
      let at = normalise(target, cwd);
      while (byPath(at).length === 0 && at !== '/') at = at.slice(0, at.lastIndexOf('/')) || '/';
      within(byPath(at));
    }
    const types = options.value('types')?.split(',');
    if (types !== undefined)
      within(all.filter((m) => (types[0]?.startsWith('no') ? !types.includes(`no${m.type}`) : types.includes(m.type))));
    const withOptions = options.value('options')?.split(',');
    if (withOptions !== undefined)
      within(
        all.filter((m) =>
          withOptions.every((o) =>
            o.startsWith('no') && !allOptions(m).split(',').includes(o)
              ? !allOptions(m).split(',').includes(o.slice(2))
              : allOptions(m).split(',').includes(o),
          ),
        ),
      );
    if (options.has('real')) within(all.filter((m) => m.source.startsWith('/dev/') || m.type === 'overlay'));
    if (options.has('pseudo')) within(all.filter((m) => !m.source.startsWith('/dev/')));
    if (options.has('df') && chosen === null)
      within(
        all.filter(
          (m) =>
            !['proc', 'sysfs', 'cgroup2', 'devpts', 'mqueue', 'nsfs', 'securityfs', 'bpf', 'debugfs'].includes(m.type),
        ),
      );
    const filtered = chosen !== null;
    let list: MountEntry[] = chosen ?? all;
    if (options.has('first-only')) list = list.slice(0, 1);
    if (options.has('submounts'))
      list = all.filter(
        (m) => list.includes(m) || list.some((top) => m.target.startsWith(top.target === '/' ? '/' : `${top.target}/`)),
      );
    if (list.length === 0) return 1;

    const cells = async (m: MountEntry): Promise<string[]> => {
      const sizes = new Map<string, string>();
      if (names.some((n) => SIZES.includes(n))) {
        try {
          const fs = await ctx.sys.statfs(ctx, m.target);
          const total = fs.blocks * fs.blockSize;
          const used = (fs.blocks - fs.blocksFree) * fs.blockSize;
          const show = (bytes: number): string =>
            options.has('bytes') ? String(bytes) : humanSize(bytes).replace(/\.0(?=\D)/, '');
          if (total > 0 || options.has('df'))
            sizes
              .set('SIZE', show(total))
              .set('USED', show(used))
              .set('AVAIL', show(total - used))
              .set('USE%', total === 0 ? '-' : `${Math.round((used / total) * 100)}%`);
        } catch (error) {
          if (!isErrno(error)) throw error;
        }
      }
      return names.map((n) =>
        n === 'SOURCE' && options.has('nofsroot') ? m.source : (PLAIN[n]?.(m) ?? sizes.get(n) ?? ''),
      );
    };
    const rows = new Map<number, TableRow>();
    for (const m of list) rows.set(m.id, { cells: await cells(m), children: [] });
    const tree =
      !options.has('list') &&
      !options.has('raw') &&
      !options.has('pairs') &&
      !options.has('df') &&
      (!filtered || options.has('submounts'));
    const roots: TableRow[] = [];
    for (const m of list) {
      const row = rows.get(m.id) as TableRow;
      const parent = tree && m.parent !== m.id ? rows.get(m.parent) : undefined;
      (parent?.children ?? roots).push(row);
    }
    const columns: TableColumn[] = names.map((name) => ({ name, ...(RIGHT.has(name) ? { right: true } : {}) }));
    if (options.has('json')) await out.write(renderJson('filesystems', columns, roots, new Set(['id', 'parent'])));
    else {
      const width =
        (await isTerminal(ctx, 1)) && !options.has('notruncate')
          ? { widthMax: (await ctx.sys.getWindowSize(ctx, 1)).columns }
          : {};
      await out.write(
        renderTable(columns, roots, {
          treeColumn: tree ? names.indexOf('TARGET') : -1,
          headings: !options.has('noheadings'),
          raw: options.has('raw'),
          pairs: options.has('pairs'),
          ...width,
        }),
      );
    }
    return 0;
  },
);
