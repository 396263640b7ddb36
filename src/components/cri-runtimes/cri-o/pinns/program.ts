/**
 * pinns: unshares namespaces and keeps them alive by bind mounts, so that a pod needs no process to hold them.
 * @models CRI-O 1.36 pinns/src/pinns.c, sysctl.c
 * @fidelity full but for mount and cgroup namespaces
 */
import type { Context } from '../../../../linux/context.ts';
import { Errno } from '../../../../linux/errno.ts';
import { mkdirAll, printError, writeFile } from '../../../../linux/io.ts';
import type { Program } from '../../../../linux/program.ts';
import type { LinuxNamespaceType } from '../../../../linux/syscalls.ts';
import { LATENCY } from '../../../../sim/latency.ts';

export const pinnsProgram: Program = {
  name: 'pinns',
  layer: 'cri-runtime',
  startCpuNs: LATENCY.coreutilsStartNs,
  rssBytes: 900 << 10,
  threads: 1,
  main,
};

const KINDS: Readonly<Record<string, LinuxNamespaceType>> = { ipc: 'ipc', net: 'net', uts: 'uts', user: 'user' };
const SHORT: Readonly<Record<string, string>> = { u: 'uts', i: 'ipc', n: 'net', U: 'user', c: 'cgroup' };
const PIN_ORDER = ['user', 'uts', 'ipc', 'net'];
const FAILED = 1;

type Asked = {
  directory: string;
  name: string;
  sysctls: string[];
  kinds: Map<string, boolean>;
  /** `CONTAINER-HOST-SIZE@`, repeated. */
  uidMap: string | null;
  gidMap: string | null;
};

class PinnsFault extends Error {}

async function main(ctx: Context, argv: string[]): Promise<number> {
  try {
    const asked = parse(argv.slice(1));
    const fresh = [...asked.kinds].filter(([, host]) => !host).map(([kind]) => KINDS[kind] as LinuxNamespaceType);
    await ctx.cpu(LATENCY.pinnsNs);
    if (asked.kinds.has('user')) {
      await withUserNamespace(ctx, asked, fresh);
      return 0;
    }
    await unshare(ctx, asked, fresh);
    await pinAll(ctx, asked, '/proc/self/ns');
    return 0;
  } catch (error) {
    if (!(error instanceof PinnsFault)) throw error;
    await printError(ctx, `[pinns:e]: ${error.message}\n`);
    return FAILED;
  }
}

async function unshare(ctx: Context, { sysctls }: Asked, kinds: LinuxNamespaceType[]): Promise<void> {
  await attempt('Failed to unshare namespaces', ctx.sys.unshare(ctx, kinds));
  for (const sysctl of sysctls) await setSysctl(ctx, sysctl);
}

async function pinAll(ctx: Context, asked: Asked, holder: string): Promise<void> {
  for (const kind of PIN_ORDER) if (asked.kinds.has(kind)) await pin(ctx, asked, kind, holder);
}

/** Somebody has to be root inside to make the other namespaces, and somebody outside to say who that is. */
async function withUserNamespace(ctx: Context, asked: Asked, fresh: LinuxNamespaceType[]): Promise<void> {
  const { sys } = ctx;
  const [fromChild, toParent] = await sys.pipe(ctx);
  const [fromParent, toChild] = await sys.pipe(ctx);
  const say = (c: Context, fd: number): Promise<unknown> => c.sys.write(c, fd, '0');
  const heard = async (c: Context, fd: number): Promise<boolean> => (await c.sys.read(c, fd, 1)).length > 0;
  const pid = await sys.fork(ctx, async (child) => {
    await child.sys.close(child, fromChild);
    await child.sys.close(child, toChild);
    try {
      if (asked.kinds.get('user') === false)
        await attempt('Failed to unshare namespaces', child.sys.unshare(child, ['user']));
      await say(child, toParent);
      if (!(await heard(child, fromParent))) return FAILED;
      await attempt('Failed to setresuid', child.sys.setuid(child, 0));
      await attempt('Failed to setresgid', child.sys.setgid(child, 0));
      await unshare(
        child,
        asked,
        fresh.filter((kind) => kind !== 'user'),
      );
    } catch (error) {
      if (!(error instanceof PinnsFault)) throw error;
      await printError(child, `[pinns:e]: ${error.message}\n`);
      return FAILED;
    }
    await say(child, toParent);
    await child.sys.close(child, toParent);
    await child.sys.read(child, fromParent, 1);
    return 0;
  });
  await sys.close(ctx, toParent);
  await sys.close(ctx, fromParent);
  try {
    if (!(await heard(ctx, fromChild))) throw new PinnsFault('Failed to read from the sync pipe: Success');
    for (const [kind, map] of [['gid', asked.gidMap ?? ''] as const, ['uid', asked.uidMap ?? ''] as const]) {
      const text = map.replaceAll('@', '\n').replaceAll('-', ' ');
      await attempt(`Cannot write ${kind} mappings: ${map}`, writeFile(ctx, `/proc/${pid}/${kind}_map`, text));
    }
    await say(ctx, toChild);
    if (!(await heard(ctx, fromChild))) throw new PinnsFault('Failed to read from the sync pipe: Success');
    await pinAll(ctx, asked, `/proc/${pid}/ns`);
  } finally {
    await sys.close(ctx, toChild);
    await sys.wait(ctx, pid);
  }
}

