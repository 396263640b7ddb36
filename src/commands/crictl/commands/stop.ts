import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import { print } from '../../../linux/io.ts';
import { stopOne } from '../container-actions.ts';
import { ExitError, wrapping } from '../failure.ts';
import { queryContainers } from '../list-containers.ts';
import type { Action } from '../run.ts';
import { connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/container.go stopContainerCommand @fidelity full */
export const stopCommand: CliCommand<Action> = {
  name: 'stop',
  usage: 'Stop running containers',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  shortOptions: true,
  flags: [
    { name: 'all', aliases: ['a'], kind: 'bool', usage: 'Stop every running container' },
    {
      name: 'timeout',
      aliases: ['t'],
      kind: 'int64',
      usage: 'Seconds to wait between asking it to stop and killing it',
    },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const runtime = await connectRuntime(ctx, run);
    const all = cli.bool('all');
    let ids = cli.args;
    if (all && ids.length > 0) throw new ExitError('cannot specify CONTAINER-ID(s) when using --all', 1);
    if (all) {
      const containers = await wrapping('listing containers', () => {
        return queryContainers(ctx, runtime, undefined, { state: 'running' });
      });
      if (containers.length === 0) return await print(ctx, 'No running containers found.\n');
      ids = containers.map(({ id }) => id);
    } else if (ids.length === 0) {
      throw new ExitError('you must specify at least one CONTAINER-ID or use --all', 1);
    }
    for (const id of ids) {
      await wrapping(`stopping the container ${quote(id)}`, () => stopOne(ctx, runtime, id, cli.number('timeout')));
    }
  },
};
