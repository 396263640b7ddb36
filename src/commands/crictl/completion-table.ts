/**
 * crictl's completion table, in /usr/lib/cutaway/completions/crictl: commands, their
 * flags, and IDs fetched with crictl itself.
 */

import type { CliCommand } from '../../go/cli-types.ts';
import { completionWords } from '../../go/urfave.ts';
import { crictlApp } from './app.ts';

const CONTAINERS = '@run crictl ps -aq';
const RUNNING = '@run crictl ps -q';
const PODS = '@run crictl pods -q';
const IMAGES = '@run crictl images -q';

/** What may follow each command; files where the table offers nothing. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  attach: RUNNING,
  checkpoint: RUNNING,
  completion: 'bash fish zsh',
  config: 'runtime-endpoint image-endpoint timeout debug pull-image-on-create disable-pull-on-run',
  create: PODS,
  exec: RUNNING,
  inspect: CONTAINERS,
  inspecti: IMAGES,
  inspectp: PODS,
  logs: CONTAINERS,
  'port-forward': PODS,
  rm: CONTAINERS,
  rmi: IMAGES,
  rmp: PODS,
  run: '@files',
  runp: '@files',
  start: '@run crictl ps -aq --state created',
  stats: RUNNING,
  statsp: PODS,
  stop: RUNNING,
  stopp: '@run crictl pods -q --state ready',
  update: RUNNING,
};

const OUTPUTS = 'json yaml table go-template';
const VALUES: Readonly<Record<string, string>> = {
  '--output': OUTPUTS,
  '-o': OUTPUTS,
  '--state': 'created running exited unknown ready notready',
  '--transport': 'spdy websocket',
  '--stream': 'stdout stderr',
  '--pod': PODS,
  '--config': '@files',
  '--pod-config': '@files',
  '--export': '@files',
};

function commandLines(command: CliCommand, path: readonly string[]): string[] {
  const names = [command.name, ...(command.aliases ?? [])].join('|');
  const { flags } = completionWords(crictlApp, [...path, command.name]);
  const below = command.subcommands ?? [];
  return [
    `command ${[...path, names].join(' ')}  ${flags.join(' ')}`,
    ...below.flatMap((child) => commandLines(child, [...path, command.name])),
  ];
}

function build(): string {
  const lines = [
    `flags ${completionWords(crictlApp, []).flags.join(' ')}`,
    ...Object.entries(VALUES).map(([flag, values]) => `value ${flag}  ${values}`),
    ...crictlApp.commands.flatMap((command) => commandLines(command, [])),
    ...Object.entries(ARGUMENTS).map(([command, values]) => `args ${command}  ${values}`),
  ];
  return `${lines.join('\n')}\n`;
}

export const crictlCompletion: string = build();
