/**
 * The command line of nerdctl.
 * @models nerdctl v2.3.5 cmd/nerdctl/main.go
 * @fidelity partial: what is not simulated says so
 */
import type { CobraApp } from '../../go/cobra-types.ts';
import { completionCommands } from '../common/cobra-completion.ts';
import { DEFAULT_ADDRESS } from '../common/containerd/client.ts';
import { attachCommand, execCommand } from './commands/exec.ts';
import { commitCommand, cpCommand, diffCommand, exportCommand } from './commands/files.ts';
import { healthcheckCommand } from './commands/healthcheck.ts';
import * as image from './commands/image.ts';
import { imagesCommand } from './commands/images.ts';
import { containerInspectCommand, imageInspectCommand, inspectCommand } from './commands/inspect.ts';
import * as lifecycle from './commands/lifecycle.ts';
import { logsCommand } from './commands/logs.ts';
import { networkCommands } from './commands/network.ts';
import { buildCommand, missingCommands } from './commands/not-simulated.ts';
import { portCommand, statsCommand, topCommand } from './commands/observe.ts';
import { psCommand } from './commands/ps.ts';
import { createCommand, runCommand } from './commands/run.ts';
import * as system from './commands/system.ts';
import { updateCommand } from './commands/update.ts';
import { volumeCommands } from './commands/volume.ts';
import { composeCommand } from './compose/command.ts';
import { group as groupOf } from './group.ts';
import { nerdctlHelp } from './help.ts';
import { internalCommand } from './internal/command.ts';
import type { Action, Command } from './run.ts';

/** The help of a group is that of the whole tree's part at its path. */
function group(definition: Omit<Command, 'action'>): Command {
  return groupOf(definition, helpOf);
}

function helpOf(names: readonly string[]): string {
  const path: Command[] = [nerdctlApp.root];
  for (const name of names.slice(1)) {
    const next = path.at(-1)?.subcommands?.find((candidate) => candidate.name === name);
    if (next !== undefined) path.push(next);
  }
  return nerdctlHelp(nerdctlApp, path);
}

const containerCommands: Command[] = [
  createCommand,
  runCommand,
  execCommand,
  logsCommand,
  portCommand,
  lifecycle.rmCommand,
  lifecycle.stopCommand,
  lifecycle.startCommand,
  lifecycle.restartCommand,
  lifecycle.killCommand,
  lifecycle.pauseCommand,
  lifecycle.unpauseCommand,
  lifecycle.waitCommand,
  lifecycle.renameCommand,
  attachCommand,
  diffCommand,
  commitCommand,
  cpCommand,
  exportCommand,
  updateCommand,
  healthcheckCommand,
  statsCommand,
];

const imageCommands: Command[] = [
  image.historyCommand,
  image.pullCommand,
  image.pushCommand,
  image.loadCommand,
  image.saveCommand,
  image.tagCommand,
  buildCommand,
];

const renamed = (command: Command, name: string, aliases: readonly string[]): Command => ({
  ...command,
  name,
  aliases,
});

