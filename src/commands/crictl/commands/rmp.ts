import type { CliCommand } from '../../../go/cli-types.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { PodSandboxState } from '../../../protocols/cri/generated.ts';
import { runTogether } from '../aggregate.ts';
import { removeOnePod, stopOnePod } from '../container-actions.ts';
import { Failure, wrapping } from '../failure.ts';
import { log } from '../logger.ts';
import { type Action, showHelp } from '../run.ts';
import { listPodSandbox, podSandboxStatus } from '../runtime-calls.ts';
import { type CriService, connectRuntime } from '../service.ts';

/** @models kubernetes-sigs/cri-tools cmd/crictl/sandbox.go removePodCommand @fidelity full */
export const rmpCommand: CliCommand<Action> = {
  name: 'rmp',
  usage: 'Remove pods',
  argsUsage: 'POD-ID [POD-ID...]',
  shortOptions: true,
  flags: [
    { name: 'all', aliases: ['a'], kind: 'bool', usage: 'Remove every pod' },
    { name: 'force', aliases: ['f'], kind: 'bool', usage: 'Stop a pod first if it is running' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const runtime = await connectRuntime(ctx, run);
    const all = cli.bool('all');
    const ids = all ? (await listPodSandbox(ctx, runtime, undefined)).map(({ id }) => id) : cli.args;
    if (ids.length === 0) {
      return all ? await log(ctx, run.logger, 'info', 'No pods to remove') : await showHelp(ctx, run);
    }
    const force = cli.bool('force');
    await runTogether(
      ctx,
      ids.map((id) => (c: Context) => remove(c, runtime, id, force)),
    );
  },
};

async function remove(ctx: Context, runtime: CriService, id: string, force: boolean): Promise<void> {
  const { status } = await wrapping(`getting sandbox status of pod ${quote(id)}`, () => {
    return podSandboxStatus(ctx, runtime, id, false);
  });
  // An answer without a status reads as state 0, which is ready.
  if ((status?.state ?? PodSandboxState.SANDBOX_READY) === PodSandboxState.SANDBOX_READY) {
    if (!force) throw new Failure(`pod sandbox ${quote(id)} is running, please stop it first`);
    await wrapping(`stopping the pod sandbox ${quote(id)} failed`, () => stopOnePod(ctx, runtime, id));
  }
  await wrapping(`removing the pod sandbox ${quote(id)}`, () => removeOnePod(ctx, runtime, id));
}
