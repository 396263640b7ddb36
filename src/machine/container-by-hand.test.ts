/** What a container is: an overlay, namespaces, a cgroup and a cable, put together at the shell; then the same by runc. */
import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';

async function shell() {
  const node = await boot({ scenario: 'bare' });
  const run = async (lines: string): Promise<string> => {
    let out = '';
    for (const line of lines.split('\n')) {
      const result = await node.run(line);
      if (result.exitCode !== 0) throw new Error(`${line}: ${result.stderr}${result.stdout}`);
      out += result.stdout;
    }
    return out;
  };
  return { run, node };
}

const INSIDE = `hostname box
mount --make-rprivate /
mount --bind /c/root /c/root
mkdir -p /c/root/proc /c/root/old
cd /c/root
pivot_root . old
exec /bin/sh -c "mount -t proc proc /proc; umount -l /old; rmdir /old; exec sleep 1000"
`;

test('a container by hand', async () => {
  const { run, node } = await shell();
  await run(`mkdir -p /c/low /c/up /c/work /c/root
ctr image pull docker.io/library/busybox:latest > /dev/null
ctr image mount docker.io/library/busybox:latest /c/low > /dev/null
mount -t overlay overlay -o lowerdir=/c/low,upperdir=/c/up,workdir=/c/work /c/root
echo +cpu +memory +pids > /sys/fs/cgroup/cgroup.subtree_control
mkdir /sys/fs/cgroup/hand
echo 50M > /sys/fs/cgroup/hand/memory.max
echo '10000 100000' > /sys/fs/cgroup/hand/cpu.max
echo 5 > /sys/fs/cgroup/hand/pids.max
ip netns add hand
ip link add vh type veth peer name eth0 netns hand
ip addr add 10.77.0.1/24 dev vh; ip link set vh up
ip -n hand addr add 10.77.0.2/24 dev eth0; ip -n hand link set eth0 up; ip -n hand link set lo up`);
  await node.run(`cat > /c/inside.sh <<'END'\n${INSIDE}END`);
  await node.run(
    "sh -c 'echo $$ > /sys/fs/cgroup/hand/cgroup.procs; exec ip netns exec hand unshare --mount --uts --ipc --pid --cgroup --fork sh /c/inside.sh' & sleep 2",
  );
  await run('PID=$(pgrep -x sleep)');
  const inside = (line: string) => run(`nsenter -t $PID -m -u -i -n -p -C -- /bin/${line}`);
  expect(await inside('hostname')).toBe('box\n');
  expect(await inside('ps')).toMatch(/^PID +USER +TIME +COMMAND\n +1 root +\S+ sleep 1000\n/);
  expect(await inside('cat /proc/1/cgroup')).toBe('0::/\n');
  expect((await inside('cat /proc/mounts')).split('\n').map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
    'overlay / overlay',
    'proc /proc proc',
    '',
  ]);
  expect(await inside('ip addr show dev eth0')).toContain('inet 10.77.0.2/24');
  await run('nsenter -t $PID -m -- /bin/sh -c "echo made > /made; rm /etc/passwd"');
  expect(await run('cat /c/up/made; stat -c %F /c/up/etc/passwd; ls /c/low/etc/passwd')).toBe(
    'made\ncharacter special file\n/c/low/etc/passwd\n',
  );
  // Its cgroup holds: a tenth of a core, five tasks, fifty megabytes.
  expect(await run('cat /sys/fs/cgroup/hand/pids.current')).toBe('2\n');
  const busy = "sh -c 'echo $$ > /sys/fs/cgroup/hand/cgroup.procs; while :; do :; done'";
  await run(`timeout 2 ${busy} || true`);
  const stat = await run('cat /sys/fs/cgroup/hand/cpu.stat');
  expect(Number(/nr_throttled (\d+)/.exec(stat)?.[1])).toBeGreaterThan(15);
  expect(Number(/usage_usec (\d+)/.exec(stat)?.[1]) / 1e6).toBeLessThan(0.3);
  expect(await run('echo 1 > /sys/fs/cgroup/hand/cgroup.kill; sleep 1; cat /sys/fs/cgroup/hand/cgroup.events')).toBe(
    'populated 0\nfrozen 0\n',
  );
  expect(
    await run('ip netns del hand; ip -br link show type veth; rmdir /sys/fs/cgroup/hand; umount /c/root; echo done'),
  ).toBe('done\n');
});

test('the same by runc', async () => {
  const { run, node } = await shell();
  await run(`mkdir -p /b/rootfs
ctr image pull docker.io/library/busybox:latest > /dev/null
ctr image mount --rw docker.io/library/busybox:latest /b/rootfs > /dev/null
cd /b
runc spec
sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"sleep", "1000"/; s/"readonly": true/"readonly": false/' config.json`);
  await node.run('runc run -d box < /dev/null > /dev/null 2>&1');
  expect(await run('runc list -q')).toBe('box\n');
  expect(await run('runc exec box hostname; runc exec box cat /proc/1/comm')).toBe('runc\nsleep\n');
  expect(await run('runc delete -f box; runc list -q')).toBe('');
});
