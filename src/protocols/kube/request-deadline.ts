/**
 * How long one request may take, from its connection to the last byte of its answer.
 * @models net/http Client.Timeout
 * @fidelity full; of the two ways in which Go words it, which of two clocks is first, always the same one
 */
import { type GoError, newError } from '../../go/errors.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { Future } from '../../sim/primitives.ts';

export class RequestDeadline {
  /** Set once there is a connection. */
  fd: number | null = null;
  private expired = false;
  private onExpiry: ((error: GoError) => void) | null = null;
  private readonly timer: ReturnType<Context['scheduler']['at']>;
  private readonly ctx: Context;

  constructor(ctx: Context, timeoutNs: number) {
    this.ctx = ctx;
    this.timer = ctx.scheduler.at(ctx.now + timeoutNs, () => this.expire());
  }

  /** What `body` gives, unless the time is over before. */
  async within<T>(body: (ctx: Context) => Promise<T>): Promise<T> {
    const outcome = new Future<T>(this.ctx.scheduler);
    this.onExpiry = (error) => outcome.reject(error);
    this.ctx.go('request', async (c) => {
      try {
        outcome.resolve(await body(c));
      } catch (error) {
        outcome.reject(error);
      }
    });
    try {
      return await outcome.wait();
    } finally {
      this.onExpiry = null;
    }
  }

  /** What a reader of the body is told in place of the error that he met. */
  orElse(error: unknown): unknown {
    return this.expired
      ? newError('context deadline exceeded (Client.Timeout or context cancellation while reading body)')
      : error;
  }

  get isOver(): boolean {
    return this.expired;
  }

  cancel(): void {
    this.ctx.scheduler.cancel(this.timer);
  }

  private expire(): void {
    this.expired = true;
    const waiting = this.fd === null ? ' while waiting for connection' : '';
    this.onExpiry?.(newError(`net/http: request canceled${waiting} (Client.Timeout exceeded while awaiting headers)`));
    const { fd } = this;
    if (fd === null) return;
    this.ctx.go('request-timeout', async (c) => {
      try {
        await c.sys.shutdown(c, fd, 'both');
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    });
  }
}
