/**
 * podman, the program: it has no daemon, only the store that CRI-O uses as well.
 * @models podman 5.4 cmd/podman/main.go, root.go
 * @fidelity partial: images, single containers and volumes; what else there is says that it is not simulated
 */
import type { CobraApp } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import { printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { notSimulated, runTool, type ToolAction } from '../cri-runtimes/shared/containers-tool.ts';
import {
  containerInspectCommand,
  containerListCommand,
  imageInspectCommand,
  inspectCommand,
  psCommand,
} from './containers.ts';
import { createCommand, runCommand } from './create.ts';
import { existsCommand, imageListCommand, imagesCommand, pullCommand } from './images.ts';
import { cleanupCommand, manageCommands } from './manage.ts';
import { rmiCommand } from './rmi.ts';
import { VERSION } from './run.ts';
import { infoCommand, versionCommand } from './system.ts';
import { volumeCommand } from './volume-commands.ts';

const FAILED = 125;

const MISSING: readonly (readonly [name: string, short: string])[] = [
  ['attach', 'Attach to a running container'],
  ['build', 'Build an image'],
  ['commit', 'Make an image of a container'],
  ['cp', 'Copy files to and from a container'],
  ['load', 'Read images from an archive'],
  ['login', 'Log in to a registry'],
  ['network', 'Manage networks'],
  ['pod', 'Manage pods'],
  ['push', 'Write an image to a registry'],
  ['save', 'Write images to an archive'],
  ['stats', 'Show what containers use'],
  ['system', 'Manage podman'],
  ['tag', 'Give an image another name'],
  ['top', 'Show the processes of a container'],
];

const app: CobraApp<ToolAction> = {
  root: {
    name: 'podman',
    short: 'Manage containers, pods and images without a daemon',
    subcommands: [
      psCommand,
      runCommand,
      createCommand,
      ...manageCommands,
      imagesCommand,
      pullCommand,
      rmiCommand,
      inspectCommand,
      infoCommand,
      versionCommand,
      {
        name: 'image',
        short: 'Manage images',
        subcommands: [imageListCommand, pullCommand, { ...rmiCommand, name: 'rm' }, imageInspectCommand, existsCommand],
      },
      {
        name: 'container',
        short: 'Manage containers',
        subcommands: [
          containerListCommand,
          containerInspectCommand,
          runCommand,
          createCommand,
          ...manageCommands,
          cleanupCommand,
        ],
      },
      volumeCommand,
      ...notSimulated('podman', MISSING),
    ],
  },
  globalFlags: [{ name: 'log-level', kind: 'string', value: 'warn', usage: 'how much to tell' }],
  groups: [],
};

export const podmanProgram: Program = {
  name: 'podman',
  layer: 'client',
  startCpuNs: LATENCY.dockerStartNs,
  rssBytes: 40 << 20,
  threads: 8,
  main,
};

async function main(ctx: Context, argv: string[]): Promise<number> {
  return runTool(ctx, argv, {
    app,
    version: VERSION,
    failed: FAILED,
    complain: (c, message, path) =>
      printError(c, `Error: ${message}\n${path === null ? '' : `See '${path} --help'\n`}`),
  });
}