function parse(args: readonly string[]): Asked {
  const asked: Asked = { directory: '', name: '', sysctls: [], kinds: new Map(), uidMap: null, gidMap: null };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const [, long, value] = /^--([a-z-]+)(?:=(.*))?$/.exec(arg) ?? [];
    const word = long ?? arg.replace(/^-/, '');
    const next = (): string => value ?? args[++i] ?? '';
    const kind = SHORT[word] ?? word;
    if (word === 'd' || word === 'dir') asked.directory = next();
    else if (word === 'f' || word === 'filename') asked.name = next();
    else if (word === 's' || word === 'sysctl') asked.sysctls.push(next());
    else if (word === 'uid-mapping') asked.uidMap = next();
    else if (word === 'gid-mapping') asked.gidMap = next();
    else if (word === 'log-level') next();
    else if (kind === 'cgroup')
      throw new PinnsFault('unsharing cgroups is not supported by this pinns version: Success');
    else if (kind in KINDS) asked.kinds.set(kind, value === 'host');
    else throw new PinnsFault(`unrecognized option '${arg}'`);
  }
  if (asked.directory === '') throw new PinnsFault('Path for pinning namespaces not specified');
  if (asked.name === '') throw new PinnsFault('Filename for pinning namespaces not specified');
  if (asked.kinds.size === 0) throw new PinnsFault('No namespace specified for pinning');
  const maps = [asked.uidMap, asked.gidMap];
  if (asked.kinds.has('user') && maps.includes(null))
    throw new PinnsFault('Creating new user namespace but mappings not specified');
  if (!asked.kinds.has('user') && maps.some((map) => map !== null))
    throw new PinnsFault('Mappings specified without creating a new user namespace');
  return asked;
}

async function setSysctl(ctx: Context, sysctl: string): Promise<void> {
  const [key = '', value = ''] = sysctl.split('=');
  const path = `/proc/sys/${key.replaceAll('.', '/')}`;
  await attempt(`Failed to write sysctl ${path}`, writeFile(ctx, path, value));
}

async function pin(ctx: Context, { directory, name, kinds }: Asked, kind: string, holderNs: string): Promise<void> {
  const parent = `${directory}/${kind}ns`;
  const path = `${parent}/${name}`;
  await attempt(`Failed to create ns directory: ${parent}`, mkdirAll(ctx, parent, 0o755));
  // Of a pod with users of its own the file is there already, and its root's.
  const fd = await attempt(
    `Failed to create ns file: ${path}`,
    ctx.sys.open(ctx, path, { read: true, create: true }, 0o444),
  );
  await ctx.sys.close(ctx, fd);
  const holder = kinds.get(kind) === true ? '/proc/1/ns' : holderNs;
  await attempt(
    `Failed to bind mount ns: ${path}`,
    ctx.sys.mount(ctx, `${holder}/${kind}`, path, 'none', { bind: true }),
  );
}

async function attempt<T>(words: string, action: Promise<T>): Promise<T> {
  try {
    return await action;
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    throw new PinnsFault(`${words}: ${error.libc}`);
  }
}
