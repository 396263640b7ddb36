/** CopyFile: a piece of a file, a directory or a link that the shim has no other way to show. @models kata-containers 4.1.0 src/agent/src/rpc.rs do_copy_file @fidelity partial: no temporary file for a part */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { exists, mkdirAll } from '../../../../linux/io.ts';
import { GrpcError, grpcCode } from '../../../../protocols/grpc/status.ts';
import type { CopyFileRequest } from '../../../../protocols/kata/agent/generated.ts';

const CONTAINERS = '/run/kata-containers';
const TYPE = 0o170000;
const DIRECTORY = 0o040000;
const SYMLINK = 0o120000;

export async function copyFile(ctx: Context, request: CopyFileRequest): Promise<void> {
  const { sys } = ctx;
  const { path, fileMode, dirMode, uid, gid, offset, data } = request;
  if (!path.startsWith(`${CONTAINERS}/`))
    throw new GrpcError(grpcCode.InvalidArgument, `Path ${JSON.stringify(path)} does not start with ${CONTAINERS}`);
  await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')), (dirMode & 0o7777) === 0 ? 0o750 : dirMode & 0o7777);
  const type = fileMode & TYPE;
  if (type === DIRECTORY) {
    if (!(await exists(ctx, path))) await sys.mkdir(ctx, path, dirMode & 0o7777);
    await sys.chown(ctx, path, uid, gid);
    return;
  }
  if (type === SYMLINK) {
    try {
      await sys.unlink(ctx, path);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
    await sys.symlink(ctx, new TextDecoder().decode(data), path);
    return;
  }
  const isFirst = offset === 0n;
  const fd = await sys.open(ctx, path, { write: true, create: true, truncate: isFirst, append: !isFirst });
  await sys.write(ctx, fd, data);
  await sys.close(ctx, fd);
  await sys.chmod(ctx, path, fileMode & 0o7777);
  await sys.chown(ctx, path, uid, gid);
}
