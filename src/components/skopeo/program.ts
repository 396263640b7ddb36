/**
 * skopeo: looks at images in registries, stores and directories, and copies them.
 * @models skopeo 1.18 cmd/skopeo/main.go @fidelity partial: inspect, copy, list-tags; every other command says that it is not simulated
 */
import { parseCobra } from '../../go/cobra.ts';
import { cobraHelp } from '../../go/cobra-help.ts';
import type { CobraApp } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { failure, toFailure } from '../cri-runtimes/shared/errors.ts';
import { copyCommand } from './copy.ts';
import { inspectCommand, listTagsCommand } from './inspect.ts';
import { type Action, type Command, log, VERSION } from './run.ts';

const MISSING: readonly (readonly [name: string, short: string])[] = [
  ['delete', 'Mark an image of a repository for deletion'],
  ['generate-sigstore-key', 'Make a pair of keys for signatures'],
  ['login', 'Log in to a registry'],
  ['logout', 'Log out of a registry'],
  ['manifest-digest', 'Print the digest of a manifest'],
  ['standalone-sign', 'Sign a manifest'],
  ['standalone-verify', 'Verify a signature'],
  ['sync', 'Copy many images between registries and directories'],
];

const missing = ([name, short]: (typeof MISSING)[number]): Command => ({
  name,
  short,
  disableFlagParsing: true,
  action: async () => {
    throw failure(`not simulated: skopeo ${name}`);
  },
});

const app: CobraApp<Action> = {
  root: {
    name: 'skopeo',
    short: 'Looks at images and copies them between registries, stores and directories',
    subcommands: [copyCommand, inspectCommand, listTagsCommand, ...MISSING.map(missing)],
  },
  globalFlags: [
    { name: 'debug', kind: 'bool', usage: 'say more' },
    { name: 'insecure-policy', kind: 'bool', usage: 'accept any image, whatever the policy' },
    { name: 'policy', kind: 'string', usage: 'file of the policy' },
  ],
  groups: [],
};

export const skopeoProgram: Program = {
  name: 'skopeo',
  layer: 'client',
  startCpuNs: LATENCY.crioExecNs,
  rssBytes: 24 << 20,
  threads: 6,
  main,
};

async function main(ctx: Context, argv: string[]): Promise<number> {
  const words = argv.slice(1);
  if (words[0] === '--version' || words[0] === '-v') {
    await print(ctx, `skopeo version ${VERSION}\n`);
    return 0;
  }
  const parsed = parseCobra<Action>(app, words);
  if (parsed.kind === 'help') {
    await print(ctx, cobraHelp(app, parsed.path));
    return 0;
  }
  if (parsed.kind !== 'run') {
    await log(ctx, 'fatal', parsed.error);
    return 1;
  }
  try {
    await parsed.action(ctx, parsed.context);
    return 0;
  } catch (error) {
    await log(ctx, 'fatal', isErrno(error) ? error.go : toFailure(error).message);
    return 1;
  }
}
