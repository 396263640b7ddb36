/** The whole command line of ctr. @models containerd 2.1 cmd/ctr/app/main.go @fidelity full */
import type { CliApp } from '../../go/cli-types.ts';
import { DEFAULT_ADDRESS } from '../common/containerd/client.ts';
import { containersCommand } from './commands/containers.ts';
import { contentCommand } from './commands/content.ts';
import { deprecationsCommand } from './commands/deprecations.ts';
import { eventsCommand } from './commands/events.ts';
import { imagesCommand } from './commands/images.ts';
import { infoCommand } from './commands/info.ts';
import { installCommand } from './commands/install.ts';
import { leasesCommand } from './commands/leases.ts';
import { namespacesCommand } from './commands/namespaces.ts';
import { ociCommand } from './commands/oci.ts';
import { pluginsCommand } from './commands/plugins.ts';
import { pprofCommand } from './commands/pprof.ts';
import { runCommand } from './commands/run.ts';
import { sandboxesCommand } from './commands/sandboxes.ts';
import { shimCommand } from './commands/shim.ts';
import { snapshotsCommand } from './commands/snapshots.ts';
import { tasksCommand } from './commands/tasks.ts';
import { CTR_VERSION, versionCommand } from './commands/version.ts';
import type { Action } from './run.ts';

export const ctrApp: CliApp<Action> = {
  name: 'ctr',
  usage: `
        __
  _____/ /______
 / ___/ __/ ___/
/ /__/ /_/ /
\\___/\\__/_/

containerd CLI
`,
  version: CTR_VERSION,
  versionText: `ctr github.com/containerd/containerd/v2 ${CTR_VERSION}`,
  description: `
A client for debugging and administering a containerd daemon. Nobody promises
that its commands and flags stay the same from one release of containerd to the
next: scripts and people who run containers are better served by other clients.`,
  helpCommandUsage: 'Shows a list of commands or help for one command',
  helpFlag: { usage: 'Show help', showDefault: true },
  versionFlag: { usage: 'Print the version', showDefault: true },
  flags: [
    { name: 'debug', kind: 'bool', usage: 'Log debug messages' },
    {
      name: 'address',
      aliases: ['a'],
      kind: 'string',
      value: DEFAULT_ADDRESS,
      env: ['CONTAINERD_ADDRESS'],
      usage: 'Where containerd serves GRPC',
    },
    { name: 'timeout', kind: 'duration', usage: 'How long a command may take in all' },
    { name: 'connect-timeout', kind: 'duration', usage: 'How long connecting to containerd may take' },
    {
      name: 'namespace',
      aliases: ['n'],
      kind: 'string',
      value: 'default',
      env: ['CONTAINERD_NAMESPACE'],
      usage: 'The containerd namespace to work in',
    },
  ],
  commands: [
    pluginsCommand,
    versionCommand,
    containersCommand,
    contentCommand,
    eventsCommand,
    imagesCommand,
    leasesCommand,
    namespacesCommand,
    pprofCommand,
    runCommand,
    snapshotsCommand,
    tasksCommand,
    installCommand,
    ociCommand,
    sandboxesCommand,
    infoCommand,
    deprecationsCommand,
    shimCommand,
  ],
};
