/** ctr run. @models containerd 2.1 cmd/ctr/commands/run/run.go @fidelity partial: --cni sets up no network; see new-container.ts */
import type { CliFlag } from '../../../go/cli-types.ts';
import { deleteContainer } from '../../common/containerd/container.ts';
import { CONTAINER, PLATFORM, RUN_PLATFORM, RUNTIME, SNAPSHOTTER, SNAPSHOTTER_LABEL } from '../flags.ts';
import { newContainer } from '../new-container.ts';
import { type Command, ExitError, fail, newClient, refuse } from '../run.ts';
import { runTask } from '../task.ts';

const OWN: readonly CliFlag[] = [
  { name: 'rm', kind: 'bool', usage: 'Remove the container when it has ended; not with --detach' },
  { name: 'null-io', kind: 'bool', usage: 'Send all output to /dev/null' },
  { name: 'log-uri', kind: 'string', usage: 'Where the shim is to log' },
  { name: 'detach', aliases: ['d'], kind: 'bool', usage: 'Do not wait for the task once it runs; not with --rm' },
  { name: 'fifo-dir', kind: 'string', usage: "Directory for the task's fifos" },
  { name: 'cgroup', kind: 'string', usage: 'Path of the cgroup (an empty one: none is made)' },
  { name: 'cni', kind: 'bool', usage: 'Use CNI for the network' },
];

export const runCommand: Command = {
  name: 'run',
  usage: 'Run a container',
  argsUsage: '[flags] Image|RootFS ID [COMMAND] [ARG...]',
  flags: [
    ...OWN,
    SNAPSHOTTER,
    SNAPSHOTTER_LABEL,
    ...RUNTIME,
    ...CONTAINER,
    { ...PLATFORM, kind: 'string' } as CliFlag,
    ...RUN_PLATFORM,
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const detach = cli.bool('detach');
    if (cli.bool('rm') && detach) fail('flags --detach and --rm cannot be specified together');
    if (cli.bool('cni')) refuse('--cni: not simulated');
    if (cli.string('log-uri') !== '') refuse('--log-uri: not simulated');
    const client = await newClient(ctx, run);
    const id = await newContainer(ctx, run, client);
    let code: number | null;
    try {
      code = await runTask(ctx, run, client, id, {
        detach,
        tty: cli.bool('tty'),
        nullIo: cli.bool('null-io'),
        fifoDir: cli.string('fifo-dir'),
        pidFile: cli.string('pid-file'),
      });
    } finally {
      if (cli.bool('rm')) await deleteContainer(ctx, client, id, true);
    }
    if (code !== null && code !== 0) throw new ExitError(code);
  },
};
