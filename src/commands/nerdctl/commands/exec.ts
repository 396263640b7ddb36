/** nerdctl exec and attach. @models nerdctl v2.3.5 pkg/cmd/container/exec.go attach.go @fidelity partial: no detach keys */
import { print } from '../../../linux/io.ts';
import { TasksService } from '../../../protocols/containerd/services/tasks/v1/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import { ALL_CAPABILITIES, mergeEnv } from '../../../protocols/oci-runtime/default-spec.ts';
import { followResizes, forwardSignals } from '../../common/containerd/console.ts';
import { loadTask, PROCESS_TYPE_URL, rootfsMounts, specOf, startWait } from '../../common/containerd/container.ts';
import { applyUser, type FullSpec } from '../../common/containerd/spec.ts';
import { attachStreams, NULL_IO, newStreams } from '../../common/containerd/streams.ts';
import { command, ExitError, fail, newClient, newId, notSimulated } from '../run.ts';
import { environment } from '../spec-flags.ts';
import { consoleFor, ignoreGone } from '../task.ts';
import { findContainer } from '../walker.ts';

const { methods } = TasksService;

export const execCommand = command({
  name: 'exec',
  use: '[flags] CONTAINER COMMAND [ARG...]',
  short: 'Run a command in a running container',
  flagsFirst: true,
  flags: [
    { name: 'tty', short: 't', kind: 'bool', usage: 'Give the process a terminal' },
    { name: 'interactive', short: 'i', kind: 'bool', usage: 'Keep standard input open' },
    { name: 'detach', short: 'd', kind: 'bool', usage: 'Do not wait for its end' },
    { name: 'workdir', short: 'w', kind: 'string', usage: 'Working directory' },
    { name: 'env', short: 'e', kind: 'stringArray', usage: 'Environment variables' },
    { name: 'env-file', kind: 'stringSlice', usage: 'Files of environment variables' },
    { name: 'privileged', kind: 'bool', usage: 'All capabilities' },
    { name: 'user', short: 'u', kind: 'string', usage: 'User and group (<name|uid>[:<group|gid>])' },
  ],
  args: { min: 2 },
  action: async (ctx, cli) => {
    const [request = '', ...args] = cli.args;
    const detach = cli.bool('detach');
    const tty = cli.bool('tty');
    if (cli.bool('interactive') && detach) fail('currently flag -i and -d cannot be specified together (FIXME)');
    if (tty && detach) fail('currently flag -t and -d cannot be specified together (FIXME)');
    const client = await newClient(ctx, cli);
    const container = await findContainer(ctx, client, request);
    const { id } = container;
    const spec = specOf(container) as FullSpec;
    if (cli.string('user') !== '')
      await applyUser(ctx, spec, cli.string('user'), await rootfsMounts(ctx, client, container));
    const capabilities = [...ALL_CAPABILITIES];
    const process = {
      ...spec.process,
      terminal: tty,
      args,
      ...(cli.string('workdir') === '' ? {} : { cwd: cli.string('workdir') }),
      env: mergeEnv(spec.process?.env ?? [], await environment(ctx, cli)),
      ...(cli.bool('privileged')
        ? { capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities } }
        : {}),
    };
    const console = tty ? await consoleFor(ctx) : null;
    try {
      await loadTask(ctx, client, id);
      const execId = `exec-${newId(ctx)}`;
      const streams = detach ? null : await newStreams(ctx, execId, tty, '', cli.bool('interactive'));
      const config = streams?.config ?? { ...NULL_IO, terminal: tty };
      try {
        const value = new TextEncoder().encode(JSON.stringify(process));
        const body = { containerId: id, execId, ...config, spec: { typeUrl: PROCESS_TYPE_URL, value } };
        await client.call(ctx, methods.Exec, body);
        const exit = startWait(ctx, client, id, execId);
        if (streams !== null)
          streams.onInputEnd = (c) =>
            client.call(c, methods.CloseIO, { containerId: id, execId, stdin: true }).then(() => {}, ignoreGone);
        await client.call(ctx, methods.Start, { containerId: id, execId });
        if (detach) return;
        if (console !== null)
          await followResizes(ctx, console, (c, { columns, rows }) =>
            client
              .call(c, methods.ResizePty, { containerId: id, execId, width: columns, height: rows })
              .then(() => {}, ignoreGone),
          );
        else
          forwardSignals(ctx, (c, signal) =>
            client.call(c, methods.Kill, { containerId: id, execId, signal }).then(() => {}, ignoreGone),
          );
        const { code } = await exit.wait();
        await streams?.drained();
        if (code !== 0) fail(`exec failed with exit code ${code}`);
      } finally {
        if (!detach) await client.call(ctx, methods.DeleteProcess, { containerId: id, execId }).catch(ignoreGone);
        await streams?.remove(ctx);
      }
    } finally {
      await console?.reset(ctx);
    }
  },
});

export const attachCommand = command({
  name: 'attach',
  use: '[flags] CONTAINER',
  short: 'Attach to the streams of a running container',
  flags: [
    { name: 'detach-keys', kind: 'string', value: 'ctrl-p,ctrl-q', usage: 'Keys that detach from the container' },
    { name: 'no-stdin', kind: 'bool', usage: 'Do not attach STDIN' },
  ],
  args: { exact: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const container = await findContainer(ctx, client, cli.args[0] ?? '');
    const { id } = container;
    const task = await loadTask(ctx, client, id);
    if (task.status !== Status.RUNNING) fail(`attach to container ${id} failed: container is not running`);
    if (task.stdout.includes('://'))
      notSimulated('attaching to a container whose output goes to a logger; see nerdctl logs -f');
    const terminal = specOf(container).process?.terminal === true;
    const console = terminal ? await consoleFor(ctx) : null;
    try {
      const { stdout, stderr } = task;
      const stdin = cli.bool('no-stdin') ? '' : task.stdin;
      const streams = attachStreams(ctx, { stdin, stdout, stderr, terminal });
      const exit = startWait(ctx, client, id);
      if (console === null)
        forwardSignals(ctx, (c, signal) =>
          client.call(c, methods.Kill, { containerId: id, signal }).then(() => {}, ignoreGone),
        );
      const { code } = await exit.wait();
      await streams.drained();
      if (code !== 0) throw new ExitError(code);
    } finally {
      await console?.reset(ctx);
      await print(ctx, '');
    }
  },
});
