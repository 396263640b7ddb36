/**
 * Images and layers on the disk: configurations by their digest, layers by their chain of digests, each layer a
 * directory of the overlay2 driver; and the table of names.
 * @models moby 20.10 image/store.go, layer/layer_store.go, daemon/graphdriver/overlay2/overlay.go, reference/store.go
 * @fidelity partial: no tar-split, no v2metadata; what is on the disk is read when the daemon starts
 */
import type { Context } from '../../../../linux/context.ts';
import { exists, mkdirAll, readFile, removeAll, writeFile, writeFileAtomic } from '../../../../linux/io.ts';
import { type Rope, utf8 } from '../../../../linux/rope.ts';
import { digestOf } from '../../../../protocols/oci/digest.ts';
import type { ImageConfig } from '../../../../protocols/oci/types.ts';
import { applyLayer } from '../../shared/layers/apply-layer.ts';

const LINK_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const LINK_LENGTH = 26;

export type Layer = { chainId: string; cacheId: string; diffId: string; parent: string; size: number };

export type StoredImage = { id: string; config: ImageConfig; text: string };

export class ImageStore {
  readonly root: string;
  readonly layers = new Map<string, Layer>();
  readonly images = new Map<string, StoredImage>();
  /** Repository to reference (`nginx:latest`, `nginx@sha256:…`) to image id. */
  private repositories: Record<string, Record<string, string>> = {};

  private constructor(root: string) {
    this.root = root;
  }

  static async open(ctx: Context, root: string): Promise<ImageStore> {
    const store = new ImageStore(root);
    for (const directory of [
      'overlay2/l',
      'image/overlay2/imagedb/content/sha256',
      'image/overlay2/layerdb/sha256',
      'image/overlay2/layerdb/mounts',
      'containers',
      'volumes',
      'tmp',
    ])
      await mkdirAll(ctx, `${root}/${directory}`, 0o710);
    await store.load(ctx);
    return store;
  }

  private get imageDb(): string {
    return `${this.root}/image/overlay2/imagedb/content/sha256`;
  }

  private get layerDb(): string {
    return `${this.root}/image/overlay2/layerdb/sha256`;
  }

  private async load(ctx: Context): Promise<void> {
    for (const { name } of await ctx.sys.readDirectory(ctx, this.layerDb)) {
      const read = (file: string): Promise<string> => readFile(ctx, `${this.layerDb}/${name}/${file}`);
      const parent = (await exists(ctx, `${this.layerDb}/${name}/parent`)) ? await read('parent') : '';
      const chainId = `sha256:${name}`;
      const layer = {
        chainId,
        cacheId: await read('cache-id'),
        diffId: await read('diff'),
        parent,
        size: Number(await read('size')),
      };
      this.layers.set(chainId, layer);
    }
    for (const { name } of await ctx.sys.readDirectory(ctx, this.imageDb)) {
      const text = await readFile(ctx, `${this.imageDb}/${name}`);
      this.images.set(`sha256:${name}`, { id: `sha256:${name}`, config: JSON.parse(text) as ImageConfig, text });
    }
    const table = `${this.root}/image/overlay2/repositories.json`;
    if (await exists(ctx, table))
      this.repositories = (
        JSON.parse(await readFile(ctx, table)) as { Repositories: Record<string, Record<string, string>> }
      ).Repositories;
  }

  // Layers.

  directory(cacheId: string): string {
    return `${this.root}/overlay2/${cacheId}`;
  }

  chainOf(diffIds: readonly string[]): string[] {
    const chain: string[] = [];
    for (const diffId of diffIds) {
      const parent = chain.at(-1);
      chain.push(parent === undefined ? diffId : digestOf(`${parent} ${diffId}`));
    }
    return chain;
  }

  /** The driver's directory for a new layer. `lower` is the cache id of what it lies on, or empty. */
  async makeDirectory(ctx: Context, cacheId: string, lower: string): Promise<string> {
    const directory = this.directory(cacheId);
    let link = '';
    while (link.length < LINK_LENGTH) link += LINK_ALPHABET[ctx.random.below(LINK_ALPHABET.length)];
    await mkdirAll(ctx, `${directory}/diff`, 0o755);
    await ctx.sys.symlink(ctx, `../${cacheId}/diff`, `${this.root}/overlay2/l/${link}`);
    await writeFile(ctx, `${directory}/link`, link);
    if (lower === '') return directory;
    const below = this.directory(lower);
    const more = (await exists(ctx, `${below}/lower`)) ? `:${await readFile(ctx, `${below}/lower`)}` : '';
    await writeFile(ctx, `${directory}/lower`, `l/${await readFile(ctx, `${below}/link`)}${more}`);
    await mkdirAll(ctx, `${directory}/work`, 0o700);
    return directory;
  }

