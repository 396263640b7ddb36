/**
 * nerdctl cp, diff, commit, export.
 * @models nerdctl v2.3.5 pkg/containerutil/cp_linux.go, pkg/cmd/container/{diff,commit,export}.go, pkg/imgutil/commit
 * @fidelity partial: cp without archives on standard input or output; commit takes no Dockerfile instructions but CMD, ENTRYPOINT and ENV
 */
import { quote } from '../../../go/quote.ts';
import { rfc3339Nano } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, print, readFileRope, writeFile } from '../../../linux/io.ts';
import { toRope } from '../../../linux/rope.ts';
import type { Container } from '../../../protocols/containerd/services/containers/v1/generated.ts';
import { DiffService } from '../../../protocols/containerd/services/diff/v1/generated.ts';
import { ImagesService } from '../../../protocols/containerd/services/images/v1/generated.ts';
import { SnapshotsService } from '../../../protocols/containerd/services/snapshots/v1/generated.ts';
import { TasksService } from '../../../protocols/containerd/services/tasks/v1/generated.ts';
import { Status } from '../../../protocols/containerd/types/task/generated.ts';
import { digestOf } from '../../../protocols/oci/digest.ts';
import { MEDIA_TYPES } from '../../../protocols/oci/media-types.ts';
import { type TarEntry, tarEntry, writeTar } from '../../../protocols/oci/tar.ts';
import type { Client } from '../../common/containerd/client.ts';
import { loadTask, rootfsMounts, specOf } from '../../common/containerd/container.ts';
import { contentInfo, writeBlob } from '../../common/containerd/content.ts';
import { isKind, unlessMissing } from '../../common/containerd/errors.ts';
import { getImage, resolveImage, unpackImage } from '../../common/containerd/image.ts';
import { withTempMount } from '../../common/containerd/mounts.ts';
import { clean, copyEntry, copyTree } from '../mounts.ts';
import { command, fail, newClient, newId, notSimulated } from '../run.ts';
import { refuseUnmodelled, UNMODELLED_COMMIT } from '../unmodelled-flags.ts';
import { findContainer, parseImageName } from '../walker.ts';

/** Where the container's files are: below its process while it runs, else mounted for a moment. */
async function withRoot<T>(
  ctx: Context,
  client: Client,
  container: Container,
  body: (root: string) => Promise<T>,
): Promise<T> {
  const task = await unlessMissing(() => loadTask(ctx, client, container.id));
  if (task?.status === Status.RUNNING || task?.status === Status.PAUSED) return body(`/proc/${task.pid}/root`);
  const mounts = await rootfsMounts(ctx, client, container);
  if (mounts.length === 0) return body(specOf(container).root?.path ?? '');
  return withTempMount(ctx, mounts, body);
}

/** `CONTAINER:PATH`, or a path here. */
function parseSide(text: string): { container: string | null; path: string } {
  if (text.startsWith('/') || text.startsWith('.')) return { container: null, path: text };
  const at = text.indexOf(':');
  return at < 0 ? { container: null, path: text } : { container: text.slice(0, at), path: text.slice(at + 1) };
}

export const cpCommand = command({
  name: 'cp',
  use: '[flags] CONTAINER:SRC_PATH DEST_PATH|-\n  nerdctl cp [flags] SRC_PATH|- CONTAINER:DEST_PATH',
  short: 'Copy files from and to containers',
  flags: [{ name: 'follow-link', short: 'L', kind: 'bool', usage: 'Follow a link in SRC_PATH' }],
  args: { exactly: 2 },
  action: async (ctx, cli) => {
    const [from = '', to = ''] = cli.args;
    if (from === '-' || to === '-') notSimulated('cp of an archive on standard input or output');
    const source = parseSide(from);
    const target = parseSide(to);
    if (source.container !== null && target.container !== null)
      fail('one of src or dest must be a local file specification');
    if (source.container === null && target.container === null)
      fail('one of src or dest must be a container file specification');
    const client = await newClient(ctx, cli);
    const container = await findContainer(ctx, client, source.container ?? target.container ?? '');
    const here = (path: string, cwd: string): string => (path.startsWith('/') ? path : `${cwd}/${path}`);
    const cwd = await ctx.sys.getcwd(ctx);
    await withRoot(ctx, client, container, async (root) => {
      const inside = (path: string): string => `${root}${clean(path)}${path.endsWith('/') && path !== '/' ? '/' : ''}`;
      const sourcePath = source.container === null ? here(source.path, cwd) : inside(source.path);
      const targetPath = target.container === null ? here(target.path, cwd) : inside(target.path);
      await copy(ctx, sourcePath, source.path, targetPath, target.path);
    });
  },
});

