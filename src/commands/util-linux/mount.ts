/** mount and umount. @models util-linux 2.41 sys-utils/mount.c, umount.c, libmount/src/context_mount.c @fidelity partial: no helpers, labels or --all */

import { attachLoop, freeLoop } from '../../linux/block/loop.ts';
import type { Context } from '../../linux/context.ts';
import { type Errno, isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import type { MountFlags } from '../../linux/syscalls.ts';
import { ownIds } from '../../linux/user-namespace.ts';
import type { Invocation } from '../common/command.ts';
import { shortCommand } from '../common/short-command.ts';
import { allOptions, type MountEntry, normalise, readMounts } from './mount-table.ts';
import { ext4Uuid } from './probe.ts';

const VERSION = 'util-linux) 2.41';
const EXIT_USAGE = 1;
const EXIT_FAIL = 32;
const DMESG = '\n       dmesg(1) may have more information after failed mount system call.';

type Propagation = NonNullable<MountFlags['propagation']>;

/** `-o` words that are flags of the call; the rest goes to the filesystem. */
function flagsOf(words: readonly string[]): { flags: MountFlags; rest: string[] } {
  const flags: MountFlags = {};
  const rest: string[] = [];
  for (const word of words) {
    const recursive = /^r(bind|shared|private|slave|unbindable)$/.exec(word);
    const name = recursive?.[1] ?? word;
    if (recursive !== null) flags.recursive = true;
    switch (name) {
      case 'ro':
        flags.readOnly = true;
        break;
      case 'rw':
        delete flags.readOnly;
        break;
      case 'nosuid':
        flags.noSuid = true;
        break;
      case 'suid':
        delete flags.noSuid;
        break;
      case 'nodev':
        flags.noDev = true;
        break;
      case 'dev':
        delete flags.noDev;
        break;
      case 'noexec':
        flags.noExec = true;
        break;
      case 'exec':
        delete flags.noExec;
        break;
      case 'noatime':
        flags.noAtime = true;
        break;
      case 'relatime':
        flags.relAtime = true;
        break;
      case 'bind':
        flags.bind = true;
        break;
      case 'move':
        flags.move = true;
        break;
      case 'remount':
        flags.remount = true;
        break;
      case 'shared':
      case 'private':
      case 'slave':
      case 'unbindable':
        flags.propagation = name;
        break;
      case 'defaults':
      case 'async':
      case 'auto':
      case 'noauto':
      case 'user':
      case 'nouser':
      case '':
        break;
      default:
        rest.push(word);
    }
  }
  return { flags, rest };
}

async function isThere(ctx: Context, path: string): Promise<boolean> {
  try {
    await ctx.sys.stat(ctx, path);
    return true;
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

async function explain(
  ctx: Context,
  error: Errno,
  source: string,
  target: string,
  type: string,
  flags: MountFlags,
): Promise<string> {
  const say = (text: string): string => `${target}: ${text}${DMESG}`;
  switch (error.code) {
    case 'EPERM':
      return say('permission denied.');
    case 'ENOENT':
      if (!(await isThere(ctx, target))) return say('mount point does not exist.');
      return say(`special device ${source} does not exist.`);
    case 'ENOTDIR':
      if ((await ctx.sys.stat(ctx, target)).type !== 'directory' && !flags.bind)
        return say('mount point is not a directory.');
      return say(`mount(2) system call failed: ${error.libc}.`);
    case 'ENODEV':
      return say(`unknown filesystem type '${type}'.`);
    case 'EBUSY':
      return say(`${source} already mounted or mount point busy.`);
    case 'EINVAL':
      if (flags.remount || flags.propagation !== undefined) return say('not mount point or bad option.');
      return say(
        `wrong fs type, bad option, bad superblock on ${source}, missing codepage or helper program, or other error.`,
      );
    default:
      return say(`mount(2) system call failed: ${error.libc}.`);
  }
}

function describe(entry: MountEntry): string {
  return `${entry.source} on ${entry.target} type ${entry.type} (${allOptions(entry)})\n`;
}

async function fstabEntry(ctx: Context, name: string): Promise<string[] | null> {
  try {
    for (const line of (await readFile(ctx, '/etc/fstab')).split('\n')) {
      const fields = line.replace(/#.*/, '').trim().split(/\s+/);
      if (fields.length >= 4 && (fields[0] === name || fields[1] === name)) return fields;
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  return null;
}

async function usage(call: Invocation): Promise<number> {
  await call.complain(`bad usage\nTry '${call.name} --help' for more information.`);
  return EXIT_USAGE;
}

export const mount = shortCommand(
  {
    name: 'mount',
    version: VERSION,
    usage: [
      '[-lhV]',
      '[options] <source> | <directory>',
      '[options] <source> <directory>',
      '<operation> <mountpoint> [<target>]',
    ],
    about: '\nMount a filesystem, or list what is mounted.',
    options: {
      'a,all': '',
      'B,bind': 'mount a subtree somewhere else (same as -o bind)',
      'R,rbind': 'mount a subtree and all submounts somewhere else',
      'M,move': 'move a subtree to some other place',
      't,types=LIST': 'the type of the filesystem',
      'o,options=LIST': 'comma-separated options',
      'r,read-only': 'mount read-only (same as -o ro)',
      'w,rw': 'mount read-write',
      'v,verbose': 'say what is done',
      'l,show-labels': 'list with labels',
      'n,no-mtab': '',
      'f,fake': 'do everything but the call',
      'm,mkdir': 'make the mount point if it is missing',
      'make-shared': 'mark a subtree as shared',
      'make-slave': 'mark a subtree as slave',
      'make-private': 'mark a subtree as private',
      'make-unbindable': 'mark a subtree as unbindable',
      'make-rshared': '',
      'make-rslave': '',
      'make-rprivate': '',
      'make-runbindable': '',
      'source=SRC': '',
      'target=TARGET': '',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const { sys } = ctx;
    const propagation = options
      .last(
        'make-shared',
        'make-slave',
        'make-private',
        'make-unbindable',
        'make-rshared',
        'make-rslave',
        'make-rprivate',
        'make-runbindable',
      )
      ?.slice(5);
    const words = [
      ...options.values('options').flatMap((o) => o.split(',')),
      ...(options.has('read-only') ? ['ro'] : []),
      ...(options.has('bind') ? ['bind'] : []),
      ...(options.has('rbind') ? ['rbind'] : []),
      ...(options.has('move') ? ['move'] : []),
      ...(propagation === undefined ? [] : [propagation]),
    ];
    const types = options.value('types');
    if (operands.length > 2) return usage(call);
    if (operands.length === 0) {
      if (words.length > 0 || options.has('all')) return options.has('all') ? 0 : usage(call);
      const wanted = types?.split(',');
      for (const entry of await readMounts(ctx))
        if (wanted === undefined || wanted.includes(entry.type)) await out.write(describe(entry));
      return 0;
    }
    let { flags, rest } = flagsOf(words);
    let [source = '', target = ''] = operands;
    let type = types ?? '';
    const alone = operands.length === 1;
    const cwd = await sys.getcwd(ctx);
    if (alone) {
      target = source;
      source = 'none';
      if (flags.remount || flags.propagation !== undefined) {
        const mounted = (await readMounts(ctx)).findLast((m) => m.target === normalise(target, cwd));
        if (mounted !== undefined) source = mounted.source;
      } else {
        const entry = await fstabEntry(ctx, target);
        if (entry === null) {
          await call.complain(`${target}: can't find in /etc/fstab.`);
          return EXIT_USAGE;
        }
        [source = '', target = '', type = ''] = entry;
        ({ flags, rest } = flagsOf([...(entry[3] ?? '').split(','), ...words]));
      }
    }
    if (ownIds(ctx.process).euid !== 0) {
      await call.complain(`${target}: must be superuser to use mount.${DMESG}`);
      return EXIT_USAGE;
    }
    if (options.has('mkdir') && !(await isThere(ctx, target))) await sys.mkdir(ctx, target, 0o755);
    if (options.has('fake')) return 0;
    if (type === '' && !flags.bind && !flags.move && !flags.remount && flags.propagation === undefined) type = 'auto';
    let loop: { held: number } | null = null;
    try {
      const isNew = !flags.bind && !flags.move && !flags.remount && flags.propagation === undefined;
      const uuid = isNew && (type === 'auto' || type === 'ext4') ? await ext4Uuid(ctx, source) : null;
      if (uuid !== null) {
        type = 'ext4';
        if (rest.includes('loop') || (await sys.stat(ctx, source)).type === 'file') {
          const device = await freeLoop(ctx);
          loop = await attachLoop(ctx, device, source, { readOnly: flags.readOnly === true, autoClear: true });
          rest = rest.filter((word) => word !== 'loop');
          source = device;
        }
      }
      const kind: Propagation | undefined = flags.propagation;
      const only = kind !== undefined && !flags.bind && !flags.remount && type === '';
      const { propagation: _, ...others } = flags;
      if (!only) {
        await sys.mount(ctx, source, target, type, others, rest.join(','));
        // The kernel ignores other flags of a bind mount: a second call sets them.
        if (flags.bind && (flags.readOnly || flags.noSuid || flags.noDev || flags.noExec || flags.noAtime))
          await sys.mount(ctx, 'none', target, '', { ...others, remount: true, bind: true, recursive: false });
      }
      if (kind !== undefined)
        await sys.mount(ctx, 'none', target, '', {
          propagation: kind,
          ...(flags.recursive ? { recursive: true } : {}),
        });
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (type === 'auto' && error.code === 'ENODEV' && (await isThere(ctx, target))) {
        const missing = source.startsWith('/') && !(await isThere(ctx, source));
        await call.complain(
          missing
            ? `${target}: special device ${source} does not exist.${DMESG}`
            : `${target}: wrong fs type, bad option, bad superblock on ${source}, missing codepage or helper program, or other error.${DMESG}`,
        );
      } else await call.complain(await explain(ctx, error, source, target, type, flags));
      return EXIT_FAIL;
    } finally {
      if (loop !== null) await sys.close(ctx, loop.held);
    }
    if (options.has('verbose'))
      await out.write(
        flags.bind ? `mount: ${source} bound on ${target}.\n` : `mount: ${source} mounted on ${target}.\n`,
      );
    return 0;
  },
);

export const umount = shortCommand(
  {
    name: 'umount',
    version: VERSION,
    usage: ['[-hV]', '-a [options]', '[options] <source> | <directory>'],
    about: '\nUnmount filesystems.',
    options: {
      'a,all': '',
      'l,lazy': 'detach now, clean up later',
      'f,force': 'even if it does not answer',
      'R,recursive': 'whatever is mounted below too',
      'v,verbose': 'say what is done',
      'q,quiet': "no 'not mounted' messages",
      'n,no-mtab': '',
      't,types=LIST': '',
      'A,all-targets': 'every mount point of the device',
      'c,no-canonicalize': '',
      'i,internal-only': '',
      'r,read-only': '',
      'N,namespace=NS': '',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    if (operands.length === 0) return usage(call);
    const cwd = await ctx.sys.getcwd(ctx);
    let status = 0;
    const one = async (target: string): Promise<void> => {
      try {
        await ctx.sys.umount(ctx, target, { detach: options.has('lazy') });
        if (options.has('verbose')) await out.write(`umount: ${target} unmounted\n`);
      } catch (error) {
        if (!isErrno(error)) throw error;
        status = EXIT_FAIL;
        if (error.code === 'EBUSY') await call.complain(`${target}: target is busy.`);
        else if (error.code === 'EPERM') await call.complain(`${target}: must be superuser to unmount.`);
        else if (error.code === 'EINVAL') await call.complain(`${target}: not mounted.`);
        else await call.complain(`${target}: umount(2) system call failed: ${error.libc}.`);
      }
    };
    for (const operand of operands) {
      const mounts = await readMounts(ctx);
      const path = normalise(operand, cwd);
      const found = mounts.findLast((m) => m.target === path) ?? mounts.findLast((m) => m.source === operand);
      if (found === undefined) {
        if (options.has('quiet')) continue;
        status = EXIT_FAIL;
        await call.complain(
          (await isThere(ctx, operand)) ? `${operand}: not mounted.` : `${operand}: no mount point specified.`,
        );
        continue;
      }
      const targets = options.has('all-targets')
        ? mounts
            .filter((m) => m.source === found.source)
            .map((m) => m.target)
            .reverse()
        : [found.target];
      for (const target of targets) {
        if (options.has('recursive'))
          for (const below of mounts.filter((m) => m.target.startsWith(`${target}/`)).reverse())
            await one(below.target);
        await one(target);
      }
    }
    return status;
  },
);
