/**
 * nerdctl, the program.
 * @models nerdctl v2.3.5 cmd/nerdctl/main.go
 * @fidelity partial: ps and images; no nerdctl.toml; help is laid out as kubectl's
 */
import { parseCobra } from '../../go/cobra.ts';
import { cobraHelp } from '../../go/cobra-help.ts';
import { logrusTerminal, logrusText } from '../../go/logrus.ts';
import type { Context } from '../../linux/context.ts';
import { getenv, print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { nativeError } from '../common/containerd/errors.ts';
import { nerdctlApp } from './app.ts';
import { type Action, NotSimulated } from './run.ts';

export const nerdctlProgram: Program = {
  name: 'nerdctl',
  layer: 'client',
  startCpuNs: LATENCY.nerdctlStartNs,
  rssBytes: 36 * 1024 * 1024,
  threads: 8,
  main,
};

async function main(ctx: Context, argv: string[]): Promise<number> {
  const startNs = ctx.wallTime;
  const parsed = parseCobra<Action>(nerdctlApp, [...fromEnvironment(ctx), ...rootShorthands(argv.slice(1))]);
  switch (parsed.kind) {
    case 'help':
      await print(ctx, cobraHelp(nerdctlApp, parsed.path));
      return 0;
    case 'flag-error':
    case 'error':
      await fatal(ctx, startNs, parsed.error.replace(/^unknown command/, 'unknown subcommand'));
      return 1;
    case 'run':
      break;
  }
  try {
    await parsed.action(ctx, parsed.context);
    return 0;
  } catch (error) {
    if (error instanceof NotSimulated) await printError(ctx, `${error.message}\n`);
    else await fatal(ctx, startNs, nativeError(error).message);
    return 1;
  }
}

async function fatal(ctx: Context, startNs: bigint, message: string): Promise<void> {
  const entry = { level: 'fatal', message, timeNs: ctx.wallTime } as const;
  await printError(ctx, (await ctx.sys.isTty(ctx, 2)) ? logrusTerminal(entry, { startNs }) : logrusText(entry));
}

const SHORT: Readonly<Record<string, string>> = { n: 'namespace', a: 'address', H: 'address' };

/** The root's one-letter flags hold before the command only (TraverseChildren): after it, -n and -a are the command's. */
function rootShorthands(words: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('-') || word === '--') return [...out, ...words.slice(i)];
    const long = word.startsWith('--') ? undefined : SHORT[word.charAt(1)];
    const value = word.slice(2).replace(/^=/, '');
    if (long !== undefined && value !== '') out.push(`--${long}=${value}`);
    else if (long !== undefined || word === '--namespace' || word === '--address') {
      i += 1;
      out.push(long === undefined ? word : `--${long}`, ...words.slice(i, i + 1));
    } else out.push(word);
  }
  return out;
}

function fromEnvironment(ctx: Context): string[] {
  const namespace = getenv(ctx, 'CONTAINERD_NAMESPACE') ?? '';
  const address = getenv(ctx, 'CONTAINERD_ADDRESS') ?? '';
  return [
    ...(namespace === '' ? [] : [`--namespace=${namespace}`]),
    ...(address === '' ? [] : [`--address=${address}`]),
  ];
}
