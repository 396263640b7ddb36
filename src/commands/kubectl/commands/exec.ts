/** @models k8s.io/kubectl pkg/cmd/exec exec.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { text } from '../../../protocols/kube/fields.ts';
import { Failure, usageFailure } from '../failure.ts';
import { FILENAME } from '../flags.ts';
import { onePodOf } from '../pods.ts';
import type { Action } from '../run.ts';
import { containerOf, streamPod, ttyOf } from '../streaming.ts';

export const execCommand: CobraCommand<Action> = {
  name: 'exec',
  use: '(POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]',
  short: 'Execute a command in a container',
  group: 'Troubleshooting and Debugging Commands',
  flags: [
    ...FILENAME,
    { name: 'container', short: 'c', kind: 'string', usage: 'The container; the first one when absent' },
    { name: 'stdin', short: 'i', kind: 'bool', usage: 'Pass stdin on to the container' },
    { name: 'tty', short: 't', kind: 'bool', usage: 'Stdin is a terminal' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: "Only the remote command's output" },
    { name: 'pod-running-timeout', kind: 'duration', value: 60e9, usage: 'How long to wait for a running pod' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const { args, argsBeforeDash, path } = cli;
    if (args.length === 0) throw usageFailure(path, 'pod, type/name or --filename must be specified');
    if (argsBeforeDash < 0 && args.length > 1) {
      throw usageFailure(path, 'exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead');
    }
    const command = argsBeforeDash < 0 ? [] : args.slice(argsBeforeDash);
    if (command.length === 0) throw new Failure('you must specify at least one command for the container');
    const pod = await onePodOf(ctx, run, args[0] ?? '', false);
    const phase = text(pod, 'status', 'phase');
    if (phase === 'Succeeded' || phase === 'Failed') {
      throw new Failure(`cannot exec into a container in a completed pod; current phase is ${phase}`);
    }
    const container = await containerOf(ctx, pod, cli.string('container'), cli.bool('quiet'));
    const tty = await ttyOf(ctx, cli.bool('tty'));
    await streamPod(ctx, run, {
      namespace: text(pod, 'metadata', 'namespace'),
      pod: text(pod, 'metadata', 'name'),
      container,
      subresource: 'exec',
      command,
      stdin: cli.bool('stdin'),
      tty,
    });
  },
};
