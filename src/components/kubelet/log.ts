/** The kubelet's log: klog lines on standard error, filtered by -v. */
import { type KlogPair, type KlogSeverity, klogHeader, klogStructured } from '../../go/klog.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';

export class Log {
  readonly verbosity: number;

  constructor(verbosity: number) {
    this.verbosity = verbosity;
  }

  private async write(ctx: Context, line: string): Promise<void> {
    try {
      await ctx.sys.write(ctx, 2, line);
    } catch (error) {
      // The journal may have gone; klog does not care.
      if (!isErrno(error)) throw error;
    }
  }

  private source(ctx: Context, severity: KlogSeverity, caller: string) {
    return { severity, caller, timeNs: ctx.wallTime, pid: ctx.sys.getpid(ctx) };
  }

  /** `caller` is upstream's file and line: `kubelet.go:2724`. */
  async info(ctx: Context, level: number, caller: string, message: string, ...pairs: KlogPair[]): Promise<void> {
    if (level <= this.verbosity) await this.write(ctx, klogStructured(this.source(ctx, 'I', caller), message, pairs));
  }

  async error(ctx: Context, caller: string, error: unknown, message: string, ...pairs: KlogPair[]): Promise<void> {
    const all: KlogPair[] = error === null ? pairs : [['err', errorText(error)], ...pairs];
    await this.write(ctx, klogStructured(this.source(ctx, 'E', caller), message, all));
  }

  async warnText(ctx: Context, caller: string, text: string): Promise<void> {
    await this.write(ctx, `${klogHeader(this.source(ctx, 'W', caller))}${text}\n`);
  }
}

export function errorText(error: unknown): string {
  if (isErrno(error)) return error.go;
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
