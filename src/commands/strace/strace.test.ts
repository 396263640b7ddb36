/** strace looks on at the surface of the kernel: host programs, containers, and the few calls of what is sandboxed. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

async function outputs(): Promise<(line: string) => Promise<string>> {
  const node = await boot();
  return async (line) => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
}

test('a program of one’s own: calls, results, signals, the end and its exit code', async () => {
  const out = await outputs();
  expect(
    await out('strace cat /etc/hostname > /dev/null'),
  ).toBe(`execve("/usr/bin/cat", ["cat", "/etc/hostname"], 0x7fffffffe5d8 /* 8 vars */) = 0
openat(AT_FDCWD, "/etc/hostname", O_RDONLY) = 3
read(3, "node-1\\n", 65536)              = 7
write(1, "node-1\\n", 7)                 = 7
read(3, "", 65536)                      = 0
close(3)                                = 0
exit_group(0)                           = ?
+++ exited with 0 +++
`);
  expect(await out('strace -e trace=none cat /nosuch 2>&1; echo $?')).toBe(
    'cat: /nosuch: No such file or directory\n+++ exited with 1 +++\n1\n',
  );
  expect(await out('strace -e openat cat /nosuch 2>&1 | head -1')).toBe(
    'openat(AT_FDCWD, "/nosuch", O_RDONLY)   = -1 ENOENT (No such file or directory)\n',
  );
  expect((await out("strace -e trace=none sh -c 'kill $$'; echo $?")).replace(/si_pid=\d+/, 'si_pid=N')).toBe(`143
--- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=N, si_uid=0} ---
+++ killed by SIGTERM +++
Terminated
`);
});

test('children with -f, cut lines, times, counts, files', async () => {
  const out = await outputs();
  const lines = (await out("strace -f -e trace=%process sh -c 'sleep 0.1; exit 3'")).replace(
    /\d{3}(?=[ ,)\]\n])/g,
    'N',
  );
  expect(lines).toBe(`execve("/usr/bin/sh", ["sh", "-c", "sleep 0.1; exit 3"], 0x7fffffffe5d8 /* 8 vars */) = 0
strace: Process N attached
[pid   N] clone(child_stack=NULL, flags=SIGCHLD)  = N
[pid   N] wait4(N <unfinished ...>
[pid   N] execve("/usr/bin/sleep", ["sleep", "0.1"], 0x7fffffffe5d8 /* 8 vars */) = 0
[pid   N] exit_group(0)                           = ?
[pid   N] +++ exited with 0 +++
[pid   N] --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=N, si_uid=0} ---
[pid   N] <... wait4 resumed>, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], 0, NULL) = N
[pid   N] exit_group(3)                           = ?
[pid   N] +++ exited with 3 +++
`);
  expect(await out('strace -T -e clock_nanosleep sleep 0.25 2>&1 | head -1')).toBe(
    'clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=0, tv_nsec=250000000}, NULL) = 0 <0.250000>\n',
  );
  expect(await out('strace -tt -e exit_group sleep 1')).toMatch(/^\d\d:\d\d:\d\d\.\d{6} exit_group\(0\) {27}= \?\n/);
  expect(await out('strace -c ls /nosuch 2>&1 | grep -E "syscall$|newfstatat|total$"')).toMatch(
    /^% time {5}seconds {2}usecs\/call {5}calls {4}errors syscall\n {2}0\.00 {4}0\.000000 {11}0 {9}2 {9}2 newfstatat\n.* 2 total\n$/,
  );
  await out('strace -ff -o /tmp/t sh -c "/bin/true; true"');
  expect(await out('ls /tmp/t.* | wc -l; tail -qn 1 /tmp/t.*')).toBe(
    '2\n+++ exited with 0 +++\n+++ exited with 0 +++\n',
  );
});

test('attached to what runs, and let go again; whom one may not look into', async () => {
  const out = await outputs();
  expect(await out('strace -p 4000000; echo $?')).toBe(
    '1\nstrace: attach: ptrace(PTRACE_SEIZE, 4000000): No such process\n',
  );
  await out("su nobody -s /bin/sh -c 'sleep 77' & sleep 50 & PID=$!");
  expect(await out('su nobody -s /bin/sh -c "strace -p $PID"')).toContain('Operation not permitted');
  await out('strace -q -o /tmp/one -p $PID & sleep 0.1');
  expect(await out('grep Tracer /proc/$PID/status | grep -c "[1-9]"; strace -p $PID')).toBe(
    `1\nstrace: attach: ptrace(PTRACE_SEIZE, ${(await out('echo $PID')).trim()}): Operation not permitted\n`,
  );
  await out('kill -INT %%; sleep 0.1');
  expect(await out('grep Tracer /proc/$PID/status; kill $PID; wait $PID')).toMatch(/^TracerPid:\t0\n/);
});

test('from the host: a container’s programs, but of a sandboxed one only what the sandbox asks for', async () => {
  const out = await outputs();
  await out('ctr images pull docker.io/library/busybox:latest');
  const loop = "sh -c 'while true; do mkdir /tmp/made; rmdir /tmp/made; sleep 1; done'";
  await out(`ctr run -d docker.io/library/busybox:latest c1 ${loop}`);
  await out(`ctr run -d --runtime io.containerd.runsc.v1 docker.io/library/busybox:latest g1 ${loop}; sleep 1`);
  const traced = (pid: string): Promise<string> => out(`timeout -s INT 2.5 strace -f -e trace=%file -p ${pid}`);
  const inside = await traced("$(ctr task ls | awk '/c1/{print $2}')");
  expect(inside).toContain('mkdir("/tmp/made", 0777)');
  expect(inside).toContain('rmdir("/tmp/made")');
  const sandbox = await traced('$(pgrep -f runsc-sandbox | head -1)');
  expect(sandbox).toMatch(/^strace: Process \d+ attached\n/);
  expect(sandbox).not.toContain('made');
});
