/**
 * The transfer service's pull: resolve, fetch, unpack, store the image record.
 * @models containerd 2.1 core/transfer/local/pull.go
 * @fidelity partial: no image verifiers
 */
import type { Context } from '../../../../linux/context.ts';
import type { Credentials } from '../../../../protocols/distribution/authorizer.ts';
import { newRegistryClient } from '../../../../protocols/distribution/client.ts';
import { registryHosts } from '../../../../protocols/distribution/hosts-dir.ts';
import { parseConfig } from '../../../../protocols/oci/documents.ts';
import { isLayerType } from '../../../../protocols/oci/media-types.ts';
import { InvalidReference, parseReferenceSpec, specHostname } from '../../../../protocols/oci/reference.ts';
import type { Descriptor, Platform } from '../../../../protocols/oci/types.ts';
import { failure, isKind, wrap } from '../../shared/errors.ts';
import type { ContentStore } from '../content-store/content-store.ts';
import type { Metadata } from '../metadata/metadata.ts';
import type { Snapshots } from '../snapshotters/snapshots.ts';
import { type FetchedManifest, type FetchOptions, fetchBlob, fetchMetadata } from './fetch.ts';
import type { ImageRecord, ImageRecords } from './image-records.ts';
import { LayerDownload } from './layer-download.ts';
import { type ProgressFunction, ProgressTracker } from './progress.ts';
import type { Unpacker } from './unpack.ts';

export type PullOptions = {
  namespace: string;
  labels: Record<string, string>;
  /** Directories of hosts.toml files. */
  configPath: string;
  /** Of registries without a hosts.toml. */
  defaultScheme?: 'http' | 'https';
  credentials: (ctx: Context, host: string) => Promise<Credentials | null> | Credentials | null;
  downloadsMax: number;
  /** null: the one that suits this host best; empty: all. */
  platforms?: readonly Platform[] | null;
  allMetadata?: boolean;
  progress?: ProgressFunction;
  /** Where layers are unpacked to; default the first snapshotter, null not at all. */
  snapshots?: Snapshots | null;
};

export type PullResult = { image: ImageRecord; bytesRead: number };

export class Transfer {
  private readonly metadata: Metadata;
  private readonly content: ContentStore;
  private readonly images: ImageRecords;
  private readonly unpacker: Unpacker;
  private readonly snapshots: Snapshots;

  constructor(
    metadata: Metadata,
    content: ContentStore,
    images: ImageRecords,
    unpacker: Unpacker,
    snapshots: Snapshots,
  ) {
    this.metadata = metadata;
    this.content = content;
    this.images = images;
    this.unpacker = unpacker;
    this.snapshots = snapshots;
  }

  /** `reference` is complete: host, repository and tag or digest. */
  pull(ctx: Context, reference: string, options: PullOptions): Promise<PullResult> {
    return this.metadata.leases.holding(ctx, options.namespace, (held) => this.pullHeld(held, reference, options));
  }

