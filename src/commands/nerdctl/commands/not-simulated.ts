/** What nerdctl has and this model leaves out. */
import { type Command, notSimulated } from '../run.ts';

const NAMES: readonly (readonly [name: string, short: string])[] = [
  ['import', 'Make an image of an archive'],
  ['search', 'Search a registry'],
  ['builder', 'Manage builds'],
  ['manifest', 'Manage manifests'],
  ['ipfs', 'Distribute images by IPFS'],
  ['apparmor', 'Manage AppArmor profiles'],
  ['checkpoint', 'Manage checkpoints'],
];

const NEEDS_BUILDCTL =
  '`buildctl` needs to be installed and `buildkitd` needs to be running, see https://github.com/moby/buildkit';

/** Here as on a node without BuildKit. */
export const buildCommand: Command = {
  name: 'build',
  use: '[flags] PATH',
  short: 'Build an image from a Dockerfile. Needs buildkitd to be running',
  disableFlagParsing: true,
  action: async () => notSimulated(`BuildKit; nerdctl would say: ${NEEDS_BUILDCTL}`),
};

const MANAGEMENT = ['builder', 'manifest', 'ipfs', 'apparmor', 'checkpoint'];

export const missingCommands: Command[] = NAMES.map(([name, short]) => ({
  name,
  short,
  disableFlagParsing: true,
  ...(MANAGEMENT.includes(name) ? { management: true } : {}),
  action: async () => notSimulated(name),
}));
