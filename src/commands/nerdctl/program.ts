/**
 * nerdctl, the program.
 * @models nerdctl v2.3.5 cmd/nerdctl/main.go
 * @fidelity partial: no nerdctl.toml, no rootless mode
 */
import { parseCobra } from '../../go/cobra.ts';
import type { Context } from '../../linux/context.ts';
import { exists, getenv, print, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { nativeError } from '../common/containerd/errors.ts';
import { nerdctlApp } from './app.ts';
import { composeShorthands } from './compose/command.ts';
import { LOGGING_ARGUMENT } from './create.ts';
import { nerdctlHelp } from './help.ts';
import { loggingMain } from './internal/logging.ts';
import { type Action, ExitError, log, NotSimulated } from './run.ts';
import { VERSION } from './version.ts';

export const nerdctlProgram: Program = {
  name: 'nerdctl',
  layer: 'client',
  startCpuNs: LATENCY.nerdctlStartNs,
  rssBytes: 36 * 1024 * 1024,
  threads: 8,
  main,
};

async function main(ctx: Context, argv: string[]): Promise<number> {
  if (argv.length === 3 && argv[1] === LOGGING_ARGUMENT) return loggingMain(ctx, argv[2] ?? '');
  const words = rootShorthands(argv.slice(1));
  if (words[0] === '--version' || words[0] === '-v') {
    await print(ctx, `nerdctl version ${VERSION}\n`);
    return 0;
  }
  const parsed = parseCobra<Action>(nerdctlApp, [...(await fromEnvironment(ctx)), ...words]);
  switch (parsed.kind) {
    case 'help':
      await print(ctx, nerdctlHelp(nerdctlApp, parsed.path));
      return 0;
    case 'flag-error':
    case 'error':
      await log(ctx, 'fatal', parsed.error.replace(/^unknown command/, 'unknown subcommand'));
      return 1;
    case 'run':
      break;
  }
  try {
    const { context } = parsed;
    const address = context.has('address') ? context.string('address') : '';
    if (address.includes('://') && !address.startsWith('unix://'))
      throw new InvalidGlobal(`invalid address "${address}"`);
    const manager = context.has('cgroup-manager') ? context.string('cgroup-manager') : 'none';
    if (!['systemd', 'cgroupfs', 'none'].includes(manager))
      throw new InvalidGlobal(`invalid cgroup-manager "${manager}" (supported values: "systemd", "cgroupfs", "none")`);
    await parsed.action(ctx, context);
    return 0;
  } catch (error) {
    if (error instanceof ExitError) return error.exitCode;
    if (error instanceof NotSimulated) await printRefusal(ctx, `${error.message}\n`);
    else await log(ctx, 'fatal', error instanceof InvalidGlobal ? error.message : nativeError(error).message);
    return 1;
  }
}

class InvalidGlobal extends Error {}

const SHORT: Readonly<Record<string, string>> = { n: 'namespace', a: 'address', H: 'address' };
const ALIASES: Readonly<Record<string, string>> = { '--host': '--address', '--storage-driver': '--snapshotter' };

/** The root's one-letter flags hold before the command only (TraverseChildren): after it, -n and -a are the command's. */
function rootShorthands(words: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const raw = words[i] ?? '';
    const word = raw.replace(/^--[a-z-]+/, (name) => ALIASES[name] ?? name);
    if (word === 'compose') return [...out, ...composeShorthands(words.slice(i))];
    if (!word.startsWith('-') || word === '--') return [...out, ...words.slice(i)];
    const long = word.startsWith('--') ? undefined : SHORT[word.charAt(1)];
    const value = word.slice(2).replace(/^=/, '');
    const flag = nerdctlApp.globalFlags.find(({ name }) => word === `--${name}`);
    if (long !== undefined && value !== '') out.push(`--${long}=${value}`);
    else if (long !== undefined || (flag !== undefined && flag.kind !== 'bool')) {
      i += 1;
      out.push(long === undefined ? word : `--${long}`, ...words.slice(i, i + 1));
    } else out.push(word);
  }
  return out;
}

const VARIABLES: readonly (readonly [variable: string, flag: string])[] = [
  ['CONTAINERD_NAMESPACE', 'namespace'],
  ['CONTAINERD_ADDRESS', 'address'],
  ['CONTAINERD_SNAPSHOTTER', 'snapshotter'],
  ['CNI_PATH', 'cni-path'],
  ['NETCONFPATH', 'cni-netconfpath'],
  ['NERDCTL_HOST_GATEWAY_IP', 'host-gateway-ip'],
  ['NERDCTL_BRIDGE_IP', 'bridge-ip'],
];

/** Defaults that depend on the environment, as flags before all others. */
async function fromEnvironment(ctx: Context): Promise<string[]> {
  const given = VARIABLES.flatMap(([variable, flag]) => {
    const value = getenv(ctx, variable) ?? '';
    return value === '' ? [] : [`--${flag}=${value}`];
  });
  const hasSystemd = await exists(ctx, '/run/systemd/system');
  return [...given, ...(hasSystemd ? [] : ['--cgroup-manager=cgroupfs'])];
}
