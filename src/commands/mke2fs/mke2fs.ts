/** mke2fs and mkfs.ext4: an empty filesystem onto a device or into a file. @models e2fsprogs 1.47.2 misc/mke2fs.c @fidelity partial: ext4 with the defaults; options that say how it is laid out are taken and change nothing */

import { ext4Inodes, ext4Journal, ext4Tables, newExt4 } from '../../linux/block/ext4.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { shortCommand } from '../common/short-command.ts';

const BLOCK = 4096;
const GROUP_BLOCKS = 32_768;
/** Where a device is smaller its blocks are of 1 KiB, which is not simulated. */
const SMALL_BYTES = 512 << 20;

/** Copies of the superblock lie in groups 1 and the powers of 3, 5 and 7. */
function backups(blocks: number): number[] {
  const groups = Math.ceil(blocks / GROUP_BLOCKS);
  const chosen = new Set<number>();
  for (const base of [3, 5, 7]) for (let group = 1; group < groups; group *= base) chosen.add(group);
  return [...chosen].sort((a, b) => a - b).map((group) => group * GROUP_BLOCKS);
}

/** Lines of at most eighty columns, as mke2fs breaks them. */
function backupLines(numbers: readonly number[]): string {
  let text = '';
  let column = 8;
  numbers.forEach((number, i) => {
    if (i > 0) {
      text += ', ';
      column += 2;
    }
    const width = String(number).length;
    if (column + width > 72) {
      text += '\n\t';
      column = 8;
    }
    text += number;
    column += width;
  });
  return text;
}

function makeProgram(name: string): Program {
  return shortCommand(
    {
      name,
      version: 'e2fsprogs) 1.47.2',
      usage: [
        '[-b block-size] [-i bytes-per-inode] [-L volume-label] [-E extended-option[,...]] [-O feature[,...]] [-FnqV] device',
      ],
      about: '\nMake an ext4 filesystem.',
      options: {
        'b=SIZE': '',
        'i=BYTES': '',
        'I=BYTES': '',
        'm=PERCENT': '',
        'N=COUNT': '',
        'L=LABEL': '',
        'E=OPTIONS': '',
        'O=FEATURES': '',
        't=TYPE': '',
        'T=USAGE': '',
        'U=UUID': '',
        F: 'whatever is there',
        n: 'do not do it',
        q: 'say nothing',
        j: '',
        v: '',
      },
    },
    async (call) => {
      const { ctx, options, operands, out } = call;
      const { sys } = ctx;
      const [device] = operands;
      const type = options.value('t') ?? 'ext4';
      if (type !== 'ext4') {
        await call.complain(`not simulated: a filesystem of type ${type}`);
        return 1;
      }
      if (device === undefined) {
        await call.complain('a device is missing');
        return 1;
      }
      const quiet = options.has('q');
      if (!quiet) {
        await out.flush();
        await sys.write(ctx, 2, 'mke2fs 1.47.2 (1-Jan-2025)\n');
      }
      try {
        const fd = await sys.open(ctx, device, { read: true, write: true });
        try {
          const size = Math.floor((await sys.seek(ctx, fd, 0, 'end')) / BLOCK) * BLOCK;
          if (size === 0) {
            await call.complain(
              `Device size reported to be zero.  Invalid partition specified, or\n\tpartition table wasn't reread after running fdisk, due to\n\ta modified partition being busy and in use.  You may need to reboot\n\tto re-read your partition table.\n`,
            );
            return 1;
          }
          if (size < SMALL_BYTES) {
            await call.complain('not simulated: a filesystem smaller than 512 MiB');
            return 1;
          }
          const uuid = options.value('U') ?? (await readFile(ctx, '/proc/sys/kernel/random/uuid')).trim();
          const extended = (options.value('E') ?? '').split(',');
          const writesTables = extended.includes('lazy_itable_init=0');
          const blocks = size / BLOCK;
          const journal = ext4Journal(size);
          const pause = quiet ? '' : 'done                            \n';
          if (!quiet) {
            const isRegular = (await sys.stat(ctx, device)).type === 'file';
            if (!extended.includes('nodiscard') && isRegular) await out.write(`Discarding device blocks: ${pause}`);
            await out.write(
              `Creating filesystem with ${blocks} 4k blocks and ${ext4Inodes(size)} inodes\nFilesystem UUID: ${uuid}\nSuperblock backups stored on blocks: \n\t${backupLines(backups(blocks))}\n\nAllocating group tables: ${pause}Writing inode tables: ${pause}Creating journal (${journal / BLOCK} blocks): done\nWriting superblocks and filesystem accounting information: done\n\n`,
            );
          }
          if (options.has('n')) return 0;
          const tables = writesTables ? Math.round((ext4Tables(size) / LATENCY.diskBytesPerSecond) * 1e9) : 0;
          await ctx.cpu(LATENCY.mkfsNs + tables);
          await sys.seek(ctx, fd, 0, 'set');
          await sys.write(ctx, fd, newExt4(uuid, size, ctx.wallTime, { writesTables }));
          return 0;
        } finally {
          await sys.close(ctx, fd);
        }
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(
          error.code === 'ENOENT'
            ? `The file ${device} does not exist and no size was specified.`
            : `${error.libc} while trying to open ${device}`,
        );
        return 1;
      }
    },
  );
}

export const mke2fs = makeProgram('mke2fs');
export const mkfsExt4 = makeProgram('mkfs.ext4');
