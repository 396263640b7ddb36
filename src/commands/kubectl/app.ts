/**
 * The whole command line of kubectl.
 * @models k8s.io/kubectl pkg/cmd/cmd.go
 * @fidelity full
 */
import { cobraOptions } from '../../go/cobra-help.ts';
import type { CobraApp, CobraCommand } from '../../go/cobra-types.ts';
import { print } from '../../linux/io.ts';
import { apiResourcesCommand, apiVersionsCommand } from './commands/api-resources.ts';
import { applyCommand } from './commands/apply.ts';
import { attachCommand } from './commands/attach.ts';
import { authCommand } from './commands/auth.ts';
import { autoscaleCommand } from './commands/autoscale.ts';
import { certificateCommand } from './commands/certificate.ts';
import { cordonCommand, patchCommand, taintCommand, uncordonCommand } from './commands/change.ts';
import { clusterInfoCommand, topCommand } from './commands/cluster.ts';
import { completeCommand } from './commands/complete.ts';
import { completionCommand } from './commands/completion.ts';
import { configCommand } from './commands/config.ts';
import { cpCommand } from './commands/cp.ts';
import { createCommand } from './commands/create.ts';
import { debugCommand } from './commands/debug.ts';
import { deleteCommand } from './commands/delete.ts';
import { describeCommand } from './commands/describe.ts';
import { diffCommand } from './commands/diff.ts';
import { drainCommand } from './commands/drain.ts';
import { editCommand } from './commands/edit.ts';
import { eventsCommand } from './commands/events.ts';
import { execCommand } from './commands/exec.ts';
import { explainCommand } from './commands/explain.ts';
import { exposeCommand } from './commands/expose.ts';
import { getCommand } from './commands/get.ts';
import { kustomizeCommand } from './commands/kustomize.ts';
import { annotateCommand, labelCommand } from './commands/label.ts';
import { logsCommand } from './commands/logs.ts';
import { missingCommands } from './commands/missing.ts';
import { pluginCommand } from './commands/plugin.ts';
import { portForwardCommand } from './commands/port-forward.ts';
import { proxyCommand } from './commands/proxy.ts';
import { replaceCommand } from './commands/replace.ts';
import { rolloutCommand } from './commands/rollout.ts';
import { runCommand } from './commands/run.ts';
import { scaleCommand } from './commands/scale.ts';
import { setCommand } from './commands/set.ts';
import { versionCommand } from './commands/version.ts';
import { viewLastAppliedCommand } from './commands/view-last-applied.ts';
import { waitCommand } from './commands/wait.ts';
import { GLOBAL_FLAGS } from './flags.ts';
import type { Action } from './run.ts';

/** It prints the flags of the others, so it stands here and not beside them. */
const optionsCommand: CobraCommand<Action> = {
  name: 'options',
  short: 'Print the list of flags inherited by all commands',
  hidden: true,
  action: (ctx) => print(ctx, cobraOptions(kubectlApp)),
};

export const kubectlApp: CobraApp<Action> = {
  root: {
    name: 'kubectl',
    short: 'kubectl controls the Kubernetes cluster manager',
    long: `kubectl controls the Kubernetes cluster manager.

 Find more information at: https://kubernetes.io/docs/reference/kubectl/`,
    subcommands: [
      createCommand,
      runCommand,
      setCommand,
      explainCommand,
      getCommand,
      deleteCommand,
      rolloutCommand,
      scaleCommand,
      autoscaleCommand,
      certificateCommand,
      clusterInfoCommand,
      topCommand,
      cordonCommand,
      uncordonCommand,
      drainCommand,
      exposeCommand,
      taintCommand,
      describeCommand,
      logsCommand,
      attachCommand,
      execCommand,
      portForwardCommand,
      proxyCommand,
      cpCommand,
      authCommand,
      debugCommand,
      eventsCommand,
      diffCommand,
      { ...applyCommand, subcommands: [viewLastAppliedCommand] },
      patchCommand,
      replaceCommand,
      waitCommand,
      kustomizeCommand,
      editCommand,
      labelCommand,
      annotateCommand,
      completionCommand,
      apiResourcesCommand,
      apiVersionsCommand,
      configCommand,
      pluginCommand,
      versionCommand,
      ...missingCommands,
      optionsCommand,
      completeCommand('__complete', true, () => kubectlApp),
      completeCommand('__completeNoDesc', false, () => kubectlApp),
    ],
  },
  globalFlags: GLOBAL_FLAGS,
  groups: [
    'Basic Commands (Beginner)',
    'Basic Commands (Intermediate)',
    'Deploy Commands',
    'Cluster Management Commands',
    'Troubleshooting and Debugging Commands',
    'Advanced Commands',
    'Settings Commands',
    'Subcommands provided by plugins',
    'Other Commands',
  ],
};
