/** `crio check` and `crio wipe`. @models CRI-O 1.36 internal/criocli/{check,wipe}.go @fidelity partial: checks that what the lists name is there; never removes an image */
import type { Context } from '../../../../linux/context.ts';
import { exists } from '../../../../linux/io.ts';
import { Store } from '../../shared/containers-storage/store.ts';
import { failure } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { CrioConfig } from '../config/defaults.ts';

async function open(ctx: Context, config: CrioConfig, log: Logger): Promise<Store> {
  await log.info(ctx, '[graphdriver] using prior storage driver: overlay');
  return Store.open(ctx, config.crio.root, config.crio.runroot);
}

export async function check(ctx: Context, config: CrioConfig, log: Logger): Promise<number> {
  const store = await open(ctx, config, log);
  await log.info(ctx, `Checking storage directory ${store.root} for errors`);
  const lost = { layers: 0, images: 0, containers: 0 };
  for (const layer of store.layers) if (!(await exists(ctx, `${store.directory(layer.id)}/diff`))) lost.layers++;
  for (const image of store.images) if (store.findLayer(image.layer) === undefined) lost.images++;
  for (const container of store.containers)
    if (!(await exists(ctx, store.workDirectory(container.id)))) lost.containers++;
  if (lost.layers + lost.images + lost.containers === 0) {
    await log.info(ctx, `No errors found while checking storage directory ${store.root}`);
    return 0;
  }
  await log.warn(ctx, `Errors found while checking storage directory ${store.root} for errors`);
  throw failure(
    `${lost.layers} layer errors, 0 read-only layer errors, ${lost.images} image errors, 0 read-only image errors, ${lost.containers} container errors`,
  );
}

/** Containers go when the node has been rebooted since; with `force` in any case, if nothing runs in them. */
export async function wipe(ctx: Context, config: CrioConfig, log: Logger, force: boolean): Promise<number> {
  const store = await open(ctx, config, log);
  const rebooted = !(await exists(ctx, config.crio.version_file));
  if (config.crio.internal_wipe && !force) return 0;
  if (!rebooted && !force) return 0;
  for (const container of [...store.containers]) {
    await store.removeContainer(ctx, container.id);
    await log.info(ctx, `Deleted container ${container.id}`);
  }
  return 0;
}
