/** mount, umount, mountpoint. @models busybox 1.37 util-linux/mount.c, umount.c, mountpoint.c @fidelity partial: no fstab, loop devices, NFS */
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import type { MountFlags } from '../../linux/syscalls.ts';
import { applet, BadUsage, Fatal } from './applet.ts';
import { USAGES } from './usages.ts';

const OPTIONS: Readonly<Record<string, MountFlags>> = {
  bind: { bind: true },
  rbind: { bind: true, recursive: true },
  move: { move: true },
  remount: { remount: true },
  ro: { readOnly: true },
  rw: { readOnly: false },
  nosuid: { noSuid: true },
  nodev: { noDev: true },
  noexec: { noExec: true },
  noatime: { noAtime: true },
  relatime: { relAtime: true },
  private: { propagation: 'private' },
  rprivate: { propagation: 'private', recursive: true },
  shared: { propagation: 'shared' },
  rshared: { propagation: 'shared', recursive: true },
  slave: { propagation: 'slave' },
  rslave: { propagation: 'slave', recursive: true },
  unbindable: { propagation: 'unbindable' },
  defaults: {},
  suid: {},
  dev: {},
  exec: {},
  atime: {},
};

export const mount = applet(
  USAGES['mount'] ?? ['', ''],
  'o:t:rwanfviO:',
  async ({ ctx, flags, operands, out, complain }) => {
    const table = async (): Promise<string[][]> =>
      (await readFile(ctx, '/proc/mounts'))
        .trim()
        .split('\n')
        .map((l) => l.split(' '));
    const words = flags
      .values('o')
      .join(',')
      .split(',')
      .filter((w) => w !== '');
    const [source, target] = operands;
    if (source === undefined) {
      for (const [device, where, type, options] of await table())
        if (!flags.has('t') || flags.value('t') === type)
          await out.write(`${device} on ${where} type ${type} (${options})\n`);
      return 0;
    }
    let found: MountFlags = flags.has('r') ? { readOnly: true } : {};
    const data: string[] = [];
    for (const word of [...words, ...['bind', 'rbind', 'move'].filter((w) => flags.has(w))]) {
      const option = OPTIONS[word];
      if (option === undefined) data.push(word);
      else found = { ...found, ...option };
    }
    const node = target ?? (found.remount || found.propagation !== undefined ? source : undefined);
    if (node === undefined) throw new Fatal(`can't find ${source} in /etc/fstab`);
    try {
      await ctx.sys.mount(
        ctx,
        target === undefined ? 'none' : source,
        node,
        flags.value('t') ?? (found.bind || found.move || found.remount ? 'none' : 'ext4'),
        found,
        data.join(','),
      );
      return 0;
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (error.code === 'EPERM') await complain('permission denied (are you root?)');
      else await complain(`mounting ${source} on ${node} failed: ${error.libc}`);
      return error.code === 'EPERM' ? 1 : 255;
    }
  },
  { bind: 'bind', rbind: 'rbind', move: 'move' },
);

export const umount = applet(USAGES['umount'] ?? ['', ''], 'lfdarnt:', async ({ ctx, flags, operands, complain }) => {
  let targets = operands;
  if (flags.has('a'))
    targets = (await readFile(ctx, '/proc/mounts'))
      .trim()
      .split('\n')
      .map((l) => l.split(' '))
      .filter((m) => !flags.has('t') || m[2] === flags.value('t'))
      .map((m) => m[1] ?? '')
      .reverse();
  else if (targets.length === 0) throw new BadUsage('');
  let status = 0;
  for (const target of targets) {
    try {
      await ctx.sys.umount(ctx, target, { detach: flags.has('l') });
    } catch (error) {
      if (!isErrno(error)) throw error;
      await complain(`can't unmount ${target}: ${error.libc}`);
      status = 1;
    }
  }
  return status;
});

export const mountpoint = applet(
  USAGES['mountpoint'] ?? ['', ''],
  'qdnx',
  async ({ ctx, flags, operands, out, complain }) => {
    const [path] = operands;
    if (path === undefined || operands.length > 1) throw new BadUsage('');
    try {
      const stat = await ctx.sys.stat(ctx, path);
      if (stat.type !== 'directory') {
        if (!flags.has('q')) await complain(`${path}: Not a directory`);
        return 1;
      }
      const parent = await ctx.sys.stat(ctx, `${path}/..`);
      const is = stat.dev !== parent.dev || stat.ino === parent.ino;
      if (!flags.has('q'))
        await out.write(flags.has('d') ? `0:${stat.dev}\n` : `${path} is ${is ? '' : 'not '}a mountpoint\n`);
      return is ? 0 : 1;
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (!flags.has('q')) await complain(`${path}: ${error.libc}`);
      return 1;
    }
  },
);
