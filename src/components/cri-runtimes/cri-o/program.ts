/**
 * /usr/bin/crio: the daemon, and what asks it or reads its configuration.
 * @models CRI-O 1.36 cmd/crio/main.go, internal/criocli
 * @fidelity partial: the flags that nodes are run with; `check --repair`, `completion`, `man` and `markdown` say that they are not simulated
 */
import type { CliApp, CliContext } from '../../../go/cli-types.ts';
import { parseLogLevel } from '../../../go/logrus.ts';
import { parseCli } from '../../../go/urfave.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { Queue } from '../../../sim/primitives.ts';
import { failure, messageOf, wrap } from '../shared/errors.ts';
import { Logger } from '../shared/log.ts';
import { type StatusCommand, status } from './commands/status.ts';
import { check, wipe } from './commands/storage.ts';
import { type CrioConfig, defaultConfig } from './config/defaults.ts';
import { type ConfigSources, loadConfig } from './config/load.ts';
import { configText } from './config/print.ts';
import { Daemon } from './daemon.ts';
import { longVersion, versionJson, versionTable } from './version-text.ts';

type Action = 'daemon' | 'config' | 'version' | 'check' | 'wipe' | 'unsimulated' | `status-${StatusCommand}`;

const ID_FLAG = {
  kind: 'string',
  name: 'id',
  aliases: ['i'],
  usage: 'the container ID',
} as const;

const APP: CliApp<Action> = {
  name: 'crio',
  usage: 'OCI-based implementation of Kubernetes Container Runtime Interface',
  description:
    'Serves the Kubernetes Container Runtime Interface; containers are run by OCI runtimes and watched by conmon.',
  version: longVersion,
  versionText: `crio version ${longVersion}`,
  flags: [
    {
      kind: 'string',
      name: 'config',
      aliases: ['c'],
      usage: 'Path to configuration file',
      value: '/etc/crio/crio.conf',
    },
    {
      kind: 'string',
      name: 'config-dir',
      aliases: ['d'],
      usage: 'Path to the directory of configuration drop-in files',
      value: '/etc/crio/crio.conf.d',
    },
    { kind: 'string', name: 'log-level', aliases: ['l'], usage: 'Log messages of this level and above' },
    { kind: 'string', name: 'listen', usage: 'Path to the CRI-O socket' },
    { kind: 'string', name: 'root', aliases: ['r'], usage: 'The CRI-O root directory' },
    { kind: 'string', name: 'runroot', usage: 'The CRI-O state directory' },
    { kind: 'string', name: 'default-runtime', usage: 'Runtime handler of pods that name none' },
    { kind: 'string', name: 'cgroup-manager', usage: 'cgroup manager (cgroupfs or systemd)' },
    { kind: 'string', name: 'pause-image', usage: 'Image of the pause container' },
    { kind: 'string', name: 'version-file', usage: 'Location of the temporary version file' },
    { kind: 'string', name: 'clean-shutdown-file', usage: 'Location of the file that a clean shutdown leaves' },
  ],
  commands: [
    {
      name: 'check',
      usage: 'Check CRI-O storage directory for errors.',
      flags: [{ kind: 'bool', name: 'repair', aliases: ['r'], usage: 'Remove damaged images and layers' }],
      action: 'check',
    },
    {
      name: 'complete',
      aliases: ['completion'],
      usage: 'Generate bash, fish or zsh completions.',
      action: 'unsimulated',
    },
    {
      name: 'config',
      usage: 'Output the configuration as a TOML file.',
      flags: [{ kind: 'bool', name: 'default', usage: 'Output the default configuration.' }],
      action: 'config',
    },
    { name: 'man', usage: 'Generate the man page documentation.', action: 'unsimulated' },
    { name: 'markdown', aliases: ['md'], usage: 'Generate the markdown documentation.', action: 'unsimulated' },
    {
      name: 'status',
      usage: 'Display status information',
      flags: [
        {
          kind: 'string',
          name: 'socket',
          aliases: ['s'],
          usage: 'absolute path to the unix socket',
          value: '/var/run/crio/crio.sock',
        },
      ],
      subcommands: [
        {
          name: 'config',
          aliases: ['c'],
          usage: 'Show the configuration of CRI-O as a TOML string.',
          action: 'status-config',
        },
        {
          name: 'containers',
          aliases: ['container', 'cs', 's'],
          usage: 'Display detailed information about the provided container ID.',
          flags: [ID_FLAG],
          action: 'status-containers',
        },
        {
          name: 'info',
          aliases: ['i'],
          usage: 'Retrieve generic information about CRI-O, such as the cgroup and storage driver.',
          action: 'status-info',
        },
        { name: 'goroutines', aliases: ['g'], usage: 'Display the goroutine stack.', action: 'status-goroutines' },
        {
          name: 'heap',
          aliases: ['hp'],
          usage: 'Write the heap dump to a temp file and print its location on disk.',
          action: 'status-heap',
        },
      ],
    },
    {
      name: 'version',
      usage: 'display detailed version information',
      flags: [
        { kind: 'bool', name: 'json', aliases: ['j'], usage: 'print JSON instead of text' },
        { kind: 'bool', name: 'verbose', aliases: ['v'], usage: 'print verbose information' },
      ],
      action: 'version',
    },
    {
      name: 'wipe',
      usage: "wipe CRI-O's container and image storage",
      flags: [{ kind: 'bool', name: 'force', aliases: ['f'], usage: 'force wipe by skipping the version check' }],
      action: 'wipe',
    },
  ],
  action: 'daemon',
};

