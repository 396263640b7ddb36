/**
 * podman volume create, ls, inspect, rm, prune.
 * @models podman 5.4 cmd/podman/volumes @fidelity partial: no drivers, options or filters
 */
import { type JsonValue, marshalJson } from '../../go/json.ts';
import { rfc3339Nano } from '../../go/time.ts';
import type { Context } from '../../linux/context.ts';
import { LineReader, print, printError } from '../../linux/io.ts';
import { failure } from '../cri-runtimes/shared/errors.ts';
import { findContainer, type LibpodVolume, readDatabase } from './libpod/database.ts';
import { removeContainer, stopContainer } from './libpod/lifecycle.ts';
import { createVolume, findVolume, mountpointOf, removeVolume, usersOf } from './libpod/named-volumes.ts';
import { type Command, show, showTemplate } from './run.ts';

type Action = NonNullable<Command['action']>;

const NONE = 1;
const IN_USE = 2;

const missing = (name: string): string => `no volume with name "${name}" found: no such volume`;

const create: Action = async (ctx, cli) => {
  if (cli.args.length > 1) throw failure('too many arguments, create takes at most 1 argument');
  const name = cli.args[0] ?? ctx.random.hex(64);
  const known = (await readDatabase(ctx)).volumes.some((volume) => volume.name === name);
  if (!known || !cli.bool('ignore')) {
    const labels = cli.strings('label').map((entry) => {
      const [label = '', value = ''] = entry.split(/=(.*)/s);
      return [label, value] as const;
    });
    await createVolume(ctx, name, { labels: Object.fromEntries(labels) });
  }
  await print(ctx, `${name}\n`);
};

async function describe(
  ctx: Context,
  { name, created, labels, anonymous, needsCopyUp }: LibpodVolume,
): Promise<JsonValue> {
  const running = (await usersOf(ctx, name)).filter(({ state }) => state === 'running' || state === 'created');
  return {
    Name: name,
    Driver: 'local',
    Mountpoint: mountpointOf(name),
    CreatedAt: rfc3339Nano(BigInt(created)),
    Labels: labels,
    Scope: 'local',
    Options: {},
    ...(anonymous ? { Anonymous: true } : {}),
    MountCount: running.length,
    ...(needsCopyUp ? { NeedsCopyUp: true, NeedsChown: true } : {}),
  };
}

const list: Action = async (ctx, cli) => {
  const volumes = [...(await readDatabase(ctx)).volumes].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (cli.bool('quiet')) return print(ctx, volumes.map(({ name }) => `${name}\n`).join(''));
  const format = cli.string('format');
  if (format !== '') {
    const rows: JsonValue[] = [];
    for (const volume of volumes) rows.push(await describe(ctx, volume));
    return format === 'json'
      ? print(ctx, `${marshalJson(rows, { indent: '     ' })}\n`)
      : showTemplate(ctx, format, rows);
  }
  if (volumes.length === 0 && cli.bool('noheading')) return;
  const rows = volumes.map(({ name }) => ['local', name]);
  await show(ctx, ['DRIVER', 'VOLUME NAME'], rows, { noHeading: cli.bool('noheading') });
};

const inspect: Action = async (ctx, cli) => {
  const all = cli.bool('all');
  if (all === cli.args.length > 0)
    throw failure(
      all ? '--all and arguments cannot be used together' : 'provide one or more volume names or use --all',
    );
  const names = all ? (await readDatabase(ctx)).volumes.map(({ name }) => name) : cli.args;
  const found: JsonValue[] = [];
  const problems: string[] = [];
  for (const name of names) {
    const volume = await findVolume(ctx, name);
    if (volume === undefined) problems.push(`no such volume ${name}`);
    else found.push(await describe(ctx, volume));
  }
  const format = cli.string('format');
  if (format === '' || format === 'json') await print(ctx, `${marshalJson(found, { indent: '     ' })}\n`);
  else await showTemplate(ctx, format, found);
  for (const words of problems) await printError(ctx, `Error: ${words}\n`);
  return problems.length > 0 ? 125 : 0;
};

