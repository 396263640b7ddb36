/**
 * docker, the program.
 * @models docker/cli 20.10 cmd/docker/docker.go, cli/cobra.go
 * @fidelity partial: help is laid out as kubectl's
 */
import { parseCobra } from '../../go/cobra.ts';
import { cobraHelp } from '../../go/cobra-help.ts';
import type { CobraCommand, Pflag } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { DockerError } from '../../protocols/docker/client.ts';
import { LATENCY } from '../../sim/latency.ts';
import { dockerApp } from './app.ts';
import { type Action, BUILD, type Command, Failure, NotSimulated, newClient, VERSION, wordsOf } from './run.ts';

const USAGE_ERROR = 125;

export const dockerProgram: Program = {
  name: 'docker',
  layer: 'client',
  startCpuNs: LATENCY.dockerStartNs,
  rssBytes: 30 * 1024 * 1024,
  threads: 8,
  main,
};

async function main(ctx: Context, argv: string[]): Promise<number> {
  const words = argv.slice(1);
  if (words[0] === '--version' || words[0] === '-v') {
    await print(ctx, `Docker version ${VERSION}, build ${BUILD}\n`);
    return 0;
  }
  const parsed = parseCobra<Action>(dockerApp, endFlags(words));
  const name = parsed.path.map((command) => command.name).join(' ');
  switch (parsed.kind) {
    case 'help':
      await print(ctx, cobraHelp(dockerApp, parsed.path));
      return 0;
    case 'flag-error':
      await printError(ctx, `${parsed.error}\nSee '${name} --help'.\n`);
      return USAGE_ERROR;
    case 'error': {
      const [, word] = /^unknown command "([^"]*)"/.exec(parsed.error) ?? [];
      await printError(
        ctx,
        word === undefined ? `${parsed.error}\n` : `docker: '${word}' is not a docker command.\nSee 'docker --help'\n`,
      );
      return 1;
    }
    case 'run':
      break;
  }
  try {
    const client = newClient(ctx, parsed.context);
    return (await parsed.action(ctx, { cli: parsed.context, client })) ?? 0;
  } catch (error) {
    if (error instanceof DockerError) await printError(ctx, `${wordsOf(error)}\n`);
    else if (error instanceof Failure) {
      if (error.message !== '') await printError(ctx, `${error.message}\n`);
      return error.exitCode;
    } else if (error instanceof NotSimulated) await printRefusal(ctx, `${error.message}\n`);
    else throw error;
    return 1;
  }
}

/** For commands that run somebody else's: `--` in front of the first argument, so that its flags are not taken for ours. */
function endFlags(words: readonly string[]): string[] {
  let command: CobraCommand<Action> = dockerApp.root;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--') break;
    if (word.startsWith('-')) {
      if (takesValue(command, word)) i++;
      continue;
    }
    const next = command.subcommands?.find((one) => one.name === word || one.aliases?.includes(word));
    if (next !== undefined) {
      command = next;
      continue;
    }
    if ((command as Command).stopsAtArgument !== true) break;
    return [...words.slice(0, i), '--', ...words.slice(i)];
  }
  return [...words];
}

function takesValue(command: CobraCommand<Action>, word: string): boolean {
  if (word.includes('=')) return false;
  const flags: readonly Pflag[] = [...(command.flags ?? []), ...dockerApp.globalFlags];
  if (word.startsWith('--')) {
    const flag = flags.find(({ name }) => name === word.slice(2));
    return flag !== undefined && flag.kind !== 'bool';
  }
  for (const [i, letter] of [...word.slice(1)].entries()) {
    const flag = flags.find(({ short }) => short === letter);
    if (flag === undefined || flag.kind === 'bool') continue;
    return i === word.length - 2;
  }
  return false;
}
