/**
 * Volumes of pods: set up under the pod's directory before its sandbox exists, taken down after its end.
 * @models kubernetes 1.36 pkg/kubelet/volumemanager, pkg/volume emptydir hostpath configmap secret projected downwardapi util/atomic_writer.go
 * @fidelity partial: of persistent volumes those on the node; contents are refreshed when the pod is synced
 */
import { quote } from '../../../go/quote.ts';
import { civilTime } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, mkdirAll, readFileBytes, removeAll, writeFile } from '../../../linux/io.ts';
import { fromBase64 } from '../../../protocols/base64.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { quantityValue } from '../../../protocols/kube/quantity.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { DownwardFile, KeyToPath, Pod, ProjectedSource, Volume } from '../../../protocols/kube/types.ts';
import { messageOf, type ObjectCache } from '../client.ts';
import type { Recorder } from '../events.ts';
import { Failure } from '../failures.ts';
import { podDirectory } from '../kuberuntime/container-config.ts';
import { fieldValue, type NodeFacts, plainNotFound, resourceValue } from '../kuberuntime/environment.ts';
import type { Log } from '../log.ts';
import { allContainers, podKey, uidOf } from '../pod.ts';
import { behindClaim } from './claims.ts';

const MS = 1_000_000;
/** Populator and reconciler look at new pods every 100 ms each. */
const SETUP_DELAY_NS = 140 * MS;
const POLL_NS = 300 * MS;
const WAIT_NS = 123_000 * MS;
const RETRY_FIRST_NS = 500 * MS;
const RETRY_MAX_NS = 122_000 * MS;

type Mounted = {
  paths: Map<string, string>;
  tmpfs: string[];
  done: Set<string>;
  retryAt: Map<string, { at: number; delay: number }>;
};
type Files = Map<string, { data: Uint8Array; mode: number }>;

export type VolumesParts = {
  rootDir: string;
  log: Log;
  recorder: Recorder;
  objects: ObjectCache | null;
  client: KubeClient | null;
  facts(): NodeFacts;
};

export class Volumes {
  private readonly parts: VolumesParts;
  private readonly pods = new Map<string, Mounted>();

  constructor(parts: VolumesParts) {
    this.parts = parts;
  }

  pathsOf(uid: string): ReadonlyMap<string, string> {
    return this.pods.get(uid)?.paths ?? new Map();
  }

  /** Waits until everything is mounted. Throws Failure after two minutes. */
  async waitFor(ctx: Context, pod: Pod, cancelled: () => boolean): Promise<void> {
    const volumes = usedVolumes(pod);
    if (volumes.length === 0) return;
    const uid = uidOf(pod);
    const first = !this.pods.has(uid);
    let mounted = this.pods.get(uid);
    if (mounted === undefined) {
      mounted = { paths: new Map(), tmpfs: [], done: new Set(), retryAt: new Map() };
      this.pods.set(uid, mounted);
    }
    if (!first && volumes.every(({ name }) => mounted.done.has(name))) {
      // What comes from the API may have changed; failures to read it leave the old contents.
      for (const volume of volumes) if (isFromApi(volume)) await this.tryMount(ctx, pod, volume, mounted, false);
      return;
    }
    const began = ctx.now;
    await ctx.sleep(SETUP_DELAY_NS);
    for (;;) {
      for (const volume of volumes)
        if (!mounted.done.has(volume.name) && (mounted.retryAt.get(volume.name)?.at ?? 0) <= ctx.now)
          await this.tryMount(ctx, pod, volume, mounted, true);
      const pending = volumes.filter(({ name }) => !mounted.done.has(name));
      if (pending.length === 0 || cancelled()) {
        // The wait is a poll: success is noticed at its next turn.
        const rest = POLL_NS - ((ctx.now - began) % POLL_NS);
        if (pending.length === 0) await ctx.sleep(rest);
        return;
      }
      if (ctx.now - began >= WAIT_NS)
        throw new Failure(
          `unmounted volumes=[${pending.map(({ name }) => name).join(' ')}], unattached volumes=[], failed to process volumes=[]: context deadline exceeded`,
        );
      await ctx.sleep(POLL_NS);
    }
  }

