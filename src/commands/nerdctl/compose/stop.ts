/**
 * Stopping, removing, restarting, killing, freezing, and taking a project down.
 * @models nerdctl v2.3.5 pkg/composer/{stop,rm,restart,kill,pause,down}.go, cmd/nerdctl/compose/compose_start.go
 * @fidelity full
 */
import { print } from '../../../linux/io.ts';
import type { Container } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { TasksService } from '../../../protocols/containerd/services/tasks/v1/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import { listContainers, loadTask } from '../../common/containerd/container.ts';
import { nativeError, unlessMissing } from '../../common/containerd/errors.ts';
import { containerStatus } from '../commands/ps.ts';
import { dataStore, getVolume } from '../data-store.ts';
import { networksOf } from '../labels.ts';
import { cniEnvironment, listNetworks } from '../networks.ts';
import { fail, log } from '../run.ts';
import { startContainer } from '../task.ts';
import {
  allAtOnce,
  type Composer,
  nameOf,
  namesOf,
  orphansOf,
  parsedServices,
  projectContainers,
  runNerdctl,
  tellOrphans,
} from './composer.ts';

/** A failure of a child is only told. */
async function tolerantly(composer: Composer, args: readonly string[]): Promise<void> {
  try {
    await runNerdctl(composer, args);
  } catch (error) {
    await log(composer.ctx, 'warning', nativeError(error).message);
  }
}

const timeFlag = (seconds: number | null): string[] => (seconds === null ? [] : [`--time=${seconds}`]);

async function stopContainers(
  composer: Composer,
  containers: readonly Container[],
  seconds: number | null,
): Promise<void> {
  await allAtOnce(composer.ctx, containers, async (c, container) => {
    await log(c, 'info', `Stopping container ${nameOf(container)}`);
    await tolerantly(composer, ['stop', ...timeFlag(seconds), container.id]);
  });
}

/** `containers`: names by id. */
export async function stopNamed(composer: Composer, containers: ReadonlyMap<string, string>): Promise<void> {
  await allAtOnce(composer.ctx, [...containers], async (c, [id, name]) => {
    await log(c, 'info', `Stopping container ${name}`);
    await tolerantly(composer, ['stop', id]);
  });
}

export async function removeNamed(composer: Composer, containers: ReadonlyMap<string, string>): Promise<void> {
  await allAtOnce(composer.ctx, [...containers], async (c, [id, name]) => {
    await log(c, 'info', `Removing container ${name}`);
    await tolerantly(composer, ['rm', '-f', id]);
  });
}

export async function stop(composer: Composer, names: readonly string[], seconds: number | null): Promise<void> {
  for (const name of namesOf(composer, names).reverse())
    await stopContainers(composer, await projectContainers(composer, [name]), seconds);
}

export type RemoveOptions = { readonly stop: boolean; readonly volumes: boolean };

export async function removeContainers(
  composer: Composer,
  containers: readonly Container[],
  options: RemoveOptions,
): Promise<void> {
  await allAtOnce(composer.ctx, containers, async (c, container) => {
    const name = nameOf(container);
    if (!options.stop && (await containerStatus(c, composer.client, container)).startsWith('Up')) {
      await log(c, 'warning', `Removing container ${name} failed: container still running.`);
      return;
    }
    await log(c, 'info', `Removing container ${name}`);
    await tolerantly(composer, ['rm', '-f', ...(options.volumes ? ['-v'] : []), container.id]);
  });
}

export async function remove(composer: Composer, names: readonly string[], options: RemoveOptions): Promise<void> {
  for (const name of namesOf(composer, names).reverse()) {
    const containers = await projectContainers(composer, [name]);
    if (options.stop) await stopContainers(composer, containers, null);
    await removeContainers(composer, containers, options);
  }
}

