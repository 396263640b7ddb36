/** Looking into the machine's files from outside: what a process sees, what a container has changed, and no trace of it. */
import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';
import { lookAtChanges, lookAtPair } from './look-at-changes.ts';
import { lookAtDirectories, lookAtFile, lookAtMade } from './look-at-files.ts';
import type { Machine } from './machine.ts';

const CHANGE = `ctr images pull docker.io/library/busybox:latest > /dev/null
ctr run -d docker.io/library/busybox:latest c1 sleep 900
ctr task exec --exec-id a c1 sh -c 'echo mine > /root/note; echo x:x:9:9::/:/bin/sh >> /etc/passwd; rm /etc/shadow; chmod 600 /etc/group'
ctr task exec --exec-id b c1 sh -c 'rm -r /var/spool; mkdir /var/spool; echo 1 > /var/spool/one; rm -r /home; echo 1 > /home'`;
const AFTER = `ls -i /proc/1 /sys/fs/cgroup /run/containerd/io.containerd.runtime.v2.task/default/c1/rootfs/bin | sort | md5sum
ctr task exec --exec-id c c1 sh -c 'ls -liR /proc/self/ns /etc /var /usr | md5sum; tty; mktemp -u'; ls -i /dev/pts; touch /root/t; stat -c %i /root/t`;

async function walk(look: (machine: Machine) => void): Promise<{ machine: Machine; said: string }> {
  const { machine, run } = await boot({ scenario: 'bare', seed: 3 });
  let said = '';
  for (const line of `${CHANGE}\n${AFTER}`.split('\n')) {
    const { stdout, stderr } = await run(line);
    said += stdout + stderr;
    look(machine);
  }
  return { machine, said };
}

const sleepOf = (machine: Machine): number =>
  [...machine.kernel.processes.values()].find(({ argv }) => argv[0] === 'sleep')?.pid ?? 0;

test('files, what the upper layer holds, and a history that does not know that somebody looked', async () => {
  const plain = await walk(() => undefined);
  const looked = await walk((machine) => {
    const paths = [
      '/',
      '/etc',
      '/proc',
      '/proc/1',
      '/proc/self',
      '/sys',
      '/sys/fs/cgroup',
      '/dev',
      '/dev/pts',
      '/var',
      '/usr/bin',
    ];
    for (const pid of [1, sleepOf(machine)]) {
      lookAtDirectories(machine, pid, paths);
      for (const path of ['/etc/passwd', '/proc/loadavg', '/proc/sys/kernel/random/uuid', '/dev/pts/0'])
        lookAtFile(machine, { pid, path });
      for (const path of ['/proc/self/status', '/proc/1/mountinfo', '/sys/fs/cgroup/system.slice/memory.max'])
        lookAtMade(machine, { pid, path });
      lookAtChanges(machine, { pid, path: '/' });
      lookAtPair(machine, { pid, path: '/' }, '/etc/passwd');
    }
  });
  expect(looked.said).toBe(plain.said);
  expect(looked.machine.trace.digest()).toBe(plain.machine.trace.digest());

  const { machine } = looked;
  const inside = { pid: sleepOf(machine), path: '/' };
  const seen = lookAtDirectories(machine, inside.pid, ['/', '/etc', '/nowhere', '/etc/passwd']);
  expect(Object.keys(seen ?? {})).toEqual(['/', '/etc']);
  // What the kernel makes is told as the process sees it; a file that would draw a number is left alone.
  expect(lookAtMade(machine, { pid: inside.pid, path: '/proc/self/status' })).toMatch(
    /^Name:\tsleep\n[\s\S]*\nPid:\t1\n/,
  );
  expect(lookAtMade(machine, { pid: 1, path: '/sys/fs/cgroup/system.slice/memory.max' })).toBe('max\n');
  expect(lookAtMade(machine, { pid: 1, path: '/proc/sys/kernel/random/uuid' })).toBeNull();
  expect(seen?.['/']?.find(({ name }) => name === 'proc')).toMatchObject({ type: 'directory', mounted: 'proc' });
  expect(seen?.['/etc']?.map(({ name }) => name)).not.toContain('shadow');
  expect(lookAtDirectories(machine, 1, ['/root'])?.['/root']?.map(({ name }) => name)).not.toContain('note');
  expect(lookAtDirectories(machine, 999_999, ['/'])).toBeNull();

  const text = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? undefined);
  expect(text(lookAtFile(machine, { pid: inside.pid, path: '/root/note' })?.bytes)).toBe('mine\n');
  expect(lookAtFile(machine, { pid: 1, path: '/proc/uptime' })?.bytes).toBeNull();
  expect(lookAtFile(machine, { pid: 1, path: '/nothing' })).toBeNull();

  const told = lookAtChanges(machine, inside);
  const hows = Object.fromEntries((told?.changes ?? []).map(({ path, how }) => [path, how]));
  expect(hows).toMatchObject({
    '/root/note': 'added',
    '/etc/passwd': 'changed',
    '/etc/shadow': 'deleted',
    '/etc/group': 'touched',
    '/var/spool': 'replaced',
    '/var/spool/one': 'added',
    '/home': 'replaced',
  });
  expect(told?.upper).toMatch(/^\/var\/lib\/containerd\/.*\/fs$/);
  // The node's own root is no overlay; the container's is, by its path on the node, too.
  expect(lookAtChanges(machine, { pid: 1, path: '/' })).toBeNull();
  const rootfs = '/run/containerd/io.containerd.runtime.v2.task/default/c1/rootfs';
  expect(lookAtChanges(machine, { pid: 1, path: rootfs })).toEqual(told);
  const pair = lookAtPair(machine, inside, '/etc/passwd');
  expect(text(pair?.now?.bytes)).toBe(`${text(pair?.below?.bytes)}x:x:9:9::/:/bin/sh\n`);
  expect(lookAtPair(machine, inside, '/etc/shadow')).toMatchObject({ now: null, below: { size: expect.any(Number) } });
});
