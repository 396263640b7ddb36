/** ctr containers. @models containerd 2.1 cmd/ctr/commands/containers @fidelity partial: no checkpoints */

import { base64, type JsonValue } from '../../../go/json.ts';
import { rfc3339Nano } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { ContainersService } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { type Process, Status } from '../../../protocols/containerd/types/task/generated.ts';
import type { Client } from '../../common/containerd/client.ts';
import {
  deleteContainer,
  deleteTask,
  listContainers,
  loadContainer,
  loadTask,
  specOf,
  statusName,
} from '../../common/containerd/container.ts';
import { ContainerdError, nativeError, unlessMissing } from '../../common/containerd/errors.ts';
import { CONTAINER, QUIET, RUNTIME, SNAPSHOTTER, SNAPSHOTTER_LABEL } from '../flags.ts';
import { newContainer } from '../new-container.ts';
import {
  type Command,
  fail,
  labelArgs,
  labelText,
  log,
  newClient,
  printJson,
  printTable,
  refuse,
  timestampNs,
  WIDE,
} from '../run.ts';

const createCommand: Command = {
  name: 'create',
  usage: 'Create a container',
  argsUsage: '[flags] Image|RootFS CONTAINER [COMMAND] [ARG...]',
  flags: [
    ...RUNTIME,
    SNAPSHOTTER,
    SNAPSHOTTER_LABEL,
    ...CONTAINER,
    { name: 'cgroup', kind: 'string', usage: 'Path of the cgroup' },
  ],
  action: async (ctx, run) => {
    const { args } = run.cli;
    if (run.cli.string('config') !== '') {
      if (args[0] === undefined) fail('container id must be provided: invalid argument');
    } else if (args[1] === undefined) {
      fail(
        args[0] === undefined
          ? 'image ref must be provided: invalid argument'
          : 'container id must be provided: invalid argument',
      );
    }
    await newContainer(ctx, run, await newClient(ctx, run));
  },
};

const listCommand: Command = {
  name: 'list',
  aliases: ['ls'],
  usage: 'List containers',
  argsUsage: '[flags] [<filter>, ...]',
  flags: [QUIET('Only the IDs')],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    const all = await listContainers(ctx, client, run.cli.args);
    if (run.cli.bool('quiet')) return print(ctx, all.map(({ id }) => `${id}\n`).join(''));
    const rows = all.map(({ id, image, runtime }) => [id, image === '' ? '-' : image, runtime?.name ?? '']);
    await printTable(ctx, WIDE, [['CONTAINER', 'IMAGE', 'RUNTIME'], ...rows]);
  },
};

async function removeOne(ctx: Context, client: Client, id: string, keepSnapshot: boolean): Promise<void> {
  await loadContainer(ctx, client, id);
  const task: Process | null = await unlessMissing(() => loadTask(ctx, client, id));
  if (task !== null) {
    if (task.status !== Status.STOPPED && task.status !== Status.CREATED)
      throw new ContainerdError(
        `cannot delete a non stopped container: {${statusName(task.status)} 0 0001-01-01 00:00:00 +0000 UTC}`,
      );
    await deleteTask(ctx, client, id);
  }
  await deleteContainer(ctx, client, id, !keepSnapshot);
}

const deleteCommand: Command = {
  name: 'delete',
  aliases: ['del', 'remove', 'rm'],
  usage: 'Delete containers',
  argsUsage: '[flags] CONTAINER [CONTAINER, ...]',
  flags: [{ name: 'keep-snapshot', kind: 'bool', usage: 'Leave the snapshot' }],
  action: async (ctx, run) => {
    const client = await newClient(ctx, run);
    if (run.cli.args.length === 0) fail('must specify at least one container to delete: invalid argument');
    let failure: ContainerdError | null = null;
    for (const id of run.cli.args) {
      try {
        await removeOne(ctx, client, id, run.cli.bool('keep-snapshot'));
      } catch (error) {
        failure ??= nativeError(error);
        await log(ctx, run, 'error', `failed to delete container "${id}"`, error);
      }
    }
    if (failure !== null) throw failure;
  },
};

const labelCommand: Command = {
  name: 'label',
  usage: 'Set and clear labels of a container',
  argsUsage: '[flags] CONTAINER [<key>=<value>, ...]',
  description: 'sets labels of a container; an empty value clears one',
  action: async (ctx, run) => {
    const [id = '', ...words] = run.cli.args;
    if (id === '') fail('container id must be provided: invalid argument');
    const client = await newClient(ctx, run);
    await loadContainer(ctx, client, id);
    const labels = labelArgs(words);
    const { container } = await client.call(ctx, ContainersService.methods.Update, {
      container: { id, labels },
      updateMask: { paths: Object.keys(labels).map((key) => `labels.${key}`) },
    });
    await print(ctx, `${labelText(container?.labels ?? {})}\n`);
  },
};

const infoCommand: Command = {
  name: 'info',
  usage: 'Show what is known of a container',
  argsUsage: 'CONTAINER',
  flags: [{ name: 'spec', kind: 'bool', usage: 'Only the spec' }],
  action: async (ctx, run) => {
    const id = run.cli.args[0] ?? '';
    if (id === '') fail('container id must be provided: invalid argument');
    const container = await loadContainer(ctx, await newClient(ctx, run), id);
    const spec = specOf(container) as unknown as JsonValue;
    if (run.cli.bool('spec')) return printJson(ctx, spec);
    const { runtime } = container;
    const options = runtime?.options;
    const value = options === undefined || options.value.length === 0 ? {} : { value: base64(options.value) };
    await printJson(ctx, {
      ID: container.id,
      Labels: { ...container.labels },
      Image: container.image,
      Runtime: {
        Name: runtime?.name ?? '',
        Options: options === undefined ? null : { type_url: options.typeUrl, ...value },
      },
      SnapshotKey: container.snapshotKey,
      Snapshotter: container.snapshotter,
      CreatedAt: rfc3339Nano(timestampNs(container.createdAt)),
      UpdatedAt: rfc3339Nano(timestampNs(container.updatedAt)),
      Extensions: Object.fromEntries(
        Object.entries(container.extensions).map(([key, any]) => [key, { type_url: any.typeUrl }]),
      ),
      SandboxID: container.sandbox,
      Spec: spec,
    });
  },
};

const checkpointCommand: Command = {
  name: 'checkpoint',
  usage: 'Checkpoint a container',
  argsUsage: 'CONTAINER REF',
  action: async (ctx, run) => {
    const [id = '', ref = ''] = run.cli.args;
    if (id === '') fail('container id must be provided: invalid argument');
    if (ref === '') fail('ref must be provided: invalid argument');
    await loadContainer(ctx, await newClient(ctx, run), id);
    refuse('checkpoint: not simulated: this machine has no CRIU');
  },
};

const restoreCommand: Command = {
  name: 'restore',
  usage: 'Restore a container from a checkpoint',
  argsUsage: 'CONTAINER REF',
  action: async () => refuse('restore: not simulated: this machine has no CRIU'),
};

export const containersCommand: Command = {
  name: 'containers',
  aliases: ['c', 'container'],
  usage: 'Manage containers',
  subcommands: [
    createCommand,
    deleteCommand,
    infoCommand,
    listCommand,
    labelCommand,
    checkpointCommand,
    restoreCommand,
  ],
};
