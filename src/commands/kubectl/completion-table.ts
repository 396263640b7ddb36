/**
 * kubectl's completion table, which a package puts into /usr/share/bash-completion/completions/kubectl: commands,
 * their flags, and names fetched with kubectl itself.
 */
import { cobraWords } from '../../go/cobra.ts';
import type { CobraCommand } from '../../go/cobra-types.ts';
import { kubectlApp } from './app.ts';
import type { Action } from './run.ts';

const TYPES = '@run kubectl api-resources -o name --no-headers';
const PODS = '@run kubectl get pods -o name';
const NODES = '@run kubectl get nodes -o name';

const ARGUMENTS: Readonly<Record<string, string>> = {
  annotate: TYPES,
  apply: '@files',
  attach: PODS,
  cordon: NODES,
  delete: TYPES,
  describe: TYPES,
  drain: NODES,
  exec: PODS,
  get: TYPES,
  label: TYPES,
  logs: PODS,
  patch: TYPES,
  scale: '@run kubectl get deployments -o name',
  taint: 'nodes',
  uncordon: NODES,
};

const VALUES: Readonly<Record<string, string>> = {
  '--output': 'json yaml name wide jsonpath= custom-columns= go-template=',
  '-o': 'json yaml name wide jsonpath= custom-columns= go-template=',
  '--dry-run': 'none client server',
  '--restart': 'Always OnFailure Never',
  '--filename': '@files',
  '-f': '@files',
  '--kubeconfig': '@files',
};

function commandLines(path: readonly CobraCommand<Action>[]): string[] {
  const command = path.at(-1);
  if (command === undefined || command.hidden === true) return [];
  const words = path.slice(1).map(({ name }) => name);
  const names = [...words.slice(0, -1), [command.name, ...(command.aliases ?? [])].join('|')].join(' ');
  return [
    `command ${names}  ${cobraWords(kubectlApp, path).flags.join(' ')}`,
    ...(command.subcommands ?? []).flatMap((child) => commandLines([...path, child])),
  ];
}

function build(): string {
  const { root } = kubectlApp;
  const lines = [
    `flags ${cobraWords(kubectlApp, [root]).flags.join(' ')}`,
    ...Object.entries(VALUES).map(([flag, values]) => `value ${flag}  ${values}`),
    ...(root.subcommands ?? []).flatMap((command) => commandLines([root, command])),
    ...Object.entries(ARGUMENTS).map(([command, values]) => `args ${command}  ${values}`),
  ];
  return `${lines.join('\n')}\n`;
}

export const kubectlCompletion: string = build();
