/** losetup, blockdev and blkdiscard. @models util-linux 2.41 sys-utils/{losetup,blkdiscard}.c, disk-utils/blockdev.c @fidelity partial: whole files; of blockdev the sizes and what is read-only */

import { attachLoop, freeLoop } from '../../linux/block/loop.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { shortCommand } from '../common/short-command.ts';
import { renderTable } from '../common/smart-table.ts';

const VERSION = 'util-linux) 2.41';

type Loop = { device: string; path: string; readOnly: boolean; autoClear: boolean; place: string };

async function loops(ctx: Context): Promise<Loop[]> {
  const { sys } = ctx;
  const found: Loop[] = [];
  for (const { name } of await sys.readDirectory(ctx, '/sys/block')) {
    if (!name.startsWith('loop')) continue;
    const device = `/dev/${name}`;
    try {
      const fd = await sys.open(ctx, device, { read: true });
      try {
        const status = await sys.loopStatus(ctx, fd);
        const { dev, ino } = await sys.stat(ctx, status.path);
        found.push({ device, ...status, place: `[${String(dev).padStart(4, '0')}]:${ino}` });
      } finally {
        await sys.close(ctx, fd);
      }
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  return found.sort((a, b) => Number(a.device.slice(9)) - Number(b.device.slice(9)));
}

export const losetup = shortCommand(
  {
    name: 'losetup',
    version: VERSION,
    usage: ['[options] [<loopdev>]', '[options] -f | <loopdev> <file>'],
    about: '\nSet up and control loop devices.',
    options: {
      'a,all': 'list all that are in use',
      'l,list': 'as a table',
      'f,find': 'find the first that is free',
      'j,associated=FILE': 'list those of FILE',
      'd,detach': 'detach one or more',
      'D,detach-all': 'detach all that are in use',
      'n,noheadings': 'no headings',
      'P,partscan': '',
      'r,read-only': 'read-only',
      show: 'print the name of the device (with -f FILE)',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const { sys } = ctx;
    const detach = async (device: string): Promise<boolean> => {
      try {
        const fd = await sys.open(ctx, device, { read: true });
        try {
          await sys.loopDetach(ctx, fd);
        } finally {
          await sys.close(ctx, fd);
        }
        return true;
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`${device}: detach failed: ${error.libc}`);
        return false;
      }
    };
    if (options.has('detach') || options.has('detach-all')) {
      const wanted = options.has('detach-all') ? (await loops(ctx)).map(({ device }) => device) : operands;
      let status = 0;
      for (const device of wanted) if (!(await detach(device))) status = 1;
      return status;
    }
    const file = options.has('find') ? operands[0] : operands[1];
    if (options.has('find') || file !== undefined) {
      try {
        const device = options.has('find') ? await freeLoop(ctx) : (operands[0] as string);
        if (file === undefined) {
          await out.write(`${device}\n`);
          return 0;
        }
        const { held } = await attachLoop(ctx, device, file, { readOnly: options.has('read-only') });
        await sys.close(ctx, held);
        if (options.has('show')) await out.write(`${device}\n`);
        return 0;
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(
          file === undefined
            ? `cannot find an unused loop device: ${error.libc}`
            : `${file}: failed to set up loop device: ${error.libc}`,
        );
        return 1;
      }
    }
    const associated = options.value('associated');
    const all = (await loops(ctx)).filter(
      ({ device, path }) =>
        (associated === undefined || path === associated) && (operands.length === 0 || operands.includes(device)),
    );
    if (options.has('all') || associated !== undefined || operands.length > 0) {
      for (const { device, place, path } of all) await out.write(`${device}: ${place} (${path})\n`);
      return 0;
    }
    if (all.length === 0) return 0;
    const right = ['SIZELIMIT', 'OFFSET', 'AUTOCLEAR', 'RO', 'DIO', 'LOG-SEC'];
    const columns = ['NAME', 'SIZELIMIT', 'OFFSET', 'AUTOCLEAR', 'RO', 'BACK-FILE', 'DIO', 'LOG-SEC'].map((name) => ({
      name,
      ...(right.includes(name) ? { right: true } : {}),
    }));
    const flag = (on: boolean): string => (on ? '1' : '0');
    const rows = all.map(({ device, autoClear, readOnly, path }) => ({
      cells: [device, '0', '0', flag(autoClear), flag(readOnly), path, '0', '512'],
      children: [],
    }));
    await out.write(renderTable(columns, rows, { treeColumn: -1, headings: !options.has('noheadings') }));
    return 0;
  },
);

/** What is asked of each device, in the order of the words. */
const QUERIES: Readonly<Record<string, (size: number, readOnly: boolean) => number>> = {
  '--getsize64': (size) => size,
  '--getsz': (size) => Math.floor(size / 512),
  '--getsize': (size) => Math.floor(size / 512),
  '--getss': () => 512,
  '--getbsz': () => 4096,
  '--getpbsz': () => 512,
  '--getro': (_size, readOnly) => (readOnly ? 1 : 0),
};

export const blockdev = shortCommand(
  {
    name: 'blockdev',
    version: VERSION,
    usage: ['[-v|-q] commands devices'],
    about: '\nAsk a block device.',
    options: {
      q: 'quiet',
      v: 'say what is asked',
      getsize64: 'size in bytes',
      getsz: 'size in sectors of 512 bytes',
      getsize: '',
      getss: 'bytes of a logical sector',
      getbsz: 'bytes of a block',
      getpbsz: 'bytes of a physical sector',
      getro: 'whether it is read-only',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const { sys } = ctx;
    let status = 0;
    for (const device of operands) {
      try {
        const fd = await sys.open(ctx, device, { read: true });
        const size = await sys.seek(ctx, fd, 0, 'end');
        await sys.close(ctx, fd);
        const { type, rdev } = await sys.stat(ctx, device);
        if (type !== 'block') {
          await call.complain(`ioctl error on BLKGETSIZE64: Inappropriate ioctl for device`);
          return 1;
        }
        const readOnly = (await readOnlyFlag(ctx, rdev)) === '1';
        for (const [word, answer] of Object.entries(QUERIES))
          if (options.has(word.slice(2))) await out.write(`${answer(size, readOnly)}\n`);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`cannot open ${device}: ${error.libc}`);
        status = 1;
      }
    }
    return status;
  },
);

export const blkdiscard = shortCommand(
  {
    name: 'blkdiscard',
    version: VERSION,
    usage: ['[options] <device>'],
    about: '\nDiscard what is on a device.',
    options: { 'f,force': 'even if something is on it', 's,secure': '', 'z,zeroout': '', 'v,verbose': '' },
  },
  async (call) => {
    const { ctx, operands } = call;
    const [device] = operands;
    if (device === undefined) {
      await call.complain('no device specified');
      return 1;
    }
    try {
      const fd = await ctx.sys.open(ctx, device, { read: true, write: true });
      try {
        await ctx.sys.blockDiscard(ctx, fd);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`${device}: BLKDISCARD ioctl failed: ${error.libc}`);
        return 1;
      } finally {
        await ctx.sys.close(ctx, fd);
      }
      return 0;
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(`cannot open ${device}: ${error.libc}`);
      return 1;
    }
  },
);

async function readOnlyFlag(ctx: Context, rdev: readonly [number, number]): Promise<string> {
  const { sys } = ctx;
  const read = async (path: string): Promise<string> => {
    const fd = await sys.open(ctx, path, { read: true });
    try {
      return new TextDecoder().decode(await sys.read(ctx, fd)).trim();
    } finally {
      await sys.close(ctx, fd);
    }
  };
  for (const { name } of await sys.readDirectory(ctx, '/sys/block'))
    if ((await read(`/sys/block/${name}/dev`)) === rdev.join(':')) return read(`/sys/block/${name}/ro`);
  return '0';
}
