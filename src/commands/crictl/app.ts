/**
 * The whole command line of crictl.
 * @models kubernetes-sigs/cri-tools cmd/crictl/main.go
 * @fidelity full
 */
import type { CliApp, CliCommand } from '../../go/cli-types.ts';
import { print } from '../../linux/io.ts';
import { attachCommand } from './commands/attach.ts';
import { checkpointCommand } from './commands/checkpoint.ts';
import { configCommand } from './commands/config.ts';
import { createCommand } from './commands/create.ts';
import { eventsCommand } from './commands/events.ts';
import { execCommand } from './commands/exec.ts';
import { imageFsInfoCommand } from './commands/imagefsinfo.ts';
import { imagesCommand } from './commands/images.ts';
import { infoCommand } from './commands/info.ts';
import { inspectCommand } from './commands/inspect.ts';
import { inspectiCommand } from './commands/inspecti.ts';
import { inspectpCommand } from './commands/inspectp.ts';
import { logsCommand } from './commands/logs.ts';
import { metricdescsCommand } from './commands/metricdescs.ts';
import { metricspCommand } from './commands/metricsp.ts';
import { podsCommand } from './commands/pods.ts';
import { portForwardCommand } from './commands/port-forward.ts';
import { psCommand } from './commands/ps.ts';
import { pullCommand } from './commands/pull.ts';
import { rmCommand } from './commands/rm.ts';
import { rmiCommand } from './commands/rmi.ts';
import { rmpCommand } from './commands/rmp.ts';
import { runCommand } from './commands/run.ts';
import { runpCommand } from './commands/runp.ts';
import { runtimeConfigCommand } from './commands/runtime-config.ts';
import { startCommand } from './commands/start.ts';
import { statsCommand } from './commands/stats.ts';
import { statspCommand } from './commands/statsp.ts';
import { stopCommand } from './commands/stop.ts';
import { stoppCommand } from './commands/stopp.ts';
import { updateCommand } from './commands/update.ts';
import { updateRuntimeConfigCommand } from './commands/update-runtime-config.ts';
import { versionCommand } from './commands/version.ts';
import { bashScript, fishScript, zshScript } from './completion-scripts.ts';
import { DEFAULT_ENDPOINTS } from './endpoint.ts';
import { Failure } from './failure.ts';
import { type Action, showHelp } from './run.ts';
import { DEFAULT_TIMEOUT_NS } from './settings.ts';

/** It prints the other commands, so it stands here and not beside them. */
const completionCommand: CliCommand<Action> = {
  name: 'completion',
  usage: 'Print a script that makes a shell complete crictl commands',
  argsUsage: 'SHELL',
  description: `Print the completion script for bash, zsh or fish.

Examples:

    # For bash on Linux
    source <(crictl completion bash)

    # For zsh on Linux
    source <(crictl completion zsh)

    # For fish on Linux
    crictl completion fish | source
\t`,
  action: async (ctx, run) => {
    const { args } = run.cli;
    if (args.length > 1) return await showHelp(ctx, run);
    switch (args[0] ?? 'bash') {
      case 'bash':
        return await print(ctx, bashScript(crictlApp));
      case 'fish':
        return await print(ctx, fishScript(crictlApp));
      case 'zsh':
        return await print(ctx, zshScript(crictlApp));
      default:
        throw new Failure('only bash, zsh or fish are supported');
    }
  },
};

/** Sorted by name, flags as well. */
export const crictlApp: CliApp<Action> = {
  name: 'crictl',
  usage: 'talks to container runtimes over CRI',
  version: '1.36.0',
  flags: [
    {
      name: 'config',
      aliases: ['c'],
      kind: 'string',
      value: '/etc/crictl.yaml',
      env: ['CRI_CONFIG_FILE'],
      usage: 'Config file; when it is not given and the default is missing, the folder of the program is tried too',
    },
    { name: 'debug', aliases: ['D'], kind: 'bool', usage: 'Print what is asked and answered' },
    { name: 'enable-tracing', kind: 'bool', usage: 'Send OpenTelemetry traces.' },
    {
      name: 'image-endpoint',
      aliases: ['i'],
      kind: 'string',
      env: ['IMAGE_SERVICE_ENDPOINT'],
      usage: "Where the CRI image service listens (default: that of 'runtime-endpoint')",
    },
    { name: 'profile-cpu', kind: 'string', usage: 'File for a pprof profile of CPU use.' },
    { name: 'profile-mem', kind: 'string', usage: 'File for a pprof profile of memory use.' },
    {
      name: 'runtime-endpoint',
      aliases: ['r'],
      kind: 'string',
      env: ['CONTAINER_RUNTIME_ENDPOINT'],
      usage:
        'Where the CRI runtime service listens (default: the first that answers ' +
        `of [${DEFAULT_ENDPOINTS.join(' ')}]). The default is deprecated: set it.`,
    },
    {
      name: 'timeout',
      aliases: ['t'],
      kind: 'duration',
      value: DEFAULT_TIMEOUT_NS,
      usage: 'How long to wait for the server (e.g. 2s, 20s.). 0 or less is the default',
    },
    {
      name: 'tracing-endpoint',
      kind: 'string',
      value: '127.0.0.1:4317',
      usage: 'Where the gRPC trace collector listens.',
    },
    {
      name: 'tracing-sampling-rate-per-million',
      kind: 'int',
      value: -1,
      usage: 'How many of a million OpenTelemetry spans to keep. 1000000 or -1 keeps all.',
    },
  ],
  commands: [
    attachCommand,
    checkpointCommand,
    completionCommand,
    configCommand,
    createCommand,
    eventsCommand,
    execCommand,
    imageFsInfoCommand,
    imagesCommand,
    infoCommand,
    inspectCommand,
    inspectiCommand,
    inspectpCommand,
    logsCommand,
    metricdescsCommand,
    metricspCommand,
    podsCommand,
    portForwardCommand,
    psCommand,
    pullCommand,
    rmCommand,
    rmiCommand,
    rmpCommand,
    runCommand,
    runpCommand,
    runtimeConfigCommand,
    startCommand,
    statsCommand,
    statspCommand,
    stopCommand,
    stoppCommand,
    updateCommand,
    updateRuntimeConfigCommand,
    versionCommand,
  ],
};