  private async tryMount(ctx: Context, pod: Pod, volume: Volume, mounted: Mounted, isFirst: boolean): Promise<void> {
    const { log, recorder } = this.parts;
    try {
      mounted.paths.set(volume.name, await this.setUp(ctx, pod, volume, mounted));
      mounted.done.add(volume.name);
      mounted.retryAt.delete(volume.name);
      if (isFirst)
        await log.info(
          ctx,
          2,
          'operation_generator.go:617',
          `MountVolume.SetUp succeeded for volume "${volume.name}" (UniqueName: "${uniqueName(pod, volume)}") pod "${pod.metadata.name}" (UID: "${uidOf(pod)}") `,
          ['pod', podKey(pod)],
        );
    } catch (error) {
      const text = `MountVolume.SetUp failed for volume "${volume.name}" : ${messageOf(error)}`;
      const delay = Math.min((mounted.retryAt.get(volume.name)?.delay ?? RETRY_FIRST_NS / 2) * 2, RETRY_MAX_NS);
      mounted.retryAt.set(volume.name, { at: ctx.now + delay, delay });
      recorder.pod(ctx, pod, 'Warning', 'FailedMount', text);
      await log.error(
        ctx,
        'nestedpendingoperations.go:348',
        null,
        `Operation for "${uniqueName(pod, volume)}" failed. Error: ${text}`,
      );
    }
  }

  private async setUp(ctx: Context, pod: Pod, declared: Volume, mounted: Mounted): Promise<string> {
    const volume = await behindClaim(ctx, this.parts.client, pod, declared);
    const { hostPath, emptyDir, configMap, secret, projected, downwardAPI } = volume;
    if (hostPath !== undefined) {
      await checkHostPath(ctx, hostPath.path, hostPath.type ?? '');
      return hostPath.path;
    }
    // Nothing to do here: the runtime mounts it for each container.
    if (volume.image !== undefined) return '';
    const plugin = pluginOf(volume);
    if (plugin === null) throw new Failure(`volume ${quote(volume.name)}: its type is not simulated`);
    const path = `${podDirectory(this.parts.rootDir, uidOf(pod))}/volumes/kubernetes.io~${plugin}/${volume.name}`;
    const namespace = pod.metadata.namespace ?? '';
    if (emptyDir !== undefined) {
      await mkdirAll(ctx, path, 0o777);
      await ctx.sys.chmod(ctx, path, 0o777);
      if (emptyDir.medium === 'Memory') await this.mountTmpfs(ctx, path, mounted, memoryLimitOf(pod, emptyDir));
      return path;
    }
    const files: Files = new Map();
    let mode = 0o644;
    if (configMap !== undefined) {
      mode = configMap.defaultMode ?? 0o644;
      await this.addConfigMap(ctx, files, namespace, configMap.name ?? '', configMap.items, configMap.optional, mode);
    } else if (secret !== undefined) {
      mode = secret.defaultMode ?? 0o644;
      await this.addSecret(ctx, files, namespace, secret.secretName ?? '', secret.items, secret.optional, mode);
    } else if (downwardAPI !== undefined) {
      mode = downwardAPI.defaultMode ?? 0o644;
      this.addDownward(files, pod, downwardAPI.items ?? [], mode);
    } else if (projected !== undefined) {
      mode = projected.defaultMode ?? 0o644;
      for (const source of projected.sources ?? []) await this.addProjected(ctx, files, pod, source, mode, path);
    }
    await mkdirAll(ctx, path, 0o755);
    if (configMap === undefined) await this.mountTmpfs(ctx, path, mounted, memoryLimitOf(pod, {}));
    await writeAtomically(ctx, path, files);
    return path;
  }

