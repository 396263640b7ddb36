/** The whole command line of etcdctl. @models etcd 3.6 etcdctl/ctlv3 ctl.go @fidelity full */
import type { CobraApp, CobraCommand } from '../../go/cobra-types.ts';
import { delCommand } from './commands/del.ts';
import { deprecatedSnapshotCommands } from './commands/deprecated-snapshot.ts';
import { electCommand } from './commands/elect.ts';
import { getCommand } from './commands/get.ts';
import { leaseCommand } from './commands/lease.ts';
import { lockCommand } from './commands/lock.ts';
import {
  alarmCommand,
  compactionCommand,
  defragCommand,
  endpointCommand,
  memberCommand,
} from './commands/maintenance.ts';
import { putCommand } from './commands/put.ts';
import { snapshotCommand } from './commands/snapshot.ts';
import { txnCommand } from './commands/txn.ts';
import { completionCommand, memberChanges, missingCommands, versionCommand } from './commands/utility.ts';
import { watchCommand } from './commands/watch.ts';
import { FLAGS_36, GLOBAL_FLAGS } from './flags.ts';
import type { EtcdctlRelease } from './release.ts';
import type { Action } from './run.ts';

/** It is answered before commands are looked for, and listed among them. */
const helpCommand: CobraCommand<Action> = {
  name: 'help',
  use: '[command]',
  short: 'Tells about a command',
  action: async () => {},
};

export function etcdctlApp(release: EtcdctlRelease): CobraApp<Action> {
  return {
    root: {
      name: 'etcdctl',
      short: 'A command line client of etcd, version 3 of its API.',
      subcommands: [
        getCommand(release),
        putCommand,
        delCommand,
        txnCommand,
        compactionCommand,
        alarmCommand,
        defragCommand(release),
        endpointCommand,
        watchCommand,
        versionCommand(release),
        memberCommand(memberChanges),
        snapshotCommand(release.isOld ? deprecatedSnapshotCommands : []),
        completionCommand,
        leaseCommand,
        lockCommand,
        electCommand,
        ...missingCommands(release),
        helpCommand,
      ],
    },
    globalFlags: release.isOld ? GLOBAL_FLAGS : [...GLOBAL_FLAGS, ...FLAGS_36],
    groups: [],
    prefixMatching: true,
  };
}
