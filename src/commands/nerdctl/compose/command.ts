/**
 * nerdctl compose: its commands and their flags.
 * @models nerdctl v2.3.5 cmd/nerdctl/compose
 * @fidelity partial: no IPFS
 */
import type { CobraContext, Pflag } from '../../../go/cobra-types.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { group } from '../group.ts';
import { array, bool, int, text } from '../pflags.ts';
import { type Arguments, type Command, command, confirmed, fail } from '../run.ts';
import { VERSION } from '../version.ts';
import { type Composer, newComposer, servicesOf } from './composer.ts';
import * as list from './list.ts';
import { projectYaml, serviceHash } from './load/print.ts';
import { showLogs } from './logs.ts';
import * as move from './move.ts';
import { runService } from './run.ts';
import * as stop from './stop.ts';
import * as up from './up.ts';

/** They may stand before the command and behind it; `-f` only before it. */
const PERSISTENT: readonly Pflag[] = [
  array('file', 'Compose file to read, may be given several times'),
  text('project-directory', 'Directory that relative paths start from'),
  text('project-name', 'Name of the project', '', 'p'),
  text('env-file', 'File of variables in place of .env'),
  text('ipfs-address', "Multiaddress of IPFS's API (by default what $IPFS_PATH or ~/.ipfs says)"),
  array('profile', 'Profile whose services are wanted as well'),
];

const HIDDEN: readonly Pflag[] = PERSISTENT.map((flag) => ({ ...flag, hidden: true }));

/** `-f FILE` before the command is --file. */
export function composeShorthands(words: readonly string[]): string[] {
  const out = words.slice(0, 1);
  for (let i = 1; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('-') || word === '--') return [...out, ...words.slice(i)];
    if (word === '-f' && i + 1 < words.length) {
      i += 1;
      out.push(`--file=${words[i]}`);
    } else if (/^-f./.test(word)) out.push(`--file=${word.slice(2).replace(/^=/, '')}`);
    else {
      const takesNext =
        !word.includes('=') && PERSISTENT.some(({ name, short }) => word === `--${name}` || word === `-${short}`);
      out.push(word);
      if (takesNext) {
        i += 1;
        out.push(...words.slice(i, i + 1));
      }
    }
  }
  return out;
}

type Definition = {
  readonly use: string;
  readonly short: string;
  readonly flags?: readonly Pflag[];
  readonly args?: Arguments;
  readonly flagsFirst?: boolean;
  /** Before the project is loaded. False: that was all. */
  readonly before?: (ctx: Context, cli: CobraContext) => Promise<boolean> | boolean;
  readonly action: (composer: Composer, cli: CobraContext) => Promise<void>;
};

function define(name: string, definition: Definition): Command {
  const { flags = [], args, flagsFirst, before, action, use, short } = definition;
  return command({
    name,
    use,
    short,
    flags: [...flags, ...HIDDEN],
    ...(args === undefined ? {} : { args }),
    ...(flagsFirst === undefined ? {} : { flagsFirst }),
    action: async (ctx, cli) => {
      if (before !== undefined && !(await before(ctx, cli))) return;
      await action(await newComposer(ctx, cli), cli);
    },
  });
}

const SERVICES = '[flags] [SERVICE...]';

function recreateOf(cli: CobraContext): up.Recreate {
  if (cli.bool('force-recreate')) return 'force';
  return cli.bool('no-recreate') ? 'never' : 'diverged';
}

function scaleOf(cli: CobraContext): Map<string, number> {
  return new Map(
    cli.strings('scale').map((word): [string, number] => {
      const parts = word.split('=');
      if (parts.length !== 2) fail(`invalid --scale option ${quote(word)}. Should be SERVICE=NUM`);
      const [service = '', count = ''] = parts;
      if (!/^[-+]?\d+$/.test(count)) fail(`strconv.Atoi: parsing ${quote(count)}: invalid syntax`);
      return [service, Number(count)];
    }),
  );
}

const RECREATE_FLAGS: readonly Pflag[] = [
  bool('force-recreate', 'New containers even where nothing has changed'),
  bool('no-recreate', 'No new containers where there are some, not with --force-recreate'),
];

function checkRecreate(cli: CobraContext): boolean {
  if (cli.bool('force-recreate') && cli.bool('no-recreate'))
    fail('flag --force-recreate and --no-recreate cannot be specified together');
  return true;
}