export const crioProgram: Program = {
  name: 'crio',
  layer: 'cri-runtime',
  rssBytes: 56 * 1_048_576,
  threads: 8,
  main,
};

async function main(ctx: Context, argv: string[]): Promise<number> {
  const result = parseCli(APP, argv.slice(1), new Map());
  const log = new Logger('info');
  switch (result.kind) {
    case 'help':
    case 'version':
      await print(ctx, result.text);
      return result.exitCode;
    case 'usage-error':
      await print(ctx, result.stdout);
      await log.log(ctx, 'fatal', result.error);
      return 1;
    case 'exit':
      await printError(ctx, `${result.message}\n`);
      return result.exitCode;
    default:
  }
  try {
    return await run(ctx, result.action, result.context, log);
  } catch (error) {
    await log.log(ctx, 'fatal', messageOf(error));
    return 1;
  }
}

async function run(ctx: Context, action: Action, cli: CliContext, log: Logger): Promise<number> {
  const sources: ConfigSources = { file: cli.string('config'), directory: cli.string('config-dir') };
  const config = await loadConfig(ctx, log, sources).catch((error: unknown) => {
    throw wrap('get and merge config from context', error);
  });
  applyFlags(config, cli);
  switch (action) {
    case 'config':
      await log.info(
        ctx,
        `Using default capabilities: ${config.crio.runtime.default_capabilities.map((name) => `CAP_${name}`).join(', ')}`,
      );
      await print(ctx, cli.bool('default') ? configText(defaultConfig(), null) : configText(config, defaultConfig()));
      return 0;
    case 'version':
      await print(ctx, cli.bool('json') ? versionJson : versionTable);
      return 0;
    case 'check':
      if (cli.bool('repair')) throw failure('check --repair: not simulated');
      return check(ctx, config, log);
    case 'wipe':
      return wipe(ctx, config, log, cli.bool('force'));
    case 'unsimulated':
      throw failure('not simulated: documentation and completions');
    case 'daemon':
      return runDaemon(ctx, config, sources, log, cli.args[0]);
    default:
      return status(ctx, action.slice('status-'.length) as StatusCommand, cli.string('socket'), cli);
  }
}

function applyFlags(config: CrioConfig, cli: CliContext): void {
  const { crio } = config;
  const set = (flag: string, apply: (value: string) => void): void => {
    if (cli.string(flag) !== '') apply(cli.string(flag));
  };
  set('listen', (value) => void (crio.api.listen = value));
  set('root', (value) => void (crio.root = value));
  set('runroot', (value) => void (crio.runroot = value));
  set('log-level', (value) => void (crio.runtime.log_level = value));
  set('default-runtime', (value) => void (crio.runtime.default_runtime = value));
  set('cgroup-manager', (value) => void (crio.runtime.cgroup_manager = value));
  set('pause-image', (value) => void (crio.image.pause_image = value));
  set('version-file', (value) => void (crio.version_file = value));
  set('clean-shutdown-file', (value) => void (crio.clean_shutdown_file = value));
}

async function runDaemon(
  ctx: Context,
  config: CrioConfig,
  sources: ConfigSources,
  log: Logger,
  word: string | undefined,
): Promise<number> {
  const level = parseLogLevel(config.crio.runtime.log_level);
  if (level === undefined) throw failure(`not a valid logrus Level: "${config.crio.runtime.log_level}"`);
  log.level = level;
  if (word !== undefined) throw failure(`command "${word}" not supported`);
  // As Go does for sockets: a client that has gone is an error of the write, not the end of the process.
  ctx.sys.sigaction(ctx, 'SIGPIPE', 'ignore');
  const signals = new Queue<string>(ctx.scheduler);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    ctx.sys.sigaction(ctx, signal, () => signals.push(signal));
  const daemon = new Daemon(ctx, config, sources, log);
  ctx.go('start', async () => {
    try {
      await daemon.start();
    } catch (error) {
      await log.log(ctx, 'fatal', messageOf(error));
      signals.push('failed');
    }
  });
  for (;;) {
    const why = await signals.take();
    if (why === 'SIGHUP') await daemon.reload(ctx);
    else if (why === 'failed') return 1;
    else break;
  }
  await daemon.stop(ctx);
  return 0;
}
