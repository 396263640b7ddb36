import { expect, test } from 'vitest';
import { print } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { testKernel } from '../../testing/kernel.ts';
import { dmesg } from './dmesg.ts';
import { findmnt } from './findmnt.ts';
import { lsns } from './lsns.ts';
import { mount, umount } from './mount.ts';
import { chroot, nsenter, setsid, unshare } from './namespaces.ts';

const whoAmI: Program = {
  name: 'whoami',
  main: async (ctx) => {
    await print(
      ctx,
      `pid ${ctx.sys.getpid(ctx)} sid ${ctx.sys.getsid(ctx)} links ${(await ctx.sys.netLinks(ctx)).map((l) => l.name).join(',')} root ${(
        await ctx.sys.readDirectory(ctx, '/')
      )
        .map((e) => e.name)
        .sort()
        .join(' ')}\n`,
    );
    return 0;
  },
};
const stay: Program = {
  name: 'stay',
  main: async (ctx) => {
    await ctx.sleep(1e15);
    return 0;
  },
};

function rigOf() {
  const rig = testKernel({
    programs: [mount, umount, findmnt, lsns, nsenter, unshare, setsid, chroot, dmesg, whoAmI, stay],
    files: { '/mnt/.keep': '', '/jail/etc/motd': 'x', '/file': 'x' },
  });
  rig.disk.program('/jail/usr/bin/whoami', 'whoami', 1000);
  return { ...rig, run: (line: string) => rig.exec(`/usr/bin/${line}`.split(' ')) };
}
const silent = { stdout: '', stderr: '', exitCode: 0 };

test('mount and findmnt', async () => {
  const { run } = rigOf();
  expect(await run('mount')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "/dev/vda1 on / type ext4 (rw,relatime)
    proc on /proc type proc (rw,nosuid,nodev,noexec,relatime)
    sysfs on /sys type sysfs (rw,nosuid,nodev,noexec,relatime)
    cgroup2 on /sys/fs/cgroup type cgroup2 (rw,nosuid,nodev,noexec,relatime,nsdelegate,memory_recursiveprot)
    devpts on /dev/pts type devpts (rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=000)
    tmpfs on /run type tmpfs (rw,nosuid,nodev,relatime,mode=755)
    ",
    }
  `);
  expect(await run('mount -t tmpfs -o size=1m,noexec none /mnt')).toEqual(silent);
  expect(await run('findmnt')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "TARGET             SOURCE    FSTYPE  OPTIONS
    /                  /dev/vda1 ext4    rw,relatime
    ├─/proc            proc      proc    rw,nosuid,nodev,noexec,relatime
    ├─/sys             sysfs     sysfs   rw,nosuid,nodev,noexec,relatime
    │ └─/sys/fs/cgroup cgroup2   cgroup2 rw,nosuid,nodev,noexec,relatime,nsdelegate,memory_recursiveprot
    ├─/dev/pts         devpts    devpts  rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=000
    ├─/run             tmpfs     tmpfs   rw,nosuid,nodev,relatime,mode=755
    └─/mnt             none      tmpfs   rw,noexec,relatime,size=1024k
    ",
    }
  `);
  expect(await run('findmnt /mnt')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "TARGET SOURCE FSTYPE OPTIONS
    /mnt   none   tmpfs  rw,noexec,relatime,size=1024k
    ",
    }
  `);
  expect(await run('findmnt -no TARGET,PROPAGATION -T /mnt/x/y')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "/mnt private
    ",
    }
  `);
  expect(await run('findmnt -J -o TARGET,FSTYPE /mnt')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "{
       "filesystems": [
          {
             "target": "/mnt",
             "fstype": "tmpfs"
          }
       ]
    }
    ",
    }
  `);
  expect(await run('mount --bind /jail/etc /srv')).toEqual(silent);
  expect(await run('findmnt -n -o SOURCE /srv')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "/dev/vda1[/jail/etc]
    ",
    }
  `);
  expect(await run('umount /mnt')).toEqual(silent);
  expect(await run('umount /mnt')).toMatchInlineSnapshot(`
    {
      "exitCode": 32,
      "stderr": "umount: /mnt: not mounted.
    ",
      "stdout": "",
    }
  `);
  expect(await run('umount /nope')).toMatchInlineSnapshot(`
    {
      "exitCode": 32,
      "stderr": "umount: /nope: no mount point specified.
    ",
      "stdout": "",
    }
  `);
  expect(await run('findmnt /mnt')).toEqual({ ...silent, exitCode: 1 });
});

