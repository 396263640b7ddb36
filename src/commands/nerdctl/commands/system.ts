/**
 * nerdctl version, info, events, system prune, namespace, login, logout.
 * @models nerdctl v2.3.5 cmd/nerdctl/version.go, pkg/cmd/system, pkg/cmd/namespace, pkg/cmd/login
 * @fidelity partial: login does not ask the registry; events without filters
 */
import type { CobraContext } from '../../../go/cobra-types.ts';
import { base64, type JsonValue, marshalJson } from '../../../go/json.ts';
import { rfc3339Nano } from '../../../go/time.ts';
import { bytesSize } from '../../../go/units.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import {
  LineReader,
  mkdirAll,
  print,
  printError,
  readAll,
  readFile,
  runCommand,
  writeFile,
} from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { EventsService } from '../../../protocols/containerd/services/events/v1/generated.ts';
import { IntrospectionService } from '../../../protocols/containerd/services/introspection/v1/generated.ts';
import { NamespacesService } from '../../../protocols/containerd/services/namespaces/v1/generated.ts';
import { VersionService } from '../../../protocols/containerd/services/version/v1/generated.ts';
import type { Client } from '../../common/containerd/client.ts';
import { listContainers } from '../../common/containerd/container.ts';
import { nativeError } from '../../common/containerd/errors.ts';
import { listImages } from '../../common/containerd/image.ts';
import { dataStore, listVolumes } from '../data-store.ts';
import { printFormatted, printInspected } from '../format.ts';
import { authKey, dockerConfig, dockerConfigPath } from '../images.ts';
import { labelText } from '../labels.ts';
import {
  type Command,
  command,
  confirmed,
  FORMAT,
  fail,
  keyValues,
  log,
  newClient,
  printTable,
  timestampNs,
} from '../run.ts';
import { pruneImages } from './image.ts';
import { pruneContainers } from './lifecycle.ts';
import { pruneNetworks } from './network.ts';
import { pruneVolumes } from './volume.ts';

const VERSION = 'v2.3.5';
const COMMIT = '8da504083f1543446a003f5870dec1bc12a75b85';
const LOG_DRIVERS = ['fluentd', 'journald', 'json-file', 'none', 'syslog'];

type Component = { Name: string; Version: string; Details?: Record<string, string> };

/** What `runc --version` says of itself. */
async function runcComponent(ctx: Context): Promise<Component> {
  try {
    const { stdout } = await runCommand(ctx, ['/usr/bin/runc', '--version']);
    const text = utf8(stdout);
    const version = /runc version (\S+)/.exec(text)?.[1] ?? '';
    const commit = /commit: (\S+)/.exec(text)?.[1] ?? '';
    return { Name: 'runc', Version: version, Details: { GitCommit: commit } };
  } catch (error) {
    if (!isErrno(error)) throw error;
    return { Name: 'runc', Version: '' };
  }
}

export const versionCommand = command({
  name: 'version',
  use: '[flags]',
  short: 'Tell the versions',
  flags: [FORMAT],
  args: 'none',
  action: async (ctx, cli) => {
    const client: {
      Version: string;
      GitCommit: string;
      GoVersion: string;
      Os: string;
      Arch: string;
      Components: Component[];
    } = {
      Version: VERSION,
      GitCommit: COMMIT,
      GoVersion: 'go1.27.1',
      Os: 'linux',
      Arch: 'amd64',
      Components: [{ Name: 'buildctl', Version: '' }],
    };
    let server: { Components: Component[] } | null = null;
    let failure: unknown = null;
    try {
      const connection = await newClient(ctx, cli);
      const { version, revision } = await connection.call(ctx, VersionService.methods.Version, {});
      const containerd = { Name: 'containerd', Version: version, Details: { GitCommit: revision } };
      server = { Components: [containerd, await runcComponent(ctx)] };
    } catch (error) {
      failure = error;
    }
    const format = cli.string('format');
    if (format !== '')
      await printFormatted(ctx, format, [{ Client: client, Server: server }], 'dockercompat.VersionInfo');
    else {
      if (client.Components[0]?.Version === '')
        await log(
          ctx,
          'warning',
          'unable to determine buildctl version',
          nativeError(fault('exec: "buildctl": executable file not found in $PATH')),
        );
      let text = `Client:\n Version:\t${VERSION}\n OS/Arch:\tlinux/amd64\n Git commit:\t${COMMIT}\n`;
      text += client.Components.map(componentText).join('');
      if (server !== null) text += `\nServer:\n${server.Components.map(componentText).join('')}`;
      await print(ctx, text);
    }
    if (failure !== null) throw failure;
  },
});

