/**
 * The command line of nerdctl.
 * @models nerdctl v2.3.5 cmd/nerdctl/main.go
 * @fidelity partial: ps and images (also as container ls, image ls); every other command says that it is not simulated
 */
import type { CobraApp } from '../../go/cobra-types.ts';
import { DEFAULT_ADDRESS } from '../common/containerd/client.ts';
import { imagesCommand } from './commands/images.ts';
import { psCommand } from './commands/ps.ts';
import { type Action, type Command, NotSimulated } from './run.ts';

const NOT_SIMULATED: readonly (readonly [name: string, short: string])[] = [
  ['attach', 'Attach to a running container'],
  ['build', 'Build an image'],
  ['commit', "Make an image of a container's changes"],
  ['compose', 'Run applications of several containers'],
  ['cp', 'Copy files from and to containers'],
  ['create', 'Make a container without starting it'],
  ['diff', "Tell what changed in a container's files"],
  ['events', 'Follow events'],
  ['exec', 'Run a command in a running container'],
  ['history', 'Tell how an image was made'],
  ['info', 'Tell about the system'],
  ['inspect', 'Tell all about objects'],
  ['kill', 'Send containers a signal'],
  ['load', 'Load images from an archive'],
  ['login', 'Log in to a registry'],
  ['logout', 'Log out of a registry'],
  ['logs', 'Print what a container has written'],
  ['namespace', "Manage containerd's namespaces"],
  ['network', 'Manage networks'],
  ['pause', 'Freeze containers'],
  ['port', 'List published ports'],
  ['pull', 'Pull an image'],
  ['push', 'Push an image'],
  ['rename', 'Rename a container'],
  ['restart', 'Stop and start containers'],
  ['rm', 'Remove containers'],
  ['rmi', 'Remove images'],
  ['run', 'Run a command in a new container'],
  ['save', 'Write images to an archive'],
  ['start', 'Start containers'],
  ['stats', 'Follow what containers use'],
  ['stop', 'Stop containers'],
  ['system', 'Manage the whole'],
  ['tag', 'Give an image another name'],
  ['top', 'List the processes of a container'],
  ['unpause', 'Thaw containers'],
  ['update', "Change a container's limits"],
  ['version', 'Tell the versions'],
  ['volume', 'Manage volumes'],
  ['wait', 'Wait until containers end'],
];

function missing([name, short]: readonly [name: string, short: string]): Command {
  const action: Action = async () => {
    throw new NotSimulated(`nerdctl ${name}: not simulated: of nerdctl, ps and images are`);
  };
  return { name, short, disableFlagParsing: true, action };
}

export const nerdctlApp: CobraApp<Action> = {
  root: {
    name: 'nerdctl',
    short: 'A command line for containerd',
    subcommands: [
      psCommand,
      imagesCommand,
      {
        name: 'container',
        short: 'Manage containers',
        subcommands: [{ ...psCommand, name: 'ls', aliases: ['list', 'ps'] }],
      },
      { name: 'image', short: 'Manage images', subcommands: [{ ...imagesCommand, name: 'ls', aliases: ['list'] }] },
      ...NOT_SIMULATED.map(missing),
    ],
  },
  globalFlags: [
    { name: 'namespace', kind: 'string', value: 'default', usage: 'The containerd namespace to work in' },
    { name: 'address', kind: 'string', value: DEFAULT_ADDRESS, usage: 'Where containerd serves GRPC' },
    { name: 'kube-hide-dupe', kind: 'bool', usage: 'List each image of k8s.io once' },
  ],
  groups: ['Commands:'],
};
