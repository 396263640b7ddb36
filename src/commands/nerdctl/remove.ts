/** The end of a container. @models nerdctl v2.3.5 pkg/cmd/container/remove.go @fidelity full */
import type { CobraContext } from '../../go/cobra-types.ts';
import type { Context } from '../../linux/context.ts';
import { removeAll } from '../../linux/io.ts';
import type { Container } from '../../protocols/containerd/services/containers/v1/generated.ts';
import { TasksService } from '../../protocols/containerd/services/tasks/v1/generated.ts';
import { Status } from '../../protocols/containerd/types/task/generated.ts';
import type { Client } from '../common/containerd/client.ts';
import { deleteContainer, deleteTask, loadTask, startWait, statusName } from '../common/containerd/container.ts';
import { ContainerdError, unlessMissing } from '../common/containerd/errors.ts';
import { dataStore, releaseName, removeVolume, stateDirectory } from './data-store.ts';
import { deleteHosts } from './hosts-store.ts';
import { stopReserver } from './internal/oci-hook.ts';
import { jsonLabel, LABELS } from './labels.ts';
import { ignoreGone } from './task.ts';

/** ErrContainerStatus: it runs, and nobody said --force. */
export class ContainerStatusError extends ContainerdError {}

export async function removeContainer(
  ctx: Context,
  cli: CobraContext,
  client: Client,
  { id, labels }: Container,
  force: boolean,
  withVolumes: boolean,
): Promise<void> {
  const store = await dataStore(ctx, cli);
  const task = await unlessMissing(() => loadTask(ctx, client, id));
  if (task !== null) {
    const isLive = task.status === Status.RUNNING || task.status === Status.PAUSED || task.status === Status.PAUSING;
    if (isLive && !force) throw new ContainerStatusError(`container ${id} is in ${statusName(task.status)} status`);
    if (task.status === Status.RUNNING) {
      const exit = startWait(ctx, client, id);
      await client.call(ctx, TasksService.methods.Kill, { containerId: id, signal: 9 }).catch(ignoreGone);
      await exit.wait();
    }
    if (task.status === Status.PAUSED) await client.call(ctx, TasksService.methods.Resume, { containerId: id });
    await deleteTask(ctx, client, id, { kill: task.status !== Status.STOPPED });
  }
  await deleteContainer(ctx, client, id, true);
  await stopReserver(ctx, client.namespace, id);
  await releaseName(ctx, store, client.namespace, labels[LABELS.name] ?? '', id);
  await deleteHosts(ctx, store, client.namespace, id);
  if (withVolumes)
    for (const name of jsonLabel<string[]>(labels, LABELS.anonymousVolumes) ?? [])
      await removeVolume(ctx, store, client.namespace, name);
  await removeAll(ctx, labels[LABELS.stateDir] ?? stateDirectory(store, client.namespace, id));
}
