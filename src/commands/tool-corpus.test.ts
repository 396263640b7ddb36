/**
 * What the real tools printed for each line, in a directory that `setup` fills and that each leaves as it was: coreutils 9.10, grep 3.12, sed 4.9,
 * mawk 1.3.4, findutils 4.11, diffutils 3.12, tar 1.35, gzip 1.14, util-linux 2.42, shadow 4.19 and glibc of Debian forky; procps 4.0.2,
 * iputils, iproute2, iptables, wget, netcat, jq, yq, file, libcap, kmod, bind9 and systemd tools of Debian 12.
 */
import { beforeAll, expect, test } from 'vitest';
import { type BootedNode, boot } from '../testing/boot.ts';
import corpus from './tool-corpus.json' with { type: 'json' };

/** Where a tool here does not answer as the recorded one does, and why: a line that begins to agree leaves the list. */
const DIFFERENT: ReadonlySet<string> = new Set([
  // Newer than what is modelled, or older.
  "pathchk -p 'a b'",
  'iptables -t nosuch -L; echo $?',
  'iptables; echo $?',
  // gunzip is a script that runs gzip.
  'gunzip ten; echo $?',
  "date -u -d '1 day ago 2024-03-01' +%F",
  // tar here writes POSIX headers.
  'tar cf t.tar left; file t.tar; rm t.tar',
]);

const ENVIRONMENT = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 bash -c';
let node: BootedNode;

beforeAll(async () => {
  node = await boot({ seed: 1, scenario: 'bare', files: { '/root/setup.sh': new TextEncoder().encode(corpus.setup) } });
  // On a disk, as theirs was: /tmp is memory here.
  await node.run('mkdir /var/tc /tmp/tc; mount --bind /var/tc /tmp/tc; cd /tmp/tc; sh /root/setup.sh');
});

test('at least 95 of 100 lines agree', () => {
  expect(corpus.cases.length).toBeGreaterThanOrEqual(500);
  expect(DIFFERENT.size / corpus.cases.length).toBeLessThanOrEqual(0.05);
});

test.each(corpus.cases.map((c) => [c.line, c] as const))('%s', async (line, recorded) => {
  const script = `cd /tmp/tc; ${line}`.replaceAll("'", "'\\''");
  const { stdout, stderr, exitCode } = await node.run(`env -i ${ENVIRONMENT} '${script}' < /dev/null`);
  const expected = { stdout: recorded.stdout, stderr: recorded.stderr, exitCode: recorded.exitCode };
  if (DIFFERENT.has(line)) expect({ stdout, stderr, exitCode }).not.toEqual(expected);
  else expect({ stdout, stderr, exitCode }).toEqual(expected);
});
