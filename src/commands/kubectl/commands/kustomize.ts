/** @models k8s.io/kubectl pkg/cmd/kustomize, kustomize commands/build @fidelity partial: the folder only; see kustomize/build.ts */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { klogStructured } from '../../../go/klog.ts';
import { marshalYaml } from '../../../go/yaml-out.ts';
import { print, writeFile } from '../../../linux/io.ts';
import { Failure } from '../failure.ts';
import { buildKustomization } from '../kustomize/build.ts';
import type { Action } from '../run.ts';

export const kustomizeCommand: CobraCommand<Action> = {
  name: 'kustomize',
  use: 'DIR',
  short: 'Build a kustomization target from a directory or URL',
  group: 'Advanced Commands',
  flags: [{ name: 'output', short: 'o', kind: 'string', usage: 'A file to write to.' }],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length > 1) throw new Failure('specify one path to kustomization.yaml');
    const objects = await buildKustomization(ctx, cli.args[0] ?? '.');
    const text = objects.map((object) => marshalYaml(object as never)).join('---\n');
    const path = cli.string('output');
    await (path === '' ? print(ctx, text) : writeFile(ctx, path, text));
  },
};
