/** What etcdctl 3.5 still has of etcdutl. @models etcd 3.5.6 etcdctl/ctlv3/command snapshot_command.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { printError } from '../../../linux/io.ts';
import { snapshotCommands } from '../../etcdutl/commands.ts';
import { etcdctl35 } from '../release.ts';
import type { Action } from '../run.ts';

export const deprecatedSnapshotCommands: readonly CobraCommand<Action>[] = snapshotCommands(etcdctl35, false).map(
  ({ action, subcommands: _, ...command }) => ({
    ...command,
    action: async (ctx, run) => {
      await printError(ctx, `Deprecated: Use \`etcdutl snapshot ${command.name}\` instead.\n\n`);
      await action?.(ctx, run.cli);
    },
  }),
);
