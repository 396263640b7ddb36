/** How a shim is started: by itself, once a pod. @models containerd pkg/shim/{shim,util_unix}.go, cmd/containerd-shim-runc-v2/manager @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { mkdirAll, print, readFile, writeFile } from '../../../linux/io.ts';
import { digestOf } from '../../../protocols/oci/digest.ts';
import type { Flags } from './flags.ts';

const SOCKET_DIRECTORY = '/run/containerd/s';
/** Where the daemon finds its listening socket. */
export const LISTEN_FD = 3;

/** Annotations that name the pod, as containerd's own shims know them. */
const GROUPS = ['io.containerd.runc.v2.group', 'io.kubernetes.cri.sandbox-id'];

export type StartOptions = {
  /** Annotations that name the pod; the first one found counts. */
  groups?: readonly string[];
  /** Prints the bare address as older shims do, and leaves it in the bundle. */
  bareAddress?: boolean;
};

/** `start`: finds the pod's shim or makes one, and prints where it listens. */
export async function start(ctx: Context, self: string, flags: Flags, options: StartOptions = {}): Promise<number> {
  const { sys } = ctx;
  const group = (await groupOf(ctx, options.groups ?? GROUPS)) ?? flags.id;
  const path = `${SOCKET_DIRECTORY}/${digestOf(`${flags.address}/${flags.namespace}/${group}`).slice('sha256:'.length)}`;
  const address = `unix://${path}`;
  const bootstrap = options.bareAddress ? address : JSON.stringify({ version: 3, address, protocol: 'ttrpc' });
  if (options.bareAddress) await writeFile(ctx, 'address', address);
  await mkdirAll(ctx, SOCKET_DIRECTORY, 0o711);
  let listener: number;
  try {
    listener = await sys.listen(ctx, { family: 'unix', path }, { mode: 0o600 });
  } catch (error) {
    if (!isErrno(error, 'EADDRINUSE')) throw error;
    if (await canConnect(ctx, path)) {
      await print(ctx, bootstrap);
      return 0;
    }
    // Left by a shim that was killed.
    await sys.unlink(ctx, path);
    listener = await sys.listen(ctx, { family: 'unix', path }, { mode: 0o600 });
  }
  const args = [
    self,
    '-namespace',
    flags.namespace,
    '-id',
    flags.id,
    '-address',
    flags.address,
    ...(flags.debug ? ['-debug'] : []),
  ];
  await sys.spawn(ctx, '/proc/self/exe', {
    argv: args,
    env: withDefaults(ctx.process.env, ['GOMAXPROCS=4', `OTEL_SERVICE_NAME=containerd-shim-${flags.id}`]),
    stdio: { 0: 'null', 1: 'null', 2: 'null', [LISTEN_FD]: listener },
    processGroup: 0,
    oomScoreAdj: Math.min(1000, (await parentOomScore(ctx)) + 1),
  });
  await print(ctx, bootstrap);
  return 0;
}

function withDefaults(env: readonly string[], defaults: readonly string[]): string[] {
  return [
    ...env,
    ...defaults.filter((entry) => !env.some((own) => own.startsWith(entry.slice(0, entry.indexOf('=') + 1)))),
  ];
}

async function groupOf(ctx: Context, groups: readonly string[]): Promise<string | undefined> {
  const spec = JSON.parse(await readFile(ctx, 'config.json')) as { annotations?: Record<string, string> };
  return groups.map((name) => spec.annotations?.[name]).find((value) => value !== undefined);
}

async function canConnect(ctx: Context, path: string): Promise<boolean> {
  try {
    await ctx.sys.close(ctx, await ctx.sys.connect(ctx, { family: 'unix', path }));
    return true;
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

async function parentOomScore(ctx: Context): Promise<number> {
  try {
    return Number(await readFile(ctx, `/proc/${ctx.sys.getppid(ctx)}/oom_score_adj`));
  } catch (error) {
    if (isErrno(error)) return 0;
    throw error;
  }
}