export async function restart(composer: Composer, names: readonly string[], seconds: number | null): Promise<void> {
  for (const name of namesOf(composer, names))
    await allAtOnce(composer.ctx, await projectContainers(composer, [name]), async (c, container) => {
      await log(c, 'info', `Restarting container ${nameOf(container)}`);
      await tolerantly(composer, ['restart', ...timeFlag(seconds), container.id]);
    });
}

export async function kill(composer: Composer, names: readonly string[], signal: string): Promise<void> {
  const containers = await projectContainers(composer, namesOf(composer, names));
  await allAtOnce(composer.ctx, containers, async (c, { id }) => {
    try {
      await runNerdctl(composer, ['kill', '-s', signal, id]);
    } catch (error) {
      await log(c, 'warning', nativeError(error).message);
      throw error;
    }
  });
}

export async function start(composer: Composer, names: readonly string[]): Promise<void> {
  const { ctx, cli, client } = composer;
  for (const service of await parsedServices(composer, names)) {
    const { name } = service.unparsed;
    const containers = await projectContainers(composer, [name]);
    if (containers.length === 0 && service.containers.length > 0) fail(`service "${name}" has no container to start`);
    await allAtOnce(ctx, containers, async (c, container) => {
      const task = await unlessMissing(() => loadTask(c, client, container.id));
      if (task?.status === Status.RUNNING) return;
      await startContainer(c, cli, client, container);
      await print(c, `Container ${nameOf(container)} started\n`);
    });
  }
}

export async function freeze(composer: Composer, names: readonly string[], what: 'pause' | 'unpause'): Promise<void> {
  const { ctx, client } = composer;
  const { Pause, Resume } = TasksService.methods;
  const containers = await projectContainers(composer, namesOf(composer, names));
  await allAtOnce(ctx, containers, async (c, container) => {
    const { id } = container;
    const { status } = await loadTask(c, client, id);
    if (what === 'pause') {
      if (status === Status.PAUSED) fail(`container ${id} is already paused`);
      if (status === Status.CREATED || status === Status.STOPPED) fail(`container ${id} is not running`);
      await client.call(c, Pause, { containerId: id });
    } else {
      if (status !== Status.PAUSED) fail(`container ${id} is not paused`);
      await client.call(c, Resume, { containerId: id });
    }
    await print(c, `${nameOf(container)}\n`);
  });
}

export async function down(
  composer: Composer,
  names: readonly string[],
  options: { readonly volumes: boolean; readonly removeOrphans: boolean },
): Promise<void> {
  const { ctx, project } = composer;
  const removal = { stop: true, volumes: options.volumes };
  for (const name of namesOf(composer, names).reverse()) {
    const containers = await projectContainers(composer, [name]);
    await stopContainers(composer, containers, null);
    await removeContainers(composer, containers, removal);
  }
  const services = await parsedServices(composer);
  const orphans = await orphansOf(
    composer,
    services.map(({ unparsed }) => unparsed.name),
  );
  if (options.removeOrphans) await removeContainers(composer, orphans, removal);
  else await tellOrphans(composer, orphans);
  for (const network of Object.values(project.networks))
    if (network.external !== true) await downNetwork(composer, network.name ?? '');
  if (!options.volumes) return;
  for (const { external, name = '' } of Object.values(project.volumes)) {
    if (external === true) continue;
    const store = await dataStore(ctx, composer.cli);
    if ((await getVolume(ctx, store, composer.client.namespace, name)) === null) continue;
    await log(ctx, 'info', `Removing volume ${name}`);
    await tolerantly(composer, ['volume', 'rm', '-f', name]);
  }
}

async function downNetwork(composer: Composer, name: string): Promise<void> {
  const { ctx, cli, client } = composer;
  if (!(await listNetworks(ctx, cniEnvironment(cli))).some((network) => network.name === name)) return;
  const users = (await listContainers(ctx, client)).filter(({ labels }) => networksOf(labels).includes(name));
  if (users.length > 0) fail(`network ${name} is in use`);
  await log(ctx, 'info', `Removing network ${name}`);
  await tolerantly(composer, ['network', 'rm', name]);
}
