/** What pid 1 does before any service: API filesystems, cgroup layout, loopback, /run. */
import type { Context } from '../context.ts';
import { isErrno } from '../errno.ts';
import { mkdirAll, readFile, writeFile } from '../io.ts';

const CONTROLLERS = '+cpuset +cpu +io +memory +hugetlb +pids';

export async function earlyMounts(ctx: Context): Promise<void> {
  const { sys } = ctx;
  const strict = { noSuid: true, noDev: true, noExec: true };
  await sys.mount(ctx, '', '/', '', { recursive: true, propagation: 'shared' });
  await sys.mount(ctx, 'proc', '/proc', 'proc', strict);
  await sys.mount(ctx, 'sysfs', '/sys', 'sysfs', strict);
  await sys.mount(ctx, 'cgroup2', '/sys/fs/cgroup', 'cgroup2', strict);
  await sys.mount(ctx, 'devpts', '/dev/pts', 'devpts', { noSuid: true, noExec: true }, 'gid=5,mode=620,ptmxmode=000');
  await sys.mount(ctx, 'tmpfs', '/dev/shm', 'tmpfs', { noSuid: true, noDev: true });
  await sys.mount(ctx, 'mqueue', '/dev/mqueue', 'mqueue', strict);
  await sys.mount(ctx, 'tmpfs', '/run', 'tmpfs', { noSuid: true, noDev: true }, 'size=800000k,mode=755');
  await sys.mount(ctx, 'tmpfs', '/tmp', 'tmpfs', { noSuid: true, noDev: true }, 'size=2g,nr_inodes=1m');
  for (const path of ['/run/systemd/system', '/run/systemd/journal', '/run/lock', '/run/netns', '/run/user/0'])
    await mkdirAll(ctx, path);

  await writeFile(ctx, '/sys/fs/cgroup/cgroup.subtree_control', CONTROLLERS);
  await mkdirAll(ctx, '/sys/fs/cgroup/init.scope');
  await writeFile(ctx, '/sys/fs/cgroup/init.scope/cgroup.procs', '1');
  for (const slice of ['system.slice', 'user.slice', 'user.slice/user-0.slice']) {
    await mkdirAll(ctx, `/sys/fs/cgroup/${slice}`);
    await writeFile(ctx, `/sys/fs/cgroup/${slice}/cgroup.subtree_control`, CONTROLLERS);
  }

  await sys.netlink(ctx, { op: 'link.set', name: 'lo', up: true });
  await applySysctls(ctx, '/etc/sysctl.d');
  await sys.sethostname(ctx, (await readFile(ctx, '/etc/hostname')).trim());
}

/** systemd-sysctl: files of `key = value` lines, dots or slashes. */
async function applySysctls(ctx: Context, directory: string): Promise<void> {
  try {
    const entries = await ctx.sys.readDirectory(ctx, directory);
    for (const entry of entries.filter((e) => e.name.endsWith('.conf')).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      for (const line of (await readFile(ctx, `${directory}/${entry.name}`)).split('\n')) {
        const match = /^\s*([\w./-]+)\s*=\s*(.*)$/.exec(line);
        if (match === null) continue;
        await writeFile(ctx, `/proc/sys/${(match[1] as string).replaceAll('.', '/')}`, match[2] as string);
      }
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}
