/** Recorded from util-linux 2.38 and coreutils 9.1, with pids of here. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('nice and renice: what is inherited, who may, what ps, top and strace show', async () => {
  const node = await boot();
  const out = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  expect(
    await out(
      "nice; nice nice; nice -n 5 nice; nice -n -5 nice; nice -5 nice; nice --5 nice; nice -n 100 nice; nice -n 3 nice -n 4 nice; nice -n x true; echo $?; nice -n 5; echo $?; nice nonesuch; echo $?; nice -n 4 sh -c 'nice -6 nice; ls -5 / >/dev/null 2>&1; echo $?'",
    ),
  ).toBe(
    "0\n10\n5\n-5\n5\n-5\n19\n7\n125\n125\n127\n10\n2\nnice: invalid adjustment ‘x’\nnice: a command must be given with an adjustment\nTry 'nice --help' for more information.\nnice: ‘nonesuch’: No such file or directory\n",
  );
  await out('sleep 500 & echo $! > p');
  const pid = (await out('cat p')).trim();
  expect(
    await out(
      `renice 5 ${pid}; renice -n 3 -p ${pid}; renice +2 -p ${pid}; renice --relative 4 ${pid}; renice 99 ${pid}`,
    ),
  ).toBe(
    [
      [0, 5],
      [5, 3],
      [3, 2],
      [2, 6],
      [6, 19],
    ]
      .map(([before, after]) => `${pid} (process ID) old priority ${before}, new priority ${after}\n`)
      .join(''),
  );
  expect(await out(`ps -o ni,pri,stat,cls -p ${pid}; cut -d' ' -f18,19 /proc/${pid}/stat; ps -l -p ${pid}`)).toMatch(
    /^ NI PRI STAT CLS\n 19 {3}0 SN {3}TS\n39 19\nF S .*\n4 S +0 +\d+ +\d+ +0 +99 +19 - /,
  );
  expect(await out(`top -b -n 1 -p ${pid} | tail -n 1`)).toMatch(new RegExp(`^ +${pid} root +39 +19 `));
  expect(
    await out(
      'renice; echo $?; renice 5; echo $?; renice x 5; echo $?; renice 5 x; echo $?; renice 5 99999999; echo $?; renice -g 5 1; renice -n 5 -u nobody; renice 5 -u nosuch',
    ),
  ).toBe(
    "1\n1\n1\n1\n1\nrenice: not enough arguments\nTry 'renice --help' for more information.\nrenice: not enough arguments\nTry 'renice --help' for more information.\nrenice: invalid priority 'x'\nTry 'renice --help' for more information.\nrenice: bad process ID value: x\nrenice: failed to get priority for 99999999 (process ID): No such process\nrenice: invalid priority '-g'\nTry 'renice --help' for more information.\nrenice: failed to get priority for 65534 (user ID): No such process\nrenice: unknown user nosuch\n",
  );
  // Without CAP_SYS_NICE nobody becomes less nice than RLIMIT_NICE allows, nor changes another's.
  const asNobody = (line: string): Promise<string> => out(`su nobody -s /bin/sh -c '${line}'`);
  expect(await asNobody('nice -n -5 nice; echo $?; nice -n 5 nice -n -2 nice')).toBe(
    '0\n0\n5\nnice: cannot set niceness: Permission denied\nnice: cannot set niceness: Permission denied\n',
  );
  expect(await asNobody(`renice 19 ${pid}`)).toBe(
    `renice: failed to set priority for ${pid} (process ID): Operation not permitted\n`,
  );
  expect(await out("ulimit -e 25; su nobody -s /bin/sh -c 'nice -n -5 nice; nice -n -6 nice'")).toBe(
    '-5\n0\nnice: cannot set niceness: Permission denied\n',
  );
  expect(await out('strace -e trace=getpriority,setpriority nice -n 5 true')).toMatch(
    /^getpriority\(PRIO_PROCESS, 0\) += 20\nsetpriority\(PRIO_PROCESS, 0, 5\) += 0\n/,
  );
});
