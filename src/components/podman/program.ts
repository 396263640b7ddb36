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

type Missing = readonly (readonly [name: string, short: string])[];

const MISSING_OF_IMAGES: Missing = [
  ['build', 'Build an image'],
  ['diff', 'Show what an image changes'],
  ['history', 'Show the layers of an image'],
  ['import', 'Make an image of an archive of files'],
  ['load', 'Read images from an archive'],
  ['mount', 'Mount the files of an image'],
  ['prune', 'Remove images that nobody uses'],
  ['push', 'Write an image to a registry'],
  ['save', 'Write images to an archive'],
  ['search', 'Look for images in a registry'],
  ['tag', 'Give an image another name'],
  ['untag', 'Take names from an image'],
  ['unmount', 'Unmount the files of an image'],
];
const MISSING_OF_CONTAINERS: Missing = [
  ['attach', 'Attach to a running container'],
  ['commit', 'Make an image of a container'],
  ['cp', 'Copy files to and from a container'],
  ['diff', 'Show what a container has changed'],
  ['export', 'Write the files of a container to an archive'],
  ['init', 'Make a container ready without starting it'],
  ['mount', 'Mount the files of a container'],
  ['pause', 'Freeze containers'],
  ['port', 'Show the ports of a container'],
  ['prune', 'Remove containers that do not run'],
  ['rename', 'Give a container another name'],
  ['stats', 'Show what containers use'],
  ['top', 'Show the processes of a container'],
  ['unmount', 'Unmount the files of a container'],
  ['unpause', 'Thaw containers'],
  ['update', 'Change the limits of a container'],
];
/** `podman image build` and `podman build` are the same, these only under their own names. */
const ONLY_OF_ONE = ['prune', 'mount', 'unmount', 'diff'];
const MISSING: Missing = [
  ...[...MISSING_OF_IMAGES, ...MISSING_OF_CONTAINERS].filter(([name]) => !ONLY_OF_ONE.includes(name)),
  ['artifact', 'Manage OCI artifacts'],
  ['auto-update', 'Take newer images for running containers'],
  ['compose', 'Run a compose file'],
  ['diff', 'Show what a container or an image changes'],
  ['events', 'Show what happens'],
  ['farm', 'Build on several machines'],
  ['generate', 'Make units or manifests of containers'],
  ['healthcheck', 'Manage health checks'],
  ['kube', 'Run Kubernetes manifests'],
  ['login', 'Log in to a registry'],
  ['logout', 'Log out of a registry'],
  ['machine', 'Manage virtual machines'],
  ['manifest', 'Manage indexes of images'],
  ['mount', 'Mount the files of a container'],
  ['network', 'Manage networks'],
  ['play', 'Run a Kubernetes manifest'],
  ['pod', 'Manage pods'],
  ['secret', 'Manage secrets'],
  ['system', 'Manage podman'],
  ['unmount', 'Unmount the files of a container'],
  ['unshare', 'Run a command in a user namespace'],
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
        subcommands: [
          imageListCommand,
          pullCommand,
          { ...rmiCommand, name: 'rm' },
          imageInspectCommand,
          existsCommand,
          ...notSimulated('podman image', MISSING_OF_IMAGES),
        ],
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
          ...notSimulated('podman container', MISSING_OF_CONTAINERS),
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
