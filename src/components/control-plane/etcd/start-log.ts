/**
 * What a member says while it starts and stops.
 * @models etcd 3.6.6 server/etcdmain etcd.go main.go, server/embed etcd.go config.go serve.go, server/etcdserver bootstrap.go
 * server.go, server/etcdserver/api/membership cluster.go; go.etcd.io/raft 3.6.0 raft.go node.go; bbolt 1.4.3 db.go
 * @fidelity partial: lines of one step have one time; no snapshots of Raft's log, so that each start recovers from it
 */
import { humanizeBytes } from '../../../go/units.ts';
import type { ZapEntry } from '../../../go/zap.ts';
import type { Member } from '../../../protocols/etcd/member.ts';
import type { Database } from './database.ts';

type Flags = ReadonlyMap<string, string>;
type Fields = NonNullable<ZapEntry['fields']>;

const entry = (level: ZapEntry['level'], caller: string, msg: string, fields?: Fields): ZapEntry => ({
  level,
  caller,
  msg,
  ...(fields === undefined ? {} : { fields }),
});
const info = (caller: string, msg: string, fields?: Fields): ZapEntry => entry('info', caller, msg, fields);

const ONE_PORT = entry(
  'warn',
  'embed/config.go:1209',
  'Running http and grpc server on single port. This is not recommended for production.',
);
const PEER_URL = 'http://localhost:2380';
const CLIENT_URL = 'http://localhost:2379';
const SHA = 'd2809cf00';
const GO_VERSION = 'go1.24.10';
const CLUSTER_VERSION = '3.6';
const QUOTA_BYTES = 2_147_483_648;
/** Where Go's allocator puts the logger: the same program puts it at the same place. */
const LOGGER_ADDRESS = '0xc0004a61c8';