test('mount errors', async () => {
  const { run } = rigOf();
  expect((await run('mount /zz /yy')).stderr).toMatchInlineSnapshot(`
    "mount: /yy: mount point does not exist.
           dmesg(1) may have more information after failed mount system call.
    "
  `);
  expect((await run('mount -t zz none /mnt')).stderr).toMatchInlineSnapshot(`
    "mount: /mnt: unknown filesystem type 'zz'.
           dmesg(1) may have more information after failed mount system call.
    "
  `);
  expect((await run('mount --bind /nope /mnt')).stderr).toMatchInlineSnapshot(`
    "mount: /mnt: special device /nope does not exist.
           dmesg(1) may have more information after failed mount system call.
    "
  `);
  expect((await run('mount --bind /file /mnt')).stderr).toMatchInlineSnapshot(`
    "mount: /mnt: mount(2) system call failed: Not a directory.
           dmesg(1) may have more information after failed mount system call.
    "
  `);
  expect(await run('mount /mnt')).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "mount: /mnt: can't find in /etc/fstab.
    ",
      "stdout": "",
    }
  `);
});

test('namespaces', async () => {
  const { run, act } = rigOf();
  expect(await run('unshare -n -p -f --mount-proc /usr/bin/whoami')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "pid 1 sid 0 links lo root bin boot dev etc file home jail lib lib64 media mnt opt proc root run sbin srv sys tmp usr var
    ",
    }
  `);
  const pid = await act(async (ctx) =>
    ctx.sys.spawn(ctx, '/usr/bin/unshare', { argv: ['unshare', '-n', '-u', '-p', '-f', '/usr/bin/stay', 'put'] }),
  );
  await act(async (ctx) => ctx.sleep(1e8));
  expect(await run('lsns')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "        NS TYPE   NPROCS PID USER COMMAND
    4026531834 time        5   1 root /sbin/init
    4026531835 cgroup      5   1 root /sbin/init
    4026531836 pid         4   1 root /sbin/init
    4026531837 user        5   1 root /sbin/init
    4026531838 uts         3   1 root /sbin/init
    4026531839 ipc         5   1 root /sbin/init
    4026531840 net         3   1 root /sbin/init
    4026531841 mnt         5   1 root /sbin/init
    4026531845 uts         2 292 root ├─unshare -n -u -p -f /usr/bin/stay put
    4026531846 net         2 292 root └─unshare -n -u -p -f /usr/bin/stay put
    4026531847 pid         1 294 root   └─/usr/bin/stay put
    ",
    }
  `);
  expect(await run(`nsenter -t ${pid} -n /usr/bin/whoami`)).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "pid 298 sid 1 links lo root bin boot dev etc file home jail lib lib64 media mnt opt proc root run sbin srv sys tmp usr var
    ",
    }
  `);
  expect(await run(`nsenter -t ${pid + 2} -a /usr/bin/whoami`)).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "pid 2 sid 0 links lo root bin boot dev etc file home jail lib lib64 media mnt opt proc root run sbin srv sys tmp usr var
    ",
    }
  `);
  expect(await run('nsenter -t 99999 -n')).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "nsenter: cannot open /proc/99999/ns/net: No such file or directory
    ",
      "stdout": "",
    }
  `);
  expect(await run('nsenter -n')).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "nsenter: neither filename nor target pid supplied for ns/net
    ",
      "stdout": "",
    }
  `);
  expect(await run(`nsenter -t ${pid} -n nosuch`)).toMatchInlineSnapshot(`
    {
      "exitCode": 127,
      "stderr": "nsenter: failed to execute nosuch: No such file or directory
    ",
      "stdout": "",
    }
  `);
});

test('chroot, setsid, dmesg', async () => {
  const { run, kernel } = rigOf();
  expect(await run('chroot /jail whoami')).toMatchInlineSnapshot(`
    {
      "exitCode": 0,
      "stderr": "",
      "stdout": "pid 289 sid 1 links lo root etc usr
    ",
    }
  `);
  expect(await run('chroot /zz')).toMatchInlineSnapshot(`
    {
      "exitCode": 125,
      "stderr": "/usr/bin/chroot: cannot change root directory to '/zz': No such file or directory
    ",
      "stdout": "",
    }
  `);
  expect(await run('chroot /jail nosuch')).toMatchInlineSnapshot(`
    {
      "exitCode": 127,
      "stderr": "/usr/bin/chroot: failed to run command 'nosuch': No such file or directory
    ",
      "stdout": "",
    }
  `);
  expect(await run('setsid')).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "setsid: no command specified
    Try 'setsid --help' for more information.
    ",
      "stdout": "",
    }
  `);
  expect((await run('setsid -w whoami')).stdout).toMatch(/^pid (\d+) sid \1 /);
  kernel.log('cni0: port 1(veth0) entered blocking state');
  expect((await run('dmesg')).stdout).toMatch(/^\[ {4}\d\.\d{6}\] cni0: port 1\(veth0\) entered blocking state\n$/m);
  expect((await run('dmesg -c')).stdout).toMatch(/blocking state\n$/);
  expect(await run('dmesg')).toMatchObject({ stdout: '', exitCode: 0 });
  kernel.log('cni0: port 1(veth0) entered forwarding state');
  expect((await run('dmesg -t')).stdout).toBe('cni0: port 1(veth0) entered forwarding state\n');
  expect((await run('dmesg -C')).stdout).toBe('');
  expect((await run('dmesg -t')).stdout).toBe('');
});
