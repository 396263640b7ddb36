/** How Go tells that a child process has ended. @models os.ProcessState.String @fidelity partial: no core dumps */

export function exitText(status: { readonly exitCode: number; readonly signal: string | null }): string {
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
