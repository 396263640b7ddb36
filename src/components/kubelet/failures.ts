/**
 * The reasons for which a container waits, and the sum of what went wrong in one sync.
 * @models kubernetes 1.36 pkg/kubelet/container/sync_result.go, images/types.go
 */
import { quote } from '../../go/quote.ts';

/** A simulated failure of the kubelet's own: plain text, as Go's errors.New. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** Why a container could not be started: `reason` is what the API shows, `message` goes with it. */
export class StartFailure extends Failure {
  readonly reason: string;
  /** Virtual time at which the back-off ends, when that is the reason. */
  readonly retryAt: number | null;

  constructor(reason: string, message: string, retryAt: number | null = null) {
    super(message);
    this.reason = reason;
    this.retryAt = retryAt;
  }
}

export type SyncResult = {
  readonly action:
    | 'CreatePodSandbox'
    | 'ConfigPodSandbox'
    | 'KillPodSandbox'
    | 'KillContainer'
    | 'StartContainer'
    | 'InitContainer'
    | 'ResizePodInPlace';
  readonly target: string;
  readonly failure: { readonly reason: string; readonly message: string; readonly retryAt: number | null } | null;
};

export class SyncFailure extends Failure {
  /** The earliest end of a back-off among the failures. */
  readonly retryAt: number | null;

  constructor(message: string, retryAt: number | null) {
    super(message);
    this.retryAt = retryAt;
  }
}

/** The error of a whole sync, as utilerrors.Aggregate prints it, or null. */
export function syncError(results: readonly SyncResult[], whole: string | null): SyncFailure | null {
  const texts: string[] = whole === null ? [] : [`failed to SyncPod: ${whole}`];
  let retryAt: number | null = null;
  for (const { action, target, failure } of results) {
    if (failure === null) continue;
    texts.push(`failed to ${quote(action)} for ${quote(target)} with ${failure.reason}: ${quote(failure.message)}`);
    if (failure.retryAt !== null) retryAt = Math.min(retryAt ?? failure.retryAt, failure.retryAt);
  }
  if (texts.length === 0) return null;
  const unique = [...new Set(texts)];
  return new SyncFailure(unique.length === 1 ? (unique[0] as string) : `[${unique.join(', ')}]`, retryAt);
}
