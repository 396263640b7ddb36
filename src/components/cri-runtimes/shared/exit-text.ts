/** How Go tells that a child process has ended. @models os.ProcessState.String @fidelity partial: no core dumps */
import type { WaitStatus } from '../../../linux/syscalls.ts';

export function exitText(status: WaitStatus): string {
  if (status.signal === null) return `exit status ${status.exitCode}`;
  return `signal: ${GO_SIGNAL_NAMES[status.signal] ?? status.signal}`;
}

const GO_SIGNAL_NAMES: Partial<Record<string, string>> = {
  SIGKILL: 'killed',
  SIGTERM: 'terminated',
  SIGINT: 'interrupt',
  SIGHUP: 'hangup',
  SIGQUIT: 'quit',
  SIGABRT: 'aborted',
  SIGSEGV: 'segmentation fault',
  SIGPIPE: 'broken pipe',
};
