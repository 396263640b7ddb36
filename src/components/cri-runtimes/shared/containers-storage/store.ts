/**
 * containers/storage: layers, images and containers as directories and lists in JSON, with the overlay driver below.
 * What other programs find on the disk is what this one reads at its start.
 * @models containers/storage 1.60 store.go, layers.go, drivers/overlay/overlay.go
 * @fidelity partial: lock files are made and not locked: who writes last wins; tar-split files are empty; no additional stores or quotas
 */
import { base64 } from '../../../../go/json.ts';
import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { exists, mkdirAll, readFile, removeAll, writeFile, writeFileAtomic } from '../../../../linux/io.ts';
import type { Rope } from '../../../../linux/rope.ts';
import { digestOf } from '../../../../protocols/oci/digest.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { failure, pathFailure } from '../errors.ts';
import { applyLayer } from '../layers/apply-layer.ts';
import { diskUsage, type Usage } from '../layers/disk-usage.ts';
import { Announcer } from './announce.ts';
import { fromRecords, mapRecords, type PodMaps, rootPair, withMapped } from './id-maps.ts';
import type { ContainerRecord, ImageRecord, LayerRecord, RuntimeMetadata } from './records.ts';

const LINK_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const LINK_LENGTH = 26;
const GZIP = 2;
const EMPTY_GZIP = Uint8Array.of(31, 139, 8, 0, 0, 0, 0, 0, 0, 255, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0);

const LISTS = [
  'overlay-layers/layers.json',
  'overlay-layers/volatile-layers.json',
  'overlay-images/images.json',
  'overlay-containers/volatile-containers.json',
] as const;

export type StoredLayer = { digest: string; compressedSize: number; diffId: string; tar: Rope };

export type BigData = { key: string; data: Rope };

export class Store {
  readonly root: string;
  readonly runRoot: string;
  layers: LayerRecord[] = [];
  images: ImageRecord[] = [];
  containers: ContainerRecord[] = [];
  private readonly announcer = new Announcer();
  private readonly stamps = new Map<string, number>();
  private writing = 0;

  private constructor(root: string, runRoot: string) {
    this.root = root;
    this.runRoot = runRoot;
  }

  static async open(ctx: Context, root: string, runRoot: string): Promise<Store> {
    const store = new Store(root, runRoot);
    await store.prepare(ctx);
    await store.load(ctx);
    const incomplete = store.layers.filter((layer) => layer.flags?.incomplete === true);
    for (const { id } of incomplete) await store.removeLayer(ctx, id);
    if (incomplete.length > 0) await store.saveLayers(ctx);
    else store.announcer.tell(ctx, store);
    return store;
  }

  private async load(ctx: Context): Promise<void> {
    for (const name of LISTS) this.stamps.set(name, await this.stamp(ctx, name));
    this.layers = await this.read<LayerRecord>(ctx, 'overlay-layers/layers.json');
    this.layers.push(...(await this.read<LayerRecord>(ctx, 'overlay-layers/volatile-layers.json')));
    this.images = await this.read<ImageRecord>(ctx, 'overlay-images/images.json');
    this.containers = await this.read<ContainerRecord>(ctx, 'overlay-containers/volatile-containers.json');
  }

  /** A list is written beside and renamed: the same number is the same list. */
  private async stamp(ctx: Context, name: string): Promise<number> {
    try {
      return (await ctx.sys.stat(ctx, `${this.root}/${name}`)).ino;
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      return 0;
    }
  }

  /** What another program has changed since is read again. */
  async refresh(ctx: Context): Promise<void> {
    if (this.writing > 0) return;
    for (const name of LISTS) {
      if (this.stamps.get(name) === (await this.stamp(ctx, name))) continue;
      if (this.writing > 0) return;
      await this.load(ctx);
      this.announcer.tell(ctx, this);
      return;
    }
  }

