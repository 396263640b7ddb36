import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { ContainerState } from '../../../protocols/cri/generated.ts';
import { runTogether } from '../aggregate.ts';
import { removeOne, stopOne } from '../container-actions.ts';
import { Failure, wrapping } from '../failure.ts';
import { log } from '../logger.ts';
import { type Action, type Run, showHelp } from '../run.ts';
import { containerStatus, listContainers } from '../runtime-calls.ts';
import { type CriService, connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/container.go removeContainerCommand @fidelity full */
export const rmCommand: CliCommand<Action> = {
  name: 'rm',
  usage: 'Remove containers',
  argsUsage: 'CONTAINER-ID [CONTAINER-ID...]',
  shortOptions: true,
  flags: [
    { name: 'all', aliases: ['a'], kind: 'bool', usage: 'Remove every container' },
    { name: 'force', aliases: ['f'], kind: 'bool', usage: 'Stop a container first if it is running' },
    { name: 'keep-logs', aliases: ['k'], kind: 'bool', usage: 'Leave the log file and its rotations in place' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const runtime = await connectRuntime(ctx, run);
    const all = cli.bool('all');
    const ids = all ? (await listContainers(ctx, runtime, undefined)).map(({ id }) => id) : cli.args;
    if (ids.length === 0) {
      return all ? await log(ctx, run.logger, 'info', 'No containers to remove') : await showHelp(ctx, run);
    }
    await runTogether(
      ctx,
      ids.map((id) => (c: Context) => remove(c, run, runtime, id)),
    );
  },
};

async function remove(ctx: Context, run: Run, runtime: CriService, id: string): Promise<void> {
  const { status } = await wrapping(`getting container status ${quote(id)}`, () => {
    return containerStatus(ctx, runtime, id, false);
  });
  if (status?.state === ContainerState.CONTAINER_RUNNING) {
    if (!run.cli.bool('force')) throw new Failure(`container ${quote(id)} is running, please stop it first`);
    await wrapping(`stopping the container ${quote(id)}`, () => stopOne(ctx, runtime, id, 0));
  }
  await wrapping(`removing container ${quote(id)}`, () => removeOne(ctx, runtime, id));
  const logPath = status?.logPath ?? '';
  if (logPath !== '' && !run.cli.bool('keep-logs')) await removeLogs(ctx, run, id, logPath);
}

/** The log and what was rotated away beside it: the runtime leaves both. */
async function removeLogs(ctx: Context, run: Run, id: string, logPath: string): Promise<void> {
  for (const file of [...(await rotations(ctx, logPath)), logPath]) {
    try {
      await ctx.sys.unlink(ctx, file);
    } catch (error) {
      if (!isErrno(error)) throw error;
      const text = `removing log file ${file} for container ${quote(id)} failed: remove ${file}: ${error.go}`;
      await log(ctx, run.logger, 'error', text);
    }
  }
}

async function rotations(ctx: Context, logPath: string): Promise<string[]> {
  const slash = logPath.lastIndexOf('/');
  const folder = logPath.slice(0, slash);
  const prefix = `${logPath.slice(slash + 1)}.`;
  try {
    const entries = await ctx.sys.readDirectory(ctx, folder === '' ? '/' : folder);
    const names = entries.map(({ name }) => name).filter((name) => name.startsWith(prefix));
    return names.sort().map((name) => `${folder}/${name}`);
  } catch (error) {
    if (isErrno(error)) return [];
    throw error;
  }
}