  async removeDirectory(ctx: Context, cacheId: string): Promise<void> {
    const directory = this.directory(cacheId);
    if (!(await exists(ctx, directory))) return;
    await removeAll(ctx, `${this.root}/overlay2/l/${await readFile(ctx, `${directory}/link`)}`);
    await removeAll(ctx, directory);
  }

  /** The directories below a layer's own, the nearest first. */
  async lowers(ctx: Context, cacheId: string): Promise<string[]> {
    const path = `${this.directory(cacheId)}/lower`;
    if (!(await exists(ctx, path))) return [];
    return (await readFile(ctx, path)).split(':').map((part) => `${this.root}/overlay2/${part}`);
  }

  async putLayer(ctx: Context, chainId: string, parent: string, diffId: string, tar: Rope): Promise<void> {
    const cacheId = ctx.random.hex(64);
    const directory = await this.makeDirectory(ctx, cacheId, this.layers.get(parent)?.cacheId ?? '');
    const lowers = await this.lowers(ctx, cacheId);
    await applyLayer(ctx, tar, `${directory}/diff`, lowers, true);
    await writeFile(ctx, `${directory}/committed`, '');
    const db = `${this.layerDb}/${chainId.slice(7)}`;
    await mkdirAll(ctx, db, 0o755);
    await writeFile(ctx, `${db}/cache-id`, cacheId);
    await writeFile(ctx, `${db}/diff`, diffId);
    await writeFile(ctx, `${db}/size`, String(tar.length));
    if (parent !== '') await writeFile(ctx, `${db}/parent`, parent);
    this.layers.set(chainId, { chainId, cacheId, diffId, parent, size: tar.length });
  }

  topLayer(image: StoredImage): Layer | undefined {
    return this.layers.get(this.chainOf(image.config.rootfs?.diff_ids ?? []).at(-1) ?? '');
  }

  sizeOf(image: StoredImage): number {
    return this.chainOf(image.config.rootfs?.diff_ids ?? []).reduce(
      (sum, id) => sum + (this.layers.get(id)?.size ?? 0),
      0,
    );
  }

  // Images.

  async putImage(ctx: Context, config: Rope): Promise<StoredImage> {
    const id = digestOf(config);
    const text = utf8(config.bytes());
    const image = { id, config: JSON.parse(text) as ImageConfig, text };
    await writeFile(ctx, `${this.imageDb}/${id.slice(7)}`, text, { mode: 0o600 });
    this.images.set(id, image);
    return image;
  }

  async putName(ctx: Context, repository: string, name: string, id: string): Promise<void> {
    (this.repositories[repository] ??= {})[name] = id;
    await this.saveNames(ctx);
  }

  private saveNames(ctx: Context): Promise<void> {
    const text = JSON.stringify({ Repositories: this.repositories });
    return writeFileAtomic(ctx, `${this.root}/image/overlay2/repositories.json`, text, 0o600);
  }

  names(id: string): { tags: string[]; digests: string[] } {
    const all = Object.values(this.repositories)
      .flatMap((names) => Object.entries(names))
      .filter(([, image]) => image === id)
      .map(([name]) => name)
      .sort();
    return { tags: all.filter((name) => !name.includes('@')), digests: all.filter((name) => name.includes('@')) };
  }

  idOf(name: string): string | undefined {
    for (const names of Object.values(this.repositories)) if (names[name] !== undefined) return names[name];
    return undefined;
  }

  async removeName(ctx: Context, name: string): Promise<void> {
    for (const [repository, names] of Object.entries(this.repositories)) {
      delete names[name];
      if (Object.keys(names).length === 0) delete this.repositories[repository];
    }
    await this.saveNames(ctx);
  }

  /** With the layers that nobody else needs; returns their chain ids, the topmost first. */
  async removeImage(ctx: Context, id: string): Promise<string[]> {
    const image = this.images.get(id);
    if (image === undefined) return [];
    this.images.delete(id);
    await removeAll(ctx, `${this.imageDb}/${id.slice(7)}`);
    const needed = new Set([...this.images.values()].flatMap((one) => this.chainOf(one.config.rootfs?.diff_ids ?? [])));
    const gone = this.chainOf(image.config.rootfs?.diff_ids ?? [])
      .filter((chainId) => !needed.has(chainId))
      .reverse();
    for (const chainId of gone) {
      const layer = this.layers.get(chainId);
      if (layer === undefined) continue;
      this.layers.delete(chainId);
      await this.removeDirectory(ctx, layer.cacheId);
      await removeAll(ctx, `${this.layerDb}/${chainId.slice(7)}`);
    }
    return gone;
  }
}
