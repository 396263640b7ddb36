/** What etcd says while it starts, works and stops. */
import { expect, test } from 'vitest';
import { boot } from '../../../testing/boot.ts';

const PKI = '/etc/kubernetes/pki/etcd';
const ETCDCTL = `kubectl -n kube-system exec etcd-node-1 -- etcdctl --cacert=${PKI}/ca.crt --cert=${PKI}/server.crt --key=${PKI}/server.key`;

type Line = { level: string; caller: string; msg: string; logger?: string } & Record<string, unknown>;

async function rig() {
  const node = await boot({ scenario: 'containerd', seed: 1 });
  const out = async (line: string): Promise<string> => (await node.run(line)).stdout;
  const lines = async (which: string): Promise<Line[]> =>
    (await out(`crictl logs $(crictl ps -a -q --name etcd | ${which} -1) 2>&1`))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  return { out, lines };
}

test('a start on what is there, upkeep, and an orderly end', async () => {
  const { out, lines } = await rig();
  const started = await lines('head');
  const said = (list: readonly Line[], msg: string): Line | undefined => list.find((line) => line.msg === msg);
  expect(started.map(({ msg }) => msg).slice(1, 6)).toEqual([
    'Running: ',
    'server has already been initialized',
    'Running http and grpc server on single port. This is not recommended for production.',
    'configuring peer listeners',
    'starting with peer TLS',
  ]);
  expect(said(started, 'starting an etcd server')).toMatchObject({
    'etcd-version': '3.6.6',
    'max-cpu-set': 2,
    'member-initialized': true,
    name: 'node-1',
    'initial-cluster': '',
    'feature-gates': 'InitialCorruptCheck=true',
  });
  const restarted = said(started, 'restarting local member') as Line;
  const id = restarted['local-member-id'] as string;
  expect(started.filter(({ logger }) => logger === 'raft').map(({ msg }) => msg)).toContain(
    `raft.node: ${id} elected leader ${id} at term 2`,
  );
  expect(started.at(-1)).toMatchObject({ msg: 'serving client traffic securely', address: '192.168.1.10:2379' });

  await out(`${ETCDCTL} put a 1; ${ETCDCTL} put a 2; ${ETCDCTL} put a 3`);
  const { header } = JSON.parse(await out(`${ETCDCTL} get a -w json`)) as { header: { revision: number } };
  await out(`${ETCDCTL} compaction ${header.revision - 1}; ${ETCDCTL} compaction ${header.revision}`);
  await out(`${ETCDCTL} defrag; ${ETCDCTL} snapshot save /var/lib/etcd/backup`);
  const worked = (await lines('head')).slice(started.length);
  expect(worked.map(({ caller, msg }) => `${caller} ${msg}`)).toEqual([
    'mvcc/index.go:194 compact tree index',
    'mvcc/kvstore_compaction.go:70 finished scheduled compaction',
    'mvcc/hash.go:157 storing new hash',
    'mvcc/index.go:194 compact tree index',
    'mvcc/kvstore_compaction.go:70 finished scheduled compaction',
    'mvcc/hash.go:157 storing new hash',
    'v3rpc/maintenance.go:117 starting defragment',
    'backend/backend.go:522 defragmenting',
    'backend/backend.go:592 finished defragmenting directory',
    'v3rpc/maintenance.go:125 finished defragment',
    'v3rpc/maintenance.go:160 sending database snapshot to client',
    'v3rpc/maintenance.go:202 sending database sha256 checksum to client',
    'v3rpc/maintenance.go:211 successfully sent database snapshot to client',
  ]);
  expect(worked[5]).toMatchObject({ revision: header.revision, 'compact-revision': header.revision - 1 });
  const before = JSON.parse(await out(`${ETCDCTL} endpoint status -w json`)) as { Status: { raftIndex: number } }[];

  await out('kill -TERM $(pgrep -x etcd); sleep 20');
  const ended = (await lines('tail')).slice(started.length + worked.length);
  expect(ended[0]).toMatchObject({ msg: 'received signal; shutting down', signal: 'terminated' });
  expect(ended.at(-1)?.msg).toBe('closed etcd server');
  const again = await lines('head');
  expect(said(again, 'restored last compact revision')).toMatchObject({
    'restored-compact-revision': header.revision,
  });
  expect(said(again, 'restarting local member')?.['commit-index']).toBeGreaterThanOrEqual(
    before[0]?.Status.raftIndex as number,
  );
});

test('a new member decides on the version of its cluster', async () => {
  const { out, lines } = await rig();
  const manifest = '/etc/kubernetes/manifests/etcd.yaml';
  await out(`mv ${manifest} /root/etcd.yaml; sleep 5; rm -r /var/lib/etcd/member; mv /root/etcd.yaml ${manifest}`);
  await out('sleep 40');
  const started = await lines('head');
  expect(started.map(({ msg }) => msg)).toEqual(
    expect.arrayContaining([
      'Initialize and start etcd server',
      'starting local member',
      'added member',
      'set initial cluster version',
      'updated storage version',
    ]),
  );
  expect(started.find(({ msg }) => msg === 'starting an etcd server')).toMatchObject({
    'member-initialized': false,
    'initial-cluster': 'node-1=https://192.168.1.10:2380',
    'initial-cluster-token': 'etcd-cluster',
  });
});
