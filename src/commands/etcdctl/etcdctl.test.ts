/** Looking into a cluster's etcd, and taking it back to a backup. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

const PKI = '/etc/kubernetes/pki/etcd';
const CERTIFICATES = `--cacert=${PKI}/ca.crt --cert=${PKI}/server.crt --key=${PKI}/server.key`;
const EXEC = 'kubectl -n kube-system exec -i etcd-node-1 --';

/** What differs from run to run: times, revisions. */
function plain(text: string): string {
  return text
    .replace(/"ts":"[^"]*"/g, '"ts":"T"')
    .replace(/^\d{4}-\S+Z(?=\t)/gm, 'T')
    .replace(/"took":"[^"]*"/g, '"took":"N"')
    .replace(/took = \S+/g, 'took = N');
}

test('keys, members, endpoints, what is refused, and a restore', async () => {
  const node = await boot({ scenario: 'containerd', seed: 1 });
  const shown = async (command: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await node.run(command);
    return plain(`${stdout}${stderr.replace(/^command terminated .*\n/m, '')}[${exitCode}]`);
  };
  const ask = (command: string): Promise<string> => shown(`${EXEC} etcdctl ${CERTIFICATES} ${command}`);
  const bare = (command: string): Promise<string> => shown(`${EXEC} etcdctl ${command}`);

  expect(await ask('put a 1')).toBe('OK\n[0]');
  expect(await ask('put a 2 --prev-kv')).toBe('OK\na\n1\n[0]');
  expect(await shown(`printf 'two words' | ${EXEC} etcdctl ${CERTIFICATES} put b`)).toBe('OK\n[0]');
  expect(await ask('ge a')).toBe('a\n2\n[0]');
  expect(await ask('get a --hex')).toBe('\\x61\n\\x32\n[0]');
  expect(await ask('get a c --keys-only --order=descend')).toBe('b\n\na\n\n[0]');
  expect(await ask('get --prefix "" --count-only')).toBe('Error: --count-only is only for `--write-out=fields`\n[128]');
  expect((await ask('get a -w json')).replace(/\d{2,}/g, 'N')).toBe(
    '{"header":{"cluster_id":N,"member_id":N,"revision":N,"raft_term":2},"kvs":[{"key":"YQ==","create_revision":N,"mod_revision":N,"version":2,"value":"Mg=="}],"count":1}\n[0]',
  );
  expect((await ask('get a -w fields')).replace(/\d{2,}/g, 'N')).toBe(
    '"ClusterID" : N\n"MemberID" : N\n"Revision" : N\n"RaftTerm" : 2\n"Key" : "a"\n"CreateRevision" : N\n"ModRevision" : N\n"Version" : 2\n"Value" : "2"\n"Lease" : 0\n"More" : false\n"Count" : 1\n[0]',
  );
  const compare = (line: string, then: string): Promise<string> =>
    shown(`printf '${line}\\n\\n${then}\\n\\nget a\\n\\n' | ${EXEC} etcdctl ${CERTIFICATES} txn`);
  expect(await compare('mod("k") = "0"', 'put k 1\\nget k')).toBe('SUCCESS\n\nOK\n\nk\n1\n[0]');
  expect(await compare('mod("k") = "0"', 'put k 2')).toBe('FAILURE\n\na\n2\n[0]');
  expect(await compare('foo("k") = "0"', 'put k 2')).toBe(
    'Error: malformed comparison: foo("k") = "0" (unknown target foo)\n[3]',
  );
  expect(await ask('del --prefix a --prev-kv')).toBe('1\na\n2\n[0]');
  expect(
    await shown(
      `(sleep 2; ${EXEC} etcdctl ${CERTIFICATES} del b) > /dev/null & timeout 4 ${EXEC} etcdctl ${CERTIFICATES} watch b --prev-kv 2>&1`,
    ),
  ).toMatch(/DELETE\nb\ntwo words\nb\n\n/);
  expect(
    await ask('member list -w table'),
  ).toBe(`+------------------+---------+--------+---------------------------+---------------------------+------------+
|        ID        | STATUS  |  NAME  |        PEER ADDRS         |       CLIENT ADDRS        | IS LEARNER |
+------------------+---------+--------+---------------------------+---------------------------+------------+
| 9754d4208fa9e54b | started | node-1 | https://192.168.1.10:2380 | https://192.168.1.10:2379 |      false |
+------------------+---------+--------+---------------------------+---------------------------+------------+
[0]`);
  expect(await ask('endpoint health --cluster')).toBe(
    'https://192.168.1.10:2379 is healthy: successfully committed proposal: took = N\n[0]',
  );
  expect((await ask('endpoint status')).replace(/\d+, \d+, \d+, ,/, 'T, I, I, ,')).toMatch(
    /^127\.0\.0\.1:2379, 9754d4208fa9e54b, 3\.6\.6, 3\.6\.0, \d+ kB, \d+ kB, 0%, 2\.1 GB, true, false, T, I, I, , , false\n\[0\]$/,
  );

  const retried = (error: string): string =>
    `{"level":"warn","ts":"T","logger":"etcd-client","caller":"v3/retry_interceptor.go:65","msg":"retrying of unary invoker failed","target":"etcd-endpoints://0xc0001c2000/127.0.0.1:2379","method":"/etcdserverpb.KV/Range","attempt":0,"error":"rpc error: code = DeadlineExceeded desc = latest balancer error: connection error: desc = \\"${error}\\""}\nError: context deadline exceeded\n[1]`;
  expect(await bare('get a')).toBe(retried('error reading server preface: EOF'));
  expect(await bare(`--endpoints https://127.0.0.1:2379 --cacert ${PKI}/ca.crt get a`)).toBe(
    retried('error reading server preface: remote error: tls: certificate required'),
  );
  expect(await bare('--endpoints https://127.0.0.1:2379 get a')).toBe(
    retried(
      'transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority',
    ),
  );
  expect(await bare('--cert x get a')).toBe('Error: KeyFile and CertFile must both be present[key: , cert: x]\n[128]');
  expect(await bare('bogus')).toBe(
    'Error: unknown command "bogus" for "etcdctl"\nRun \'etcdctl --help\' for usage.\n[1]',
  );
  expect(await bare('role list')).toBe('etcdctl role list: not simulated: roles\n[1]');

  await node.run('kubectl create configmap precious --from-literal=a=1');
  expect(await ask('snapshot save /var/lib/etcd/backup.db')).toContain(
    'Snapshot saved at /var/lib/etcd/backup.db\nServer version 3.6.0\n',
  );
  await node.run('kubectl delete configmap precious');
  const utl = `${EXEC} etcdutl snapshot`;
  expect(await shown(`${utl} status /var/lib/etcd/backup.db`)).toMatch(/^[\da-f]+, \d+, \d+, \d+ kB, 3\.6\.0\n\[0\]$/);
  const restore = `${utl} restore /var/lib/etcd/backup.db --data-dir /var/lib/etcd/restored`;
  expect(await shown(restore)).toContain(
    'T\tinfo\tmembership/cluster.go:424\tadded member\t{"cluster-id": "cdf818194e3a8c32", "local-member-id": "0", "added-peer-id": "8e9e05c52164694d", "added-peer-peer-urls": ["http://localhost:2380"], "added-peer-is-learner": false}\n',
  );
  expect(await shown(restore)).toBe('Error: data-dir "/var/lib/etcd/restored" not empty or could not be read\n[1]');
  await node.run('mv /var/lib/etcd/restored /var/lib/etcd-restored');
  await node.run("sed -i 's#path: /var/lib/etcd$#path: /var/lib/etcd-restored#' /etc/kubernetes/manifests/etcd.yaml");
  await node.run('sleep 60');
  expect(await shown('kubectl get configmap precious -o name')).toBe('configmap/precious\n[0]');
  expect(await ask('member list')).toBe(
    '8e9e05c52164694d, started, node-1, http://localhost:2380, https://192.168.1.10:2379, false\n[0]',
  );
});
