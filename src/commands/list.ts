/** Which of these programs a Debian 13 node has, and where. */
import type { Program } from '../linux/program.ts';
import { cat } from './cat/cat.ts';
import { cut } from './cut/cut.ts';
import { date } from './date/date.ts';
import { echo } from './echo/echo.ts';
import { grep } from './grep/grep.ts';
import { head } from './head/head.ts';
import { ls } from './ls/ls.ts';
import { printf } from './printf/printf.ts';
import { sed } from './sed/sed.ts';
import { arch, falseProgram, hostname, nproc, printenv, pwd, sleep, sync, trueProgram, tty, uname, yes } from './small/basics.ts';
import { groups, id, whoami } from './small/identity.ts';
import { sort } from './sort/sort.ts';
import { tail } from './tail/tail.ts';
import { tee } from './tee/tee.ts';
import { test } from './test/test.ts';
import { tr } from './tr/tr.ts';
import { uniq } from './uniq/uniq.ts';
import { wc } from './wc/wc.ts';

export type InstalledCommand = { path: string; size: number; program: Program };

const at = (program: Program, size: number, path = `/usr/bin/${program.name}`): InstalledCommand => ({ path, size, program });

/** Sizes are those of the amd64 packages, rounded. */
export const commandPrograms: InstalledCommand[] = [
  at(arch, 39_984), at(cat, 44_016), at(cut, 48_152), at(date, 122_000), at(echo, 39_984), at(falseProgram, 35_664), at(grep, 203_152), at(groups, 39_984), at(head, 48_144),
  at(hostname, 27_040), at(id, 48_144), at(ls, 151_344), at(nproc, 39_984), at(printenv, 35_888), at(printf, 60_464), at(pwd, 44_080), at(sed, 126_424), at(sleep, 44_080),
  at(sort, 117_888), at(sync, 39_984), at(tail, 68_784), at(tee, 44_080), at(test, 48_144), at(test, 56_336, '/usr/bin/['), at(tr, 52_272), at(trueProgram, 35_664),
  at(tty, 35_888), at(uname, 39_984), at(uniq, 48_176), at(wc, 52_280), at(whoami, 39_984), at(yes, 35_888),
];