const remove: Action = async (ctx, cli) => {
  const force = cli.bool('force');
  const all = cli.bool('all');
  if (!all && cli.args.length === 0) throw failure('choose at least one volume or use --all');
  let code = 0;
  for (const text of all ? (await readDatabase(ctx)).volumes.map(({ name }) => name) : cli.args) {
    const volume = await findVolume(ctx, text);
    if (volume === undefined) {
      if (force) continue;
      await printError(ctx, `Error: ${missing(text)}\n`);
      code = NONE;
      continue;
    }
    const users = await usersOf(ctx, volume.name);
    if (users.length > 0 && !force) {
      const ids = users.map(({ id }) => id).join(', ');
      await printError(
        ctx,
        `Error: volume ${volume.name} is being used by the following container(s): ${ids}: volume is being used\n`,
      );
      code = IN_USE;
      continue;
    }
    for (const user of users) {
      await stopContainer(ctx, user, user.stopTimeout);
      const left = await findContainer(ctx, user.id);
      if (left !== undefined) await removeContainer(ctx, left);
    }
    await removeVolume(ctx, volume.name);
    await print(ctx, `${text}\n`);
  }
  return code;
};

const prune: Action = async (ctx, cli) => {
  const unused: string[] = [];
  for (const { name } of (await readDatabase(ctx)).volumes)
    if ((await usersOf(ctx, name)).length === 0) unused.push(name);
  if (!cli.bool('force')) {
    await print(
      ctx,
      'WARNING! This will remove all volumes not used by at least one container. The following volumes will be removed:\n',
    );
    if (unused.length === 0) return print(ctx, 'No dangling volumes found\n');
    await print(ctx, `${unused.join('\n')}\nAre you sure you want to continue? [y/N] `);
    const answer = (await new LineReader(0).next(ctx)) ?? '';
    if (!/^y/i.test(answer.trim())) return;
  }
  for (const name of unused) {
    await removeVolume(ctx, name);
    await print(ctx, `${name}\n`);
  }
};

const all = { name: 'all', short: 'a', kind: 'bool', usage: 'all volumes' } as const;
const format = { name: 'format', short: 'f', kind: 'string', usage: 'print as json or with a Go template' } as const;

export const volumeCommand: Command = {
  name: 'volume',
  short: 'Manage volumes',
  subcommands: [
    {
      name: 'create',
      use: '[options] [NAME]',
      short: 'Create a volume',
      flags: [
        { name: 'ignore', kind: 'bool', usage: 'one that is there already is as good' },
        { name: 'label', short: 'l', kind: 'stringArray', usage: 'NAME=VALUE that it can be found by' },
      ],
      action: create,
    },
    {
      name: 'inspect',
      use: '[options] VOLUME [VOLUME...]',
      short: 'Show all of volumes',
      flags: [all, format],
      action: inspect,
    },
    {
      name: 'ls',
      aliases: ['list'],
      use: '[options]',
      short: 'List volumes',
      flags: [
        { name: 'format', kind: 'string', usage: 'print as json or with a Go template' },
        { name: 'noheading', short: 'n', kind: 'bool', usage: 'no titles' },
        { name: 'quiet', short: 'q', kind: 'bool', usage: 'only names' },
      ],
      action: list,
    },
    {
      name: 'prune',
      use: '[options]',
      short: 'Remove volumes that no container uses',
      flags: [{ name: 'force', short: 'f', kind: 'bool', usage: 'without asking' }],
      action: prune,
    },
    {
      name: 'rm',
      aliases: ['remove'],
      use: '[options] VOLUME [VOLUME...]',
      short: 'Remove volumes',
      flags: [all, { name: 'force', short: 'f', kind: 'bool', usage: 'with the containers that use them' }],
      action: remove,
    },
  ],
};
