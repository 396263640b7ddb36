/**
 * skopeo: looks at images in registries, stores and directories, and copies them.
 * @models skopeo 1.18 cmd/skopeo/main.go @fidelity partial: inspect, copy, list-tags; every other command says that it is not simulated
 */
import type { CobraApp } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { notSimulated, runTool, type ToolAction } from '../cri-runtimes/shared/containers-tool.ts';
import { copyCommand } from './copy.ts';
import { inspectCommand, listTagsCommand } from './inspect.ts';
import { log, VERSION } from './run.ts';

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

const app: CobraApp<ToolAction> = {
  root: {
    name: 'skopeo',
    short: 'Looks at images and copies them between registries, stores and directories',
    subcommands: [copyCommand, inspectCommand, listTagsCommand, ...notSimulated('skopeo', MISSING)],
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
  return runTool(ctx, argv, {
    app,
    version: VERSION,
    failed: 1,
    complain: (c, message) => log(c, 'fatal', message),
  });
}
