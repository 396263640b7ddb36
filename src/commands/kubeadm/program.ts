/**
 * kubeadm, of which the addons can be (re)installed on the cluster that is here.
 * @models kubernetes v1.36.4 cmd/kubeadm
 * @fidelity partial: version and `init phase addon`; what makes, joins, upgrades and resets a cluster says what of
 *   it is not simulated
 */
import { parseCobra } from '../../go/cobra.ts';
import { cobraHelp } from '../../go/cobra-help.ts';
import type { CobraApp, CobraCommand, CobraContext, Pflag } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { newKubeClient } from '../../protocols/kube/client.ts';
import { loadRestConfig } from '../../protocols/kube/kubeconfig.ts';
import { isStatusError, StatusError } from '../../protocols/kube/status-error.ts';
import { LATENCY } from '../../sim/latency.ts';
import { completionCommands } from '../common/cobra-completion.ts';
import { coreDnsAddon, kubeProxyAddon } from './addons.ts';

const CLUSTER_DNS = '10.96.0.10';

/** What tells one kubeadm from another. `coreDns`: the version that its addon brings; null where its images are not here. */
type Release = { readonly version: string; readonly info: string; readonly coreDns: string | null };

const kubeadm136: Release = {
  version: 'v1.36.4',
  info: '{Major:"1", Minor:"36", EmulationMajor:"", EmulationMinor:"", MinCompatibilityMajor:"", MinCompatibilityMinor:"", GitVersion:"v1.36.4", GitCommit:"", GitTreeState:"clean", BuildDate:"2026-11-11T09:46:02Z", GoVersion:"go1.25.5", Compiler:"gc", Platform:"linux/amd64"}',
  coreDns: 'v1.14.1',
};

const kubeadm123: Release = {
  version: 'v1.23.17',
  info: '{Major:"1", Minor:"23", GitVersion:"v1.23.17", GitCommit:"953be8927218ec8067e1af2641e540238ffd7576", GitTreeState:"clean", BuildDate:"2023-02-22T13:33:14Z", GoVersion:"go1.19.6", Compiler:"gc", Platform:"linux/amd64"}',
  coreDns: null,
};

const kubeadm124: Release = {
  version: 'v1.24.17',
  info: '{Major:"1", Minor:"24", GitVersion:"v1.24.17", GitCommit:"22a9682c8fe855c321be75c5faacde343f909b04", GitTreeState:"clean", BuildDate:"2023-08-23T23:36:43Z", GoVersion:"go1.20.7", Compiler:"gc", Platform:"linux/amd64"}',
  coreDns: null,
};

type Addon = 'CoreDNS' | 'kube-proxy';
type Action = (ctx: Context, cli: CobraContext, release: Release) => Promise<number>;

const KUBECONFIG: Pflag = {
  name: 'kubeconfig',
  kind: 'string',
  value: '/etc/kubernetes/admin.conf',
  usage: 'Which kubeconfig file to talk to the cluster with.',
};

function install(addons: readonly Addon[]): Action {
  return async (ctx, cli, { version, coreDns }) => {
    if (coreDns === null) {
      await printRefusal(ctx, `kubeadm init phase addon: not simulated: the addons of ${version}\n`);
      return 1;
    }
    const path = cli.string('kubeconfig');
    let server: string;
    try {
      const config = await loadRestConfig(ctx, path, `kubeadm/${version}`);
      server = config.server;
      const client = newKubeClient(config);
      for (const addon of addons) {
        const manifests = addon === 'CoreDNS' ? coreDnsAddon(CLUSTER_DNS, coreDns) : kubeProxyAddon(server, version);
        for (const { resource, object } of manifests) {
          try {
            await client.create(ctx, resource, 'kube-system', object);
          } catch (error) {
            // What is there already is made the same again.
            if (!isStatusError(error, 'AlreadyExists')) throw error;
            await client.patch(ctx, resource, 'kube-system', object.metadata.name, 'merge', object);
          }
        }
        await print(ctx, `[addons] Applied essential addon: ${addon}\n`);
      }
      return 0;
    } catch (error) {
      const why = isErrno(error)
        ? `failed to load kubeconfig: open ${path}: ${error.go}`
        : error instanceof StatusError || typeof (error as { before?: unknown }).before === 'string'
          ? (error as { message: string }).message
          : null;
      if (why === null) throw error;
      await printError(
        ctx,
        `error: error execution phase addon/${addons[0] === 'CoreDNS' ? 'coredns' : 'kube-proxy'}: ${why}\nTo see the stack trace of this error execute with --v=5 or higher\n`,
      );
      return 1;
    }
  };
}