  /** `limit`: bytes; without one as much as pods may have. */
  private async mountTmpfs(ctx: Context, path: string, mounted: Mounted, limit = Infinity): Promise<void> {
    if (mounted.tmpfs.includes(path)) return;
    mounted.tmpfs.push(path);
    // A kubelet that was restarted finds its mounts again.
    if ((await ctx.sys.statfs(ctx, path)).type === 'tmpfs') return;
    const size = Math.floor(Math.min(limit, this.parts.facts().memoryBytes) / 1024);
    await ctx.sys.mount(ctx, 'tmpfs', path, 'tmpfs', { relAtime: true }, `size=${size}k,noswap`);
  }

  private need(): ObjectCache {
    if (this.parts.objects === null) throw new Failure('cannot get objects: no API server');
    return this.parts.objects;
  }

  private async addConfigMap(
    ctx: Context,
    files: Files,
    namespace: string,
    name: string,
    items: readonly KeyToPath[] | undefined,
    optional: boolean | undefined,
    mode: number,
  ): Promise<void> {
    try {
      const { data, binaryData } = await this.need().configMap(ctx, namespace, name);
      const bytes = new Map<string, Uint8Array>();
      for (const [key, text] of Object.entries(data ?? {})) bytes.set(key, new TextEncoder().encode(text));
      for (const [key, text] of Object.entries(binaryData ?? {})) bytes.set(key, fromBase64(text));
      addKeys(files, bytes, items, optional, mode, 'configmap references non-existent config key');
    } catch (error) {
      if (!(optional === true && isStatusError(error, 'NotFound'))) throw plainNotFound(error, true, name);
    }
  }

  private async addSecret(
    ctx: Context,
    files: Files,
    namespace: string,
    name: string,
    items: readonly KeyToPath[] | undefined,
    optional: boolean | undefined,
    mode: number,
  ): Promise<void> {
    try {
      const { data } = await this.need().secret(ctx, namespace, name);
      const bytes = new Map(Object.entries(data ?? {}).map(([key, text]) => [key, fromBase64(text)]));
      addKeys(files, bytes, items, optional, mode, 'references non-existent secret key');
    } catch (error) {
      if (!(optional === true && isStatusError(error, 'NotFound'))) throw plainNotFound(error, false, name);
    }
  }

  private addDownward(files: Files, pod: Pod, items: readonly DownwardFile[], mode: number): void {
    const facts = this.parts.facts();
    for (const { path, fieldRef, resourceFieldRef, mode: own } of items) {
      let text = '';
      if (fieldRef !== undefined) text = fieldValue(pod, fieldRef.fieldPath, facts, []);
      else if (resourceFieldRef !== undefined) {
        const container = allContainers(pod).find(({ name }) => name === resourceFieldRef.containerName);
        if (container !== undefined)
          text = resourceValue(container, resourceFieldRef.resource, resourceFieldRef.divisor, facts);
      }
      files.set(path, { data: new TextEncoder().encode(text), mode: own ?? mode });
    }
  }

  private async addProjected(
    ctx: Context,
    files: Files,
    pod: Pod,
    source: ProjectedSource,
    mode: number,
    path: string,
  ): Promise<void> {
    const namespace = pod.metadata.namespace ?? '';
    const { configMap, secret, downwardAPI, serviceAccountToken } = source;
    if (configMap !== undefined)
      await this.addConfigMap(ctx, files, namespace, configMap.name ?? '', configMap.items, configMap.optional, mode);
    if (secret !== undefined)
      await this.addSecret(ctx, files, namespace, secret.name ?? '', secret.items, secret.optional, mode);
    if (downwardAPI !== undefined) this.addDownward(files, pod, downwardAPI.items ?? [], mode);
    if (serviceAccountToken === undefined) return;
    const { audience, expirationSeconds = 3600, path: file } = serviceAccountToken;
    const data = await this.token(ctx, pod, audience, expirationSeconds, `${path}/${file}`);
    files.set(file, { data, mode });
  }

  private readonly tokens = new Map<string, number>();

