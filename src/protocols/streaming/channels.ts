/**
 * The channels of a command: what exec and attach carry, over whichever protocol.
 * @models Kubernetes remotecommand v4.channel.k8s.io @fidelity full
 */
import type { Context } from '../../linux/context.ts';

export const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const;

export interface CommandChannels {
  /** False once nobody takes it any more. */
  send(ctx: Context, to: number, data: Uint8Array): Promise<boolean>;
  /** No more will be sent on it. */
  end(ctx: Context, to: number): Promise<void>;
  /** Null at its end, and when the other side has gone. */
  read(from: number): Promise<Uint8Array | null>;
  close(ctx: Context): Promise<void>;
}

/** What the error channel carries at the end: a Kubernetes Status. */
export type StreamStatus = { status: 'Success' } | { status: 'Failure'; message: string; exitCode: number | null };

export function encodeStatus(status: StreamStatus): Uint8Array {
  if (status.status === 'Success') return encode({ metadata: {}, status: 'Success' });
  const { message, exitCode } = status;
  if (exitCode === null) {
    return encode({
      metadata: {},
      status: 'Failure',
      message,
      reason: 'InternalError',
      details: { causes: [{ message: message.replace(/^Internal error occurred: /, '') }] },
      code: 500,
    });
  }
  return encode({
    metadata: {},
    status: 'Failure',
    message,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  });
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

export function decodeStatus(bytes: Uint8Array): StreamStatus {
  const text = new TextDecoder().decode(bytes);
  try {
    const value = JSON.parse(text) as {
      status?: string;
      message?: string;
      reason?: string;
      details?: { causes?: { reason?: string; message?: string }[] };
    };
    if (value.status === 'Success') return { status: 'Success' };
    const cause = value.details?.causes?.find((c) => c.reason === 'ExitCode');
    const exitCode = value.reason === 'NonZeroExitCode' && cause?.message !== undefined ? Number(cause.message) : null;
    return { status: 'Failure', message: value.message ?? '', exitCode };
  } catch {
    return { status: 'Failure', message: `error stream protocol error: ${text}`, exitCode: null };
  }
}
