/** The node goes down and comes back: what stays, what is lost, and what those who are logged in see of it. */
import { expect, test } from 'vitest';
import { type BootedNode, boot } from '../testing/boot.ts';
import { Machine } from './machine.ts';
import type { ScenarioName } from './scenarios/index.ts';

const SECOND = 1_000_000_000;

function outputOf(node: BootedNode): (line: string) => Promise<string> {
  return async (line) => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
}

test('what is on disk stays, what is in memory does not, and a boot begins', async () => {
  const node = await boot();
  const out = outputOf(node);
  const before = await out('cat /proc/sys/kernel/random/boot_id');
  await out(
    'ctr images pull docker.io/library/busybox:latest; ctr run -d docker.io/library/busybox:latest c1 sleep 900',
  );
  await out('touch /tmp/t /run/r /dev/shm/s /root/kept; mount -t tmpfs none /mnt; ip link add dummy0 type dummy');
  await out('mkdir /sys/fs/cgroup/mine; hostname other; sysctl -qw vm.swappiness=7; ip netns add blue');
  expect(await node.run('reboot')).toMatchObject({ stdout: '', exitCode: 0 });
  expect(await out('ls /root/kept /tmp/t /run/r /dev/shm/s 2>&1')).toBe(
    "ls: cannot access '/tmp/t': No such file or directory\nls: cannot access '/run/r': No such file or directory\nls: cannot access '/dev/shm/s': No such file or directory\n/root/kept\n",
  );
  expect(await out('cat /proc/sys/kernel/random/boot_id')).not.toBe(before);
  expect(
    await out('hostname; sysctl -n vm.swappiness; ls -d /sys/fs/cgroup/mine /sys/class/net/dummy0; ip netns'),
  ).toBe(
    "node-1\n60\nls: cannot access '/sys/fs/cgroup/mine': No such file or directory\nls: cannot access '/sys/class/net/dummy0': No such file or directory\n",
  );
  expect(await out('mount | grep -c /mnt; pgrep -c sleep; pgrep -c containerd-shim')).toBe('0\n0\n0\n');
  expect(await out('ctr c ls -q; ctr task ls -q; ctr images ls -q')).toBe('c1\ndocker.io/library/busybox:latest\n');
  // The container is there to be started again, from its own snapshot.
  expect(await out('ctr task start -d c1; ctr task ls | tail -1')).toMatch(/^c1 +\d+ +RUNNING/);
  expect(await out('uptime -p; ps -o etimes= -p 1; cut -d. -f1 /proc/uptime')).toMatch(
    /^up 0 minutes\n +\d\d\n\d\d\n$/,
  );
});

test('the journal knows each boot, and how the one before ended', async () => {
  const out = outputOf(await boot());
  await out('systemd-run --unit=job sleep 500');
  await out('reboot');
  const boots = (await out('journalctl --list-boots')).trim().split('\n');
  expect(boots.map((line) => line.slice(0, 4))).toEqual(['IDX ', ' -1 ', '  0 ']);
  const id = boots[1]?.slice(4, 36) as string;
  expect(await out('tr -d - < /proc/sys/kernel/random/boot_id')).toBe(`${boots[2]?.slice(4, 36)}\n`);
  const last = (await out('journalctl -b -1 -o cat')).split('\n');
  const at = (text: string): number => last.findIndex((line) => line.includes(text));
  expect(at('Stopping containerd.service')).toBeLessThan(at('Stopped containerd.service'));
  expect(at('Stopped containerd.service')).toBeLessThan(at('Stopped target basic.target'));
  expect(at('Stopped job.service')).toBeGreaterThan(0);
  expect(last.slice(-7)).toEqual([
    'Reached target shutdown.target - System Shutdown.',
    'Reached target reboot.target - System Reboot.',
    'Shutting down.',
    'systemd-shutdown[1]: Syncing filesystems and block devices.',
    'systemd-shutdown[1]: Sending SIGTERM to remaining processes...',
    'Journal stopped',
    '',
  ]);
  expect(await out(`journalctl -b ${id} -o cat | tail -1; journalctl -b -o cat | grep -c Stopping`)).toBe(
    'Journal stopped\n0\n',
  );
  expect(await out('journalctl | grep -c -- "^-- Boot "; journalctl -b -7')).toBe(
    '1\nData from the specified boot is not available: No such boot ID in journal\n',
  );
});

