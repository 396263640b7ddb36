/** What the programs podman and skopeo have in common: cobra's words, what they say they are, and how they fail. */
import { parseCobra } from '../../../go/cobra.ts';
import { cobraHelp } from '../../../go/cobra-help.ts';
import type { CobraApp, CobraCommand, CobraContext } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { print } from '../../../linux/io.ts';
import { failure, toFailure } from './errors.ts';

export type ToolAction = (ctx: Context, cli: CobraContext) => Promise<number | void>;

type Tool = {
  readonly app: CobraApp<ToolAction>;
  readonly version: string;
  /** Exit status of whatever goes wrong. */
  readonly failed: number;
  /** `path`: the command whose words were not understood, null for everything else. */
  complain(ctx: Context, message: string, path: string | null): Promise<void>;
};

/** Commands that say plainly that they are not simulated, by name and summary. */
export function notSimulated(
  program: string,
  commands: readonly (readonly [name: string, short: string])[],
): CobraCommand<ToolAction>[] {
  return commands.map(([name, short]) => ({
    name,
    short,
    disableFlagParsing: true,
    action: async (ctx) => {
      const what = `not simulated: ${program} ${name}`;
      ctx.trace.emit(ctx.span, ctx.process.pid, { kind: 'refusal', what });
      throw failure(what);
    },
  }));
}

export async function runTool(ctx: Context, argv: readonly string[], tool: Tool): Promise<number> {
  const { app } = tool;
  const words = argv.slice(1);
  if (words[0] === '--version' || words[0] === '-v') {
    await print(ctx, `${app.root.name} version ${tool.version}\n`);
    return 0;
  }
  const parsed = parseCobra<ToolAction>(app, words);
  if (parsed.kind === 'help') {
    await print(ctx, cobraHelp(app, parsed.path));
    return 0;
  }
  if (parsed.kind !== 'run') {
    await tool.complain(ctx, parsed.error, parsed.path.map(({ name }) => name).join(' '));
    return tool.failed;
  }
  try {
    return (await parsed.action(ctx, parsed.context)) ?? 0;
  } catch (error) {
    await tool.complain(ctx, isErrno(error) ? error.go : toFailure(error).message, null);
    return tool.failed;
  }
}
