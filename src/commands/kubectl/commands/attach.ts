/** @models k8s.io/kubectl pkg/cmd/attach attach.go @fidelity full */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { printError } from '../../../linux/io.ts';
import { text } from '../../../protocols/kube/fields.ts';
import { Failure, usageFailure } from '../failure.ts';
import { onePodOf } from '../pods.ts';
import type { Action } from '../run.ts';
import { attachHints, containerOf, isTtyContainer, streamPod, ttyOf } from '../streaming.ts';

export const attachCommand: CobraCommand<Action> = {
  name: 'attach',
  use: '(POD | TYPE/NAME) -c CONTAINER',
  short: 'Attach to a running container',
  group: 'Troubleshooting and Debugging Commands',
  flags: [
    { name: 'container', short: 'c', kind: 'string', usage: 'The container; the first one when absent' },
    { name: 'stdin', short: 'i', kind: 'bool', usage: 'Pass stdin on to the container' },
    { name: 'tty', short: 't', kind: 'bool', usage: 'Stdin is a terminal' },
    { name: 'quiet', short: 'q', kind: 'bool', usage: "Only the container's output" },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length !== 1) {
      throw usageFailure(
        cli.path,
        cli.args.length === 0
          ? 'at least 1 argument is required for attach'
          : `expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ${cli.args.length}`,
      );
    }
    const pod = await onePodOf(ctx, run, cli.args[0] ?? '', false);
    const phase = text(pod, 'status', 'phase');
    if (phase === 'Succeeded' || phase === 'Failed') {
      throw new Failure(`cannot attach a container in a completed pod; current phase is ${phase}`);
    }
    const container = await containerOf(ctx, pod, cli.string('container'), cli.bool('quiet'));
    let tty = cli.bool('tty');
    if (tty && !isTtyContainer(pod, container)) {
      tty = false;
      await printError(ctx, `error: Unable to use a TTY - container ${container} did not allocate one\n`);
    }
    tty = await ttyOf(ctx, tty);
    if (!cli.bool('quiet')) await attachHints(ctx, false);
    await streamPod(ctx, run, {
      namespace: text(pod, 'metadata', 'namespace'),
      pod: text(pod, 'metadata', 'name'),
      container,
      subresource: 'attach',
      command: [],
      stdin: cli.bool('stdin'),
      tty,
    });
  },
};
