/** version, completion, and what is not simulated. @models etcd 3.6 etcdctl/ctlv3/command @fidelity partial: completion for bash alone */
import { cobraBashScript } from '../../../go/cobra-complete.ts';
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { print } from '../../../linux/io.ts';
import { EXIT, Exit, NotSimulated } from '../exit.ts';
import type { EtcdctlRelease } from '../release.ts';
import type { Action } from '../run.ts';

export function versionCommand({ version, api }: EtcdctlRelease): CobraCommand<Action> {
  return {
    name: 'version',
    short: "Prints etcdctl's version",
    action: (ctx) => print(ctx, `etcdctl version: ${version}\nAPI version: ${api}\n`),
  };
}

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'];

export const completionCommand: CobraCommand<Action> = {
  name: 'completion',
  use: '[bash|zsh|fish|powershell]',
  short: 'Prints a completion script for a shell',
  action: async (ctx, { cli: { args } }) => {
    const [shell, ...more] = args;
    if (shell === undefined || more.length > 0) throw new Exit(EXIT.error, `accepts 1 arg(s), received ${args.length}`);
    if (!SHELLS.includes(shell)) throw new Exit(EXIT.error, `invalid argument "${shell}" for "etcdctl completion"`);
    if (shell !== 'bash') throw new NotSimulated(`etcdctl completion ${shell}: not simulated: the shell ${shell}`);
    await print(ctx, cobraBashScript('etcdctl'));
  },
};

type Missing = readonly [name: string, short: string, use?: string];

const missing = (above: string, [name, short, use]: Missing, why: string): CobraCommand<Action> => ({
  name,
  short,
  ...(use === undefined ? {} : { use }),
  disableFlagParsing: true,
  action: async () => {
    throw new NotSimulated(`etcdctl ${[...(above === '' ? [] : [above]), name].join(' ')}: not simulated: ${why}`);
  },
});

const group = (name: string, why: string, below: readonly Missing[]): CobraCommand<Action> => ({
  name,
  use: '<subcommand>',
  short: `Commands about ${why}; \`etcdctl ${name} --help\` lists them`,
  subcommands: below.map((one) => missing(name, one, why)),
});

export const memberChanges: readonly CobraCommand<Action>[] = [
  ['add', 'Adds a member to the cluster', '<memberName> [options]'] as const,
  ['remove', 'Removes a member from the cluster', '<memberID>'] as const,
  ['update', "Changes a member's addresses", '<memberID> [options]'] as const,
  ['promote', 'Lets a member that only learns vote', '<memberID>'] as const,
].map((one) => missing('member', one, 'a cluster of more than one member'));

export function missingCommands({ isOld }: EtcdctlRelease): readonly CobraCommand<Action>[] {
  return [
    missing('', ['make-mirror', 'Keeps a second cluster the same', '[options] <destination>'], 'a second cluster'),
    missing(
      '',
      ['move-leader', 'Hands the lead to another member', '<transferee-member-id>'],
      'a cluster of more than one member',
    ),
    group('auth', 'authentication', [
      ['enable', 'Turns authentication on'],
      ['disable', 'Turns authentication off'],
      ['status', 'Tells whether authentication is on'],
    ]),
    group('user', 'users', [
      ['add', 'Adds a user', '<user name or user:password> [options]'],
      ['delete', 'Deletes a user', '<user name>'],
      ['get', 'Tells what a user may', '<user name> [options]'],
      ['list', 'Lists all users'],
      ['passwd', "Changes a user's password", '<user name> [options]'],
      ['grant-role', 'Gives a user a role', '<user name> <role name>'],
      ['revoke-role', 'Takes a role from a user', '<user name> <role name>'],
    ]),
    group('role', 'roles', [
      ['add', 'Adds a role', '<role name>'],
      ['delete', 'Deletes a role', '<role name>'],
      ['get', 'Tells what a role may', '<role name>'],
      ['list', 'Lists all roles'],
      ['grant-permission', 'Lets a role read or write keys', '[options] <role name> <permission type> <key> [endkey]'],
      ['revoke-permission', 'Takes a permission from a role', '<role name> <key> [endkey]'],
    ]),
    group('check', 'measuring a cluster', [
      ['datascale', 'Measures what so much data takes', '[options]'],
      ['perf', 'Measures how much the cluster can do', '[options]'],
    ]),
    ...(isOld
      ? []
      : [
          group('downgrade', 'downgrades', [
            ['cancel', 'Ends a downgrade that has begun'],
            ['enable', 'Begins a downgrade', '<TARGET_VERSION>'],
            ['validate', 'Tells whether the cluster could be downgraded', '<TARGET_VERSION>'],
          ]),
        ]),
  ];
}
