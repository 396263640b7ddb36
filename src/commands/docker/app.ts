/**
 * The command line of docker.
 * @models docker/cli 20.10 cli/command/commands
 * @fidelity partial: the commands below; every other says that it is not simulated
 */
import type { CobraApp } from '../../go/cobra-types.ts';
import {
  attachCommand,
  killCommand,
  logsCommand,
  portCommand,
  psCommand,
  renameCommand,
  restartCommand,
  rmCommand,
  startCommand,
  stopCommand,
  topCommand,
  waitCommand,
} from './commands/containers.ts';
import { historyCommand, imagesCommand, pullCommand, rmiCommand, tagCommand } from './commands/images.ts';
import { createCommand, execCommand, runCommand } from './commands/run-container.ts';
import { eventsCommand, infoCommand, inspectCommand, versionCommand } from './commands/system.ts';
import { type Action, type Command, NotSimulated } from './run.ts';

const CONTAINER: readonly Command[] = [
  attachCommand,
  createCommand,
  execCommand,
  killCommand,
  logsCommand,
  portCommand,
  renameCommand,
  restartCommand,
  rmCommand,
  runCommand,
  startCommand,
  stopCommand,
  topCommand,
  waitCommand,
];

const IMAGE: readonly Command[] = [historyCommand, pullCommand, tagCommand];

const NOT_SIMULATED: readonly (readonly [name: string, short: string])[] = [
  ['build', 'Build an image from a Dockerfile'],
  ['commit', "Create a new image from a container's changes"],
  ['cp', 'Copy files between a container and the local filesystem'],
  ['diff', "Inspect changes to a container's files"],
  ['export', "Export a container's files as a tar archive"],
  ['import', 'Import a tarball as an image'],
  ['load', 'Load an image from a tar archive'],
  ['login', 'Log in to a registry'],
  ['logout', 'Log out from a registry'],
  ['network', 'Manage networks'],
  ['pause', 'Pause all processes within containers'],
  ['push', 'Push an image to a registry'],
  ['save', 'Save images to a tar archive'],
  ['search', 'Search Docker Hub for images'],
  ['stats', 'Display resource usage statistics'],
  ['swarm', 'Manage Swarm'],
  ['system', 'Manage Docker'],
  ['unpause', 'Unpause all processes within containers'],
  ['update', 'Update the configuration of containers'],
  ['volume', 'Manage volumes'],
];

function missing([name, short]: readonly [name: string, short: string]): Command {
  const action: Action = async () => {
    throw new NotSimulated(`docker ${name}: not simulated`);
  };
  return { name, short, disableFlagParsing: true, action };
}

export const dockerApp: CobraApp<Action> = {
  root: {
    name: 'docker',
    short: 'A self-sufficient runtime for containers',
    subcommands: [
      psCommand,
      imagesCommand,
      rmiCommand,
      inspectCommand,
      versionCommand,
      infoCommand,
      eventsCommand,
      ...CONTAINER,
      ...IMAGE,
      {
        name: 'container',
        short: 'Manage containers',
        subcommands: [...CONTAINER, { ...psCommand, name: 'ls', aliases: ['list', 'ps'] }, inspectCommand],
      },
      {
        name: 'image',
        short: 'Manage images',
        subcommands: [
          ...IMAGE,
          { ...imagesCommand, name: 'ls', aliases: ['list'] },
          { ...rmiCommand, name: 'rm', aliases: ['remove'] },
          inspectCommand,
        ],
      },
      ...NOT_SIMULATED.map(missing),
    ],
  },
  globalFlags: [
    { name: 'host', short: 'H', kind: 'string', usage: 'Where the daemon answers' },
    { name: 'context', kind: 'string', usage: 'Context: not simulated', hidden: true },
    { name: 'debug', short: 'D', kind: 'bool', usage: 'Debug mode' },
    { name: 'config', kind: 'string', usage: 'Directory of the configuration' },
  ],
  groups: ['Commands:'],
};
