/** @models util-linux 2.41 misc-utils/lsblk.c @fidelity partial: the columns below; disks and partitions only */
import { readFile } from '../../linux/io.ts';
import { shortCommand } from '../common/short-command.ts';
import { renderJson, renderTable, type TableColumn, type TableRow } from '../common/smart-table.ts';
import { readMounts } from './mount-table.ts';

const COLUMNS = ['NAME', 'MAJ:MIN', 'RM', 'SIZE', 'RO', 'TYPE', 'MOUNTPOINTS'];

type Device = { name: string; number: string; bytes: number; parts: Device[] };

/** From /proc/partitions: a name with another device's name in front of its number is a partition of it. */
function devices(text: string): Device[] {
  const all: Device[] = [];
  for (const line of text.split('\n').slice(2)) {
    const [major = '', minor = '', blocks = '', name = ''] = line.trim().split(/\s+/);
    if (name === '') continue;
    const device: Device = { name, number: `${major}:${minor}`, bytes: Number(blocks) * 1024, parts: [] };
    const whole = all.find((d) => name.startsWith(d.name) && /^p?\d+$/.test(name.slice(d.name.length)));
    (whole?.parts ?? all).push(device);
  }
  return all;
}

/** `40G`, `1.5M`: rounded to one digit, as lsblk has it. */
function sizeText(bytes: number): string {
  const letters = ['B', 'K', 'M', 'G', 'T'];
  let unit = 0;
  let value = bytes;
  while (value >= 1024 && unit < letters.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${(Math.round(value * 10) / 10).toString()}${letters[unit]}`;
}

export const lsblk = shortCommand(
  {
    name: 'lsblk',
    version: 'util-linux) 2.41',
    usage: ['[options] [<device> ...]'],
    about: '\nList block devices.',
    options: {
      'a,all': 'empty devices too',
      'b,bytes': 'sizes in bytes',
      'd,nodeps': 'no partitions',
      'J,json': 'JSON',
      'l,list': 'a list, not a tree',
      'n,noheadings': 'no headings',
      'o,output=LIST': 'which columns',
      'p,paths': 'whole paths of devices',
      'r,raw': 'raw output',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const names = (options.value('output')?.toUpperCase().split(',') ?? COLUMNS).map((n) =>
      n === 'MOUNTPOINT' ? 'MOUNTPOINTS' : n,
    );
    const bad = names.find((n) => ![...COLUMNS, 'FSTYPE'].includes(n));
    if (bad !== undefined) {
      await call.complain(`unknown column: ${bad}`);
      return 1;
    }
    const mounts = await readMounts(ctx);
    const value = (name: string, device: Device, whole: boolean): string => {
      const mounted = mounts.filter((m) => m.device === device.number && m.root === '/');
      switch (name) {
        case 'NAME':
          return options.has('paths') ? `/dev/${device.name}` : device.name;
        case 'MAJ:MIN':
          return device.number;
        case 'SIZE':
          return options.has('bytes') ? String(device.bytes) : sizeText(device.bytes);
        case 'TYPE':
          return whole ? 'disk' : 'part';
        case 'MOUNTPOINTS':
          return mounted.map((m) => m.target).at(0) ?? '';
        case 'FSTYPE':
          return mounted[0]?.type ?? '';
        default:
          return '0';
      }
    };
    const rowOf = (device: Device, whole: boolean): TableRow => ({
      cells: names.map((name) => value(name, device, whole)),
      children: options.has('nodeps') ? [] : device.parts.map((part) => rowOf(part, false)),
    });
    const wanted = operands.map((operand) => operand.replace(/^\/dev\//, ''));
    const all = devices(await readFile(ctx, '/proc/partitions'));
    const missing = wanted.find((name) => !all.some((d) => d.name === name || d.parts.some((p) => p.name === name)));
    if (missing !== undefined) {
      await call.complain(`${missing}: not a block device`);
      return 32;
    }
    const roots =
      wanted.length === 0
        ? all.map((device) => rowOf(device, true))
        : all.flatMap((device) => [
            ...(wanted.includes(device.name) ? [rowOf(device, true)] : []),
            ...device.parts.filter((part) => wanted.includes(part.name)).map((part) => rowOf(part, false)),
          ]);
    const columns: TableColumn[] = names.map((name) => ({
      name,
      ...(['MAJ:MIN', 'RM', 'SIZE', 'RO'].includes(name) ? { right: true } : {}),
    }));
    if (options.has('json')) {
      await out.write(renderJson('blockdevices', columns, roots, new Set()));
      return 0;
    }
    const tree = !options.has('list') && !options.has('raw');
    const flat = (rows: readonly TableRow[]): TableRow[] =>
      rows.flatMap((row) => [{ ...row, children: [] }, ...flat(row.children)]);
    await out.write(
      renderTable(columns, tree ? roots : flat(roots), {
        treeColumn: tree ? names.indexOf('NAME') : -1,
        headings: !options.has('noheadings'),
        raw: options.has('raw'),
      }),
    );
    return 0;
  },
);