function fault(message: string): unknown {
  try {
    return fail(message);
  } catch (error) {
    return error;
  }
}

function componentText({ Name, Version, Details = {} }: Component): string {
  const details = Object.entries(Details).map(([key, value]) => `  ${key}:\t${value}\n`);
  return ` ${Name}:\n  Version:\t${Version}\n${details.join('')}`;
}

export const infoCommand = command({
  name: 'info',
  use: '[flags]',
  short: 'Tell about the system',
  flags: [{ name: 'mode', kind: 'string', value: 'dockercompat', usage: '"dockercompat" or "native"' }, FORMAT],
  args: 'none',
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const mode = cli.string('mode');
    if (mode === 'native') return nativeInfo(ctx, cli, client);
    if (mode !== 'dockercompat') fail(`unknown mode "${mode}"`);
    const { version } = await client.call(ctx, VersionService.methods.Version, {});
    const { uuid } = await client.call(ctx, IntrospectionService.methods.Server, {});
    const { plugins } = await client.call(ctx, IntrospectionService.methods.Plugins, { filters: [] });
    const storage = plugins
      .filter(({ type, initErr }) => type.startsWith('io.containerd.snapshotter.') && initErr === undefined)
      .map(({ id }) => id)
      .sort();
    const uname = await ctx.sys.uname(ctx);
    const meminfo = await readFile(ctx, '/proc/meminfo');
    const memory = Number(/MemTotal:\s+(\d+) kB/.exec(meminfo)?.[1] ?? '0') * 1024;
    const cpus = (await readFile(ctx, '/proc/cpuinfo')).match(/^processor/gm)?.length ?? 0;
    const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(await readFile(ctx, '/etc/os-release').catch(emptyText))?.[1] ?? '';
    const driver = await client.snapshotter(ctx, cli.string('snapshotter'));
    const manager = cli.string('cgroup-manager');
    const info = {
      ID: uuid,
      Driver: driver,
      Plugins: { Log: LOG_DRIVERS, Storage: storage },
      MemoryLimit: true,
      SwapLimit: true,
      CpuCfsPeriod: true,
      CpuCfsQuota: true,
      CPUShares: true,
      CPUSet: true,
      PidsLimit: true,
      IPv4Forwarding: true,
      Debug: false,
      LoggingDriver: 'json-file',
      CgroupDriver: manager,
      CgroupVersion: '2',
      KernelVersion: uname.release,
      OperatingSystem: name,
      OSType: 'linux',
      Architecture: uname.machine,
      NCPU: cpus,
      MemTotal: memory,
      Name: uname.nodename,
      ServerVersion: version,
      SecurityOptions: ['name=seccomp,profile=builtin', 'name=cgroupns'],
    };
    if (cli.string('format') !== '') return printFormatted(ctx, cli.string('format'), [info], '*dockercompat.Info');
    await print(
      ctx,
      `Client:\n Namespace:\t${client.namespace}\n Debug Mode:\t${cli.bool('debug')}\n\nServer:\n Server Version: ${version}\n Storage Driver: ${driver}\n Logging Driver: json-file\n Cgroup Driver: ${manager}\n Cgroup Version: 2\n Plugins:\n  Log:     ${LOG_DRIVERS.join(' ')}\n  Storage: ${storage.join(' ')}\n Security Options:\n  seccomp\n   Profile: builtin\n  cgroupns\n Kernel Version:   ${uname.release}\n Operating System: ${name}\n OSType:           linux\n Architecture:     ${uname.machine}\n CPUs:             ${cpus}\n Total Memory:     ${bytesSize(memory)}\n Name:             ${uname.nodename}\n ID:               ${uuid}\n\n`,
    );
  },
});

