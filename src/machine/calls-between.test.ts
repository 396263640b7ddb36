/** System calls of a piece of work, taken from its history made again. */
import { expect, test } from 'vitest';
import { watchCalls } from '../linux/syscall-entry.ts';
import { boot } from '../testing/boot.ts';
import { callsBetween } from './calls-between.ts';
import { Machine } from './machine.ts';

const LINE = 'mkdir /tmp/a; echo hi > /tmp/a/f; cat /tmp/a/f /nosuch';

test('as strace prints them, each of the process that made it', async () => {
  const node = await boot();
  await node.run(LINE);
  const { trace } = node.machine;
  const callsOf = async (program: string) => {
    const exec = trace.events.findLast((e) => e.kind === 'process.exec' && e.comm === program);
    if (exec === undefined) throw new Error(program);
    const began = trace.events.find((e) => e.kind === 'process.fork' && e.child === exec.pid)?.seq ?? 0;
    const work = { from: began, until: trace.nextSeq, pid: exec.pid, span: null };
    const { calls } = await callsBetween(node.machine.savepoint(), work);
    // A shell gives its children their signals back before they become another program.
    return calls.map(({ text }) => text).filter((text) => !text.startsWith('rt_sigaction'));
  };
  expect(await callsOf('mkdir')).toEqual([
    'execve("/usr/bin/mkdir", ["mkdir", "/tmp/a"], 0x7fffffffe5d8 /* 8 vars */) = 0',
    'mkdir("/tmp/a", 0777) = 0',
  ]);
  expect((await callsOf('cat')).filter((text) => /openat|read|write/.test(text))).toEqual([
    'openat(AT_FDCWD, "/tmp/a/f", O_RDONLY) = 3',
    'read(3, "hi\\n", 65536) = 3',
    'write(1, "hi\\n", 3) = 3',
    'read(3, "", 65536) = 0',
    'openat(AT_FDCWD, "/nosuch", O_RDONLY) = -1 ENOENT (No such file or directory)',
    'write(2, "cat: /nosuch: No such file or directory\\n", 40) = 40',
  ]);
});

test('nothing takes longer or happens in another order for being watched', async () => {
  const node = await boot({ scenario: 'bare' });
  await node.run(`${LINE}; crictl pull busybox | cat; sleep 1 & wait`);
  const savepoint = node.machine.savepoint();
  const { machine, to } = await watchedReplay();
  await to();
  expect(machine.trace.digest()).toBe(node.machine.trace.digest());

  async function watchedReplay() {
    const replay = await Machine.replaying(savepoint);
    let told = 0;
    for (const name of replay.machine.hostNames)
      watchCalls(replay.machine.kernelOf(name).sys, () => {
        told++;
      });
    return {
      machine: replay.machine,
      to: async () => {
        await replay.to(savepoint.inputs, savepoint.time);
        expect(told).toBeGreaterThan(1000);
      },
    };
  }
});
