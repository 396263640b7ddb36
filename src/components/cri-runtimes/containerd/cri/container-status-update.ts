/** Changing a container's status, in memory and in its file. */
import type { Context } from '../../../../linux/context.ts';
import { saveStatus } from './container-state.ts';
import type { CriService } from './cri-service.ts';
import type { ContainerStatusRecord, CriContainer } from './types.ts';

/** The file first: a status that could not be kept is not believed. */
export async function updateStatus(
  ctx: Context,
  cri: CriService,
  container: CriContainer,
  change: Partial<ContainerStatusRecord> | ((old: ContainerStatusRecord) => Partial<ContainerStatusRecord>),
): Promise<void> {
  const unlock = await cri.statusLock.lock();
  try {
    const changes = typeof change === 'function' ? change(container.status) : change;
    const next = { ...container.status, ...changes };
    await saveStatus(ctx, cri.containerRoot(container.id), next);
    container.status = { ...container.status, ...changes };
  } finally {
    unlock();
  }
  cri.announceContainer(ctx, container);
}
