/** docker ps, start, stop, restart, kill, rm, logs, top, wait, rename, port. @models docker/cli 20.10 cli/command/container, cli/command/formatter/container.go @fidelity partial: no detach keys, stats or checkpoints */

import { parseDuration } from '../../../go/duration.ts';
import { quote } from '../../../go/quote.ts';
import { parseRfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { print } from '../../../linux/io.ts';
import { newPieceReader } from '../../../protocols/docker/stdcopy.ts';
import type { ContainerJson, ContainerSummary, Port } from '../../../protocols/docker/types.ts';
import {
  agoText,
  type Command,
  filtersOf,
  forEach,
  needArguments,
  printFormatted,
  printTable,
  type Run,
  TIME_FLAG,
} from '../run.ts';
import { copyStreams, resizer } from '../streams.ts';

const COMMAND_WIDTH_MAX = 20;
const SHORT_ID = 12;

const TITLES: Readonly<Record<string, string>> = {
  ID: 'CONTAINER ID',
  Image: 'IMAGE',
  Command: 'COMMAND',
  CreatedAt: 'CREATED AT',
  RunningFor: 'CREATED',
  Ports: 'PORTS',
  State: 'STATE',
  Status: 'STATUS',
  Names: 'NAMES',
  Labels: 'LABELS',
  Mounts: 'MOUNTS',
  Networks: 'NETWORKS',
  Size: 'SIZE',
  LocalVolumes: 'LOCAL VOLUMES',
};

export const psCommand: Command = {
  name: 'ps',
  short: 'List containers',
  flags: [
    { name: 'all', short: 'a', kind: 'bool', usage: 'Show all containers, not only running ones' },
    { name: 'filter', short: 'f', kind: 'stringArray', usage: 'Filter by conditions' },
    { name: 'format', kind: 'string', usage: 'Print with a Go template' },
    { name: 'last', short: 'n', kind: 'int', value: -1, usage: 'Show the last n containers' },
    { name: 'latest', short: 'l', kind: 'bool', usage: 'Show the latest container' },
    { name: 'no-trunc', kind: 'bool', usage: "Don't truncate" },
    { name: 'quiet', short: 'q', kind: 'bool', usage: 'Only ids' },
    { name: 'size', short: 's', kind: 'bool', usage: 'Sizes, too: not simulated' },
  ],
  action: async (ctx, { cli, client }) => {
    needArguments(cli, '[OPTIONS]', 0, 0);
    const last = cli.bool('latest') ? 1 : cli.number('last');
    const query = {
      all: cli.bool('all') ? '1' : undefined,
      limit: last > 0 ? String(last) : undefined,
      filters: filtersOf(cli.strings('filter')),
    };
    const found = await client.json<ContainerSummary[]>(ctx, 'GET', '/containers/json', { query });
    const whole = cli.bool('no-trunc');
    const rows = found.map((one) => rowOf(ctx, one, whole));
    if (cli.bool('quiet')) return print(ctx, rows.map(({ ID }) => `${ID}\n`).join(''));
    const format = cli.string('format');
    if (format !== '') return printFormatted(ctx, format, TITLES, rows);
    const columns = ['ID', 'Image', 'Command', 'RunningFor', 'Status', 'Ports', 'Names'] as const;
    await printTable(ctx, [columns.map((c) => TITLES[c] ?? ''), ...rows.map((row) => columns.map((c) => row[c]))]);
  },
};

function rowOf(
  ctx: Context,
  one: ContainerSummary,
  whole: boolean,
): Record<keyof typeof TITLES & string, string> & {
  ID: string;
  Image: string;
  Command: string;
  RunningFor: string;
  Status: string;
  Ports: string;
  Names: string;
} {
  const short = (id: string): string => id.replace(/^sha256:/, '').slice(0, SHORT_ID);
  const isId = short(one.Image) === short(one.ImageID);
  return {
    ID: whole ? one.Id : short(one.Id),
    Image: !whole && isId ? short(one.Image) : one.Image,
    Command: quote(whole ? one.Command : shortened(one.Command)),
    RunningFor: agoText(ctx, one.Created),
    Ports: portsText(one.Ports),
    State: one.State,
    Status: one.Status,
    Names: one.Names.map((name) => name.slice(1)).join(','),
    Labels: Object.entries(one.Labels)
      .map(([k, v]) => `${k}=${v}`)
      .sort()
      .join(','),
    Mounts: one.Mounts.map((mount) => mount.Name ?? mount.Source).join(','),
    Networks: one.HostConfig.NetworkMode === 'default' ? 'bridge' : one.HostConfig.NetworkMode,
    CreatedAt: '',
  };
}

function shortened(text: string): string {
  const letters = [...text];
  return letters.length <= COMMAND_WIDTH_MAX ? text : `${letters.slice(0, COMMAND_WIDTH_MAX - 1).join('')}…`;
}

function portsText(ports: readonly Port[]): string {
  return ports
    .map(({ IP, PrivatePort, PublicPort, Type }) =>
      PublicPort === undefined ? `${PrivatePort}/${Type}` : `${IP}:${PublicPort}->${PrivatePort}/${Type}`,
    )
    .join(', ');
}

export const stopCommand: Command = {
  name: 'stop',
  short: 'Stop one or more running containers',
  flags: [TIME_FLAG],
  action: async (ctx, { cli, client }) => {
    needArguments(cli, '[OPTIONS] CONTAINER [CONTAINER...]\n\nStop one or more running containers', 1);
    const query = cli.isSet('time') ? { t: String(cli.number('time')) } : {};
    await forEach(ctx, cli.args, (name) => client.json(ctx, 'POST', `/containers/${name}/stop`, { query }));
  },
};

export const restartCommand: Command = {
  name: 'restart',
  short: 'Restart one or more containers',
  flags: [TIME_FLAG],
  action: async (ctx, { cli, client }) => {
    needArguments(cli, '[OPTIONS] CONTAINER [CONTAINER...]\n\nRestart one or more containers', 1);
    const query = cli.isSet('time') ? { t: String(cli.number('time')) } : {};
    await forEach(ctx, cli.args, (name) => client.json(ctx, 'POST', `/containers/${name}/restart`, { query }));
  },
};

export const startCommand: Command = {
  name: 'start',
  short: 'Start one or more stopped containers',
  flags: [
    { name: 'attach', short: 'a', kind: 'bool', usage: 'Attach to its output' },
    { name: 'interactive', short: 'i', kind: 'bool', usage: 'Attach its input' },
  ],
  action: async (ctx, run) => {
    const { cli, client } = run;
    needArguments(cli, '[OPTIONS] CONTAINER [CONTAINER...]\n\nStart one or more stopped containers', 1);
    if (!cli.bool('attach') && !cli.bool('interactive'))
      return forEach(ctx, cli.args, (name) => client.json(ctx, 'POST', `/containers/${name}/start`));
    const [name = ''] = cli.args;
    return attachTo(ctx, run, name, cli.bool('interactive'), () =>
      client.json(ctx, 'POST', `/containers/${name}/start`),
    );
  },
};

export async function attachTo(
  ctx: Context,
  { client }: Run,
  name: string,
  stdin: boolean,
  begin: (() => Promise<unknown>) | null,
): Promise<number> {
  const { Config } = await client.json<ContainerJson>(ctx, 'GET', `/containers/${name}/json`);
  const query = { stream: '1', stdout: '1', stderr: '1', stdin: stdin && Config.OpenStdin ? '1' : undefined };
  const fd = await client.hijack(ctx, `/containers/${name}/attach`, { query });
  await begin?.();
  const resize = resizer(client, `/containers/${name}/resize`);
  await copyStreams(ctx, fd, { tty: Config.Tty === true, stdin: stdin && Config.OpenStdin === true, resize });
  const { State } = await client.json<ContainerJson>(ctx, 'GET', `/containers/${name}/json`);
  return State.ExitCode;
}

export const attachCommand: Command = {
  name: 'attach',
  short: 'Attach to a running container',
  flags: [{ name: 'no-stdin', kind: 'bool', usage: 'Do not attach input' }],
  action: async (ctx, run) => {
    needArguments(run.cli, '[OPTIONS] CONTAINER\n\nAttach to a running container', 1, 1);
    return attachTo(ctx, run, run.cli.args[0] ?? '', !run.cli.bool('no-stdin'), null);
  },
};

export const killCommand: Command = {
  name: 'kill',
  short: 'Kill one or more running containers',
  flags: [{ name: 'signal', short: 's', kind: 'string', value: 'KILL', usage: 'Signal to send' }],
  action: async (ctx, { cli, client }) => {
    needArguments(cli, '[OPTIONS] CONTAINER [CONTAINER...]\n\nKill one or more running containers', 1);
    const query = { signal: cli.string('signal') };
    await forEach(ctx, cli.args, (name) => client.json(ctx, 'POST', `/containers/${name}/kill`, { query }));
  },
};

export const rmCommand: Command = {
  name: 'rm',
  short: 'Remove one or more containers',
  flags: [
    { name: 'force', short: 'f', kind: 'bool', usage: 'Kill it first if it runs' },
    { name: 'volumes', short: 'v', kind: 'bool', usage: 'Remove its anonymous volumes' },
    { name: 'link', short: 'l', kind: 'bool', usage: 'Remove the link' },
  ],
  action: async (ctx, { cli, client }) => {
    needArguments(cli, '[OPTIONS] CONTAINER [CONTAINER...]\n\nRemove one or more containers', 1);
    const query = { force: cli.bool('force') ? '1' : undefined, v: cli.bool('volumes') ? '1' : undefined };
    await forEach(ctx, cli.args, (name) => client.json(ctx, 'DELETE', `/containers/${name}`, { query }));
  },
};

export const renameCommand: Command = {
  name: 'rename',
  short: 'Rename a container',
  action: async (ctx, { cli, client }) => {
    needArguments(cli, 'CONTAINER NEW_NAME\n\nRename a container', 2, 2);
    const [name = '', to = ''] = cli.args;
    await client.json(ctx, 'POST', `/containers/${name}/rename`, { query: { name: to } });
  },
};

export const waitCommand: Command = {
  name: 'wait',
  short: 'Block until one or more containers stop, then print their exit codes',
  action: async (ctx, { cli, client }) => {
    needArguments(
      cli,
      'CONTAINER [CONTAINER...]\n\nBlock until one or more containers stop, then print their exit codes',
      1,
    );
    for (const name of cli.args) {
      const { StatusCode } = await client.json<{ StatusCode: number }>(ctx, 'POST', `/containers/${name}/wait`);
      await print(ctx, `${StatusCode}\n`);
    }
  },
};

export const logsCommand: Command = {
  name: 'logs',
  short: 'Fetch the logs of a container',
  flags: [
    { name: 'follow', short: 'f', kind: 'bool', usage: 'Follow what comes' },
    { name: 'since', kind: 'string', usage: 'Since a time, or for so long' },
    { name: 'tail', short: 'n', kind: 'string', value: 'all', usage: 'Lines from the end' },
    { name: 'timestamps', short: 't', kind: 'bool', usage: 'Show times' },
    { name: 'details', kind: 'bool', usage: 'Show extra details' },
    { name: 'until', kind: 'string', usage: 'Until a time: not simulated' },
  ],
  action: async (ctx, { cli, client }) => {
    needArguments(cli, '[OPTIONS] CONTAINER\n\nFetch the logs of a container', 1, 1);
    const [name = ''] = cli.args;
    const { Config } = await client.json<ContainerJson>(ctx, 'GET', `/containers/${name}/json`);
    const query = {
      stdout: '1',
      stderr: '1',
      follow: cli.bool('follow') ? '1' : undefined,
      timestamps: cli.bool('timestamps') ? '1' : undefined,
      tail: cli.string('tail'),
      since: cli.string('since') === '' ? undefined : sinceText(ctx, cli.string('since')),
    };
    const reader = newPieceReader();
    await client.stream(ctx, 'GET', `/containers/${name}/logs`, { query }, async (c, data) => {
      try {
        if (Config.Tty === true) await c.sys.write(c, 1, data);
        else for (const piece of reader(data)) await c.sys.write(c, piece.stream === 2 ? 2 : 1, piece.data);
        return true;
      } catch (error) {
        if (!isErrno(error)) throw error;
        return false;
      }
    });
  },
};

/** A time, or how long ago, as the API wants it: seconds since 1970. */
export function sinceText(ctx: Context, text: string): string {
  const duration = parseDuration(text);
  if (duration.ok) return String(Number(ctx.wallTime / 1_000_000n) / 1000 - duration.ns / 1e9);
  const time = parseRfc3339(text);
  return time.ok ? String(Number(time.ns / 1_000_000n) / 1000) : text;
}

export const topCommand: Command = {
  name: 'top',
  short: 'Display the running processes of a container',
  stopsAtArgument: true,
  action: async (ctx, { cli, client }) => {
    needArguments(cli, 'CONTAINER [ps OPTIONS]\n\nDisplay the running processes of a container', 1);
    const [name = '', ...args] = cli.args;
    const query = { ps_args: args.length === 0 ? undefined : args.join(' ') };
    const { Titles, Processes } = await client.json<{ Titles: string[]; Processes: string[][] }>(
      ctx,
      'GET',
      `/containers/${name}/top`,
      { query },
    );
    await printTable(ctx, [Titles, ...Processes]);
  },
};

export const portCommand: Command = {
  name: 'port',
  short: 'List port mappings of a container',
  action: async (ctx, { cli, client }) => {
    needArguments(
      cli,
      'CONTAINER [PRIVATE_PORT[/PROTO]]\n\nList port mappings or a specific mapping for the container',
      1,
      2,
    );
    const { NetworkSettings } = await client.json<ContainerJson>(ctx, 'GET', `/containers/${cli.args[0]}/json`);
    for (const [port, bindings] of Object.entries(NetworkSettings.Ports))
      for (const { HostIp, HostPort } of bindings ?? []) await print(ctx, `${port} -> ${HostIp}:${HostPort}\n`);
  },
};
