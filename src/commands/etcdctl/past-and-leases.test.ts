/** What etcd remembers and what it forgets: revisions until they are compacted, keys until their lease ends. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

const PKI = '/etc/kubernetes/pki/etcd';
const EXEC = `kubectl -n kube-system exec etcd-node-1 -- etcdctl --cacert=${PKI}/ca.crt --cert=${PKI}/server.crt --key=${PKI}/server.key`;

async function rig() {
  const node = await boot({ scenario: 'containerd', seed: 1 });
  const shown = async (command: string): Promise<string> => {
    const { stdout, stderr } = await node.run(command);
    return `${stdout}${stderr.replace(/^(command terminated|\{"level").*\n/gm, '')}`;
  };
  return { shown, ask: (command: string): Promise<string> => shown(`${EXEC} ${command}`) };
}

const revisionOf = (json: string): number => (JSON.parse(json) as { header: { revision: number } }).header.revision;

test('a key at each of its revisions, watched from the past, across a restart, until a compaction', async () => {
  const { shown, ask } = await rig();
  for (const line of ['put k 1', 'put k 2', 'del k', 'put k 3']) await ask(line);
  const last = revisionOf(await ask('get k -w json'));
  const watched = `timeout 2 ${EXEC} watch k --prev-kv --rev=${last - 2}`;
  const told = 'PUT\nk\n1\nk\n2\nDELETE\nk\n2\nk\n\nPUT\nk\n3\n';
  expect(await ask(`get k --rev=${last - 3}`)).toBe('k\n1\n');
  expect(await ask(`get k --rev=${last - 1}`)).toBe('');
  expect(await ask(`get k --rev=${last + 1000}`)).toBe(
    'Error: etcdserver: mvcc: required revision is a future revision\n',
  );
  expect(await shown(watched)).toBe(told);
  await shown('kill -9 $(pgrep -x etcd); sleep 30');
  expect(await shown(watched)).toBe(told);
  expect(await ask(`compaction ${last - 1}`)).toBe(`compacted revision ${last - 1}\n`);
  expect(await ask(`get k --rev=${last - 3}`)).toBe('Error: etcdserver: mvcc: required revision has been compacted\n');
  expect(await ask(`watch k --rev=${last - 2}`)).toBe(
    'watch was canceled (etcdserver: mvcc: required revision has been compacted)\nError: watch is canceled by the server\n',
  );
  // The API server lets go of what was there five minutes ago.
  await shown('sleep 620');
  const noted = Number((await ask('get compact_rev_key --print-value-only')).trim());
  expect(noted).toBeGreaterThan(last);
  expect(await ask(`get k --rev=${noted - 1}`)).toBe('Error: etcdserver: mvcc: required revision has been compacted\n');
  expect(await ask(`get k --rev=${noted}`)).toBe('k\n3\n');
});

test('leases end, are kept going and revoked; events are bound to one; a lock goes to who has waited longest', async () => {
  const { shown, ask } = await rig();
  expect(await ask('lease grant 1')).toMatch(/^lease [\da-f]{16} granted with TTL\(2s\)\n$/);
  const id = (await ask('lease grant 20')).split(' ')[1] as string;
  expect(await ask(`put bound 1 --lease=${id}`)).toBe('OK\n');
  expect(await ask(`put elsewhere 1 --lease=abc`)).toBe('Error: etcdserver: requested lease not found\n');
  expect(await ask(`lease timetolive ${id} --keys`)).toMatch(
    /granted with TTL\(20s\), remaining\(19s\), attached keys\(\[bound\]\)\n$/,
  );
  expect(await ask('lease list')).toContain(`\n${id}\n`);
  await shown('sleep 15');
  expect(await ask(`lease keep-alive --once ${id}`)).toBe(`lease ${id} keepalived with TTL(20)\n`);
  expect(await shown(`sleep 15; ${EXEC} get bound`)).toBe('bound\n1\n');
  expect(await shown(`sleep 6; ${EXEC} get bound; ${EXEC} lease timetolive ${id}`)).toBe(
    `lease ${id} already expired\n`,
  );
  const other = (await ask('lease grant 500')).split(' ')[1] as string;
  await ask(`put bound 2 --lease=${other}`);
  expect(await ask(`lease revoke ${other}`)).toBe(`lease ${other} revoked\n`);
  expect(await ask('get bound')).toBe('');

  await shown(`${EXEC} lock l > one & sleep 1; ${EXEC} lock l > two & sleep 1`);
  expect(await shown('cut -c1-2 one; cat two')).toBe('l/\n\n');
  await shown("kill -9 $(pgrep -f '^etcdctl.*lock l' | head -1); sleep 5");
  expect(await shown('cat two')).toBe('');
  expect(await shown('sleep 8; cut -c1-2 two')).toBe('l/\n\n');
  expect(await shown("kill -INT $(pgrep -f '^etcdctl.*lock l'); sleep 1; wc -l < two")).toMatch(/^2\n/);
  expect(await ask('get --prefix l/')).toBe('');

  expect(
    await shown('kubectl run p --image=busybox:1.36 -- sleep 9999; sleep 1700; kubectl get events -o name | wc -l'),
  ).not.toBe('0\n');
  expect(await shown('sleep 2000; kubectl get events -o name | grep -c /p')).toBe('0\n');
});