/** docker cp's rules: into a directory that is there, or under the name that was given. */
async function copy(ctx: Context, from: string, shownFrom: string, to: string, shownTo: string): Promise<void> {
  const stat = await statOf(ctx, from);
  if (stat === null) fail(`source path does not exist: ${quote(shownFrom)}`);
  const target = await statOf(ctx, to);
  const withContent = /(^|\/)\.$/.test(shownFrom);
  if (stat === 'directory') {
    if (target !== null && target !== 'directory') fail(`cannot copy a directory to a file: ${quote(shownTo)}`);
    const plainFrom = from.replace(/\/\.?$/, '');
    if (target === null) {
      await requireParent(ctx, to, shownTo);
      return copyEntry(ctx, plainFrom, to.replace(/\/$/, ''));
    }
    if (withContent) return copyTree(ctx, plainFrom, to);
    return copyEntry(ctx, plainFrom, `${to}/${plainFrom.split('/').at(-1)}`);
  }
  if (target === 'directory') return copyEntry(ctx, from, `${to}/${from.split('/').at(-1)}`);
  if (to.endsWith('/')) fail(`the destination directory must exist: ${quote(shownTo)}`);
  await requireParent(ctx, to, shownTo);
  await copyEntry(ctx, from, to);
}

async function requireParent(ctx: Context, path: string, shown: string): Promise<void> {
  const plain = path.replace(/\/$/, '');
  if (!(await exists(ctx, plain.slice(0, plain.lastIndexOf('/')) || '/')))
    fail(`the destination parent directory does not exist: ${quote(shown)}`);
}

