/**
 * /usr/bin/containerd.
 * @models containerd 2.1 cmd/containerd/command/main.go
 * @fidelity partial: `publish` and `oci-hook` say that they are not simulated
 */

import type { CliApp, CliContext } from '../../../go/cli-types.ts';
import { logrusText, parseLogLevel } from '../../../go/logrus.ts';
import { parseCli } from '../../../go/urfave.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printError } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { Queue } from '../../../sim/primitives.ts';
import { failure, messageOf } from '../shared/errors.ts';
import { Logger } from '../shared/log.ts';
import { type DaemonConfig, defaultConfig, RUNTIME_PLUGIN } from './config/defaults.ts';
import { type ConfigWarning, fillHandlers, type LoadedConfig, loadConfig, TomlFailure } from './config/load.ts';
import { encodeToml } from './config/toml-out.ts';
import { version2Text } from './config/version-2.ts';
import { Daemon } from './daemon.ts';
import { type ContainerdRelease, containerd14, containerd21 } from './release.ts';

type Action = 'daemon' | 'default' | 'dump' | 'migrate' | 'publish' | 'oci-hook';

const app = (release: ContainerdRelease): CliApp<Action> => ({
  name: 'containerd',
  usage: 'container runtime daemon',
  description: 'Without a command the daemon starts in the foreground, with the configuration file if there is one.',
  version: release.version,
  versionText: release.versionText,
  flags: [
    {
      kind: 'string',
      name: 'config',
      aliases: ['c'],
      usage: 'Path to the configuration file',
      value: '/etc/containerd/config.toml',
    },
    {
      kind: 'string',
      name: 'log-level',
      aliases: ['l'],
      usage: 'Set the logging level [trace, debug, info, warn, error, fatal, panic]',
    },
    { kind: 'string', name: 'address', aliases: ['a'], usage: "Address for containerd's GRPC server" },
    { kind: 'string', name: 'root', usage: 'containerd root directory' },
    { kind: 'string', name: 'state', usage: 'containerd state directory' },
  ],
  commands: [
    {
      name: 'config',
      usage: 'Information on the containerd config',
      subcommands: [
        { name: 'default', usage: 'See the output of the default config', action: 'default' },
        {
          name: 'dump',
          usage: 'See the output of the final main config with imported in subconfig files',
          action: 'dump',
        },
        {
          name: 'migrate',
          usage: 'Migrate the current configuration file to the latest version (does not migrate subconfig files)',
          action: 'migrate',
        },
      ],
    },
    {
      name: 'publish',
      usage: 'Binary to publish events to containerd',
      flags: [
        { kind: 'string', name: 'namespace', usage: 'Namespace to publish to' },
        { kind: 'string', name: 'topic', usage: 'Topic of the event' },
      ],
      action: 'publish',
    },
    {
      name: 'oci-hook',
      usage: 'Provides a base for OCI runtime hooks to allow arguments to be injected.',
      action: 'oci-hook',
    },
  ],
  action: 'daemon',
});

const program = (name: string, release: ContainerdRelease): Program => ({
  name,
  layer: 'cri-runtime',
  rssBytes: 60 * 1_048_576,
  threads: 10,
  main: (ctx, argv) => main(ctx, argv, release),
});

export const containerdProgram = program('containerd', containerd21);
export const containerd14Program = program('containerd-1.4', containerd14);

async function main(ctx: Context, argv: string[], release: ContainerdRelease): Promise<number> {
  const result = parseCli(app(release), argv.slice(1), new Map());
  switch (result.kind) {
    case 'help':
    case 'version':
      await print(ctx, result.text);
      return result.exitCode;
    case 'usage-error':
      await print(ctx, result.stdout);
      await printError(ctx, `containerd: ${result.error}\n`);
      return 1;
    case 'exit':
      await printError(ctx, `${result.message}\n`);
      return result.exitCode;
    default:
  }
  const [word] = result.context.args;
  if (result.action === 'daemon' && word !== undefined) {
    await printError(ctx, `No help topic for '${word}'\n`);
    return 3;
  }
  try {
    return await run(ctx, result.action, result.context, release);
  } catch (error) {
    await printError(ctx, `containerd: ${messageOf(error)}\n`);
    return 1;
  }
}

