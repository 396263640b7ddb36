/**
 * kubectl, the program.
 * @models kubernetes v1.36.4 cmd/kubectl, k8s.io/kubectl pkg/cmd/cmd.go
 * @fidelity partial: plugins and kuberc are not looked at; kuberc says that it is not simulated
 */
import { parseCobra } from '../../go/cobra.ts';
import { cobraHelp } from '../../go/cobra-help.ts';
import type { CobraResult } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { StatusError } from '../../protocols/kube/status-error.ts';
import { LATENCY } from '../../sim/latency.ts';
import { kubectlApp } from './app.ts';
import { explainFailure, Failure, Failures, NotSimulated, usageFailure } from './failure.ts';
import { warnOfRecord } from './record.ts';
import { type KubectlRelease, kubectl123, kubectl124, kubectl136 } from './release.ts';
import { type Action, Run } from './run.ts';

const program = (name: string, release: KubectlRelease): Program => ({
  name,
  layer: 'client',
  startCpuNs: LATENCY.kubectlStartNs,
  rssBytes: 46 * 1024 * 1024,
  threads: 10,
  main: (ctx, argv) => main(ctx, argv, release),
});

export const kubectlProgram = program('kubectl', kubectl136);
export const kubectl123Program = program('kubectl-1.23', kubectl123);
export const kubectl124Program = program('kubectl-1.24', kubectl124);

async function main(ctx: Context, argv: string[], release: KubectlRelease): Promise<number> {
  const parsed = parseCobra<Action>(kubectlApp, argv.slice(1));
  const name = parsed.path.map((command) => command.name).join(' ');
  switch (parsed.kind) {
    case 'help': {
      const { words, path } = parsed;
      const text = cobraHelp(kubectlApp, path);
      // Two that show their help to whoever does not say what for.
      if (words === undefined || path.length === 1 || name === 'kubectl certificate') await print(ctx, text);
      else if (words.length > 0) {
        const names = path.map((command) => command.name);
        await printError(
          ctx,
          `error: ${usageFailure(names, `unknown command ${JSON.stringify(words.join(' '))}`).message}\n`,
        );
        return 1;
      } else {
        await (name === 'kubectl rollout' ? print : printError)(ctx, text);
        return 1;
      }
      return 0;
    }
    case 'flag-error':
      await printError(ctx, `error: ${parsed.error}\nSee '${name} --help' for usage.\n`);
      return 1;
    case 'error':
      await printError(ctx, `error: ${parsed.error}${parsed.error.endsWith('\n') ? '' : '\n'}`);
      return 1;
    case 'run':
      return await act(ctx, parsed, release);
  }
}

async function act(
  ctx: Context,
  { action, context, path }: Extract<CobraResult<Action>, { kind: 'run' }>,
  release: KubectlRelease,
): Promise<number> {
  const run = new Run(context, release);
  try {
    await warnOfRecord(ctx, context);
    await action(ctx, run);
    return 0;
  } catch (error) {
    const told = explainFailure(error, run.server);
    if (told === null) throw error;
    if (error instanceof Failure && error.showsHelp) await print(ctx, cobraHelp(kubectlApp, path));
    if (error instanceof Failure && error.printed !== '') await print(ctx, error.printed);
    for (const one of error instanceof Failures ? error.errors : [error])
      if (one instanceof StatusError) {
        const { apiVersion: _a, kind: _k, ...status } = one.status;
        const text = JSON.stringify({ kind: 'Status', apiVersion: 'v1', ...status }, null, 2);
        await run.log(ctx, 4, 'helpers.go:246', `server response object: %s[${text}]`);
      }
    const say = error instanceof NotSimulated ? printRefusal : printError;
    if (told.text !== '') await say(ctx, told.text.endsWith('\n') ? told.text : `${told.text}\n`);
    return told.exitCode;
  }
}
