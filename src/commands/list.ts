/** Which of these programs a Debian 13 node has, and where. */
import type { Program } from '../linux/program.ts';
import { cat } from './cat/cat.ts';
import { cut } from './cut/cut.ts';
import { date } from './date/date.ts';
import { base64, md5sum, sha1sum, sha256sum, sha512sum } from './digest/digest.ts';
import { echo } from './echo/echo.ts';
import { chgrp, chmod, chown, stat } from './files/attributes.ts';
import { cp, mv } from './files/copy.ts';
import { ln, mkdir, mkfifo, mknod, mktemp, rm, rmdir, touch, truncate } from './files/make-remove.ts';
import { basename, dirname, readlink, realpath } from './files/paths.ts';
import { find } from './find/find.ts';
import { grep } from './grep/grep.ts';
import { head } from './head/head.ts';
import { ls } from './ls/ls.ts';
import { less, more } from './pager/pager.ts';
import { printf } from './printf/printf.ts';
import { env, nice, nohup, timeout } from './run/run.ts';
import { sed } from './sed/sed.ts';
import {
  arch,
  falseProgram,
  hostname,
  nproc,
  printenv,
  pwd,
  sleep,
  sync,
  trueProgram,
  tty,
  uname,
  yes,
} from './small/basics.ts';
import { groups, id, whoami } from './small/identity.ts';
import { sort } from './sort/sort.ts';
import { tail } from './tail/tail.ts';
import { tee } from './tee/tee.ts';
import { test } from './test/test.ts';
import { tr } from './tr/tr.ts';
import { uniq } from './uniq/uniq.ts';
import { wc } from './wc/wc.ts';
import { xargs } from './xargs/xargs.ts';

export type InstalledCommand = { path: string; size: number; program: Program };

const at = (program: Program, size: number, path = `/usr/bin/${program.name}`): InstalledCommand => ({
  path,
  size,
  program,
});

/** Sizes are those of the amd64 packages, rounded. */
export const commandPrograms: InstalledCommand[] = [
  at(arch, 39_984),
  at(cat, 44_016),
  at(cut, 48_152),
  at(date, 122_000),
  at(echo, 39_984),
  at(falseProgram, 35_664),
  at(grep, 203_152),
  at(groups, 39_984),
  at(head, 48_144),
  at(hostname, 27_040),
  at(id, 48_144),
  at(ls, 151_344),
  at(nproc, 39_984),
  at(printenv, 35_888),
  at(printf, 60_464),
  at(pwd, 44_080),
  at(sed, 126_424),
  at(sleep, 44_080),
  at(sort, 117_888),
  at(sync, 39_984),
  at(tail, 68_784),
  at(tee, 44_080),
  at(test, 48_144),
  at(test, 56_336, '/usr/bin/['),
  at(tr, 52_272),
  at(trueProgram, 35_664),
  at(tty, 35_888),
  at(uname, 39_984),
  at(uniq, 48_176),
  at(wc, 52_280),
  at(base64, 44_080),
  at(basename, 39_984),
  at(chgrp, 64_560),
  at(chmod, 60_464),
  at(chown, 64_560),
  at(cp, 151_152),
  at(dirname, 39_984),
  at(env, 48_536),
  at(find, 204_264),
  at(less, 206_352),
  at(ln, 68_656),
  at(md5sum, 44_080),
  at(mkdir, 72_752),
  at(mkfifo, 44_080),
  at(mknod, 48_176),
  at(mktemp, 44_080),
  at(more, 48_168),
  at(mv, 143_056),
  at(nice, 39_984),
  at(nohup, 39_984),
  at(readlink, 48_176),
  at(realpath, 48_176),
  at(rm, 64_464),
  at(rmdir, 48_176),
  at(sha1sum, 48_176),
  at(sha256sum, 52_272),
  at(sha512sum, 52_272),
  at(stat, 85_256),
  at(timeout, 44_144),
  at(touch, 97_360),
  at(truncate, 44_080),
  at(xargs, 72_488),
  at(whoami, 39_984),
  at(yes, 35_888),
];