async function run(ctx: Context, action: Action, cli: CliContext, release: ContainerdRelease): Promise<number> {
  switch (action) {
    case 'default':
      await print(ctx, release.configVersion === 2 ? version2Text(release) : shown(defaultConfig(release)));
      return 0;
    case 'dump':
    case 'migrate': {
      const { config, warnings } = await readConfig(ctx, cli, release);
      await printWarnings(
        ctx,
        warnings.filter((warning) => warning.migration !== true),
      );
      await print(ctx, shown(config));
      return 0;
    }
    case 'publish':
      if (cli.string('topic') === '') throw failure('topic required to publish event: invalid argument');
      throw failure('publish: not simulated: shims publish over ttrpc');
    case 'oci-hook':
      throw failure('oci-hook: not simulated');
    case 'daemon':
      return runDaemon(ctx, cli, release);
  }
}

function shown(config: DaemonConfig): string {
  const runtimes = config.plugins[RUNTIME_PLUGIN].containerd.runtimes;
  for (const handler of Object.values(runtimes))
    if (handler.options === null) delete (handler as Partial<typeof handler>).options;
  return encodeToml(config);
}

async function printWarnings(ctx: Context, warnings: readonly ConfigWarning[]): Promise<void> {
  for (const { message, fields } of warnings)
    await printError(ctx, logrusText({ level: 'warning', message, timeNs: ctx.wallTime, fields }));
}

async function runDaemon(ctx: Context, cli: CliContext, release: ContainerdRelease): Promise<number> {
  const { config, warnings } = await readConfig(ctx, cli, release);
  await printWarnings(ctx, warnings);
  fillHandlers(config);
  applyFlags(config, cli);
  const level = config.debug.level === '' ? 'info' : parseLogLevel(config.debug.level);
  if (level === undefined) throw failure(`not a valid logrus Level: "${config.debug.level}"`);
  // As Go does for sockets: a client that has gone is an error of the write, not the end of the process.
  // Caught, not ignored: what is executed from here has its own way with it.
  ctx.sys.sigaction(ctx, 'SIGPIPE', () => {}, { restart: true });
  const signals = new Queue<string>(ctx.scheduler);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) ctx.sys.sigaction(ctx, signal, () => signals.push(signal));
  announceConfig(ctx, cli.string('config'), config);
  const log = new Logger(level);
  const daemon = new Daemon(ctx, config, log, release);
  ctx.go('start', async () => {
    try {
      await daemon.start();
    } catch (error) {
      await printError(ctx, `containerd: ${messageOf(error)}\n`);
      signals.push('failed');
    }
  });
  const why = await signals.take();
  if (why === 'failed') return 1;
  await daemon.stop(ctx);
  return 0;
}

/** What the daemon goes by from now on, whatever becomes of the files. */
function announceConfig(ctx: Context, path: string, config: DaemonConfig): void {
  const value = JSON.parse(JSON.stringify(config)) as Record<string, unknown>;
  ctx.trace.emit(ctx.span, ctx.process.pid, {
    kind: 'state',
    component: 'containerd',
    topic: 'config',
    key: path,
    value,
  });
}

async function readConfig(ctx: Context, cli: CliContext, release: ContainerdRelease): Promise<LoadedConfig> {
  try {
    return await loadConfig(ctx, cli.string('config'), cli.isSet('config'), release);
  } catch (error) {
    if (!(error instanceof TomlFailure)) throw error;
    const { row, column, file, message } = error;
    const fields = { column, error: message, file, row };
    await printError(
      ctx,
      logrusText({ level: 'error', message: 'Failure unmarshaling TOML', timeNs: ctx.wallTime, fields }),
    );
    throw failure(`failed to unmarshal TOML at row ${row} column ${column}: ${message}`);
  }
}

function applyFlags(config: DaemonConfig, cli: CliContext): void {
  if (cli.string('root') !== '') config.root = cli.string('root');
  if (cli.string('state') !== '') config.state = cli.string('state');
  if (cli.string('address') !== '') config.grpc.address = cli.string('address');
  if (cli.string('log-level') !== '') config.debug.level = cli.string('log-level');
}
