/** What happens to a shell, and to what it runs, where there is no room for another process or for a longer text. */
import { beforeAll, expect, test } from 'vitest';
import { type BootedNode, boot, type RunResult } from '../testing/boot.ts';

let node: BootedNode;

beforeAll(async () => {
  node = await boot({ seed: 1, scenario: 'bare' });
  await node.run('nerdctl pull -q busybox');
});

test('bash tries to fork again for 15 seconds and then gives up; a pipeline ends by it', async () => {
  // Within a limit of four processes, this shell among them.
  const limited = async (line: string): Promise<RunResult> => {
    await node.run('mkdir -p /sys/fs/cgroup/four && echo 4 > /sys/fs/cgroup/four/pids.max');
    const result = await node.run(`(echo $BASHPID > /sys/fs/cgroup/four/cgroup.procs; exec bash -c '${line}')`);
    await node.run('echo 1 > /sys/fs/cgroup/four/cgroup.kill; sleep 1; rmdir /sys/fs/cgroup/four');
    return result;
  };
  const retry = 'bash: fork: retry: Resource temporarily unavailable\n';
  const gaveUp = await limited('sleep 60 & sleep 60 & sleep 60 & true | true; echo no');
  expect(gaveUp).toMatchObject({
    stdout: '',
    stderr: `${retry.repeat(4)}bash: fork: Resource temporarily unavailable\n`,
    exitCode: 254,
  });
  expect(Math.floor(gaveUp.virtualMs / 1000)).toBe(15);
  expect((await limited('sleep 60 & sleep 60 & sleep 3 & echo $(echo yes)')).stdout).toBe('yes\n');
});

test("a fork bomb fills a container's limit and nothing else", async () => {
  const { stdout, stderr, exitCode } = await node.run(
    "nerdctl run --rm --pids-limit 20 busybox sh -c 'f(){ f|f& }; f; sleep 2; echo over'",
  );
  expect({ stdout, exitCode }).toEqual({ stdout: 'over\n', exitCode: 0 });
  expect([...new Set(stderr.split('\n'))]).toEqual(["sh: can't fork: Resource temporarily unavailable", '']);
});

test.each([
  ['sh', "sh -c 'x=a; while true; do x=$x$x; done'"],
  ['sh', "sh -c 'x=$(yes)'"],
  ['tail', 'tail /dev/zero'],
  ['sort', "sh -c 'yes | sort; exit $?'"],
  ['grep', "sh -c 'grep x /dev/zero; exit $?'"],
  ['awk', `awk 'BEGIN{s="a"; while(1) s=s s}'`],
  ['awk', "awk 'BEGIN{while(1) a[i++]=i}'"],
])('%s is ended for what it keeps: %s', async (comm, command) => {
  expect((await node.run(`nerdctl run --rm -m 20m busybox ${command}`)).exitCode).toBe(137);
  expect((await node.run("dmesg | grep -o 'Killed process [0-9]* ([a-z]*)' | cut -d'(' -f2 | tail -n 1")).stdout).toBe(
    `${comm})\n`,
  );
});

test('a long value takes memory for as long as it is kept; tail keeps what it will print', async () => {
  const rss = 'grep -c "VmRSS.* [6-9]... kB" /proc/$$/status';
  const value = `x=$(head -c 5M /dev/zero | tr "\\0" a); ${rss}; x=; y=1; ${rss}`;
  expect((await node.run(`nerdctl run --rm -m 20m busybox sh -c '${value}'`)).stdout).toBe('1\n0\n');
  const last = await node.run("nerdctl run --rm -m 20m busybox sh -c 'seq 5000000 | tail -n 1'");
  expect(last.stdout).toBe('5000000\n');
});

test('no text is longer than can be kept: bash ends, mawk too', async () => {
  expect(await node.run("bash -c 'x=a; while true; do x=$x$x; done'")).toMatchObject({
    stdout: '',
    stderr: 'bash: line 1: xrealloc: cannot allocate 536870912 bytes\n',
    exitCode: 2,
  });
  expect(await node.run(`awk 'BEGIN{s="a"; while(1) s=s s}'`)).toMatchObject({
    stderr: 'mawk: out of memory\n',
    exitCode: 2,
  });
});
