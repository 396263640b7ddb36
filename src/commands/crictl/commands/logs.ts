import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import { Failure, wrapping } from '../failure.ts';
import { log } from '../logger.ts';
import { readLogs } from '../read-logs.ts';
import { type Action, showHelp } from '../run.ts';
import { containerStatus, reopenContainerLog } from '../runtime-calls.ts';
import { connectRuntime } from '../service.ts';
import { parseTimestamp } from '../timestamp.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/logs.go @fidelity full */
export const logsCommand: CliCommand<Action> = {
  name: 'logs',
  usage: 'Print what a container has written',
  argsUsage: 'CONTAINER-ID',
  shortOptions: true,
  flags: [
    { name: 'follow', aliases: ['f'], kind: 'bool', usage: 'Go on as the container writes' },
    { name: 'limit-bytes', kind: 'int64', value: -1, usage: 'Print no more bytes than this' },
    { name: 'previous', aliases: ['p'], kind: 'bool', usage: 'Print the log of the instance before, if there was one' },
    { name: 'reopen', aliases: ['r'], kind: 'bool', usage: 'Make the runtime open the log file anew' },
    { name: 'since', kind: 'string', usage: 'Only what is newer, say 2013-01-02T13:23:37 or 42m for 42 minutes' },
    { name: 'stream', aliases: ['s'], kind: 'string', usage: 'Only this stream, stdout or stderr' },
    { name: 'tail', kind: 'int64', value: -1, usage: 'Only so many of the last lines' },
    { name: 'timestamps', aliases: ['t'], kind: 'bool', usage: 'Print the time of each line' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const [id = ''] = cli.args;
    if (id === '') throw new Failure('ID cannot be empty');
    if (cli.args.length > 1) return await showHelp(ctx, run);
    const runtime = await connectRuntime(ctx, run);
    if (cli.bool('reopen')) {
      await wrapping('reopen container logs', () => reopenContainerLog(ctx, runtime, id));
      await log(ctx, run.logger, 'info', 'Container logs reopened');
    }
    const since = parseTimestamp(cli.string('since'), ctx.wallTime);
    const stream = cli.string('stream');
    if (stream !== '' && stream !== 'stdout' && stream !== 'stderr') {
      throw new Failure(`invalid stream ${quote(stream)}, must be "stdout" or "stderr"`);
    }
    if (cli.isSet('tail') && cli.isSet('stream')) throw new Failure('--tail and --stream are mutually exclusive');
    const { status } = await containerStatus(ctx, runtime, id, false);
    let path = status?.logPath ?? '';
    if (path === '') throw new Failure('the container has not set log path');
    if (cli.bool('previous')) path = previousPath(path, status?.metadata?.name ?? '', status?.metadata?.attempt ?? 0);
    const limit = (flag: string): number | undefined => (cli.number(flag) >= 0 ? cli.number(flag) : undefined);
    run.interrupts.install(ctx);
    try {
      await readLogs(ctx, runtime, path, status?.id ?? '', {
        follow: cli.bool('follow'),
        timestamps: cli.bool('timestamps'),
        since,
        tailLines: limit('tail'),
        limitBytes: limit('limit-bytes'),
        stream,
      });
    } catch (error) {
      // Ctrl-C is how following ends.
      if (!(error instanceof Failure) || error.message !== 'context cancelled') throw error;
    }
  },
};

/** `…/0.log` for attempt 1: as kubelet names its files. */
function previousPath(path: string, name: string, attempt: number): string {
  if (attempt === 0) throw new Failure(`previous terminated container ${name} not found`);
  return `${path.slice(0, path.lastIndexOf('/') + 1)}${attempt - 1}${path.slice(path.lastIndexOf('.'))}`;
}