  private async prepare(ctx: Context): Promise<void> {
    const { root, runRoot } = this;
    try {
      await mkdirAll(ctx, root, 0o711);
      for (const [name, mode] of [
        ['overlay', 0o755],
        ['overlay/l', 0o755],
        ['overlay/tempdirs', 0o700],
        ['overlay-containers', 0o700],
        ['overlay-images', 0o700],
        ['overlay-layers', 0o700],
        ['artifacts', 0o700],
      ] as const)
        await mkdirAll(ctx, `${root}/${name}`, mode);
      await mkdirAll(ctx, runRoot, 0o711);
      for (const [name, mode] of [
        ['overlay', 0o700],
        ['overlay-containers', 0o711],
        ['overlay-layers', 0o700],
        ['overlay-locks', 0o700],
      ] as const)
        await mkdirAll(ctx, `${runRoot}/${name}`, mode);
    } catch (error) {
      throw pathFailure('mkdir', root, error);
    }
    for (const name of [
      'storage.lock',
      'userns.lock',
      'overlay-layers/layers.lock',
      'overlay-images/images.lock',
      'overlay-containers/containers.lock',
    ])
      if (!(await exists(ctx, `${root}/${name}`))) await writeFile(ctx, `${root}/${name}`, '');
    if (!(await exists(ctx, `${root}/overlay/.has-mount-program`)))
      await writeFile(ctx, `${root}/overlay/.has-mount-program`, 'false', { mode: 0o600 });
  }

  private async read<T>(ctx: Context, name: string): Promise<T[]> {
    try {
      return JSON.parse(await readFile(ctx, `${this.root}/${name}`)) as T[];
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [];
      if (error instanceof SyntaxError) throw failure(`loading ${this.root}/${name}: ${error.message}`);
      throw error;
    }
  }

  private async write(ctx: Context, name: string, records: unknown): Promise<void> {
    this.writing++;
    try {
      await writeFileAtomic(ctx, `${this.root}/${name}`, JSON.stringify(records), 0o600);
      this.stamps.set(name, await this.stamp(ctx, name));
    } finally {
      this.writing--;
    }
    this.announcer.tell(ctx, this);
  }

  // Layers.

  /** containers/image numbers layers by what is below them. */
  static layerId(parent: string, diffId: string): string {
    const hex = diffId.slice('sha256:'.length);
    return parent === '' ? hex : digestOf(`${parent}+${hex}`).slice('sha256:'.length);
  }

  findLayer(id: string): LayerRecord | undefined {
    return this.layers.find((layer) => layer.id === id);
  }

  directory(layer: string): string {
    return `${this.root}/overlay/${layer}`;
  }

  async putLayer(ctx: Context, id: string, parent: string, layer: StoredLayer): Promise<void> {
    const record: LayerRecord = {
      id,
      ...(parent === '' ? {} : { parent }),
      created: rfc3339Nano(ctx.wallTime),
      'compressed-diff-digest': layer.digest,
      'compressed-size': layer.compressedSize,
      'diff-digest': layer.diffId,
      'diff-size': layer.tar.length,
      compression: GZIP,
      uidset: [0],
      gidset: [0],
    };
    await this.beginLayer(ctx, record);
    await ctx.cpu(Math.round((layer.compressedSize / LATENCY.containerdUnpackBytesPerSecond) * 1e9));
    await applyLayer(ctx, layer.tar, `${this.directory(id)}/diff`, this.diffsBelow(parent), true);
    await writeFile(ctx, `${this.root}/overlay-layers/${id}.tar-split.gz`, EMPTY_GZIP, { mode: 0o600 });
    delete record.flags;
    await this.saveLayers(ctx);
  }

  /** Written down before anything of it is there. */
  private async beginLayer(ctx: Context, record: LayerRecord): Promise<void> {
    record.flags = { incomplete: true };
    this.layers.push(record);
    await this.saveLayers(ctx);
    await this.makeLayerDirectory(ctx, record.id, record.parent ?? '');
  }

  private async saveLayers(ctx: Context): Promise<void> {
    const isVolatile = (layer: LayerRecord): boolean => layer['diff-digest'] === undefined;
    await this.write(
      ctx,
      'overlay-layers/layers.json',
      this.layers.filter((layer) => !isVolatile(layer)),
    );
    await this.write(ctx, 'overlay-layers/volatile-layers.json', this.layers.filter(isVolatile));
  }

