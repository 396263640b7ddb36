/** Programs that end because of a fault of ours. */
import { isErrno } from './errno.ts';
import type { Process } from './process.ts';

/** How long a program may be blocked while it says what went wrong with it. */
const DEFECT_REPORT_NS_MAX = 1_000_000_000;

/**
 * A program threw what it should have caught: a defect of the simulation, and no reason for the machine to stop. As
 * a program that ran into its own assertion, it says so on its standard error and aborts; nothing else is touched.
 */
export function programThrew(process: Process, error: unknown): void {
  const { kernel } = process;
  kernel.options.onDefect?.(error, process);
  if (!process.alive) return;
  const name = process.comm;
  process.replaceImage(name);
  const abort = (): void => kernel.terminate(process, 0, 'SIGABRT');
  kernel.scheduler.at(kernel.scheduler.now + DEFECT_REPORT_NS_MAX, abort);
  kernel.scheduler.go(process.group, 'defect', async () => {
    const what = isErrno(error) ? `unexpected ${error.code}` : error instanceof Error ? error.message : String(error);
    const text = `${name}: a defect of the simulation ended this program: ${what}\n`;
    await kernel.sys.write(kernel.contextOf(process), 2, text).catch(() => 0);
    abort();
  });
}
