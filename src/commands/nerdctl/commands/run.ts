/** nerdctl run and create. @models nerdctl v2.3.5 cmd/nerdctl/container/container_run.go, container_create.go @fidelity full */
import { print } from '../../../linux/io.ts';
import { loadContainer } from '../../common/containerd/container.ts';
import { createContainer } from '../create.ts';
import { CREATE_FLAGS } from '../create-flags.ts';
import { removeContainer } from '../remove.ts';
import { command, ExitError, fail, log, newClient } from '../run.ts';
import { recordingError, runTask } from '../task.ts';

export const runCommand = command({
  name: 'run',
  use: '[flags] IMAGE [COMMAND] [ARG...]',
  short: 'Run a command in a new container',
  flags: [
    ...CREATE_FLAGS,
    { name: 'detach', short: 'd', kind: 'bool', usage: 'Do not wait: print the ID of the container' },
    { name: 'attach', short: 'a', kind: 'stringSlice', usage: 'Attach STDIN, STDOUT or STDERR' },
  ],
  flagsFirst: true,
  args: { min: 1 },
  action: async (ctx, cli) => {
    const attach = cli.strings('attach').map((word) => word.toUpperCase());
    if (attach.some((word) => !['STDIN', 'STDOUT', 'STDERR'].includes(word)))
      fail('invalid stream specified with -a flag. Valid streams are STDIN, STDOUT, and STDERR');
    const client = await newClient(ctx, cli);
    const detach = cli.bool('detach');
    const remove = cli.bool('rm');
    if (remove && detach) fail('flags -d and --rm cannot be specified together');
    if (attach.length > 0 && detach) fail('flags -d and -a cannot be specified together');
    const id = await createContainer(ctx, cli, client, cli.args);
    const options = {
      detach,
      interactive: cli.bool('interactive'),
      sigProxy: cli.bool('sig-proxy'),
      attach,
    };
    let code: number | null;
    try {
      code = await recordingError(ctx, client, id, async () =>
        runTask(ctx, client, await loadContainer(ctx, client, id), options, remove),
      );
    } finally {
      if (remove) {
        try {
          await removeContainer(ctx, cli, client, await loadContainer(ctx, client, id), true, true);
        } catch (error) {
          await log(ctx, 'warning', `failed to remove container ${id}`, error);
        }
      }
    }
    if (detach) await print(ctx, `${id}\n`);
    if (code !== null && code !== 0) throw new ExitError(code);
  },
});

export const createCommand = command({
  name: 'create',
  use: '[flags] IMAGE [COMMAND] [ARG...]',
  short: 'Make a new container without starting it',
  flags: CREATE_FLAGS,
  flagsFirst: true,
  args: { min: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    await print(ctx, `${await createContainer(ctx, cli, client, cli.args)}\n`);
  },
});