  private async makeLayerDirectory(ctx: Context, id: string, parent: string): Promise<void> {
    const directory = this.directory(id);
    let link = '';
    while (link.length < LINK_LENGTH) link += LINK_ALPHABET[ctx.random.below(LINK_ALPHABET.length)];
    await ctx.sys.mkdir(ctx, directory, 0o700);
    await ctx.sys.mkdir(ctx, `${directory}/diff`, 0o755);
    await ctx.sys.mkdir(ctx, `${directory}/work`, 0o700);
    await ctx.sys.mkdir(ctx, `${directory}/merged`, 0o700);
    if (parent === '') await ctx.sys.mkdir(ctx, `${directory}/empty`, 0o700);
    else await writeFile(ctx, `${directory}/lower`, (await this.lowers(ctx, parent)).join(':'));
    await writeFile(ctx, `${directory}/link`, link);
    await ctx.sys.symlink(ctx, `../${id}/diff`, `${this.root}/overlay/l/${link}`);
  }

  /** `l/LINK` of a layer and of all below it. */
  private async lowers(ctx: Context, layer: string): Promise<string[]> {
    const directory = this.directory(layer);
    const own = `l/${await readFile(ctx, `${directory}/link`)}`;
    try {
      return [own, ...(await readFile(ctx, `${directory}/lower`)).split(':')];
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return [own];
      throw error;
    }
  }

  private diffsBelow(layer: string): string[] {
    const out: string[] = [];
    for (let id = layer; id !== ''; id = this.findLayer(id)?.parent ?? '') out.push(`${this.directory(id)}/diff`);
    return out;
  }

