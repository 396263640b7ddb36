/** Tells observers what the store's lists say, record by record, when one has changed. */
import type { Context } from '../../../../linux/context.ts';
import type { ContainerRecord, ImageRecord, LayerRecord, RuntimeMetadata } from './records.ts';

type Lists = {
  readonly layers: readonly LayerRecord[];
  readonly images: readonly ImageRecord[];
  readonly containers: readonly ContainerRecord[];
};

type Told = Map<string, { topic: string; key: string; value: Record<string, unknown> }>;

export class Announcer {
  private told: Told = new Map();

  tell(ctx: Context, lists: Lists): void {
    const now = records(lists);
    for (const [id, { topic, key }] of this.told) if (!now.has(id)) emit(ctx, topic, key, null);
    for (const [id, { topic, key, value }] of now) {
      const before = this.told.get(id);
      if (before === undefined || JSON.stringify(before.value) !== JSON.stringify(value)) emit(ctx, topic, key, value);
    }
    this.told = now;
  }
}

function emit(ctx: Context, topic: string, key: string, value: Record<string, unknown> | null): void {
  ctx.trace.emit(ctx.span, ctx.process.pid, { kind: 'state', component: 'crio', topic, key, value });
}

function records({ layers, images, containers }: Lists): Told {
  const out: Told = new Map();
  const add = (topic: string, key: string, value: Record<string, unknown>): void =>
    void out.set(`${topic}\0${key}`, { topic, key, value });
  for (const layer of layers) {
    // A container's own layer has no digest: it is still written to.
    const kind = layer['diff-digest'] === undefined ? 'Active' : 'Committed';
    add('snapshot', layer.id, { snapshotter: 'overlay', kind, parent: layer.parent ?? '' });
  }
  for (const { id, digest, layer, names = [] } of images)
    for (const name of names.length === 0 ? [`sha256:${id}`] : names) add('image', name, { target: { digest }, layer });
  for (const { id, layer, metadata } of containers) {
    const known = JSON.parse(metadata) as RuntimeMetadata;
    if ((known['pod-id'] ?? '') === '') continue;
    const name = known['metadata-name'];
    if (known.pod === true) add('sandbox', id, { name, namespace: known.namespace ?? '' });
    else
      add('container', id, {
        name,
        attempt: known.attempt ?? 0,
        image: known['image-name'],
        sandboxId: known['pod-id'],
        snapshotter: 'overlay',
        snapshotKey: layer,
      });
  }
  return out;
}
