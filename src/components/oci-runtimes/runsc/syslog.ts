/** The Sentry's kernel log, made once a sandbox. @models gVisor pkg/sentry/kernel/syslog.go @fidelity full */
import type { Kernel } from '../../../linux/kernel.ts';

const MESSAGES = [
  'Synthesizing system calls...',
  'Mounting deweydecimalfs...',
  'Moving files to filing cabinet...',
  'Digging up root...',
  'Constructing home...',
  'Segmenting fault lines...',
  'Creating bureaucratic processes...',
  'Searching for needles in stacks...',
  'Preparing for the zombie uprising...',
  'Feeding the init monster...',
  'Creating cloned children...',
  'Daemonizing children...',
  'Waiting for children...',
  'Gathering forks...',
  'Committing treasure map to memory...',
  'Reading process obituaries...',
  'Searching for socket adapter...',
  'Creating process schedule...',
  'Generating random numbers by fair dice roll...',
  'Rewriting operating system in Javascript...',
  'Reticulating splines...',
  'Consulting tar man page...',
  'Forking spaghetti code...',
  'Checking naughty and nice process list...',
  'Checking naughty and nice process list...',
  'Recruiting cron-ies...',
  'Verifying that no non-zero bytes made their way into /dev/zero...',
  'Accelerating teletypewriter to 9600 baud...',
  'Politicking the oom killer...',
  'Letting the watchdogs out...',
  'Singleplexing /dev/ptmx...',
  'Granting licence to kill(2)...',
  'Adversarially training Redcode AI...',
  'Conjuring /dev/null black hole...',
];
const CHOSEN = 10;
/** Seconds between two messages, at most. */
const STEP_MAX = 0.5;

export function fillSyslog(kernel: Kernel): void {
  const random = kernel.random.fork('syslog');
  const left = [...MESSAGES];
  let seconds = 0;
  const add = (text: string): void => {
    kernel.kmsg.push({ time: Math.round(seconds * 1_000_000) * 1000, level: 6, text });
    kernel.kmsgCount++;
    seconds += random.float() * STEP_MAX;
  };
  add('Starting gVisor...');
  for (let i = 0; i < CHOSEN; i++) add(left.splice(random.below(left.length), 1)[0] as string);
  for (const text of ['Setting up VFS...', 'Setting up FUSE...', 'Ready!']) add(text);
}
