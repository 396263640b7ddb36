/** ExecSync. @models containerd 2.1 internal/cri/server/container_execsync.go @fidelity full */
import type { Context } from '../../../../linux/context.ts';
import { concatBytes } from '../../../../protocols/byte-queue.ts';
import type { ExecSyncRequest, ExecSyncResponse } from '../../../../protocols/cri/generated.ts';
import { wrap } from '../../shared/errors.ts';
import type { OutputSink } from '../../shared/io/writer-group.ts';
import type { CriService } from './cri-service.ts';
import { execInContainer } from './exec.ts';

const STREAM_BYTES_MAX = 16 * 1024 * 1024;
const NS_PER_SECOND = 1_000_000_000;

/** Keeps the beginning; the rest is read and thrown away. */
class CappedBuffer implements OutputSink {
  private readonly parts: Uint8Array[] = [];
  private left = STREAM_BYTES_MAX;

  async write(_ctx: Context, data: Uint8Array): Promise<boolean> {
    const kept = data.slice(0, this.left);
    this.left -= kept.length;
    if (kept.length > 0) this.parts.push(kept);
    return true;
  }

  async close(): Promise<void> {}

  get bytes(): Uint8Array {
    return concatBytes(this.parts);
  }
}

export async function execSync(ctx: Context, cri: CriService, request: ExecSyncRequest): Promise<ExecSyncResponse> {
  const stdout = new CappedBuffer();
  const stderr = new CappedBuffer();
  try {
    const exitCode = await execInContainer(ctx, cri, request.containerId, {
      command: request.cmd,
      stdin: null,
      stdout,
      stderr,
      tty: false,
      resizes: null,
      timeoutNs: Number(request.timeout) * NS_PER_SECOND,
    });
    return { stdout: stdout.bytes, stderr: stderr.bytes, exitCode };
  } catch (error) {
    throw wrap('failed to exec in container', error);
  }
}