const upCommand = define('up', {
  use: SERVICES,
  short: 'Make and start containers',
  flags: [
    bool('abort-on-container-exit', 'Stop all containers when one of them ends; not with -d'),
    bool('detach', 'Leave the containers running; not with --abort-on-container-exit', 'd'),
    bool('no-build', 'Build no image, even a missing one'),
    bool('no-color', 'Without colors'),
    bool('no-log-prefix', 'Without the names before the lines'),
    bool('build', 'Build images first'),
    bool('ipfs', 'Base images of a build may come from IPFS'),
    bool('quiet-pull', 'Pull without progress'),
    bool('remove-orphans', 'Remove containers of services that the file does not have'),
    ...RECREATE_FLAGS,
    array('scale', 'SERVICE=NUM: so many containers of it, whatever the file says'),
    text('pull', 'Pull the image before ("always"|"missing"|"never")'),
  ],
  before: (_, cli) => {
    if (cli.bool('detach') && cli.bool('abort-on-container-exit'))
      fail('--abort-on-container-exit flag is incompatible with flag --detach');
    if (cli.bool('build') && cli.bool('no-build')) fail('--build and --no-build can not be combined');
    scaleOf(cli);
    return checkRecreate(cli);
  },
  action: (composer, cli) =>
    up.up(
      composer,
      {
        abortOnContainerExit: cli.bool('abort-on-container-exit'),
        detach: cli.bool('detach'),
        noBuild: cli.bool('no-build'),
        noColor: cli.bool('no-color'),
        noLogPrefix: cli.bool('no-log-prefix'),
        forceBuild: cli.bool('build'),
        quietPull: cli.bool('quiet-pull'),
        removeOrphans: cli.bool('remove-orphans'),
        recreate: recreateOf(cli),
        scale: scaleOf(cli),
        pull: cli.string('pull'),
      },
      cli.args,
    ),
});

const createCommand = define('create', {
  use: SERVICES,
  short: 'Make containers without starting them',
  flags: [
    bool('build', 'Build images first'),
    bool('no-build', 'Build no image, even a missing one; not with --build'),
    ...RECREATE_FLAGS,
    text('pull', 'When to pull the image (always|missing|never)', 'missing'),
  ],
  before: (_, cli) => {
    if (cli.bool('build') && cli.bool('no-build')) fail('flag --build and --no-build cannot be specified together');
    return checkRecreate(cli);
  },
  action: (composer, cli) =>
    up.create(
      composer,
      {
        build: cli.bool('build'),
        noBuild: cli.bool('no-build'),
        recreate: recreateOf(cli),
        pull: cli.isSet('pull') ? cli.string('pull') : null,
      },
      cli.args,
    ),
});

const downCommand = define('down', {
  use: SERVICES,
  short: 'Remove containers and what belongs to them',
  flags: [
    bool('volumes', "The file's named volumes and the containers' anonymous ones as well", 'v'),
    bool('remove-orphans', 'Remove containers of services that the file does not have'),
  ],
  action: (composer, cli) =>
    stop.down(composer, cli.args, { volumes: cli.bool('volumes'), removeOrphans: cli.bool('remove-orphans') }),
});

const logsCommand = define('logs', {
  use: SERVICES,
  short: 'Print what containers have written',
  flags: [
    bool('follow', 'Go on with what they write', 'f'),
    bool('timestamps', 'With the time of each line', 't'),
    text('tail', 'So many lines from the end', 'all'),
    bool('no-color', 'Without colors'),
    bool('no-log-prefix', 'Without the names before the lines'),
  ],
  action: (composer, cli) =>
    showLogs(composer, cli.args, {
      abortOnContainerExit: false,
      follow: cli.bool('follow'),
      timestamps: cli.bool('timestamps'),
      tail: cli.string('tail'),
      noColor: cli.bool('no-color'),
      noLogPrefix: cli.bool('no-log-prefix'),
      latestRun: false,
    }),
});