  private async pullHeld(ctx: Context, reference: string, options: PullOptions): Promise<PullResult> {
    const { namespace, progress } = options;
    const spec = parsed(reference);
    const host = specHostname(spec);
    const hosts = await registryHosts(ctx, options.configPath, host, options.defaultScheme);
    const credentials = await options.credentials(ctx, hosts.at(-1)?.host ?? host);
    const client = newRegistryClient({ hosts, ...(credentials === null ? {} : { credentials }) });
    const from = `OCI Registry (${reference})`;
    await progress?.(ctx, { event: `Resolving from ${from}` });
    let tracker: ProgressTracker | null = null;
    try {
      const target = await ctx
        .spanned('resolve', 'cri-runtime', (c) => client.resolve(c, reference))
        .catch((error: unknown) => {
          throw wrap('failed to resolve image', error);
        });
      await progress?.(ctx, { event: `Pulling from ${from}` });
      await progress?.(ctx, { event: 'fetching image content', name: reference, desc: target });
      if (progress !== undefined) {
        tracker = new ProgressTracker(reference, 'downloading', progress, {
          active: () => this.content.active(namespace),
          isComplete: (digest) => this.content.info(namespace, digest) !== undefined,
        });
        tracker.start(ctx);
      }
      const fetcher: FetchOptions['fetcher'] = {
        host,
        repository: spec.locator.slice(host.length + 1),
        fetch: (c, descriptor, offset, sink) => client.fetch(c, reference, descriptor, sink, offset),
      };
      const fetching = { content: this.content, namespace, fetcher, tracker };
      let { manifests, bytesRead } = await ctx.spanned('fetch', 'cri-runtime', (c) =>
        fetchMetadata(c, fetching, target, options.platforms ?? null, options.allMetadata ?? false),
      );
      for (const fetched of manifests) {
        if (fetched.isWanted) bytesRead += await this.fetchLayers(ctx, fetching, fetched, options);
      }
      const image = await this.store(ctx, namespace, reference, target, options.labels);
      if (tracker !== null && progress !== undefined) {
        tracker.send(ctx, { event: 'saved', name: image.name, desc: target });
        tracker.send(ctx, { event: `Completed pull from ${from}` });
      }
      return { image, bytesRead };
    } finally {
      await tracker?.end(ctx);
      await client.close(ctx);
    }
  }

  /** The layers from the first on whose snapshot is not there, each unpacked when it has arrived. */
  private async fetchLayers(
    ctx: Context,
    fetching: FetchOptions,
    { manifest }: FetchedManifest,
    options: PullOptions,
  ): Promise<number> {
    const { namespace } = options;
    const snapshots = options.snapshots === undefined ? this.snapshots : options.snapshots;
    const layers = manifest.layers.filter(({ mediaType }) => isLayerType(mediaType));
    const download = new LayerDownload(options.downloadsMax, (c, layer) =>
      c.spanned('fetch', 'cri-runtime', (spanned) => fetchBlob(spanned, fetching, layer)),
    );
    // When one fails the others are given up.
    const { ctx: inner, cancel } = ctx.cancellable();
    try {
      if (snapshots === null || layers.length === 0) {
        for (const layer of download.start(inner, layers)) await layer.wait();
      } else {
        const configDigest = manifest.config.digest;
        const { rootfs } = parseConfig(await this.content.readText(ctx, namespace, configDigest));
        const stack = { layers, diffIds: rootfs.diff_ids, configDigest };
        await inner.spanned('unpack', 'cri-runtime', (c) =>
          this.unpacker.unpack(c, namespace, snapshots, stack, (f, first) => download.start(f, layers.slice(first))),
        );
      }
    } catch (error) {
      cancel();
      throw error;
    } finally {
      await download.settled();
    }
    return download.bytesRead;
  }

  private async store(
    ctx: Context,
    ns: string,
    name: string,
    target: Descriptor,
    labels: Record<string, string>,
  ): Promise<ImageRecord> {
    const { mediaType, digest, size } = target;
    const descriptor = { mediaType, digest, size };
    if (this.images.find(ns, name) === undefined) {
      try {
        return await this.images.create(ctx, ns, name, descriptor, labels);
      } catch (error) {
        // Another pull of the same name was faster.
        if (!isKind(error, 'AlreadyExists')) throw error;
      }
    }
    const known = this.images.get(ns, name);
    const same = known.target.digest === digest && Object.entries(labels).every(([k, v]) => known.labels[k] === v);
    if (same) return known;
    return this.images.update(ctx, ns, name, { target: descriptor, labels: { ...known.labels, ...labels } });
  }
}

function parsed(reference: string): ReturnType<typeof parseReferenceSpec> {
  try {
    return parseReferenceSpec(reference);
  } catch (error) {
    if (error instanceof InvalidReference) throw failure(`failed to resolve image: ${error.message}`);
    throw error;
  }
}