export const nerdctlApp: CobraApp<Action> = {
  root: group({
    name: 'nerdctl',
    short: 'nerdctl is a command line interface for containerd',
    long: 'nerdctl is a command line interface for containerd\n\nConfig file ($NERDCTL_TOML): /etc/nerdctl/nerdctl.toml',
    subcommands: [
      ...containerCommands.map((command) => (command.name === 'rm' ? renamed(command, 'rm', []) : command)),
      psCommand,
      topCommand,
      inspectCommand,
      imagesCommand,
      ...imageCommands,
      image.rmiCommand,
      system.eventsCommand,
      system.infoCommand,
      system.versionCommand,
      system.loginCommand,
      system.logoutCommand,
      group({
        name: 'container',
        short: 'Manage containers',
        management: true,
        subcommands: [
          ...containerCommands,
          renamed(psCommand, 'ls', ['list']),
          containerInspectCommand,
          lifecycle.pruneCommand,
        ],
      }),
      group({
        name: 'image',
        short: 'Manage images',
        management: true,
        subcommands: [
          ...imageCommands,
          renamed(imagesCommand, 'ls', ['list']),
          renamed(image.rmiCommand, 'rm', ['remove']),
          imageInspectCommand,
          image.imagePruneCommand,
        ],
      }),
      group({ name: 'network', short: 'Manage networks', management: true, subcommands: networkCommands }),
      group({ name: 'volume', short: 'Manage volumes', management: true, subcommands: volumeCommands }),
      group({
        name: 'system',
        short: 'Manage the whole',
        management: true,
        subcommands: [system.eventsCommand, system.infoCommand, system.systemPruneCommand],
      }),
      group({
        name: 'namespace',
        aliases: ['ns'],
        short: "Manage containerd's namespaces",
        management: true,
        subcommands: system.namespaceCommands,
      }),
      composeCommand(helpOf),
      ...completionCommands<Action>(
        'nerdctl',
        'Generate the autocompletion script for the specified shell',
        () => nerdctlApp,
        (main) => main,
      ),
      ...missingCommands,
      internalCommand,
    ],
  }),
  globalFlags: [
    { name: 'debug', kind: 'bool', usage: 'Debug mode' },
    { name: 'debug-full', kind: 'bool', usage: 'Debug mode, with everything' },
    {
      name: 'address',
      kind: 'string',
      value: DEFAULT_ADDRESS,
      usage: 'Where containerd serves, also with "unix://" before it [$CONTAINERD_ADDRESS]',
    },
    {
      name: 'namespace',
      kind: 'string',
      value: 'default',
      usage: 'The containerd namespace to work in, such as "k8s.io" for Kubernetes [$CONTAINERD_NAMESPACE]',
    },
    { name: 'snapshotter', kind: 'string', value: '', usage: 'Snapshotter of containerd [$CONTAINERD_SNAPSHOTTER]' },
    { name: 'cni-path', kind: 'string', value: '/opt/cni/bin', usage: 'Where the CNI plugins are [$CNI_PATH]' },
    {
      name: 'cni-netconfpath',
      kind: 'string',
      value: '/etc/cni/net.d',
      usage: 'Where the CNI configurations are [$NETCONFPATH]',
    },
    { name: 'data-root', kind: 'string', value: '/var/lib/nerdctl', usage: "Root of nerdctl's own state" },
    { name: 'cgroup-manager', kind: 'string', value: 'systemd', usage: 'Who manages cgroups ("cgroupfs"|"systemd")' },
    { name: 'insecure-registry', kind: 'bool', usage: 'Do not verify certificates, fall back to plain HTTP' },
    {
      name: 'hosts-dir',
      kind: 'stringSlice',
      value: ['/etc/containerd/certs.d', '/etc/docker/certs.d'],
      usage: 'Directories with <HOST:PORT>/hosts.toml',
    },
    { name: 'experimental', kind: 'bool', value: true, usage: 'Experimental features [$NERDCTL_EXPERIMENTAL]' },
    {
      name: 'host-gateway-ip',
      kind: 'string',
      value: '',
      usage: "What 'host-gateway' means to --add-host [$NERDCTL_HOST_GATEWAY_IP]",
    },
    { name: 'bridge-ip', kind: 'string', value: '', usage: 'Address of the default bridge [$NERDCTL_BRIDGE_IP]' },
    { name: 'kube-hide-dupe', kind: 'bool', usage: 'List each image of k8s.io once' },
    { name: 'selinux-enabled', kind: 'bool', usage: 'SELinux' },
    { name: 'cdi-spec-dirs', kind: 'stringSlice', value: ['/etc/cdi', '/var/run/cdi'], usage: 'Where CDI specs are' },
    { name: 'userns-remap', kind: 'string', value: '', usage: 'User whose subordinate IDs containers get' },
  ],
  groups: ['Commands:'],
};