const configCommand = define('config', {
  use: '[flags]',
  short: 'Check the Compose file and print it whole',
  flags: [
    bool('quiet', 'Only check', 'q'),
    bool('services', "The services' names, one a line"),
    bool('volumes', "The volumes' names, one a line"),
    text('hash', "The hashes of the services' configuration, one a line"),
  ],
  before: (_, cli) => cli.args.length === 0 || fail(`arguments [${cli.args.join(' ')}] not supported`),
  action: async (composer, cli) => {
    const { ctx, project } = composer;
    const lines = (words: readonly string[]): Promise<void> => print(ctx, words.map((word) => `${word}\n`).join(''));
    if (cli.bool('quiet')) return;
    if (cli.bool('services')) return lines(Object.keys(project.services));
    if (cli.bool('volumes')) return lines(Object.keys(project.volumes));
    const hash = cli.string('hash');
    if (hash === '') return print(ctx, projectYaml(project));
    const services = servicesOf(composer, hash === '*' ? [] : hash.split(','));
    await lines(services.map((service) => `${service.name} ${serviceHash(service)}`));
  },
});

const psCommand = define('ps', {
  use: SERVICES,
  short: 'List the containers of services',
  flags: [
    text('format', 'How to print [table|json]', 'table'),
    text('filter', 'Condition on the containers'),
    array('status', 'Status of the containers [paused | restarting | removing | running | dead | created | exited]'),
    bool('quiet', 'Only IDs', 'q'),
    bool('services', 'Only the services'),
    bool('all', 'Those that do not run as well', 'a'),
  ],
  before: (_, cli) => list.psFilters(cli).length >= 0,
  action: (composer, cli) => list.ps(composer, list.psFilters(cli)),
});

const TIMEOUT: Pflag = int('timeout', 'Seconds until they are killed', 10, 't');
const secondsOf = (cli: CobraContext): number | null => (cli.isSet('timeout') ? cli.number('timeout') : null);

const runCommand = define('run', {
  use: '[flags] SERVICE [COMMAND] [ARG...]',
  short: 'Run a command once in a container of a service',
  args: { min: 1 },
  flagsFirst: true,
  flags: [
    bool('detach', 'Leave the container running', 'd'),
    bool('no-build', 'Build no image, even a missing one'),
    bool('no-color', 'Without colors'),
    bool('no-log-prefix', 'Without the names before the lines'),
    bool('build', 'Build images first'),
    bool('quiet-pull', 'Pull without progress'),
    bool('remove-orphans', 'Remove containers of services that the file does not have'),
    text('name', 'Name of the container'),
    bool('no-deps', 'Without what the service depends on'),
    { name: 'interactive', short: 'i', kind: 'bool', value: true, usage: 'Keep standard input open' },
    bool('rm', 'Remove the container when it ends'),
    text('user', 'User and group (<name|uid>[:<group|gid>])', '', 'u'),
    array('volume', 'Bind mount or volume', 'v'),
    array('entrypoint', "Instead of the image's ENTRYPOINT"),
    array('env', 'Environment variables', 'e'),
    array('label', 'Labels', 'l'),
    text('workdir', 'Working directory', '', 'w'),
    { name: 'publish', kind: 'stringSlice', usage: 'Publish a port of the container on the host' },
    bool('service-ports', "Publish the service's ports"),
  ],
  before: (_, cli) => {
    if (cli.bool('build') && cli.bool('no-build')) fail('--build and --no-build can not be combined');
    if (cli.bool('service-ports') && cli.strings('publish').length > 0)
      fail('--service-ports and --publish(-p) cannot exist simultaneously');
    if (cli.bool('interactive') && cli.bool('detach'))
      fail('currently flag -i and -d cannot be specified together (FIXME)');
    return true;
  },
  action: (composer, cli) =>
    runService(composer, {
      service: cli.args[0] ?? '',
      args: cli.args.slice(1),
      noBuild: cli.bool('no-build'),
      noColor: cli.bool('no-color'),
      noLogPrefix: cli.bool('no-log-prefix'),
      forceBuild: cli.bool('build'),
      quietPull: cli.bool('quiet-pull'),
      removeOrphans: cli.bool('remove-orphans'),
      name: cli.string('name'),
      detach: cli.bool('detach'),
      noDeps: cli.bool('no-deps'),
      interactive: cli.bool('interactive'),
      rm: cli.bool('rm'),
      user: cli.string('user'),
      volume: cli.strings('volume'),
      entrypoint: cli.strings('entrypoint'),
      env: cli.strings('env'),
      label: cli.strings('label'),
      workdir: cli.string('workdir'),
      servicePorts: cli.bool('service-ports'),
      publish: cli.strings('publish'),
    }),
});

