/** Locks of flock(2), as scripts use them and as /proc and lslocks show them. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('a lock belongs to an open file: kept by children, waited for in turn, changed, given back', async () => {
  const node = await boot();
  const out = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  // containerd holds locks of its own.
  await out('systemctl stop containerd; cd /tmp; touch a; echo hello > b');
  // Held through descriptor 9 of a subshell, whose child keeps it after the subshell has ended.
  await out('(flock 9; sleep 3 & ) 9>a');
  expect(await out('flock -n a true; echo $?; flock -n -E 7 --verbose a true; echo $?')).toBe(
    '1\n7\nflock: failed to get lock\n',
  );
  expect(await out('flock -w 0.5 --verbose a true; echo $?')).toBe('1\nflock: timeout while waiting to get lock\n');
  expect(await out('flock --verbose a true; echo $?')).toMatch(
    /^flock: getting lock took 2\.\d{6} seconds\nflock: executing true\n0\n$/,
  );
  expect(await out('flock -n a -c "exit 4"; echo $?; flock a sh -c "kill -TERM \\$\\$"; echo $?')).toBe('4\n143\n');
  // Shared ones stand side by side; the same open file changes its own.
  expect(await out('exec 8<b 9<b; flock -s 8; flock -sn 9; echo $?; flock -xn 9; echo $?; flock -n 8; echo $?')).toBe(
    '0\n1\n0\n',
  );
  expect(await out('flock -u 8; flock -n b true; echo $?; flock -n b flock -n b true; echo $?; exec 8<&- 9<&-')).toBe(
    '0\n1\n',
  );
  expect(await out('flock b ls /proc/self/fd; flock -o b ls /proc/self/fd')).toBe('0\n1\n2\n3\n0\n1\n2\n');

  await out(
    'flock a sleep 5 & sleep 0.1; flock a sleep 1 & sleep 0.1; flock a true & sleep 0.1; flock -s b sleep 9 & sleep 0.1',
  );
  const [a, b] = (await out('stat -c %i a b')).trim().split('\n');
  const device = '[0-9a-f]{2}:[0-9a-f]{2}';
  const locks = await out('cat /proc/locks');
  const table = new RegExp(
    `^1: FLOCK  ADVISORY  READ (\\d+) ${device}:${b} 0 EOF\n2: FLOCK  ADVISORY  WRITE (\\d+) ${device}:${a} 0 EOF\n2: -> FLOCK  ADVISORY  WRITE (\\d+) ${device}:${a} 0 EOF\n2:  -> FLOCK  ADVISORY  WRITE (\\d+) ${device}:${a} 0 EOF\n$`,
  );
  expect(locks).toMatch(table);
  const [, reader, holder, first, second] = table.exec(locks) as unknown as string[];
  expect(await out(`grep lock: /proc/${holder}/fdinfo/3`)).toMatch(
    new RegExp(`^lock:\t1: FLOCK  ADVISORY  WRITE ${holder} ${device}:${a} 0 EOF\n$`),
  );
  const row = (pid: string | undefined, size: string, rest: string): string =>
    `flock   ${pid} FLOCK ${size.padStart(4)} ${rest}\n`;
  expect(await out('lslocks')).toBe(
    'COMMAND PID  TYPE SIZE MODE   M START END PATH\n' +
      row(second, '', 'WRITE* 0     0   0 /tmp/a') +
      row(first, '', 'WRITE* 0     0   0 /tmp/a') +
      row(holder, '', 'WRITE  0     0   0 /tmp/a') +
      row(reader, '6B', 'READ   0     0   0 /tmp/b'),
  );
  expect(await out(`lslocks -rno PID,BLOCKER -p ${second}; lslocks -p 1; lslocks -o x; lslocks -p x`)).toBe(
    `${second} ${holder}\nlslocks: unknown column: X\nlslocks: invalid PID argument: 'x'\n`,
  );
  // Who was killed while it waited is not in the way of the next.
  await out(`kill -9 ${first} ${holder}; pkill sleep; sleep 0.1`);
  expect(await out('flock -n a true; echo $?; unshare -pf --mount-proc cat /proc/locks')).toBe('0\n');

  expect(
    await out(
      'flock; echo $?; flock -n; echo $?; flock abc; echo $?; flock 77; echo $?; flock -w x a true; echo $?; flock -w -1 a true; echo $?; flock -E 300 a true; echo $?; flock -E x a true; echo $?; flock a -c; echo $?; flock -q a; echo $?; flock /none/x true; echo $?; flock a nonesuch; echo $?; flock -o -F a true; echo $?',
    ),
  ).toBe(
    "64\n64\n64\n65\n64\n71\n64\n64\n64\n64\n66\n69\n64\nflock: not enough arguments\nTry 'flock --help' for more information.\nflock: requires file descriptor, file or directory\nflock: bad file descriptor: 'abc'\nflock: 77: Bad file descriptor\nflock: invalid timeout value: 'x'\nflock: cannot set up timer: Invalid argument\nflock: exit code out of range (expected 0 to 255)\nflock: invalid exit code: 'x'\nflock: -c requires exactly one command argument\nflock: invalid option -- 'q'\nTry 'flock --help' for more information.\nflock: cannot open lock file /none/x: No such file or directory\nflock: failed to execute nonesuch: No such file or directory\nflock: the --no-fork and --close options are incompatible\n",
  );
  expect(await out('strace -e trace=flock flock -n a true; strace -e flock flock -s a true')).toMatch(
    /flock\(3, LOCK_EX\|LOCK_NB\) += 0\n.*flock\(3, LOCK_SH\) += 0\n/s,
  );
});