function emptyText(error: unknown): string {
  if (isErrno(error)) return '';
  throw error;
}

async function nativeInfo(ctx: Context, cli: CobraContext, client: Client): Promise<void> {
  const { version, revision } = await client.call(ctx, VersionService.methods.Version, {});
  const { uuid } = await client.call(ctx, IntrospectionService.methods.Server, {});
  const { plugins } = await client.call(ctx, IntrospectionService.methods.Plugins, { filters: [] });
  const names = (isOn: boolean): string =>
    plugins
      .filter(({ initErr }) => (initErr === undefined) === isOn)
      .map(({ type, id }) => ` - ${type}.${id}\n`)
      .sort()
      .join('');
  await print(
    ctx,
    `Namespace:          ${client.namespace}\nSnapshotter:        ${await client.snapshotter(ctx, cli.string('snapshotter'))}\nCgroup Manager:     ${cli.string('cgroup-manager')}\nRootless:           false\ncontainerd Version: ${version} (${revision})\ncontainerd UUID:    ${uuid}\ncontainerd Plugins:\n${names(true)}containerd Plugins (disabled):\n${names(false)}`,
  );
}

const EVENT_STATUS: Readonly<Record<string, string>> = {
  '/tasks/start': 'START',
  '/tasks/exit': 'DIED',
  '/tasks/paused': 'PAUSED',
  '/tasks/resumed': 'UNPAUSED',
  '/tasks/delete': 'UNKNOWN',
};

export const eventsCommand = command({
  name: 'events',
  use: '[flags]',
  short: 'Follow what happens in containerd',
  flags: [
    { name: 'format', kind: 'string', usage: "Go template for the output, such as '{{json .}}'" },
    { name: 'filter', short: 'f', kind: 'stringSlice', usage: 'Only those that match' },
  ],
  args: 'none',
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const stream = await client.stream(ctx, EventsService.methods.Subscribe, { filters: [] });
    const format = cli.string('format');
    try {
      for (let next = await stream.next(ctx); next !== null; next = await stream.next(ctx)) {
        const { timestamp, namespace, topic, event } = next;
        const typeUrl = event?.typeUrl ?? '';
        const line = {
          Timestamp: rfc3339Nano(timestampNs(timestamp)),
          ID: '',
          Namespace: namespace,
          Topic: topic,
          Status: EVENT_STATUS[topic] ?? 'UNKNOWN',
          Event: typeUrl,
        };
        if (format !== '') await printFormatted(ctx, format, [line], 'system.EventOut');
        else await print(ctx, `${line.Timestamp} ${namespace} ${topic} ${marshalJson(typeUrl)}\n`);
      }
    } catch (error) {
      throw nativeError(error);
    }
  },
});

