/**
 * `completion bash`, and what its script calls, of a program that offers its own words and nothing of what it manages.
 * @models spf13/cobra v1.10 completions.go InitDefaultCompletionCmd @fidelity partial: for bash alone
 */
import { cobraBashScript, cobraComplete, completionsText, directiveText } from '../../go/cobra-complete.ts';
import type { CobraApp, CobraCommand, CobraContext } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';

type Main = (ctx: Context, cli: CobraContext) => Promise<void>;

/** `action` makes one of the program's own kind; `short` is what it says of the command in its list. */
export function completionCommands<A>(
  program: string,
  short: string,
  app: () => CobraApp<A>,
  action: (main: Main) => A,
): CobraCommand<A>[] {
  const complete = (name: string, described: boolean): CobraCommand<A> => ({
    name,
    short: 'Request shell completion choices for the specified command-line',
    hidden: true,
    disableFlagParsing: true,
    action: action(async (ctx, { args }) => {
      const found = await cobraComplete(app(), { args: async () => null, flag: async () => null }, args);
      await print(ctx, completionsText(found, described));
      await printError(ctx, directiveText(found));
    }),
  });
  const shell = (name: string): CobraCommand<A> => ({
    name,
    short: `Generate the autocompletion script for ${name}`,
    action: action((ctx) =>
      name === 'bash'
        ? print(ctx, cobraBashScript(program))
        : printRefusal(ctx, `${program} completion ${name}: not simulated: the shell ${name}\n`),
    ),
  });
  return [
    { name: 'completion', short, subcommands: ['bash', 'fish', 'powershell', 'zsh'].map(shell) },
    complete('__complete', true),
    complete('__completeNoDesc', false),
  ];
}
