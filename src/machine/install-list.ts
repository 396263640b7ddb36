/** What is installed where: the one list. A program runs because a file here names it. */
import { commandPrograms } from '../commands/list.ts';
import { dnsServer } from '../components/dns-server/dns-server.ts';
import { registryProgram } from '../components/registry/registry.ts';
import { journald } from '../linux/systemd/journald.ts';
import { systemd } from '../linux/systemd/manager.ts';
import type { Program } from '../linux/program.ts';
import { ashProgram, bashProgram, bashSessionProgram } from '../shell/program.ts';
import type { DiskImage } from './disk-image.ts';
import { sshdSession } from './sshd-session.ts';

type Installed = { path: string; size: number; program: Program };

const KB = 1024;

const system: Installed[] = [
  { path: '/usr/lib/systemd/systemd', size: 100 * KB, program: systemd },
  { path: '/usr/lib/systemd/systemd-journald', size: 180 * KB, program: journald },
  { path: '/usr/lib/openssh/sshd-session', size: 860 * KB, program: sshdSession },
  { path: '/usr/bin/bash', size: 1298 * KB, program: bashProgram },
  { path: '/usr/lib/cutaway/bash-session', size: 1298 * KB, program: bashSessionProgram },
];

const installed: Installed[] = [...system, ...commandPrograms];

/** Programs that exist only inside images. Debian's /bin/sh is dash; ours is the same small shell as busybox's. */
const inImages: Program[] = [ashProgram, { ...ashProgram, name: 'dash' }];

export function nodePrograms(): Program[] {
  const programs = new Map<string, Program>();
  for (const program of [...installed.map((i) => i.program), ...inImages]) programs.set(program.name, program);
  return [...programs.values()];
}

export function outsidePrograms(): Program[] {
  return [registryProgram, dnsServer];
}

export function install(disk: DiskImage): void {
  for (const { path, size, program } of installed) disk.program(path, program.name, size);
  disk.link('/usr/sbin/init', '../lib/systemd/systemd');
  disk.link('/usr/bin/sh', 'bash');
}