const execCommand = define('exec', {
  use: '[flags] SERVICE COMMAND [ARG...]',
  short: 'Run a command in a running container of a service',
  args: { min: 2 },
  flagsFirst: true,
  flags: [
    bool('no-TTY', 'No terminal; by default there is one where output is one', 'T'),
    bool('detach', 'Do not wait for its end', 'd'),
    text('workdir', 'Working directory', '', 'w'),
    array('env', 'Environment variables', 'e'),
    bool('privileged', 'All capabilities'),
    text('user', 'User and group (<name|uid>[:<group|gid>])', '', 'u'),
    int('index', 'Which of several containers', 1),
    { name: 'interactive', short: 'i', kind: 'bool', value: true, usage: 'Keep standard input open', hidden: true },
    { name: 'tty', short: 't', kind: 'bool', value: true, usage: 'Give the process a terminal', hidden: true },
  ],
  before: async (ctx, cli) => {
    if (cli.number('index') < 1) fail('index starts from 1 and should be equal or greater than 1');
    if (cli.bool('interactive') && cli.bool('detach'))
      fail('currently flag -i and -d cannot be specified together (FIXME)');
    if (!(await isWithoutTerminal(ctx, cli)) && cli.bool('detach'))
      fail('currently flag -d should be specified with --no-TTY (FIXME)');
    return true;
  },
  action: async (composer, cli) =>
    move.exec(composer, {
      service: cli.args[0] ?? '',
      args: cli.args.slice(1),
      index: cli.number('index'),
      interactive: cli.bool('interactive'),
      tty: !(await isWithoutTerminal(composer.ctx, cli)),
      detach: cli.bool('detach'),
      workdir: cli.string('workdir'),
      env: cli.strings('env'),
      privileged: cli.bool('privileged'),
      user: cli.string('user'),
    }),
});

async function isWithoutTerminal(ctx: Context, cli: CobraContext): Promise<boolean> {
  return cli.isSet('no-TTY') ? cli.bool('no-TTY') : !(await ctx.sys.isTty(ctx, 1));
}

const imagesCommand = define('images', {
  use: SERVICES,
  short: 'List the images that containers of services were made of',
  flags: [text('format', 'How to print [json]'), bool('quiet', 'Only IDs', 'q')],
  before: (_, cli) => {
    const format = cli.string('format');
    return format === 'json' || format === '' || fail(`unsupported format ${format}, supported formats are: [json]`);
  },
  action: (composer) => list.images(composer),
});

const portCommand = define('port', {
  use: '[flags] SERVICE PRIVATE_PORT',
  short: 'Print where a port is published',
  args: { exact: 2 },
  flags: [int('index', 'Which of several containers', 1), text('protocol', 'Protocol of the port (tcp|udp)', 'tcp')],
  before: (_, cli) => {
    const index = cli.number('index');
    if (index < 1) fail(`index starts from 1 and should be equal or greater than 1, given index: ${index}`);
    const protocol = cli.string('protocol');
    if (!['tcp', 'udp'].includes(protocol)) fail(`unsupported protocol: ${protocol} (only tcp and udp are supported)`);
    const port = cli.args[1] ?? '';
    if (!/^[-+]?\d+$/.test(port)) fail(`strconv.Atoi: parsing ${quote(port)}: invalid syntax`);
    return Number(port) > 0 || fail(`unexpected port: ${Number(port)}`);
  },
  action: (composer, cli) =>
    list.port(composer, cli.args[0] ?? '', cli.number('index'), Number(cli.args[1]), cli.string('protocol')),
});

const copyCommand = define('cp', {
  use: '[OPTIONS] SERVICE:SRC_PATH DEST_PATH|-\n       nerdctl compose cp [OPTIONS] SRC_PATH|- SERVICE:DEST_PATH [flags]',
  short: 'Copy files between a container of a service and the host',
  args: { exact: 2 },
  flags: [
    bool('dry-run', 'Only say what would be copied'),
    bool('follow-link', 'Follow symbolic links in SRC_PATH', 'L'),
    int('index', 'Which of several containers', 0),
  ],
  before: (_, cli) => {
    if (cli.args[0] === '') fail('source can not be empty');
    return cli.args[1] !== '' || fail('destination can not be empty');
  },
  action: (composer, cli) =>
    move.copy(composer, {
      source: cli.args[0] ?? '',
      destination: cli.args[1] ?? '',
      index: cli.number('index'),
      followLink: cli.bool('follow-link'),
      dryRun: cli.bool('dry-run'),
    }),
});

