/**
 * Where the tools of a Debian 13 node are, beside its everyday commands: the same kind of table as in installed.ts, of a
 * chunk of its own.
 */
export const installedTools: readonly (readonly [path: string, size: number, program: string])[] = [
  ['/usr/bin/cmp', 52536, 'cmp'],
  ['/usr/bin/column', 43960, 'column'],
  ['/usr/bin/comm', 48144, 'comm'],
  ['/usr/bin/diff', 154816, 'diff'],
  ['/usr/bin/expand', 44080, 'expand'],
  ['/usr/bin/expr', 52272, 'expr'],
  ['/usr/bin/factor', 76880, 'factor'],
  ['/usr/bin/fmt', 44048, 'fmt'],
  ['/usr/bin/fold', 44080, 'fold'],
  ['/usr/bin/gunzip', 2346, 'gunzip'],
  ['/usr/bin/gzip', 94024, 'gzip'],
  ['/usr/bin/hd', 55888, 'hd'],
  ['/usr/bin/hexdump', 55888, 'hexdump'],
  ['/usr/bin/join', 56368, 'join'],
  ['/usr/bin/mawk', 175760, 'awk'],
  ['/usr/bin/nl', 48272, 'nl'],
  ['/usr/bin/numfmt', 64720, 'numfmt'],
  ['/usr/bin/od', 76880, 'od'],
  ['/usr/bin/paste', 44080, 'paste'],
  ['/usr/bin/rev', 18680, 'rev'],
  ['/usr/bin/seq', 56432, 'seq'],
  ['/usr/bin/shuf', 60528, 'shuf'],
  ['/usr/bin/split', 60528, 'split'],
  ['/usr/bin/strings', 31336, 'strings'],
  ['/usr/bin/tac', 48240, 'tac'],
  ['/usr/bin/tar', 531984, 'tar'],
  ['/usr/bin/tsort', 48144, 'tsort'],
  ['/usr/bin/unexpand', 44080, 'unexpand'],
  ['/usr/bin/xxd', 22912, 'xxd'],
  ['/usr/bin/zcat', 1984, 'zcat'],
];

/** Other names of programs, as update-alternatives and merged directories leave them. */
export const installedLinks: readonly (readonly [path: string, target: string])[] = [
  ['/etc/alternatives/awk', '/usr/bin/mawk'],
  ['/usr/bin/awk', '/etc/alternatives/awk'],
];
