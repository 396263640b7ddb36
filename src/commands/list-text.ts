/** Which programs of a Debian 13 node work on text, files of text and archives. */
import type { Program } from '../linux/program.ts';
import { gunzip, gzip, zcat } from './archive/gzip.ts';
import { tar } from './archive/tar.ts';
import { awk } from './awk/awk.ts';
import { column } from './columns/column.ts';
import { comm, join, paste } from './columns/paste.ts';
import { cmp } from './diff/cmp.ts';
import { diff } from './diff/diff.ts';
import { hd, hexdump, strings, xxd } from './dump/hexdump.ts';
import { od } from './dump/od.ts';
import { fmt } from './lines/fmt.ts';
import { expand, fold, unexpand } from './lines/fold.ts';
import { nl } from './lines/number.ts';
import { rev, tac } from './lines/reverse.ts';
import { shuf, split, tsort } from './lines/shuffle.ts';
import type { InstalledCommand } from './list.ts';
import { expr } from './numbers/expr.ts';
import { factor } from './numbers/factor.ts';
import { numfmt } from './numbers/numfmt.ts';
import { seq } from './numbers/seq.ts';

const at = (program: Program, size: number, path = `/usr/bin/${program.name}`): InstalledCommand => ({
  path,
  size,
  program,
});

/** Sizes are those of the amd64 packages, rounded. */
export const textPrograms: InstalledCommand[] = [
  at(awk, 175_760, '/usr/bin/mawk'),
  at(cmp, 52_536),
  at(column, 43_960),
  at(comm, 48_144),
  at(diff, 154_816),
  at(expand, 44_080),
  at(expr, 52_272),
  at(factor, 76_880),
  at(fmt, 44_048),
  at(fold, 44_080),
  at(gunzip, 2_346),
  at(gzip, 94_024),
  at(hd, 55_888),
  at(hexdump, 55_888),
  at(join, 56_368),
  at(nl, 48_272),
  at(numfmt, 64_720),
  at(od, 76_880),
  at(paste, 44_080),
  at(rev, 18_680),
  at(seq, 56_432),
  at(shuf, 60_528),
  at(split, 60_528),
  at(strings, 31_336),
  at(tac, 48_240),
  at(tar, 531_984),
  at(tsort, 48_144),
  at(unexpand, 44_080),
  at(xxd, 22_912),
  at(zcat, 1_984),
];
