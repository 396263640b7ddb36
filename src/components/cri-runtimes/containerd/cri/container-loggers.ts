/** Connecting a container's streams with its log file. @models containerd 2.1 container_start.go createContainerLoggers @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import { wrap } from '../../shared/errors.ts';
import type { ContainerIo } from '../../shared/io/container-io.ts';
import { LogFile } from '../../shared/io/log-file.ts';
import type { CriService } from './cri-service.ts';
import type { CriContainer } from './types.ts';

const LOG = 'log';

/** Replaces the log that is written now, if there is one. */
export async function addLoggers(
  ctx: Context,
  cri: CriService,
  container: CriContainer,
  io: ContainerIo,
): Promise<void> {
  const { logPath, config } = container.metadata;
  if (logPath === '') return;
  const file = await LogFile.open(ctx, logPath).catch((error: unknown) => {
    throw wrap('failed to create container loggers', error);
  });
  const limit = cri.config.max_container_log_line_size;
  const outSink = file.stream('stdout', limit, cri.log);
  const errSink = config.tty ? null : file.stream('stderr', limit, cri.log);
  const oldOut = await io.addOutput(ctx, 'stdout', LOG, outSink);
  const oldErr = errSink === null ? null : await io.addOutput(ctx, 'stderr', LOG, errSink);
  await oldOut?.close(ctx);
  await oldErr?.close(ctx);
}