export const systemPruneCommand = command({
  name: 'prune',
  use: '[flags]',
  short: 'Remove what nobody uses',
  flags: [
    { name: 'all', short: 'a', kind: 'bool', usage: 'All images without a container, not only those without a name' },
    { name: 'force', short: 'f', kind: 'bool', usage: 'Do not ask' },
    { name: 'volumes', kind: 'bool', usage: 'Volumes as well' },
  ],
  args: 'none',
  action: async (ctx, cli) => {
    await log(ctx, 'warning', 'BuildKit is not running. Build caches will not be pruned.');
    const parts = [
      '- all stopped containers',
      '- all networks not used by at least one container',
      ...(cli.bool('volumes') ? ['- all volumes not used by at least one container'] : []),
      ...(cli.bool('all')
        ? ['- all images without at least one container associated to them', '- all build cache']
        : ['- all dangling images', '- all dangling build cache']),
    ];
    const question = `This will remove:\n${parts.map((part) => `  ${part}`).join('\n')}`;
    if (!cli.bool('force') && !(await confirmed(ctx, question))) return;
    const client = await newClient(ctx, cli);
    await pruneContainers(ctx, cli, client);
    await pruneNetworks(ctx, cli, client);
    if (cli.bool('volumes')) await pruneVolumes(ctx, cli, client, false);
    await pruneImages(ctx, client, cli.bool('all'));
  },
});

const namespaceList = command({
  name: 'ls',
  aliases: ['list'],
  use: '[flags]',
  short: 'List namespaces',
  flags: [{ name: 'quiet', short: 'q', kind: 'bool', usage: 'Only the names' }, FORMAT],
  args: 'none',
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const { namespaces } = await client.call(ctx, NamespacesService.methods.List, {});
    const sorted = [...namespaces].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (cli.bool('quiet')) return print(ctx, sorted.map(({ name }) => `${name}\n`).join(''));
    const store = await dataStore(ctx, cli);
    const items = [];
    for (const { name, labels } of sorted) {
      const inside = client.inNamespace(name);
      items.push({
        Name: name,
        Containers: (await listContainers(ctx, inside)).length,
        Images: (await listImages(ctx, inside)).length,
        Volumes: (await listVolumes(ctx, store, name)).length,
        Labels: labelText(labels),
      });
    }
    if (cli.string('format') !== '') return printFormatted(ctx, cli.string('format'), items, 'namespace.namespace');
    await printTable(ctx, [
      ['NAME', 'CONTAINERS', 'IMAGES', 'VOLUMES', 'LABELS'],
      ...items.map((i) => [i.Name, String(i.Containers), String(i.Images), String(i.Volumes), i.Labels]),
    ]);
  },
});

const LABEL_FLAG = { name: 'label', short: 'l', kind: 'stringArray', usage: 'Labels' } as const;

function namespaceChange(name: 'create' | 'update', short: string): Command {
  return command({
    name,
    use: '[flags] NAMESPACE',
    short,
    flags: [LABEL_FLAG],
    args: { min: 1 },
    action: async (ctx, cli) => {
      const client = await newClient(ctx, cli);
      const labels = keyValues(cli.strings('label'));
      const namespace = { name: cli.args[0] ?? '', labels };
      if (name === 'create') await client.call(ctx, NamespacesService.methods.Create, { namespace });
      else
        await client.call(ctx, NamespacesService.methods.Update, {
          namespace,
          updateMask: { paths: Object.keys(labels).map((key) => `labels.${key}`) },
        });
    },
  });
}

const namespaceRemove = command({
  name: 'remove',
  aliases: ['rm'],
  use: '[flags] NAMESPACE [NAMESPACE...]',
  short: 'Remove namespaces, which must be empty',
  flags: [{ name: 'cgroup', short: 'c', kind: 'bool', usage: 'Their cgroups as well' }],
  args: { min: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    let failure: unknown = null;
    for (const name of cli.args) {
      try {
        await client.call(ctx, NamespacesService.methods.Delete, { name });
        await print(ctx, `${name}\n`);
      } catch (error) {
        failure ??= error;
        await log(ctx, 'error', `unable to delete ${name}`, error);
      }
    }
    if (failure !== null) throw failure;
  },
});

const namespaceInspect = command({
  name: 'inspect',
  use: '[flags] NAMESPACE',
  short: 'Tell all about namespaces',
  flags: [FORMAT],
  args: { min: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const found = [];
    for (const name of cli.args) {
      const { namespace } = await client.call(ctx, NamespacesService.methods.Get, { name });
      const labels = namespace?.labels ?? {};
      found.push({ Name: name, Labels: Object.keys(labels).length === 0 ? null : { ...labels } });
    }
    await printInspected(ctx, cli.string('format'), found, '*native.Namespace');
  },
});

