/**
 * etcdctl, the program.
 * @models etcd 3.6.6 etcdctl/main.go, ctlv3/ctl.go; of 3.5.6 what differs
 * @fidelity partial: what needs users, roles, more members or a second cluster says that it is
 * not simulated
 */
import { parseCobra } from '../../go/cobra.ts';
import type { CobraResult } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import { getenv, print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { etcdctlApp } from './app.ts';
import { EtcdFailure } from './client.ts';
import { EXIT, Exit, NotSimulated, SilentExit } from './exit.ts';
import { GLOBAL_FLAGS } from './flags.ts';
import { etcdctlHelp } from './help.ts';
import { type EtcdctlRelease, etcdctl35, etcdctl36 } from './release.ts';
import { type Action, envName, Run } from './run.ts';

const program = (name: string, release: EtcdctlRelease): Program => ({
  name,
  layer: 'client',
  startCpuNs: LATENCY.goRuntimeStartNs,
  rssBytes: 22 * 1024 * 1024,
  threads: 8,
  main: (ctx, argv) => main(ctx, argv.slice(1), release),
});

export const etcdctlProgram = program('etcdctl', etcdctl36);
export const etcdctl35Program = program('etcdctl-3.5', etcdctl35);
/** Debian 13's. */
export const etcdctlDebianProgram = program('etcdctl-3.5.16', { ...etcdctl35, version: '3.5.16' });

async function main(ctx: Context, args: string[], release: EtcdctlRelease): Promise<number> {
  const app = etcdctlApp(release);
  const typed = parseCobra<Action>(app, args);
  const parsed = typed.kind === 'run' ? withEnvironment(ctx, args, typed, release) : typed;
  switch (parsed.kind) {
    case 'help':
      await print(ctx, etcdctlHelp(app, parsed.path, release));
      return 0;
    case 'flag-error':
      await printError(ctx, `Error: ${parsed.error}\n`);
      await print(ctx, etcdctlHelp(app, parsed.path, release));
      await printError(ctx, `\n${release.isOld ? `Error: ${parsed.error}\n` : ''}`);
      return EXIT.error;
    case 'error': {
      const again = release.isOld ? `Error: ${parsed.error}\n` : '';
      await printError(ctx, `Error: ${parsed.error}\nRun 'etcdctl --help' for usage.\n${again}`);
      return EXIT.error;
    }
    case 'run':
      return act(ctx, parsed.action, new Run(parsed.context, release, setBy(typed)));
  }
}

function setBy(typed: CobraResult<Action>): ReadonlySet<string> {
  if (typed.kind !== 'run') return new Set();
  const { context } = typed;
  return new Set(GLOBAL_FLAGS.map(({ name }) => name).filter((name) => context.isSet(name)));
}

/** A variable stands for each global flag that is not on the command line; one that cannot be read is left alone. */
function withEnvironment(
  ctx: Context,
  args: readonly string[],
  typed: CobraResult<Action> & { kind: 'run' },
  release: EtcdctlRelease,
): CobraResult<Action> {
  const app = etcdctlApp(release);
  const words = app.globalFlags.flatMap(({ name }) => {
    const value = getenv(ctx, envName(name)) ?? '';
    return value === '' || typed.context.isSet(name) ? [] : [`--${name}=${value}`];
  });
  const parsed = parseCobra<Action>(app, [...words, ...args]);
  return parsed.kind === 'run' ? parsed : typed;
}

async function act(ctx: Context, action: Action, run: Run): Promise<number> {
  try {
    await action(ctx, run);
    return 0;
  } catch (error) {
    if (error instanceof NotSimulated) {
      await printRefusal(ctx, `${error.message}\n`);
      return EXIT.error;
    }
    if (error instanceof EtcdFailure) {
      await printError(ctx, `Error: ${error.message}\n`);
      return EXIT.error;
    }
    if (!(error instanceof Exit)) throw error;
    if (!(error instanceof SilentExit)) await printError(ctx, `Error: ${error.message}\n`);
    return error.code;
  }
}
