/**
 * What a runtime says of itself: its shim is executed with -info, and asks the program that it runs.
 * @models containerd 2.1 core/runtime/v2/task_manager.go getRuntimeInfo @fidelity full
 */
import { exitText } from '../../../../go/exit-text.ts';
import { sprintf } from '../../../../go/sprintf.ts';
import type { Context } from '../../../../linux/context.ts';
import { Errno } from '../../../../linux/errno.ts';
import { runCommand } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import { RuntimeInfo } from '../../../../protocols/containerd/types/generated.ts';
import { Any } from '../../../../protocols/google/protobuf/generated.ts';
import { ProtoError } from '../../../../protocols/proto/proto-error.ts';
import { failure, wrap } from '../../shared/errors.ts';
import type { AnyMessage } from '../config/handlers.ts';
import { resolveRuntimePath } from './shim-binary.ts';

export async function runtimeInfo(ctx: Context, runtime: string, options: AnyMessage | null): Promise<RuntimeInfo> {
  const path = await resolveRuntimePath(ctx, runtime).catch((error: unknown) => {
    throw wrap('failed to resolve runtime path', error);
  });
  const failed = (why: string, stderr = ''): Error =>
    failure(sprintf('failed to run [%s -info]: %s (stderr: %q)', path, why, stderr));
  const stdin = options === null ? '' : Any.encode(options).slice();
  const { stdout, stderr, status } = await runCommand(ctx, [path, '-info'], { path, stdin }).catch((error: unknown) => {
    if (error instanceof Errno) throw failed(`fork/exec ${path}: ${error.go}`);
    throw error;
  });
  if (status.exitCode !== 0 || status.signal !== null) throw failed(exitText(status), utf8(stderr));
  try {
    return RuntimeInfo.decode(stdout);
  } catch (error) {
    if (!(error instanceof ProtoError)) throw error;
    throw failure(`failed to unmarshal stdout from [${path} -info] into *types.RuntimeInfo: ${error.message}`);
  }
}
