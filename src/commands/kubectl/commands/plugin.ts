/** @models k8s.io/kubectl pkg/cmd/plugin plugin.go @fidelity full for list; plugins themselves are programs kubectl-NAME */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { getenv, print, printError } from '../../../linux/io.ts';
import { Failure } from '../failure.ts';
import type { Action } from '../run.ts';

async function pluginsIn(ctx: Context, directory: string): Promise<string[]> {
  try {
    const entries = await ctx.sys.readDirectory(ctx, directory);
    return entries
      .map(({ name }) => name)
      .filter((name) => name.startsWith('kubectl-'))
      .sort();
  } catch (error) {
    if (!isErrno(error)) throw error;
    return [];
  }
}

export const pluginCommand: CobraCommand<Action> = {
  name: 'plugin',
  use: '[flags]',
  short: 'Provides utilities for interacting with plugins',
  group: 'Other Commands',
  subcommands: [
    {
      name: 'list',
      short: "List all visible plugin executables on a user's PATH",
      flags: [{ name: 'name-only', kind: 'bool', usage: 'Names without their folders.' }],
      action: async (ctx, run) => {
        const found: string[] = [];
        const warnings: string[] = [];
        for (const directory of new Set((getenv(ctx, 'PATH') ?? '').split(':').filter((one) => one !== '')))
          for (const name of await pluginsIn(ctx, directory)) {
            const path = `${directory}/${name}`;
            found.push(run.cli.bool('name-only') ? name : path);
            if (((await ctx.sys.stat(ctx, path)).mode & 0o111) === 0)
              warnings.push(`  - warning: ${path} identified as a kubectl plugin, but it is not executable`);
          }
        if (found.length === 0) throw new Failure('unable to find any kubectl plugins in your PATH');
        await print(ctx, `The following compatible plugins are available:\n\n${found.join('\n')}\n`);
        if (warnings.length === 0) return;
        await printError(ctx, `${warnings.join('\n')}\n`);
        throw new Failure(
          `${warnings.length === 1 ? 'one plugin warning was' : `${warnings.length} plugin warnings were`} found`,
        );
      },
    },
  ],
};
