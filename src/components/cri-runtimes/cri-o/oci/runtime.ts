/** What CRI-O asks of the kinds of runtimes. @models CRI-O 1.36 internal/oci/oci.go RuntimeImpl @fidelity partial: no checkpoints */
import type { Context } from '../../../../linux/context.ts';
import type { Resources } from '../../../../protocols/oci-runtime/types.ts';
import type { RemoteStreams } from '../../../../protocols/streaming/server.ts';
import type { Logger } from '../../shared/log.ts';
import type { Container } from './container.ts';

export interface Runtime {
  create(ctx: Context, container: Container, log: Logger): Promise<void>;
  start(ctx: Context, container: Container): Promise<void>;
  stop(ctx: Context, container: Container, timeoutSeconds: number, log: Logger): Promise<void>;
  delete(ctx: Context, container: Container): Promise<void>;
  updateStatus(ctx: Context, container: Container, log: Logger): Promise<void>;
  update(ctx: Context, container: Container, resources: Resources): Promise<void>;
  pause(ctx: Context, container: Container): Promise<void>;
  resume(ctx: Context, container: Container): Promise<void>;
}

/** What runs in a container besides its own process. */
export interface ExecRuntime {
  exec(ctx: Context, container: Container, command: readonly string[], streams: RemoteStreams): Promise<number>;
  execSync(ctx: Context, container: Container, command: readonly string[], timeoutSeconds: number): Promise<ExecResult>;
  attach(ctx: Context, container: Container, streams: RemoteStreams): Promise<void>;
  reopenLog(ctx: Context, container: Container): Promise<void>;
}

export type ExecResult = { stdout: Uint8Array; stderr: Uint8Array; exitCode: number };