const removeCommand = define('rm', {
  use: SERVICES,
  short: 'Remove stopped containers of services',
  flags: [
    bool('force', 'Do not ask', 'f'),
    bool('stop', 'Stop the containers first', 's'),
    bool('volumes', "The containers' anonymous volumes as well", 'v'),
  ],
  before: (ctx, cli) => {
    const services = cli.args.length === 0 ? 'all' : cli.args.join(',');
    return cli.bool('force') || confirmed(ctx, `This will remove all stopped containers from services: ${services}..`);
  },
  action: (composer, cli) => stop.remove(composer, cli.args, { stop: cli.bool('stop'), volumes: cli.bool('volumes') }),
});

const versionCommand = command({
  name: 'version',
  use: '[flags]',
  short: "Print Compose's version",
  flags: [text('format', 'How to print [pretty | json]', 'pretty', 'f'), bool('short', 'Only the number'), ...HIDDEN],
  args: 'none',
  action: async (ctx, cli) => {
    const format = cli.string('format');
    if (cli.bool('short')) return print(ctx, `${VERSION}\n`);
    if (format === 'pretty') return print(ctx, `nerdctl Compose version v${VERSION}\n`);
    if (format === 'json') return print(ctx, `{"version":"v${VERSION}"}\n`);
    fail(`format can be either pretty or json, not ${format}`);
  },
});

const buildCommand = define('build', {
  use: SERVICES,
  short: 'Build the images of services',
  flags: [
    array('build-arg', 'Variables of the build'),
    bool('no-cache', 'Without what earlier builds left'),
    text('progress', 'How progress is shown (auto, plain, tty)'),
  ],
  action: (composer, cli) => {
    const progress = cli.string('progress');
    return move.build(composer, cli.args, [
      ...cli.strings('build-arg').map((word) => `--build-arg=${word}`),
      ...(cli.bool('no-cache') ? ['--no-cache'] : []),
      ...(progress === '' ? [] : [`--progress=${progress}`]),
    ]);
  },
});

const freezer = (name: 'pause' | 'unpause', short: string): Command =>
  define(name, { use: '[SERVICE...]', short, action: (composer, cli) => stop.freeze(composer, cli.args, name) });

export function composeCommand(help: (path: readonly string[]) => string): Command {
  return group(
    {
      name: 'compose',
      short: 'Run applications of several containers',
      flags: PERSISTENT.map((flag) => (flag.name === 'file' ? { ...flag, short: 'f' } : flag)),
      subcommands: [
        upCommand,
        logsCommand,
        configCommand,
        copyCommand,
        buildCommand,
        execCommand,
        imagesCommand,
        portCommand,
        define('push', {
          use: SERVICES,
          short: 'Push the images of services',
          action: (composer, cli) => move.push(composer, cli.args),
        }),
        define('pull', {
          use: SERVICES,
          short: 'Pull the images of services',
          flags: [bool('quiet', 'Without progress', 'q')],
          action: (composer, cli) => move.pull(composer, cli.args, cli.bool('quiet')),
        }),
        downCommand,
        psCommand,
        define('kill', {
          use: SERVICES,
          short: 'Send the containers of services a signal',
          flags: [text('signal', 'The signal', 'SIGKILL', 's')],
          action: (composer, cli) => stop.kill(composer, cli.args, cli.string('signal')),
        }),
        define('restart', {
          use: SERVICES,
          short: 'Restart the containers of some or all services',
          flags: [TIMEOUT],
          action: (composer, cli) => stop.restart(composer, cli.args, secondsOf(cli)),
        }),
        removeCommand,
        runCommand,
        versionCommand,
        define('start', {
          use: '[SERVICE...]',
          short: 'Start containers of services that there are',
          action: (composer, cli) => stop.start(composer, cli.args),
        }),
        define('stop', {
          use: SERVICES,
          short: 'Stop containers without removing them',
          flags: [TIMEOUT],
          action: (composer, cli) => stop.stop(composer, cli.args, secondsOf(cli)),
        }),
        freezer('pause', 'Freeze all processes in containers of services; unpause thaws them'),
        freezer('unpause', 'Thaw all processes in containers of services'),
        define('top', {
          use: '[SERVICE...]',
          short: 'List the processes of containers of services',
          action: (composer) => list.top(composer),
        }),
        createCommand,
      ],
    },
    help,
  );
}
