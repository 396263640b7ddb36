/**
 * etcdutl, the program.
 * @models etcd 3.6.6 etcdutl/ctl.go; of 3.5.6 what differs
 * @fidelity partial: see its commands
 */
import { parseCobra } from '../../go/cobra.ts';
import type { CobraApp, CobraCommand, Pflag } from '../../go/cobra-types.ts';
import { flagUsages } from '../../go/pflag.ts';
import { compareStrings } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { EXIT, Exit, NotSimulated } from '../etcdctl/exit.ts';
import { type EtcdctlRelease, etcdctl35, etcdctl36 } from '../etcdctl/release.ts';
import { type Action, etcdutlApp } from './commands.ts';

const program = (name: string, release: EtcdctlRelease): Program => ({
  name,
  layer: 'client',
  startCpuNs: LATENCY.goRuntimeStartNs,
  rssBytes: 20 * 1024 * 1024,
  threads: 6,
  main: (ctx, argv) => main(ctx, argv.slice(1), release),
});

export const etcdutlProgram = program('etcdutl', etcdctl36);
export const etcdutl35Program = program('etcdutl-3.5', etcdctl35);

async function main(ctx: Context, args: string[], release: EtcdctlRelease): Promise<number> {
  const app = etcdutlApp(release);
  const parsed = parseCobra<Action>(app, args);
  const again = (error: string): string => (release.isOld ? `Error: ${error}\n` : '');
  if (parsed.kind === 'help') {
    await print(ctx, usage(app, parsed.path));
    return 0;
  }
  if (parsed.kind === 'run') return act(ctx, () => parsed.action(ctx, parsed.context));
  const { error, path } = parsed;
  const isUnknown = path.length === 1 && parsed.kind === 'error';
  const page = isUnknown ? "Run 'etcdutl --help' for usage.\n" : `${usage(app, path)}\n`;
  await printError(ctx, `Error: ${error}\n${page}${again(error)}`);
  return EXIT.error;
}

export async function act(ctx: Context, body: () => Promise<void>): Promise<number> {
  try {
    await body();
    return 0;
  } catch (error) {
    if (error instanceof NotSimulated) await printRefusal(ctx, `${error.message}\n`);
    else if (error instanceof Exit) await printError(ctx, `Error: ${error.message}\n`);
    else throw error;
    return error instanceof Exit ? error.code : EXIT.error;
  }
}

/** cobra's own usage page. @models spf13/cobra v1.10 command.go defaultUsageFunc @fidelity full */
function usage(app: CobraApp<Action>, path: readonly CobraCommand<Action>[]): string {
  const command = path.at(-1) ?? app.root;
  const name = path.map((part) => part.name).join(' ');
  const below = [...(command.subcommands ?? [])].sort((a, b) => compareStrings(a.name, b.name));
  const help: Pflag = { name: 'help', short: 'h', kind: 'bool', usage: `help for ${command.name}` };
  const own = path.length === 1 ? app.globalFlags : (command.flags ?? []);
  const width = Math.max(11, ...below.map((child) => child.name.length));
  const listed = below.map((child) => `  ${child.name.padEnd(width)} ${child.short}\n`).join('');
  const parts = [
    below.length > 0
      ? `Usage:\n  ${name} [command]\n\nAvailable Commands:\n${listed}`
      : `Usage:\n  ${name}${command.use === undefined ? '' : ` ${command.use}`} [flags]\n`,
    `Flags:\n${flagUsages([...own, help])}`,
    ...(path.length === 1 ? [] : [`Global Flags:\n${flagUsages(app.globalFlags)}`]),
    ...(below.length > 0 ? [`Use "${name} [command] --help" for more information about a command.\n`] : []),
  ];
  return parts.join('\n');
}