test.each<ScenarioName>(['containerd', 'crio'])('on %s the pods come back', async (scenario) => {
  const node = await boot({ scenario });
  const out = outputOf(node);
  await out('kubectl create deployment web --image=nginx:alpine; kubectl wait --for=condition=Ready pod -l app=web');
  const columns =
    '--no-headers -o custom-columns=N:.metadata.name,P:.status.phase,R:.status.containerStatuses[0].restartCount';
  await out('reboot');
  const pods = (await out(`kubectl get pods -A ${columns}`)).trim().split('\n');
  expect(pods.map((line) => line.replace(/ +/g, ' ').replace(/^web-\S+/, 'web'))).toEqual([
    'web Running 1',
    'etcd-node-1 Running 1',
    'kube-apiserver-node-1 Running 1',
    'kube-controller-manager-node-1 Running 1',
    'kube-scheduler-node-1 Running 1',
  ]);
  expect(
    await out('crictl pods -q --state ready | wc -l; kubectl get nodes --no-headers | tr -s " " | cut -d" " -f2'),
  ).toBe('5\nReady\n');
  expect(
    await out("curl -s -o /dev/null -w '%{http_code}' $(kubectl get pod -l app=web -o jsonpath='{..podIP}')"),
  ).toBe('200');
});

test('the ways to say it, and when', async () => {
  const out = outputOf(await boot());
  const bootId = (): Promise<string> => out('cat /proc/sys/kernel/random/boot_id');
  const seen = new Set([await bootId()]);
  for (const line of ['systemctl reboot', 'shutdown -r now', 'init 6', 'reboot -f', 'reboot -ff; sleep 9']) {
    await out(line);
    seen.add(await bootId());
  }
  expect(seen.size).toBe(6);
  expect(await out('shutdown -r +1')).toMatch(
    /^Reboot scheduled for \w+ [\d-]+ [\d:]+ UTC, use 'shutdown -c' to cancel\.\n$/,
  );
  expect(await out('shutdown --show; shutdown -c; shutdown --show; sleep 70')).toMatch(
    /^Reboot scheduled for .*\nNo scheduled shutdown\.\n$/,
  );
  expect(seen.has(await bootId())).toBe(true);
  expect(await out('shutdown -r 25:61')).toBe('Failed to parse time specification: 25:61\n');
  await out('shutdown -r +1; sleep 120');
  expect(seen.has(await bootId())).toBe(false);
  expect(await out("su nobody -s /bin/sh -c 'reboot'")).toBe(
    'Failed to connect to system scope bus via local transport: Permission denied\n',
  );
});

test('a terminal: the connection closes, and there is a login when the node is back; off, it has a button', async () => {
  const machine = await Machine.boot({ scenario: 'bare', seed: 1 });
  const port = machine.openTerminal({ columns: 100, rows: 24 });
  let screen = '';
  const decoder = new TextDecoder();
  port.onData((bytes) => {
    screen += decoder.decode(bytes, { stream: true });
  });
  const type = (text: string): void => port.write(new TextEncoder().encode(text));
  const run = (seconds: number): Promise<unknown> => machine.advance({ horizon: machine.now + seconds * SECOND });
  await run(2);
  type('reboot\r');
  await run(3);
  expect(screen).toContain('Connection to node-1 closed by remote host.\r\nConnection to node-1 closed.\r\n');
  expect(port.closed).toBe(false);
  screen = '';
  await run(30);
  expect(screen).toMatch(/root@node-1:~# /);
  type('poweroff\r');
  await run(10);
  expect(screen).toContain('node-1 is off. Enter switches it on.');
  screen = '';
  type('who\r');
  await run(30);
  expect(screen).toMatch(/root@node-1:~# /);
  type('journalctl --list-boots | wc -l\r');
  await run(1);
  expect(screen).toMatch(/2004l\r4\r\n/);
  type('exit\r');
  await run(1);
  expect(port.closed).toBe(true);
  const { machine: again } = await Machine.replay(machine.savepoint());
  expect(again.trace.digest()).toBe(machine.trace.digest());
});
