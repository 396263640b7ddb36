/**
 * The transfer service's pull: resolve, fetch, unpack, store the image record.
 * @models containerd 2.1 core/transfer/local/pull.go
 * @fidelity partial: registry to image store only; one platform
 */
import type { Context } from '../../../../linux/context.ts';
import type { Credentials } from '../../../../protocols/distribution/authorizer.ts';
import { newRegistryClient } from '../../../../protocols/distribution/client.ts';
import { parseReferenceSpec, specHostname } from '../../../../protocols/oci/reference.ts';
import type { Descriptor, ImageConfig } from '../../../../protocols/oci/types.ts';
import type { ContentStore } from '../content-store/content-store.ts';
import { failure, isKind, wrap } from '../errors.ts';
import { unmarshalJson } from '../go-json.ts';
import type { Metadata } from '../metadata/metadata.ts';
import { fetchImage } from './fetch.ts';
import { registryHosts } from './hosts-dir.ts';
import type { ImageRecord, ImageRecords } from './image-records.ts';
import type { Unpacker } from './unpack.ts';

export type PullOptions = {
  namespace: string;
  labels: Record<string, string>;
  /** Directories of hosts.toml files. */
  configPath: string;
  credentials: (host: string) => Credentials | null;
  downloadsMax: number;
};

export type PullResult = { image: ImageRecord; bytesRead: number };

export class Transfer {
  private readonly metadata: Metadata;
  private readonly content: ContentStore;
  private readonly images: ImageRecords;
  private readonly unpacker: Unpacker;

  constructor(metadata: Metadata, content: ContentStore, images: ImageRecords, unpacker: Unpacker) {
    this.metadata = metadata;
    this.content = content;
    this.images = images;
    this.unpacker = unpacker;
  }

  /** `reference` is complete: host, repository and tag or digest. */
  pull(ctx: Context, reference: string, options: PullOptions): Promise<PullResult> {
    return this.metadata.leases.holding(ctx, options.namespace, () => this.pullHeld(ctx, reference, options));
  }

  private async pullHeld(ctx: Context, reference: string, options: PullOptions): Promise<PullResult> {
    const { namespace } = options;
    const spec = parseReferenceSpec(reference);
    const host = specHostname(spec);
    const hosts = await registryHosts(ctx, options.configPath, host);
    const credentials = options.credentials(hosts.at(-1)?.host ?? host);
    const client = newRegistryClient({ hosts, ...(credentials === null ? {} : { credentials }) });
    try {
      const target = await ctx
        .spanned('resolve', 'cri-runtime', (c) => client.resolve(c, reference))
        .catch((error: unknown) => {
          throw wrap('failed to resolve image', error);
        });
      const fetcher = {
        host,
        repository: spec.locator.slice(host.length + 1),
        fetch: (c: Context, descriptor: Descriptor) => client.fetch(c, reference, descriptor),
      };
      const { manifest, bytesRead } = await ctx.spanned('fetch', 'cri-runtime', (c) =>
        fetchImage(c, this.content, namespace, fetcher, target, options.downloadsMax),
      );
      const config = unmarshalJson(
        await this.content.readText(ctx, namespace, manifest.config.digest),
      ) as unknown as ImageConfig;
      if (config.rootfs === undefined) throw failure('failed to unpack image: image config has no rootfs');
      await ctx.spanned('unpack', 'cri-runtime', (c) =>
        this.unpacker.unpack(c, namespace, manifest.layers, config.rootfs.diff_ids, manifest.config.digest),
      );
      return { image: await this.store(ctx, namespace, reference, target, options.labels), bytesRead };
    } finally {
      await client.close(ctx);
    }
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