  /** A token is asked for once, and again when most of its life is over. */
  private async token(
    ctx: Context,
    pod: Pod,
    audience: string | undefined,
    expirationSeconds: number,
    path: string,
  ): Promise<Uint8Array> {
    const renewAt = this.tokens.get(path);
    if (renewAt !== undefined && renewAt > ctx.now && (await exists(ctx, path))) return readFileBytes(ctx, path);
    const { client } = this.parts;
    const { namespace = '', name, uid } = pod.metadata;
    if (client === null) throw new Failure(`failed to fetch token: no API server`);
    const account = pod.spec.serviceAccountName ?? 'default';
    const answer = await client.request<{ status: { token: string } }>(
      ctx,
      'POST',
      `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
      {
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: {
            audiences: audience === undefined ? [] : [audience],
            expirationSeconds,
            boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
          },
        },
      },
    );
    this.tokens.set(path, ctx.now + expirationSeconds * 800_000_000);
    return new TextEncoder().encode(answer.status.token);
  }

  /** Unmounts and removes what the pod had. */
  async tearDown(ctx: Context, uid: string): Promise<void> {
    const mounted = this.pods.get(uid);
    this.pods.delete(uid);
    for (const path of this.tokens.keys()) if (path.includes(uid)) this.tokens.delete(path);
    const directory = `${podDirectory(this.parts.rootDir, uid)}/volumes`;
    for (const path of mounted?.tmpfs ?? (await tmpfsBelow(ctx, directory))) {
      try {
        await ctx.sys.umount(ctx, path);
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    }
    try {
      await removeAll(ctx, directory);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
}

async function tmpfsBelow(ctx: Context, directory: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for (const plugin of await ctx.sys.readDirectory(ctx, directory))
      for (const volume of await ctx.sys.readDirectory(ctx, `${directory}/${plugin.name}`)) {
        const path = `${directory}/${plugin.name}/${volume.name}`;
        if ((await ctx.sys.statfs(ctx, path)).type === 'tmpfs') found.push(path);
      }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  return found;
}

/** Volumes that some container mounts. */
function usedVolumes(pod: Pod): Volume[] {
  const used = new Set(allContainers(pod).flatMap(({ volumeMounts }) => (volumeMounts ?? []).map(({ name }) => name)));
  return (pod.spec.volumes ?? []).filter(({ name }) => used.has(name));
}

function isFromApi({ configMap, secret, projected, downwardAPI }: Volume): boolean {
  return (configMap ?? secret ?? projected ?? downwardAPI) !== undefined;
}

/** The least of what the volume and, if all its containers have one, the pod's limits allow. @models pkg/volume/emptydir calculateEmptyDirMemorySize */
function memoryLimitOf({ spec }: Pod, { sizeLimit }: { sizeLimit?: string }): number {
  const limits = spec.containers.map(({ resources }) => resources?.limits?.['memory']);
  const own = sizeLimit === undefined ? Infinity : quantityValue(sizeLimit) || Infinity;
  if (limits.some((limit) => limit === undefined)) return own;
  return Math.min(
    own,
    limits.reduce((sum, limit) => sum + quantityValue(limit), 0),
  );
}

function pluginOf({ emptyDir, configMap, secret, projected, downwardAPI, hostPath, image }: Volume): string | null {
  if (hostPath !== undefined) return 'host-path';
  if (image !== undefined) return 'image';
  if (emptyDir !== undefined) return 'empty-dir';
  if (configMap !== undefined) return 'configmap';
  if (secret !== undefined) return 'secret';
  if (projected !== undefined) return 'projected';
  return downwardAPI === undefined ? null : 'downward-api';
}

function uniqueName(pod: Pod, volume: Volume): string {
  return `kubernetes.io/${pluginOf(volume) ?? 'unknown'}/${uidOf(pod)}-${volume.name}`;
}

function addKeys(
  files: Files,
  data: ReadonlyMap<string, Uint8Array>,
  items: readonly KeyToPath[] | undefined,
  optional: boolean | undefined,
  mode: number,
  missing: string,
): void {
  if (items === undefined) {
    for (const [key, bytes] of data) files.set(key, { data: bytes, mode });
    return;
  }
  for (const { key, path, mode: own } of items) {
    const bytes = data.get(key);
    if (bytes !== undefined) files.set(path, { data: bytes, mode: own ?? mode });
    else if (optional !== true) throw new Failure(`${missing}: ${key}`);
  }
}

const HOST_PATH_KINDS: Readonly<Record<string, readonly [type: string, words: string]>> = {
  Directory: ['directory', 'a directory'],
  File: ['file', 'a file'],
  Socket: ['socket', 'a socket file'],
  CharDevice: ['char', 'a character device'],
  BlockDevice: ['block', 'a block device'],
};

async function checkHostPath(ctx: Context, path: string, type: string): Promise<void> {
  if (type === '') return;
  const stat = await ctx.sys.stat(ctx, path).catch((error: unknown) => {
    if (isErrno(error)) return null;
    throw error;
  });
  if (type === 'DirectoryOrCreate' && stat === null) return mkdirAll(ctx, path, 0o755);
  if (type === 'FileOrCreate' && stat === null) return writeFile(ctx, path, '');
  const [wanted, words] = HOST_PATH_KINDS[type.replace('OrCreate', '')] ?? ['', type];
  if (stat?.type !== wanted) throw new Failure(`hostPath type check failed: ${path} is not ${words}`);
}

/** A fresh dated directory, then one rename of `..data`: readers see all old files or all new ones. */
async function writeAtomically(ctx: Context, path: string, files: Files): Promise<void> {
  if (await isCurrent(ctx, path, files)) return;
  const dated = `..${stamp(ctx.wallTime)}`;
  for (const [name, { data, mode }] of files) {
    const file = `${path}/${dated}/${name}`;
    await mkdirAll(ctx, file.slice(0, file.lastIndexOf('/')));
    await writeFile(ctx, file, data, { mode });
    await ctx.sys.chmod(ctx, file, mode);
  }
  if (files.size === 0) await mkdirAll(ctx, `${path}/${dated}`);
  const old = await ctx.sys.readlink(ctx, `${path}/..data`).catch((error: unknown) => {
    if (isErrno(error)) return null;
    throw error;
  });
  // A kubelet that ended before the next two steps were done has left its own.
  if (await linked(ctx, `${path}/..data_tmp`)) await ctx.sys.unlink(ctx, `${path}/..data_tmp`);
  await ctx.sys.symlink(ctx, dated, `${path}/..data_tmp`);
  await ctx.sys.rename(ctx, `${path}/..data_tmp`, `${path}/..data`);
  const tops = new Set([...files.keys()].map((name) => name.split('/')[0] as string));
  for (const top of tops)
    if (!(await linked(ctx, `${path}/${top}`))) await ctx.sys.symlink(ctx, `..data/${top}`, `${path}/${top}`);
  for (const { name } of await ctx.sys.readDirectory(ctx, path))
    if (!name.startsWith('..') && !tops.has(name)) await ctx.sys.unlink(ctx, `${path}/${name}`);
  if (old !== null) await removeAll(ctx, `${path}/${old}`);
}

async function linked(ctx: Context, path: string): Promise<boolean> {
  try {
    await ctx.sys.lstat(ctx, path);
    return true;
  } catch (error) {
    if (!isErrno(error)) throw error;
    return false;
  }
}

async function isCurrent(ctx: Context, path: string, files: Files): Promise<boolean> {
  try {
    const present = (await ctx.sys.readDirectory(ctx, path)).filter(({ name }) => !name.startsWith('..'));
    if (present.length !== new Set([...files.keys()].map((name) => name.split('/')[0])).size) return false;
    for (const [name, { data }] of files) {
      const old = await readFileBytes(ctx, `${path}/${name}`);
      if (!sameBytes(old, data)) return false;
    }
    return linked(ctx, `${path}/..data`);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return false;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** `2026_11_23_18_57_52.417634334` */
function stamp(ns: bigint): string {
  const { year, month, day, hour, minute, second } = civilTime(ns);
  const two = (n: number): string => String(n).padStart(2, '0');
  const nanos = String(ns % 1_000_000_000n).padStart(9, '0');
  return `${year}_${two(month)}_${two(day)}_${two(hour)}_${two(minute)}_${two(second)}.${nanos}`;
}