/** `path` is the whole command, `why` what of it this model does not have. */
const missing = (path: string, short: string, why: string): CobraCommand<Action> => ({
  name: path.slice(path.lastIndexOf(' ') + 1),
  short,
  disableFlagParsing: true,
  action: async (ctx) => {
    await printRefusal(ctx, `kubeadm ${path}: not simulated: ${why}\n`);
    return 1;
  },
});

const phase = (name: string, short: string, addons: readonly Addon[]): CobraCommand<Action> => ({
  name,
  short,
  flags: [KUBECONFIG],
  action: install(addons),
});

const root: CobraCommand<Action> = {
  name: 'kubeadm',
  short: 'Bootstrap a Kubernetes cluster',
  subcommands: [
    ...completionCommands<Action>(
      'kubeadm',
      'Output shell completion code for the specified shell (bash or zsh)',
      () => app,
      (main) => async (ctx, cli) => {
        await main(ctx, cli);
        return 0;
      },
    ),
    {
      name: 'init',
      short: 'Set up the control plane of a cluster',
      subcommands: [
        {
          name: 'phase',
          short: 'Run one phase of init',
          subcommands: [
            {
              name: 'addon',
              short: 'Install what a conformant cluster needs besides its control plane',
              subcommands: [
                phase('all', 'Install all the addons', ['CoreDNS', 'kube-proxy']),
                phase('coredns', 'Install CoreDNS', ['CoreDNS']),
                phase('kube-proxy', 'Install kube-proxy', ['kube-proxy']),
              ],
            },
          ],
        },
      ],
      action: async (ctx) => {
        await printRefusal(ctx, 'kubeadm init: not simulated: making a cluster; this node already has one\n');
        return 1;
      },
    },
    missing(
      'join',
      'Add this machine to a cluster',
      'joining; the machines of a scenario are in their cluster already',
    ),
    missing('reset', 'Undo what init or join did here', 'taking a cluster apart'),
    {
      name: 'upgrade',
      short: 'Upgrade a cluster to a newer version',
      subcommands: [
        missing('upgrade plan', 'Show which versions could follow', 'a list of later versions; there is this one only'),
        missing('upgrade apply', 'Upgrade the control plane', 'another version; there are images of this one only'),
        missing('upgrade diff', 'Show what would change in the static Pods', 'manifests of another version'),
        missing('upgrade node', 'Upgrade what is on this node', 'what another version would put on this node'),
      ],
    },
    missing('token', 'Manage bootstrap tokens', 'bootstrap tokens; no machine joins here'),
    missing('certs', 'Look after certificates', 'checking and renewing certificates; they lie in /etc/kubernetes/pki'),
    missing('config', 'Look after the configuration kept in the cluster', 'the ConfigMap kubeadm-config'),
    {
      name: 'version',
      short: 'Print the version of kubeadm',
      flags: [{ name: 'output', short: 'o', kind: 'string', usage: 'short, yaml or json' }],
      action: async (ctx, cli, { version, info }) => {
        const isShort = cli.string('output') === 'short';
        await print(ctx, isShort ? `${version}\n` : `kubeadm version: &version.Info${info}\n`);
        return 0;
      },
    },
  ],
};

const app: CobraApp<Action> = { root, globalFlags: [], groups: ['Available Commands'] };

const program = (name: string, release: Release): Program => ({
  name,
  layer: 'client',
  startCpuNs: LATENCY.kubectlStartNs,
  rssBytes: 50 * 1024 * 1024,
  threads: 8,
  main: async (ctx, argv) => {
    const parsed = parseCobra<Action>(app, argv.slice(1));
    switch (parsed.kind) {
      case 'help':
        await print(ctx, cobraHelp(app, parsed.path));
        return 0;
      case 'flag-error':
      case 'error':
        await printError(
          ctx,
          `error: ${parsed.error.trimEnd()}\nTo see the stack trace of this error execute with --v=5 or higher\n`,
        );
        return 1;
      case 'run':
        return parsed.action(ctx, parsed.context, release);
    }
  },
});

export const kubeadmProgram = program('kubeadm', kubeadm136);
export const kubeadm123Program = program('kubeadm-1.23', kubeadm123);
export const kubeadm124Program = program('kubeadm-1.24', kubeadm124);