  private async removeLayer(ctx: Context, id: string): Promise<void> {
    const directory = this.directory(id);
    const record = this.findLayer(id);
    if (record !== undefined && record.flags === undefined) {
      record.flags = { incomplete: true };
      await this.saveLayers(ctx);
    }
    try {
      const link = await readFile(ctx, `${directory}/link`);
      await removeAll(ctx, `${this.root}/overlay/l/${link}`);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
    await removeAll(ctx, directory);
    await removeAll(ctx, `${this.root}/overlay-layers/${id}.tar-split.gz`);
    this.layers = this.layers.filter((layer) => layer.id !== id);
  }

  // Images.

  findImage(id: string): ImageRecord | undefined {
    return this.images.find((image) => image.id === id);
  }

  imageByName(name: string): ImageRecord | undefined {
    return this.images.find((image) => image.names?.includes(name) === true);
  }

  private bigDataPath(image: string, key: string): string {
    const name = /^[A-Za-z0-9_.-]+$/.test(key) ? key : `=${base64(new TextEncoder().encode(key))}`;
    return `${this.root}/overlay-images/${image}/${name}`;
  }

  async putImage(
    ctx: Context,
    id: string,
    digest: string,
    layer: string,
    name: string,
    data: BigData[],
  ): Promise<void> {
    await mkdirAll(ctx, `${this.root}/overlay-images/${id}`, 0o700);
    const known = this.findImage(id);
    const sizes: Record<string, number> = { ...known?.['big-data-sizes'] };
    const digests: Record<string, string> = { ...known?.['big-data-digests'] };
    const keys = [...(known?.['big-data-names'] ?? [])];
    for (const { key, data: bytes } of data) {
      await writeFile(ctx, this.bigDataPath(id, key), bytes, { mode: 0o600 });
      if (!keys.includes(key)) keys.push(key);
      sizes[key] = bytes.length;
      digests[key] = digestOf(bytes);
    }
    const record: ImageRecord = known ?? {
      id,
      digest,
      layer,
      metadata: '{}',
      'big-data-names': [],
      'big-data-sizes': {},
      'big-data-digests': {},
      created: rfc3339Nano(ctx.wallTime),
    };
    record['big-data-names'] = keys;
    record['big-data-sizes'] = sizes;
    record['big-data-digests'] = digests;
    if (known === undefined) this.images.push(record);
    this.nameImage(record, name);
    await this.saveImages(ctx);
  }

  /** A name belongs to one image: the one that got it last. */
  private nameImage(image: ImageRecord, name: string): void {
    for (const other of this.images)
      if (other !== image && other.names?.includes(name)) other.names = other.names.filter((known) => known !== name);
    if (name === '' || image.names?.includes(name)) return;
    image.names = [name, ...(image.names ?? [])];
    image['names-history'] = [name, ...(image['names-history'] ?? [])];
  }

  readBigData(ctx: Context, image: string, key: string): Promise<string> {
    return readFile(ctx, this.bigDataPath(image, key));
  }

  async untag(ctx: Context, image: ImageRecord, name: string): Promise<void> {
    image.names = (image.names ?? []).filter((known) => known !== name);
    await this.saveImages(ctx);
  }

  /** With the layers that no other image and no container needs. */
  async removeImage(ctx: Context, id: string): Promise<void> {
    const image = this.findImage(id);
    if (image === undefined) throw failure('image not known');
    const user = this.containers.find((container) => container.image === id);
    if (user !== undefined) throw failure(`image used by ${user.id}: image is in use by a container`);
    await this.unmountImage(ctx, image);
    this.images = this.images.filter((other) => other !== image);
    await removeAll(ctx, `${this.root}/overlay-images/${id}`);
    await this.saveImages(ctx);
    for (let layer = image.layer; layer !== ''; ) {
      const record = this.findLayer(layer);
      if (record === undefined) break;
      const needed =
        this.layers.some((other) => other.parent === layer) || this.images.some((other) => other.layer === layer);
      if (needed) break;
      await this.removeLayer(ctx, layer);
      layer = record.parent ?? '';
    }
    await this.saveLayers(ctx);
  }

  /** Mounts what the image holds, once and read only, and says where. */
  async mountImage(ctx: Context, id: string): Promise<string> {
    const image = this.findImage(id);
    if (image === undefined) throw failure('image not known');
    const directory = this.directory(image.layer);
    const target = `${directory}/merged`;
    if (await isMountPoint(ctx, target)) return target;
    const links = (await this.lowers(ctx, image.layer)).slice(1).map((link) => `${this.root}/overlay/${link}`);
    const lower = links.length === 0 ? [`${directory}/empty`] : links;
    const data = `lowerdir=${[`${directory}/diff`, ...lower].join(':')}`;
    const flags = { readOnly: true, noExec: true, noSuid: true, noDev: true };
    try {
      await ctx.sys.mount(ctx, 'overlay', target, 'overlay', flags, data);
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw failure(`creating overlay mount to ${target}, mount_data="${data}": ${error.go}`);
    }
    return target;
  }

  private async unmountImage(ctx: Context, image: ImageRecord): Promise<void> {
    const target = `${this.directory(image.layer)}/merged`;
    if (await isMountPoint(ctx, target)) await ctx.sys.umount(ctx, target, { detach: true });
  }

  private saveImages(ctx: Context): Promise<void> {
    return this.write(ctx, 'overlay-images/images.json', this.images);
  }

  /** Uncompressed layers, and what is kept besides them. */
  imageSize(image: ImageRecord): number {
    let size = Object.values(image['big-data-sizes']).reduce((sum, bytes) => sum + bytes, 0);
    for (let id = image.layer; id !== ''; ) {
      const layer = this.findLayer(id);
      if (layer === undefined) break;
      size += layer['diff-size'] ?? 0;
      id = layer.parent ?? '';
    }
    return size;
  }

  // Containers.

  findContainer(id: string): ContainerRecord | undefined {
    return this.containers.find((container) => container.id === id);
  }

  /** The persistent and the volatile directory. */
  workDirectory(id: string): string {
    return `${this.root}/overlay-containers/${id}/userdata`;
  }

  runDirectory(id: string): string {
    return `${this.runRoot}/overlay-containers/${id}/userdata`;
  }

  async createContainer(
    ctx: Context,
    id: string,
    names: string[],
    image: ImageRecord,
    metadata: RuntimeMetadata,
    maps: PodMaps | null,
  ): Promise<ContainerRecord> {
    const layer = ctx.random.hex(64);
    await ctx.cpu(LATENCY.crioStorageNs);
    const begun: LayerRecord = { id: layer, parent: image.layer, created: rfc3339Nano(ctx.wallTime) };
    await this.beginLayer(ctx, begun);
    delete begun.flags;
    await this.saveLayers(ctx);
    const record: ContainerRecord = {
      id,
      names,
      image: image.id,
      layer,
      metadata: JSON.stringify(metadata),
      created: rfc3339Nano(ctx.wallTime),
      ...(maps === null ? {} : { uidmap: mapRecords(maps.uids), gidmap: mapRecords(maps.gids) }),
    };
    this.containers.push(record);
    await this.saveContainers(ctx);
    await mkdirAll(ctx, this.workDirectory(id), 0o700);
    await mkdirAll(ctx, this.runDirectory(id), 0o700);
    return record;
  }

  private saveContainers(ctx: Context): Promise<void> {
    return this.write(ctx, 'overlay-containers/volatile-containers.json', this.containers);
  }

  mountPoint(id: string): string {
    return `${this.directory(this.findContainer(id)?.layer ?? '')}/merged`;
  }

  /** Mounts the container's root and says where. */
  async mount(ctx: Context, id: string): Promise<string> {
    const record = this.findContainer(id);
    if (record === undefined) throw failure('container not known');
    const directory = this.directory(record.layer);
    const target = `${directory}/merged`;
    if (await isMountPoint(ctx, target)) return target;
    const { uidmap = [], gidmap = [] } = record;
    const mountOver = async (lowerRoot: string): Promise<void> => {
      const lower = (await readFile(ctx, `${directory}/lower`)).split(':').map((part) => `${lowerRoot}/${part}`);
      const data = `lowerdir=${lower.join(':')},upperdir=${directory}/diff,workdir=${directory}/work,volatile`;
      try {
        await ctx.sys.mount(ctx, 'overlay', target, 'overlay', {}, data);
      } catch (error) {
        if (!isErrno(error)) throw error;
        throw failure(`creating overlay mount to ${target}, mount_data="${data}": ${error.go}`);
      }
    };
    const below = `${this.root}/overlay`;
    if (uidmap.length === 0 || gidmap.length === 0) {
      await mountOver(below);
      return target;
    }
    // Layers stay as they are: the mount over them shows other owners, and the writable directory is the root's inside.
    const maps = { uids: fromRecords(uidmap), gids: fromRecords(gidmap) };
    const { uid, gid } = rootPair(maps);
    for (const own of [target, `${directory}/diff`]) await ctx.sys.chown(ctx, own, uid, gid);
    await withMapped(ctx, below, `${directory}/mapped`, maps, mountOver);
    return target;
  }

  async unmount(ctx: Context, id: string): Promise<void> {
    if (this.findContainer(id) === undefined) throw failure('container not known');
    const target = this.mountPoint(id);
    try {
      await ctx.sys.umount(ctx, target, { detach: true });
    } catch (error) {
      if (!isErrno(error, 'EINVAL', 'ENOENT')) throw error;
    }
  }

  /** Its layer first: a record without one can be removed again, a layer without a record cannot. */
  async removeContainer(ctx: Context, id: string): Promise<void> {
    const record = this.findContainer(id);
    if (record === undefined) return;
    await ctx.cpu(LATENCY.crioStorageNs);
    await this.unmount(ctx, id);
    if (this.findLayer(record.layer) !== undefined) {
      await this.removeLayer(ctx, record.layer);
      await this.saveLayers(ctx);
    }
    await removeMountedAll(ctx, `${this.root}/overlay-containers/${id}`);
    await removeMountedAll(ctx, `${this.runRoot}/overlay-containers/${id}`);
    this.containers = this.containers.filter((other) => other !== record);
    await this.saveContainers(ctx);
  }

  /** What the writable layer of a container takes. */
  async containerUsage(ctx: Context, id: string): Promise<Usage> {
    const layer = this.findContainer(id)?.layer;
    return layer === undefined ? { size: 0, inodes: 0 } : diskUsage(ctx, `${this.directory(layer)}/diff`);
  }
}

/** Whatever is mounted below goes first. @models containers/storage pkg/system/rm.go EnsureRemoveAll @fidelity full */
async function removeMountedAll(ctx: Context, path: string): Promise<void> {
  const points = (await readFile(ctx, '/proc/self/mountinfo')).split('\n').map((line) => line.split(' ')[4] ?? '');
  for (const point of points.filter((each) => each.startsWith(`${path}/`)).reverse())
    await ctx.sys.umount(ctx, point, { detach: true });
  await removeAll(ctx, path);
}

async function isMountPoint(ctx: Context, path: string): Promise<boolean> {
  return (await readFile(ctx, '/proc/self/mountinfo')).split('\n').some((line) => line.split(' ')[4] === path);
}
