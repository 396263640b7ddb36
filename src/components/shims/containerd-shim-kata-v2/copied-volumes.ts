/**
 * Volumes of a pod whose hypervisor shares no files: they are copied into the guest through the agent, and those that
 * Kubernetes keeps up to date are copied again when they change.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/resource/src/volume/share_fs_volume.rs @fidelity partial: a change is looked for at the top of a volume only
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import { AgentService } from '../../../protocols/kata/agent/generated.ts';
import { log } from '../shared/log.ts';
import { GUEST_SHARED, type Sandbox } from './sandbox.ts';

const { CopyFile } = AgentService.methods;
const CHUNK_BYTES = 1 << 20;
const DEBOUNCE_NS = 500_000_000;
const WATCHED = /\/kubernetes\.io~(projected|downward-api|secret|configmap)\//;
/** S_IFDIR and S_IFLNK. */
const DIRECTORY = 0o040000;
const SYMLINK = 0o120000;
const REGULAR = 0o100000;

/** Where it is in the guest; null for what is neither a file nor a directory, which is left out. */
export async function copyVolume(
  ctx: Context,
  sandbox: Sandbox,
  container: { id: string; readonly gone: { readonly done: boolean } },
  source: string,
  destination: string,
): Promise<string | null> {
  const base = destination.slice(destination.lastIndexOf('/') + 1);
  const target = `${GUEST_SHARED}/${container.id}-${ctx.random.hex(16)}-${base}`;
  const { type } = await ctx.sys.stat(ctx, source);
  if (type === 'file') await copyFile(ctx, sandbox, source, target);
  else if (type === 'directory') {
    await copyDirectory(ctx, sandbox, source, target);
    if (WATCHED.test(source)) keepUpToDate(ctx, sandbox, container, source, target);
  } else {
    await log(ctx, 'warning', `Ignoring non-regular file as FS sharing not supported. mount: ${source}`);
    return null;
  }
  return target;
}

async function copyFile(ctx: Context, sandbox: Sandbox, source: string, path: string): Promise<void> {
  const { sys } = ctx;
  const { mode, uid, gid, size } = await sys.stat(ctx, source);
  const fd = await sys.open(ctx, source, { read: true });
  try {
    for (let offset = 0; ; ) {
      const data = await sys.read(ctx, fd, CHUNK_BYTES);
      if (data.length === 0 && offset > 0) return;
      await sandbox.agent.call(ctx, CopyFile, {
        path,
        fileSize: BigInt(size),
        fileMode: REGULAR | mode,
        dirMode: 0o755,
        uid,
        gid,
        offset: BigInt(offset),
        data,
      });
      offset += data.length;
      if (offset >= size) return;
    }
  } finally {
    await sys.close(ctx, fd);
  }
}

async function copyDirectory(ctx: Context, sandbox: Sandbox, source: string, path: string): Promise<void> {
  const { sys } = ctx;
  const { mode, uid, gid } = await sys.stat(ctx, source);
  const about = { fileMode: DIRECTORY | mode, dirMode: DIRECTORY | mode, uid, gid };
  await sandbox.agent.call(ctx, CopyFile, { path, ...about });
  for (const { name, type } of await sys.readDirectory(ctx, source)) {
    const from = `${source}/${name}`;
    if (type === 'directory') await copyDirectory(ctx, sandbox, from, `${path}/${name}`);
    else if (type === 'file') await copyFile(ctx, sandbox, from, `${path}/${name}`);
    else if (type === 'symlink') {
      const data = new TextEncoder().encode(await sys.readlink(ctx, from));
      const link = { fileSize: BigInt(data.length), fileMode: SYMLINK, data };
      await sandbox.agent.call(ctx, CopyFile, { path: `${path}/${name}`, ...link });
    }
  }
}

function keepUpToDate(
  ctx: Context,
  sandbox: Sandbox,
  container: { readonly gone: { readonly done: boolean } },
  source: string,
  target: string,
): void {
  ctx
    .withSpan(ctx.process.span)
    .withDeadline(null)
    .go('watch volume', async (inner) => {
      try {
        for (;;) {
          await inner.sys.watch(inner, source);
          await inner.sleep(DEBOUNCE_NS);
          if (container.gone.done) return;
          await copyDirectory(inner, sandbox, source, target);
        }
      } catch (error) {
        // The volume or the machine is gone.
        if (!isErrno(error) && !(error instanceof GrpcError)) throw error;
      }
    });
}