async function statOf(ctx: Context, path: string): Promise<'directory' | 'other' | null> {
  try {
    return (await ctx.sys.stat(ctx, path)).type === 'directory' ? 'directory' : 'other';
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

export const diffCommand = command({
  name: 'diff',
  use: '[flags] CONTAINER',
  short: "Tell what changed in a container's files",
  args: { exactly: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const container = await findContainer(ctx, client, cli.args[0] ?? '');
    const mounts = await rootfsMounts(ctx, client, container);
    const options = mounts.flatMap(({ type, options: list }) => (type === 'overlay' ? list : []));
    const option = (name: string): string =>
      options.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
    const upper = option('upperdir');
    if (upper === '') notSimulated('diff of a snapshot that is not an overlay');
    const lines: string[] = [];
    await changes(ctx, upper, option('lowerdir').split(':'), '', lines);
    await print(ctx, lines.map((line) => `${line}\n`).join(''));
  },
});

export const exportCommand = command({
  name: 'export',
  use: '[OPTIONS] CONTAINER',
  short: "Write a container's files to an archive",
  flags: [{ name: 'output', short: 'o', kind: 'string', usage: 'Write to this file, not to standard output' }],
  args: { exact: 1 },
  action: async (ctx, cli) => {
    const client = await newClient(ctx, cli);
    const output = cli.string('output');
    if (output === '' && (await ctx.sys.isTty(ctx, 1)))
      fail('cowardly refusing to save to a terminal. Use the -o flag or redirect');
    const container = await findContainer(ctx, client, cli.args[0] ?? '');
    const mounts = await rootfsMounts(ctx, client, container);
    const entries: TarEntry[] = [];
    await withTempMount(ctx, mounts, (root) => archived(ctx, root, '', entries, new Map()));
    const archive = writeTar(entries);
    if (output === '') await print(ctx, archive);
    else await writeFile(ctx, output, archive);
  },
});

/** All that is there, as WriteDiff has it against an empty directory. */
async function archived(
  ctx: Context,
  root: string,
  directory: string,
  out: TarEntry[],
  links: Map<number, string>,
): Promise<void> {
  for (const name of (await ctx.sys.readDirectory(ctx, `${root}/${directory}`)).map((entry) => entry.name).sort()) {
    const own = directory === '' ? name : `${directory}/${name}`;
    const path = `${root}/${own}`;
    const { type, mode, uid, gid, mtime, rdev, nlink, ino } = await ctx.sys.lstat(ctx, path);
    if (type === 'socket') continue;
    const base = { name: own, mode, uid, gid, mtime };
    const known = nlink > 1 && type !== 'directory' ? links.get(ino) : undefined;
    links.set(ino, own);
    if (known !== undefined) out.push(tarEntry({ ...base, type: 'hardlink', linkName: known }));
    else if (type === 'file') out.push(tarEntry({ ...base, type, content: await readFileRope(ctx, path) }));
    else if (type === 'symlink') out.push(tarEntry({ ...base, type, linkName: await ctx.sys.readlink(ctx, path) }));
    else out.push(tarEntry({ ...base, type, rdev }));
    if (type === 'directory') await archived(ctx, root, own, out, links);
  }
}

/** A whiteout is a device 0, 0; what no layer below has was added. */
async function changes(
  ctx: Context,
  upper: string,
  lowers: readonly string[],
  path: string,
  lines: string[],
): Promise<void> {
  const entries = await ctx.sys.readDirectory(ctx, `${upper}${path}`);
  for (const { name, type } of [...entries].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const own = `${path}/${name}`;
    const stat = await ctx.sys.lstat(ctx, `${upper}${own}`);
    if (type === 'char' && stat.rdev[0] === 0 && stat.rdev[1] === 0) {
      lines.push(`D ${own}`);
      continue;
    }
    let isOld = false;
    for (const lower of lowers) isOld ||= await exists(ctx, `${lower}${own}`);
    lines.push(`${isOld ? 'C' : 'A'} ${own}`);
    if (type === 'directory') await changes(ctx, upper, lowers, own, lines);
  }
}

export const commitCommand = command({
  name: 'commit',
  use: '[flags] CONTAINER REPOSITORY[:TAG]',
  short: "Make an image of a container's changes",
  flags: [
    { name: 'author', short: 'a', kind: 'string', usage: 'Author, such as "Ada <ada@example.org>"' },
    { name: 'message', short: 'm', kind: 'string', usage: 'Message' },
    { name: 'change', short: 'c', kind: 'stringArray', usage: 'Dockerfile instructions (CMD, ENTRYPOINT, ENV)' },
    { name: 'pause', short: 'p', kind: 'bool', value: true, usage: 'Freeze the container meanwhile' },
    ...UNMODELLED_COMMIT,
  ],
  args: { exactly: 2 },
  action: async (ctx, cli) => {
    refuseUnmodelled(cli, UNMODELLED_COMMIT);
    const [request = '', to = ''] = cli.args;
    const name = parseImageName(to);
    const client = await newClient(ctx, cli);
    const container = await findContainer(ctx, client, request);
    const task = await unlessMissing(() => loadTask(ctx, client, container.id));
    const freeze = cli.bool('pause') && task?.status === Status.RUNNING;
    if (freeze) await client.call(ctx, TasksService.methods.Pause, { containerId: container.id });
    try {
      const changed = { author: cli.string('author'), message: cli.string('message'), change: cli.strings('change') };
      await print(ctx, `${await client.withLease(ctx, (leased) => commit(ctx, leased, container, name, changed))}\n`);
    } finally {
      if (freeze) await client.call(ctx, TasksService.methods.Resume, { containerId: container.id });
    }
  },
});

type Change = { author: string; message: string; change: readonly string[] };

async function commit(
  ctx: Context,
  client: Client,
  container: Container,
  name: string,
  { author, message, change }: Change,
): Promise<string> {
  const base = await resolveImage(ctx, client, await getImage(ctx, client, container.image));
  const { snapshotter, snapshotKey } = container;
  const { methods } = SnapshotsService;
  const view = `${container.id}-parent-${newId(ctx).slice(0, 8)}`;
  const left = await client.call(ctx, methods.View, { snapshotter, key: view, parent: base.chainId });
  const right = await client.call(ctx, methods.Mounts, { snapshotter, key: snapshotKey });
  const { diff } = await client.call(ctx, DiffService.methods.Diff, {
    left: left.mounts,
    right: right.mounts,
    mediaType: MEDIA_TYPES.layerGzip,
    ref: `nerdctl-commit-${view}`,
  });
  await client.call(ctx, methods.Remove, { snapshotter, key: view });
  const layer = { mediaType: MEDIA_TYPES.layerGzip, digest: diff?.digest ?? '', size: Number(diff?.size ?? 0n) };
  const { labels } = await contentInfo(ctx, client, layer.digest);
  const diffId = labels['containerd.io/uncompressed'] ?? layer.digest;
  const created = rfc3339Nano(ctx.wallTime);
  const config = {
    ...base.config,
    created,
    ...(author === '' ? {} : { author }),
    config: changedConfig(base.config.config ?? {}, change),
    rootfs: { type: 'layers', diff_ids: [...(base.config.rootfs?.diff_ids ?? []), diffId] },
    history: [
      ...(base.config.history ?? []),
      {
        created,
        created_by: (specOf(container).process?.args ?? []).join(' '),
        ...(author === '' ? {} : { author }),
        ...(message === '' ? {} : { comment: message }),
        empty_layer: false,
      },
    ],
  };
  const configText = toRope(JSON.stringify(config));
  const configDigest = digestOf(configText);
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: { mediaType: MEDIA_TYPES.config, digest: configDigest, size: configText.length },
    layers: [...base.manifest.layers, layer],
  };
  const manifestText = toRope(JSON.stringify(manifest));
  const digest = digestOf(manifestText);
  const references = Object.fromEntries(
    [configDigest, ...manifest.layers.map((part) => part.digest)].map((part, i) => [
      `containerd.io/gc.ref.content.${i}`,
      part,
    ]),
  );
  const size = manifestText.length;
  await writeBlob(ctx, client, digest, manifestText, { size, digest }, references);
  await writeBlob(ctx, client, configDigest, configText, { size: configText.length, digest: configDigest });
  const image = {
    name,
    labels: {},
    target: { mediaType: MEDIA_TYPES.manifest, digest, size: BigInt(size), annotations: {} },
  };
  try {
    await client.call(ctx, ImagesService.methods.Create, { image });
  } catch (error) {
    if (!isKind(error, 'AlreadyExists')) throw error;
    await client.call(ctx, ImagesService.methods.Update, { image, updateMask: { paths: ['target'] } });
  }
  await unpackImage(ctx, client, await resolveImage(ctx, client, await getImage(ctx, client, name)), snapshotter);
  return configDigest;
}

function changedConfig<T>(config: T, changes: readonly string[]): T {
  const out: Record<string, unknown> = { ...(config as Record<string, unknown>) };
  for (const text of changes) {
    const at = text.indexOf(' ');
    const [word, rest] = [text.slice(0, at).toUpperCase(), text.slice(at + 1).trim()];
    if (word === 'CMD') out['Cmd'] = arrayOf(rest);
    else if (word === 'ENTRYPOINT') out['Entrypoint'] = arrayOf(rest);
    else if (word === 'ENV')
      out['Env'] = [...((out['Env'] as string[] | undefined) ?? []), rest.replace(/^(\S+)\s+/, '$1=')];
    else fail('unsupported change type: only CMD, ENTRYPOINT and ENV');
  }
  return out as T;
}

function arrayOf(text: string): string[] {
  if (!text.startsWith('[')) return ['/bin/sh', '-c', text];
  try {
    return (JSON.parse(text) as unknown[]).map(String);
  } catch {
    return fail('malformed json in change flag value');
  }
}
