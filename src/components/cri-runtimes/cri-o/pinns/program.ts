/**
 * pinns: unshares namespaces and keeps them alive by bind mounts, so that a pod needs no process to hold them.
 * @models CRI-O 1.36 pinns/src/pinns.c, sysctl.c
 * @fidelity partial: no user namespaces
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
const FAILED = 1;

type Asked = { directory: string; name: string; sysctls: string[]; kinds: Map<string, boolean> };

class PinnsFault extends Error {}

async function main(ctx: Context, argv: string[]): Promise<number> {
  try {
    const asked = parse(argv.slice(1));
    const fresh = [...asked.kinds].filter(([, host]) => !host).map(([kind]) => KINDS[kind] as LinuxNamespaceType);
    await ctx.cpu(LATENCY.pinnsNs);
    await attempt('Failed to unshare namespaces', ctx.sys.unshare(ctx, fresh));
    for (const sysctl of asked.sysctls) await setSysctl(ctx, sysctl);
    for (const kind of asked.kinds.keys()) await pin(ctx, asked, kind);
    return 0;
  } catch (error) {
    if (!(error instanceof PinnsFault)) throw error;
    await printError(ctx, `[pinns:e]: ${error.message}\n`);
    return FAILED;
  }
}

function parse(args: readonly string[]): Asked {
  const asked: Asked = { directory: '', name: '', sysctls: [], kinds: new Map() };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    const [, long, value] = /^--([a-z-]+)(?:=(.*))?$/.exec(arg) ?? [];
    const word = long ?? arg.replace(/^-/, '');
    const next = (): string => value ?? args[++i] ?? '';
    const kind = SHORT[word] ?? word;
    if (word === 'd' || word === 'dir') asked.directory = next();
    else if (word === 'f' || word === 'filename') asked.name = next();
    else if (word === 's' || word === 'sysctl') asked.sysctls.push(next());
    else if (word === 'log-level') next();
    else if (kind === 'cgroup')
      throw new PinnsFault('unsharing cgroups is not supported by this pinns version: Success');
    else if (kind in KINDS) asked.kinds.set(kind, value === 'host');
    else throw new PinnsFault(`unrecognized option '${arg}'`);
  }
  if (asked.directory === '') throw new PinnsFault('Path for pinning namespaces not specified');
  if (asked.name === '') throw new PinnsFault('Filename for pinning namespaces not specified');
  if (asked.kinds.size === 0) throw new PinnsFault('No namespace specified for pinning');
  if (asked.kinds.has('user')) throw new PinnsFault('user namespaces: not simulated');
  return asked;
}

async function setSysctl(ctx: Context, sysctl: string): Promise<void> {
  const [key = '', value = ''] = sysctl.split('=');
  const path = `/proc/sys/${key.replaceAll('.', '/')}`;
  await attempt(`Failed to write sysctl ${path}`, writeFile(ctx, path, value));
}

async function pin(ctx: Context, { directory, name, kinds }: Asked, kind: string): Promise<void> {
  const parent = `${directory}/${kind}ns`;
  const path = `${parent}/${name}`;
  await attempt(`Failed to create ns directory: ${parent}`, mkdirAll(ctx, parent, 0o755));
  const fd = await attempt(
    `Failed to create ns file: ${path}`,
    ctx.sys.open(ctx, path, { read: true, create: true, exclusive: true }, 0o444),
  );
  await ctx.sys.close(ctx, fd);
  const holder = kinds.get(kind) === true ? '/proc/1/ns' : '/proc/self/ns';
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
