/** Signals: numbers, default actions. @models Linux 6.12 signal(7) @fidelity partial: no real-time signals */

const SIGNALS = {
  SIGHUP: [1, 'terminate'],
  SIGINT: [2, 'terminate'],
  SIGQUIT: [3, 'terminate'],
  SIGILL: [4, 'terminate'],
  SIGTRAP: [5, 'terminate'],
  SIGABRT: [6, 'terminate'],
  SIGBUS: [7, 'terminate'],
  SIGFPE: [8, 'terminate'],
  SIGKILL: [9, 'terminate'],
  SIGUSR1: [10, 'terminate'],
  SIGSEGV: [11, 'terminate'],
  SIGUSR2: [12, 'terminate'],
  SIGPIPE: [13, 'terminate'],
  SIGALRM: [14, 'terminate'],
  SIGTERM: [15, 'terminate'],
  SIGSTKFLT: [16, 'terminate'],
  SIGCHLD: [17, 'ignore'],
  SIGCONT: [18, 'continue'],
  SIGSTOP: [19, 'stop'],
  SIGTSTP: [20, 'stop'],
  SIGTTIN: [21, 'stop'],
  SIGTTOU: [22, 'stop'],
  SIGURG: [23, 'ignore'],
  SIGXCPU: [24, 'terminate'],
  SIGXFSZ: [25, 'terminate'],
  SIGVTALRM: [26, 'terminate'],
  SIGPROF: [27, 'terminate'],
  SIGWINCH: [28, 'ignore'],
  SIGIO: [29, 'terminate'],
  SIGPWR: [30, 'terminate'],
  SIGSYS: [31, 'terminate'],
} as const;

export type Signal = keyof typeof SIGNALS;
export type DefaultAction = 'terminate' | 'ignore' | 'continue' | 'stop';

export const ALL_SIGNALS: readonly Signal[] = Object.keys(SIGNALS) as Signal[];

export function signalNumber(signal: Signal): number {
  return SIGNALS[signal][0];
}

export function defaultAction(signal: Signal): DefaultAction {
  return SIGNALS[signal][1];
}

/** `9`, `KILL`, `SIGKILL`, `kill` -> SIGKILL; null if there is no such signal. */
export function parseSignal(text: string): Signal | null {
  if (/^\d+$/.test(text)) return ALL_SIGNALS.find((s) => signalNumber(s) === Number(text)) ?? null;
  const upper = text.toUpperCase();
  const name = (upper.startsWith('SIG') ? upper : `SIG${upper}`) as Signal;
  return name in SIGNALS ? name : null;
}