export const namespaceCommands: Command[] = [
  namespaceList,
  namespaceRemove,
  namespaceChange('create', 'Make a namespace'),
  namespaceChange('update', 'Change the labels of a namespace'),
  namespaceInspect,
];

async function saveAuths(ctx: Context, auths: Record<string, unknown>): Promise<void> {
  const path = dockerConfigPath(ctx);
  await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')), 0o700);
  const config = { ...(await dockerConfig(ctx)), auths } as unknown as JsonValue;
  await writeFile(ctx, path, marshalJson(config, { indent: '\t' }), { mode: 0o600 });
}

const DEFAULT_SERVER = 'docker.io';

export const loginCommand = command({
  name: 'login',
  use: '[flags] [SERVER]',
  short: 'Log in to a registry',
  flags: [
    { name: 'username', short: 'u', kind: 'string', usage: 'User name' },
    { name: 'password', short: 'p', kind: 'string', usage: 'Password' },
    { name: 'password-stdin', kind: 'bool', usage: 'Take the password from standard input' },
  ],
  args: { max: 1 },
  action: async (ctx, cli) => {
    const server = cli.args[0] ?? DEFAULT_SERVER;
    let [username, password] = [cli.string('username'), cli.string('password')];
    if (password !== '') {
      await log(ctx, 'warning', 'WARNING! Using --password via the CLI is insecure. Use --password-stdin.');
      if (cli.bool('password-stdin')) fail('--password and --password-stdin are mutually exclusive');
    }
    if (cli.bool('password-stdin')) {
      if (username === '') fail('must provide --username with --password-stdin');
      password = utf8(await readAll(ctx, 0)).replace(/\r?\n$/, '');
    }
    if (username === '') username = await ask(ctx, 'Enter Username: ', true);
    if (password === '') password = await ask(ctx, 'Enter Password: ', false);
    if (username === '') fail('username is required: cannot be blank');
    if (password === '') fail('password is required: cannot be blank');
    const auth = base64(new TextEncoder().encode(`${username}:${password}`));
    await saveAuths(ctx, { ...(await dockerConfig(ctx)).auths, [authKey(server)]: { auth } });
    await printError(
      ctx,
      `\nWARNING! Your credentials are stored unencrypted in '${dockerConfigPath(ctx)}'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n\n`,
    );
    await print(ctx, 'Login Succeeded\n');
  },
});

async function ask(ctx: Context, question: string, echo: boolean): Promise<string> {
  await print(ctx, question);
  if (!(await ctx.sys.isTty(ctx, 0)))
    fail('stdin is not a terminal (Hint: use `nerdctl login --username=USERNAME --password-stdin`)');
  const before = await ctx.sys.getTermios(ctx, 0);
  if (!echo) await ctx.sys.setTermios(ctx, 0, { ...before, echo: false });
  try {
    return ((await new LineReader(0).next(ctx)) ?? '').trim();
  } finally {
    await ctx.sys.setTermios(ctx, 0, before);
    if (!echo) await print(ctx, '\n');
  }
}

export const logoutCommand = command({
  name: 'logout',
  use: '[SERVER]',
  short: 'Log out of a registry',
  args: { max: 1 },
  action: async (ctx, cli) => {
    const server = cli.args[0] ?? DEFAULT_SERVER;
    const { auths = {} } = await dockerConfig(ctx);
    const key = authKey(server);
    if (auths[key] === undefined) return print(ctx, `Not logged in to ${server}\n`);
    const { [key]: _removed, ...rest } = auths;
    await print(ctx, `Removing login credentials for ${key}\n`);
    await saveAuths(ctx, rest);
  },
});
