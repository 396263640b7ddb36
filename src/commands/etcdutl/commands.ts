/** What etcdutl does. @models etcd 3.6 etcdutl/etcdutl snapshot_command.go version_command.go printer*.go @fidelity partial: no defrag, hashkv, migrate */
import { asciiTable } from '../../go/ascii-table.ts';
import type { CobraApp, CobraCommand, CobraContext, Pflag } from '../../go/cobra-types.ts';
import { marshalJson } from '../../go/json.ts';
import { humanizeBytes } from '../../go/units.ts';
import type { Context } from '../../linux/context.ts';
import { print } from '../../linux/io.ts';
import { EXIT, Exit, NotSimulated } from '../etcdctl/exit.ts';
import type { EtcdctlRelease } from '../etcdctl/release.ts';
import { restoreSnapshot, snapshotStatus } from './snapshot.ts';

export type Action = (ctx: Context, cli: CobraContext) => Promise<void>;

const RESTORE_36 = {
  restoring: 'snapshot/v3_snapshot.go:305',
  trimming: 'schema/membership.go:138',
  added: 'membership/cluster.go:424',
  restored: 'snapshot/v3_snapshot.go:333',
  bumping: 'snapshot/v3_snapshot.go:396',
  marking: 'snapshot/v3_snapshot.go:413',
};

const RESTORE_35 = {
  ...RESTORE_36,
  restoring: 'snapshot/v3_snapshot.go:248',
  trimming: 'membership/store.go:141',
  added: 'membership/cluster.go:421',
  restored: 'snapshot/v3_snapshot.go:269',
};

const PEER_URL = 'http://localhost:2380';

const RESTORE_FLAGS: readonly Pflag[] = [
  { name: 'data-dir', kind: 'string', usage: 'directory that is made' },
  { name: 'wal-dir', kind: 'string', usage: 'directory for the log (else it lies in --data-dir)' },
  {
    name: 'initial-cluster',
    kind: 'string',
    value: `default=${PEER_URL}`,
    usage: 'members of the cluster that begins',
  },
  { name: 'initial-cluster-token', kind: 'string', value: 'etcd-cluster', usage: 'token of the cluster that begins' },
  {
    name: 'initial-advertise-peer-urls',
    kind: 'string',
    value: PEER_URL,
    usage: "this member's addresses for the others",
  },
  { name: 'name', kind: 'string', value: 'default', usage: "this member's name" },
  { name: 'skip-hash-check', kind: 'bool', usage: 'take a file without a hash (a copy from a data directory)' },
];

const REVISION_FLAGS: readonly Pflag[] = [
  { name: 'bump-revision', kind: 'int64', usage: 'how many revisions to skip' },
  {
    name: 'mark-compacted',
    kind: 'bool',
    usage: 'the newest revision counts as compacted (goes with --bump-revision)',
  },
];

export function snapshotCommands({ isOld }: EtcdctlRelease, mustName: boolean): readonly CobraCommand<Action>[] {
  return [
    {
      name: 'restore',
      use: '<filename> --data-dir {output dir} [options]',
      short: 'Makes a data directory of a snapshot',
      flags: (isOld ? RESTORE_FLAGS : [...RESTORE_FLAGS, ...REVISION_FLAGS]).map((flag) =>
        flag.name === 'data-dir' && mustName ? { ...flag, required: true } : flag,
      ),
      action: (ctx, cli) => restore(ctx, cli, isOld),
    },
    {
      name: 'status',
      use: '<filename>',
      short: 'Tells what is in a snapshot',
      action: (ctx, cli) => status(ctx, cli, isOld),
    },
  ];
}

async function restore(ctx: Context, cli: CobraContext, isOld: boolean): Promise<void> {
  const [path, ...more] = cli.args;
  if (path === undefined || more.length > 0)
    throw new Exit(EXIT.badArgs, 'snapshot restore requires exactly one argument');
  const bumpRevision = isOld ? 0 : cli.number('bump-revision');
  if (!isOld && bumpRevision > 0 !== cli.bool('mark-compacted'))
    throw new Exit(EXIT.badArgs, '--mark-compacted required if --revision-bump > 0');
  const name = cli.string('name');
  await restoreSnapshot(ctx, path, {
    dataDir: cli.string('data-dir') || `${name}.etcd`,
    walDir: cli.string('wal-dir'),
    name,
    initialCluster: cli.string('initial-cluster'),
    token: cli.string('initial-cluster-token'),
    peerUrls: cli.string('initial-advertise-peer-urls'),
    skipHashCheck: cli.bool('skip-hash-check'),
    bumpRevision,
    callers: isOld ? RESTORE_35 : RESTORE_36,
  });
}

async function status(ctx: Context, cli: CobraContext, isOld: boolean): Promise<void> {
  const [path, ...more] = cli.args;
  if (path === undefined || more.length > 0)
    throw new Exit(EXIT.badArgs, 'snapshot status requires exactly one argument');
  const format = cli.string('write-out');
  const found = await snapshotStatus(ctx, path);
  const { hash, revision, totalKey, totalSize, version } = found;
  const row = [hash.toString(16), String(revision), String(totalKey), humanizeBytes(totalSize)];
  const header = ['hash', 'revision', 'total keys', 'total size'];
  if (format === 'simple') await print(ctx, `${[...row, ...(isOld ? [] : [version])].join(', ')}\n`);
  else if (format === 'table')
    await print(ctx, isOld ? asciiTable(header, [row]) : asciiTable([...header, 'version'], [[...row, version]]));
  else if (format === 'json')
    await print(ctx, `${marshalJson({ hash, revision, totalKey, totalSize, ...(isOld ? {} : { version }) })}\n`);
  else if (format === 'fields')
    await print(
      ctx,
      `"Hash" : ${hash}\n"Revision" : ${revision}\n"Keys" : ${totalKey}\n"Size" : ${totalSize}\n${isOld ? '' : `"Version" : ${version}\n`}`,
    );
  else if (format === 'protobuf') throw new Exit(EXIT.badFeature, 'protobuf not supported as output format');
  else throw new Exit(EXIT.badFeature, 'unsupported output format');
}

const missing = (name: string, short: string): CobraCommand<Action> => ({
  name,
  short,
  disableFlagParsing: true,
  action: async () => {
    throw new NotSimulated(`etcdutl ${name}: not simulated: the command`);
  },
});

export function etcdutlApp(release: EtcdctlRelease): CobraApp<Action> {
  const { version, api, isOld } = release;
  return {
    root: {
      name: 'etcdutl',
      short: 'A command line tool for the files of etcd, version 3 of its API.',
      subcommands: [
        missing('defrag', 'Gives back the room that a data directory does not use'),
        {
          name: 'snapshot',
          use: '<subcommand>',
          short: 'Commands about snapshots',
          subcommands: snapshotCommands(release, true),
        },
        ...(isOld
          ? [missing('backup', 'Copies a data directory')]
          : [
              missing('hashkv', 'Prints a hash of the keys in a file'),
              missing('migrate', 'Changes the version of a data directory'),
            ]),
        {
          name: 'version',
          short: "Prints etcdutl's version",
          action: (ctx) => print(ctx, `etcdutl version: ${version}\nAPI version: ${api}\n`),
        },
        missing('completion', 'Prints a completion script for a shell'),
      ],
    },
    globalFlags: [
      {
        name: 'write-out',
        short: 'w',
        kind: 'string',
        value: 'simple',
        usage: 'form of the output: fields, json, protobuf, simple or table',
      },
    ],
    groups: [],
    prefixMatching: true,
  };
}
