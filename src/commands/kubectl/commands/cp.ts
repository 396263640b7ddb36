/** @models k8s.io/kubectl pkg/cmd/cp cp.go @fidelity partial: no --retries; links are not followed nor made */
import { createTar, parseTar, type TarFileInput } from 'nanotar';
import type { CobraCommand } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { exists, mkdirAll, readAll, readFileBytes, writeFile } from '../../../linux/io.ts';
import { text } from '../../../protocols/kube/fields.ts';
import { Future } from '../../../sim/primitives.ts';
import { Failure, usageFailure } from '../failure.ts';
import type { Action, Run } from '../run.ts';
import { containerOf, streamPod } from '../streaming.ts';

type Spec = { namespace: string | null; pod: string | null; file: string };

export const cpCommand: CobraCommand<Action> = {
  name: 'cp',
  use: '<file-spec-src> <file-spec-dest>',
  short: 'Copy files and directories to and from containers',
  group: 'Troubleshooting and Debugging Commands',
  flags: [
    { name: 'container', short: 'c', kind: 'string', usage: 'The container; the default one when absent.' },
    { name: 'no-preserve', kind: 'bool', usage: 'Do not keep modes and owners.' },
    { name: 'retries', kind: 'int', value: 0, usage: 'How often a copy from a container is tried again.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    if (cli.args.length !== 2) throw usageFailure(cli.path, 'source and destination are required');
    const [from, to] = cli.args.map(specOf) as [Spec, Spec];
    if (from.pod !== null && to.pod !== null)
      throw new Failure('one of src or dest must be a local file specification');
    if (from.file === '' || to.file === '') throw new Failure('filepath can not be empty');
    if (from.pod !== null) return await copyFrom(ctx, run, from, to.file);
    if (to.pod !== null) return await copyTo(ctx, run, from.file, to);
    throw new Failure('one of src or dest must be a remote file specification');
  },
};

function specOf(word: string): Spec {
  const colon = word.indexOf(':');
  if (colon < 0 || word.startsWith('/') || word.startsWith('.')) return { namespace: null, pod: null, file: word };
  if (colon === 0) throw new Failure('filespec must match the canonical format: [[namespace/]pod:]file/path');
  const file = word.slice(colon + 1);
  const parts = word.slice(0, colon).split('/');
  if (parts.length > 2) throw new Failure('filespec must match the canonical format: [[namespace/]pod:]file/path');
  const [namespace, pod] = parts.length === 2 ? parts : [null, parts[0]];
  return { namespace: namespace ?? null, pod: pod ?? '', file };
}

type Streams = { stdin: number | null; stdout: number; stderr: number };

async function exec(ctx: Context, run: Run, { namespace, pod }: Spec, command: readonly string[], io: Streams) {
  const client = await run.client(ctx);
  const where = namespace ?? (await run.namespace(ctx));
  const found = await client.get(ctx, 'pods', where, pod ?? '');
  const phase = text(found, 'status', 'phase');
  if (phase === 'Succeeded' || phase === 'Failed')
    throw new Failure(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  const container = await containerOf(ctx, found, run.cli.string('container'), true);
  await streamPod(ctx, run, {
    namespace: where,
    pod: pod ?? '',
    container,
    subresource: 'exec',
    command,
    stdin: io.stdin !== null,
    tty: false,
    io,
  });
}

const base = (path: string): string => path.replace(/\/+$/, '').split('/').at(-1) ?? '';
const parent = (path: string): string => {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : slash === 0 ? '/' : path.slice(0, slash);
};

async function copyTo(ctx: Context, run: Run, local: string, to: Spec): Promise<void> {
  if (!(await exists(ctx, local))) throw new Failure(`${local} doesn't exist in local filesystem`);
  let destination = to.file.replace(/(?<=.)\/+$/, '');
  if (await isRemoteDirectory(ctx, run, to)) destination = `${destination.replace(/\/$/, '')}/${base(local)}`;
  const entries: TarFileInput[] = [];
  await gather(ctx, local, base(destination), entries);
  const [read, write] = await ctx.sys.pipe(ctx);
  const sent = new Future<void>(ctx.scheduler);
  ctx.go('tar', async (c) => {
    await c.sys.write(c, write, createTar(entries)).catch(() => 0);
    await c.sys.close(c, write);
    sent.resolve();
  });
  const plain = run.cli.bool('no-preserve') ? ['--no-same-permissions', '--no-same-owner'] : [];
  const directory = parent(destination);
  const command = ['tar', ...plain, '-xmf', '-', ...(directory === '' ? [] : ['-C', directory])];
  await exec(ctx, run, to, command, { stdin: read, stdout: 1, stderr: 2 });
  await sent.wait();
}

async function isRemoteDirectory(ctx: Context, run: Run, to: Spec): Promise<boolean> {
  const nowhere = await ctx.sys.open(ctx, '/dev/null', { read: true, write: true });
  try {
    await exec(ctx, run, to, ['test', '-d', to.file], { stdin: null, stdout: nowhere, stderr: nowhere });
    return true;
  } catch (error) {
    if (!(error instanceof Failure) || !error.bare) throw error;
    return false;
  } finally {
    await ctx.sys.close(ctx, nowhere);
  }
}

async function gather(ctx: Context, path: string, name: string, entries: TarFileInput[]): Promise<void> {
  const { type, mode, mtime, uid, gid } = await ctx.sys.stat(ctx, path);
  const attrs = { mode: mode.toString(8), mtime: Number(mtime / 1_000_000_000n), uid, gid };
  if (type === 'file') entries.push({ name, data: await readFileBytes(ctx, path), attrs });
  if (type !== 'directory') return;
  entries.push({ name: `${name}/`, attrs });
  for (const entry of await ctx.sys.readDirectory(ctx, path))
    await gather(ctx, `${path}/${entry.name}`, `${name}/${entry.name}`, entries);
}

async function copyFrom(ctx: Context, run: Run, from: Spec, local: string): Promise<void> {
  const [read, write] = await ctx.sys.pipe(ctx);
  const received = new Future<Uint8Array>(ctx.scheduler);
  ctx.go('untar', async (c) => received.resolve(await readAll(c, read)));
  let failure: unknown = null;
  try {
    await exec(ctx, run, from, ['tar', 'cf', '-', from.file], { stdin: null, stdout: write, stderr: 1 });
  } catch (error) {
    // What tar could not read it has said itself, on our stdout; what it has sent is kept.
    if (!(error instanceof Failure) || !error.bare) failure = error;
  }
  await ctx.sys.close(ctx, write);
  const bytes = await received.wait();
  if (failure !== null) throw failure;
  const prefix = from.file.replace(/^\/+/, '').replace(/\/+$/, '');
  const isDirectory = (await exists(ctx, local)) && (await ctx.sys.stat(ctx, local)).type === 'directory';
  const target = isDirectory ? `${local.replace(/\/+$/, '')}/${base(from.file)}` : local;
  if (bytes.length === 0) return;
  // A copy: the parser looks at the whole buffer behind the bytes.
  for (const { name, type, data, attrs } of parseTar(bytes.slice())) {
    const rest = name.replace(/^\/+/, '').replace(/\/+$/, '').slice(prefix.length);
    const path = `${target}${rest}`;
    if (rest.split('/').includes('..')) continue;
    if (type === 'directory') await mkdirAll(ctx, path);
    else if (type === 'file') {
      if (parent(path) !== '') await mkdirAll(ctx, parent(path));
      await writeFile(ctx, path, data ?? new Uint8Array(0), { mode: Number.parseInt(attrs?.mode ?? '644', 8) & 0o777 });
    }
  }
}