const urls = (flags: Flags, name: string, otherwise: string): string[] => (flags.get(name) ?? otherwise).split(',');
const nameOf = (flags: Flags): string => flags.get('name') ?? 'default';
const hostOf = (url: string): string => url.replace(/^\w+:\/\//, '');

function tlsInfo(flags: Flags, prefix: '' | 'peer-'): string | null {
  const [cert = '', key = '', authority = ''] = ['cert-file', 'key-file', 'trusted-ca-file'].map(
    (name) => flags.get(prefix + name) ?? '',
  );
  if (cert === '' && key === '') return null;
  const asks = flags.get(`${prefix}client-cert-auth`) === 'true';
  return `cert = ${cert}, key = ${key}, client-cert=, client-key=, trusted-ca = ${authority}, client-cert-auth = ${asks}, crl-file = `;
}

function withTls(flags: Flags, prefix: '' | 'peer-', caller: string, whose: string): ZapEntry[] {
  const text = tlsInfo(flags, prefix);
  return text === null ? [] : [info(caller, `starting with ${whose} TLS`, { 'tls-info': text, 'cipher-suites': [] })];
}

/** Before anything is opened. */
export function announced(
  argv: readonly string[],
  flags: Flags,
  dataDir: string,
  { isNew, cpus, version }: { isNew: boolean; cpus: number; version: string },
): ZapEntry[] {
  const initialized = isNew
    ? info('etcdmain/etcd.go:124', 'Initialize and start etcd server', { 'data-dir': dataDir, 'dir-type': 'empty' })
    : info('etcdmain/etcd.go:107', 'server has already been initialized', {
        'data-dir': dataDir,
        'dir-type': 'member',
      });
  return [
    ONE_PORT,
    info('etcdmain/etcd.go:64', 'Running: ', { args: argv }),
    initialized,
    ONE_PORT,
    info('embed/etcd.go:138', 'configuring peer listeners', {
      'listen-peer-urls': urls(flags, 'listen-peer-urls', PEER_URL),
    }),
    ...withTls(flags, 'peer-', 'embed/etcd.go:544', 'peer'),
    info('embed/etcd.go:146', 'configuring client listeners', {
      'listen-client-urls': urls(flags, 'listen-client-urls', CLIENT_URL),
    }),
    info('embed/etcd.go:323', 'starting an etcd server', settings(flags, dataDir, isNew, cpus, version)),
  ];
}

function settings(flags: Flags, dataDir: string, isNew: boolean, cpus: number, version: string): Fields {
  const peers = urls(flags, 'initial-advertise-peer-urls', PEER_URL);
  const metrics = flags.get('listen-metrics-urls');
  const cluster = flags.get('initial-cluster') ?? peers.map((url) => `${nameOf(flags)}=${url}`).join(',');
  return {
    'etcd-version': version,
    'git-sha': SHA,
    'go-version': GO_VERSION,
    'go-os': 'linux',
    'go-arch': 'amd64',
    'max-cpu-set': cpus,
    'max-cpu-available': cpus,
    'member-initialized': !isNew,
    name: nameOf(flags),
    'data-dir': dataDir,
    'wal-dir': '',
    'wal-dir-dedicated': '',
    'member-dir': `${dataDir}/member`,
    'force-new-cluster': false,
    'heartbeat-interval': '100ms',
    'election-timeout': '1s',
    'initial-election-tick-advance': true,
    'snapshot-count': Number(flags.get('snapshot-count') ?? 10_000),
    'max-wals': 5,
    'max-snapshots': 5,
    'snapshot-catchup-entries': 5_000,
    'initial-advertise-peer-urls': peers,
    'listen-peer-urls': urls(flags, 'listen-peer-urls', PEER_URL),
    'advertise-client-urls': urls(flags, 'advertise-client-urls', CLIENT_URL),
    'listen-client-urls': urls(flags, 'listen-client-urls', CLIENT_URL),
    'listen-metrics-urls': metrics === undefined ? [] : metrics.split(','),
    'experimental-local-address': '',
    cors: ['*'],
    'host-whitelist': ['*'],
    'initial-cluster': isNew ? cluster : '',
    'initial-cluster-state': flags.get('initial-cluster-state') ?? 'new',
    'initial-cluster-token': isNew ? (flags.get('initial-cluster-token') ?? 'etcd-cluster') : '',
    'quota-backend-bytes': QUOTA_BYTES,
    'max-request-bytes': 1_572_864,
    'max-concurrent-streams': 4_294_967_295,
    'pre-vote': true,
    'feature-gates': flags.get('feature-gates') ?? '',
    'initial-corrupt-check': false,
    'corrupt-check-time-interval': '0s',
    'compact-check-time-interval': '1m0s',
    'auto-compaction-mode': 'periodic',
    'auto-compaction-retention': '0s',
    'auto-compaction-interval': '0s',
    'discovery-url': '',
    'discovery-proxy': '',
    'discovery-token': '',
    'discovery-endpoints': '',
    'discovery-dial-timeout': '2s',
    'discovery-request-timeout': '5s',
    'discovery-keepalive-time': '2s',
    'discovery-keepalive-timeout': '6s',
    'discovery-insecure-transport': true,
    'discovery-insecure-skip-tls-verify': false,
    'discovery-cert': '',
    'discovery-key': '',
    'discovery-cacert': '',
    'discovery-user': '',
    'downgrade-check-interval': '5s',
    'max-learners': 1,
    'v2-deprecation': 'write-only',
  };
}

export type Start = {
  readonly flags: Flags;
  readonly dataDir: string;
  readonly member: Member;
  readonly database: Database;
  readonly isNew: boolean;
  /** The last entry of Raft's log. */
  readonly index: number;
  readonly version: string;
};

const hex = (id: bigint): string => id.toString(16);
const raft = (line: number, msg: string): ZapEntry => ({
  ...info(`v3@v3.6.0/raft.go:${line}`, msg),
  logger: 'raft',
});

/** What is on the disk has been read. */
export function bootstrapped(start: Start, took: string): ZapEntry[] {
  const { dataDir, member, database, isNew, index, version } = start;
  const path = `${dataDir}/member/snap/db`;
  const [id, cluster] = [hex(member.id), hex(member.clusterId)];
  const self = { 'local-member-id': id };
  const bbolt = (caller: string, msg: string): ZapEntry => ({ ...info(caller, msg), logger: 'bbolt' });
  const options = `{Timeout: 0s, NoGrowSync: false, NoFreelistSync: true, PreLoadFreelist: false, FreelistType: hashmap, ReadOnly: false, MmapFlags: 8000, InitialMmapSize: 10737418240, PageSize: 0, NoSync: false, OpenFile: 0x0, Mlock: false, Logger: ${LOGGER_ADDRESS}}`;
  const { file, inUse } = database.bytes;
  const recovered = [
    info('etcdserver/bootstrap.go:441', 'No snapshot found. Recovering WAL from scratch!'),
    info('etcdserver/bootstrap.go:232', 'recovered v3 backend', {
      'backend-size-bytes': file,
      'backend-size': humanizeBytes(file),
      'backend-size-in-use-bytes': inUse,
      'backend-size-in-use': humanizeBytes(inUse),
    }),
    info('etcdserver/bootstrap.go:90', 'Bootstrapping WAL from snapshot'),
    info('etcdserver/bootstrap.go:599', 'restarting local member', {
      'cluster-id': cluster,
      ...self,
      'commit-index': index,
    }),
  ];
  const fromStore = [
    info('api/capability.go:76', 'enabled capabilities for version', { 'cluster-version': CLUSTER_VERSION }),
    info('membership/cluster.go:297', 'recovered/added member from store', {
      'cluster-id': cluster,
      ...self,
      'recovered-remote-peer-id': id,
      'recovered-remote-peer-urls': member.peerUrls,
      'recovered-remote-peer-is-learner': false,
    }),
    info('membership/cluster.go:307', 'set cluster version from store', { 'cluster-version': CLUSTER_VERSION }),
  ];
  const [term, at] = isNew ? [0, 0] : [database.term - 1, index];
  const restored =
    database.compacted < 0
      ? []
      : [
          info('mvcc/kvstore.go:334', 'restored last compact revision', {
            'meta-bucket-name-key': 'finishedCompactRev',
            'restored-compact-revision': database.compacted,
          }),
        ];
  const quota = { 'quota-name': 'v3-applier', 'quota-size-bytes': QUOTA_BYTES };
  return [
    bbolt('backend/backend.go:203', `Opening db file (${path}) with mode -rw------- and with options: ${options}`),
    bbolt('bbolt@v1.4.3/db.go:321', `Opening bbolt db (${path}) successfully`),
    info('storage/backend.go:80', 'opened backend db', { path, took }),
    info('etcdserver/bootstrap.go:220', 'restore consistentIndex', { index: at }),
    ...(isNew ? [] : recovered),
    info('etcdserver/bootstrap.go:94', 'bootstrapping cluster'),
    info('etcdserver/bootstrap.go:101', 'bootstrapping storage'),
    ...(isNew ? [] : fromStore),
    info('etcdserver/bootstrap.go:109', 'bootstrapping raft'),
    ...(isNew
      ? [info('etcdserver/bootstrap.go:499', 'starting local member', { ...self, 'cluster-id': cluster })]
      : []),
    info('etcdserver/server.go:312', 'bootstrap successfully'),
    raft(1981, `${id} switched to configuration voters=()`),
    raft(897, `${id} became follower at term ${term}`),
    raft(
      493,
      `newRaft ${id} [peers: [], term: ${term}, commit: ${at}, applied: 0, lastindex: ${at}, lastterm: ${term}]`,
    ),
    ...(isNew
      ? [
          raft(897, `${id} became follower at term 1`),
          raft(1981, `${id} switched to configuration voters=(${member.id})`),
        ]
      : []),
    entry('warn', 'auth/store.go:1135', 'simple token is not cryptographically signed'),
    ...restored,
    info('mvcc/kvstore.go:408', 'kvstore restored', { 'current-rev': database.revision }),
    info('storage/quota.go:93', 'enabled backend quota with default value', { ...quota, 'quota-size': '2.1 GB' }),
    ...corruption(start),
    info(`etcdserver/server.go:${isNew ? 598 : 589}`, 'starting etcd server', {
      ...self,
      'local-server-version': version,
      ...(isNew ? {} : { 'cluster-id': cluster }),
      'cluster-version': isNew ? 'to_be_decided' : CLUSTER_VERSION,
    }),
    ...begun(start),
  ];
}

/** @models etcd server/etcdserver corrupt.go */
function corruption({ flags, member, isNew }: Start): ZapEntry[] {
  if (isNew || !(flags.get('feature-gates') ?? '').split(',').includes('InitialCorruptCheck=true')) return [];
  const self = { 'local-member-id': hex(member.id) };
  return [
    info('etcdserver/corrupt.go:91', 'starting initial corruption check', { ...self, timeout: '7s' }),
    info('etcdserver/corrupt.go:172', 'initial corruption checking passed; no corruption', self),
  ];
}

function begun({ flags, dataDir, member, isNew }: Start): ZapEntry[] {
  const [id, cluster] = [hex(member.id), hex(member.clusterId)];
  const purging = (dir: string, suffix: string): ZapEntry =>
    info('fileutil/purge.go:49', 'started to purge file', {
      dir: `${dataDir}/member/${dir}`,
      suffix,
      max: 5,
      interval: '30s',
    });
  const added = info('membership/cluster.go:424', 'added member', {
    'cluster-id': cluster,
    'local-member-id': id,
    'added-peer-id': id,
    'added-peer-peer-urls': member.peerUrls,
    'added-peer-is-learner': false,
  });
  const known = info('membership/cluster.go:433', 'ignore already added member', added.fields);
  return [
    info('etcdserver/server.go:483', 'started as single-node; fast-forwarding election ticks', {
      'local-member-id': id,
      'forward-ticks': 9,
      'forward-duration': '900ms',
      'election-ticks': 10,
      'election-timeout': '1s',
    }),
    purging('snap', 'snap.db'),
    purging('snap', 'snap'),
    purging('wal', 'wal'),
    ...(isNew ? [] : [raft(1981, `${id} switched to configuration voters=(${member.id})`)]),
    isNew ? added : known,
    ...withTls(flags, '', 'embed/etcd.go:766', 'client'),
    info('embed/etcd.go:292', 'now serving peer/client/metrics', {
      'local-member-id': id,
      'initial-advertise-peer-urls': urls(flags, 'initial-advertise-peer-urls', PEER_URL),
      'listen-peer-urls': urls(flags, 'listen-peer-urls', PEER_URL),
      'advertise-client-urls': urls(flags, 'advertise-client-urls', CLIENT_URL),
      'listen-client-urls': urls(flags, 'listen-client-urls', CLIENT_URL),
      'listen-metrics-urls': flags.get('listen-metrics-urls')?.split(',') ?? [],
    }),
    ...urls(flags, 'listen-peer-urls', PEER_URL).flatMap((url) => [
      info('embed/etcd.go:640', 'serving peer traffic', { address: hostOf(url) }),
      info('embed/etcd.go:611', 'cmux::serve', { address: hostOf(url) }),
    ]),
    ...(flags.get('listen-metrics-urls')?.split(',') ?? []).map((address) =>
      info('embed/etcd.go:890', 'serving metrics', { address }),
    ),
  ];
}

/** It has elected itself and takes requests. */
export function serving({ flags, member, database, isNew }: Start): ZapEntry[] {
  const [id, cluster] = [hex(member.id), hex(member.clusterId)];
  const { term } = database;
  const before = term - 1;
  const votes = (kind: string): ZapEntry => raft(1693, `${id} has received 1 ${kind} votes and 0 vote rejections`);
  const listening = urls(flags, 'listen-client-urls', CLIENT_URL);
  const ready = info('embed/serve.go:138', 'ready to serve client requests');
  const decided = [
    info('etcdserver/server.go:2420', 'setting up initial cluster version using v3 API', {
      'cluster-version': CLUSTER_VERSION,
    }),
    info('membership/cluster.go:682', 'set initial cluster version', {
      'cluster-id': cluster,
      'local-member-id': id,
      'cluster-version': CLUSTER_VERSION,
    }),
    info('api/capability.go:76', 'enabled capabilities for version', { 'cluster-version': CLUSTER_VERSION }),
    info('etcdserver/server.go:2440', 'cluster version is updated', { 'cluster-version': CLUSTER_VERSION }),
  ];
  return [
    raft(988, `${id} is starting a new election at term ${before}`),
    raft(930, `${id} became pre-candidate at term ${before}`),
    raft(1077, `${id} received MsgPreVoteResp from ${id} at term ${before}`),
    votes('MsgPreVoteResp'),
    raft(912, `${id} became candidate at term ${term}`),
    raft(1077, `${id} received MsgVoteResp from ${id} at term ${term}`),
    votes('MsgVoteResp'),
    raft(970, `${id} became leader at term ${term}`),
    { ...raft(0, `raft.node: ${id} elected leader ${id} at term ${term}`), caller: 'v3@v3.6.0/node.go:370' },
    info('etcdserver/server.go:1820', 'published local member to cluster through raft', {
      'local-member-id': id,
      'local-member-attributes': `{Name:${member.name} ClientURLs:[${member.clientUrls.join(' ')}]}`,
      'cluster-id': cluster,
      'publish-timeout': '7s',
    }),
    ...listening.map(() => ready),
    info('etcdmain/main.go:44', 'notifying init daemon'),
    info('etcdmain/main.go:50', 'successfully notified init daemon'),
    ...(isNew ? decided : []),
    ...listening.map((url) =>
      url.startsWith('https')
        ? info('embed/serve.go:283', 'serving client traffic securely', { traffic: 'grpc+http', address: hostOf(url) })
        : info('embed/serve.go:220', 'serving client traffic insecurely; this is strongly discouraged!', {
            traffic: 'grpc+http',
            address: hostOf(url),
          }),
    ),
    ...(isNew ? [info('schema/migration.go:65', 'updated storage version', { 'new-storage-version': '3.6.0' })] : []),
  ];
}

/** A signal has come. */
export function stopping({ flags, dataDir, member }: Start, signal: string): ZapEntry[] {
  const about = {
    name: nameOf(flags),
    'data-dir': dataDir,
    'advertise-peer-urls': urls(flags, 'initial-advertise-peer-urls', PEER_URL),
    'advertise-client-urls': urls(flags, 'advertise-client-urls', CLIENT_URL),
  };
  const id = hex(member.id);
  return [
    info('osutil/interrupt_unix.go:65', 'received signal; shutting down', { signal }),
    info('embed/etcd.go:426', 'closing etcd server', about),
    info('etcdserver/server.go:1297', 'skipped leadership transfer for single voting member cluster', {
      'local-member-id': id,
      'current-leader-member-id': id,
    }),
    ...urls(flags, 'listen-peer-urls', PEER_URL).flatMap((url) => [
      info('embed/etcd.go:621', 'stopping serving peer traffic', { address: hostOf(url) }),
      info('embed/etcd.go:626', 'stopped serving peer traffic', { address: hostOf(url) }),
    ]),
    info('embed/etcd.go:428', 'closed etcd server', about),
  ];
}
