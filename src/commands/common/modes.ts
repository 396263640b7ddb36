/** Permission bits as text and back. @models gnulib filemode.c, modechange.c */
import type { FileType, Stat } from '../../linux/syscalls.ts';

const TYPE_LETTER: Record<FileType, string> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  fifo: 'p',
  socket: 's',
  char: 'c',
  block: 'b',
};
export const TYPE_BITS: Record<FileType, number> = {
  file: 0o100000,
  directory: 0o40000,
  symlink: 0o120000,
  fifo: 0o10000,
  socket: 0o140000,
  char: 0o20000,
  block: 0o60000,
};

/** `drwxr-xr-x` */
export function modeString(stat: Pick<Stat, 'type' | 'mode'>): string {
  const { mode } = stat;
  const triple = (shift: number, special: number, letter: string): string => {
    const x = (mode >> shift) & 1;
    const set = (mode & special) !== 0;
    return `${(mode >> (shift + 2)) & 1 ? 'r' : '-'}${(mode >> (shift + 1)) & 1 ? 'w' : '-'}${set ? (x ? letter : letter.toUpperCase()) : x ? 'x' : '-'}`;
  };
  return TYPE_LETTER[stat.type] + triple(6, 0o4000, 's') + triple(3, 0o2000, 's') + triple(0, 0o1000, 't');
}

/** `755`, `u+x,go-w`, `+x`, `a=rX`: a function of the old mode, or null if it is not a mode. */
export function parseMode(text: string): ((old: number, isDirectory: boolean, umask: number) => number) | null {
  if (/^[0-7]{1,5}$/.test(text)) {
    const value = Number.parseInt(text, 8);
    if (value > 0o7777) return null;
    // A numeric mode of fewer than five digits leaves a directory's set-ID bits alone.
    return (old, isDirectory) => (isDirectory && text.length < 5 ? value | (old & 0o6000) : value);
  }
  const clauses: { who: string; operator: string; permissions: string }[] = [];
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]|[0-7]+))+)$/.exec(clause);
    if (match === null) return null;
    for (const action of (match[2] as string).matchAll(/([-+=])([rwxXst]*|[ugo]|[0-7]+)(?=[-+=]|$)/g))
      clauses.push({ who: match[1] as string, operator: action[1] as string, permissions: action[2] as string });
  }
  return (old, isDirectory, umask) => {
    let mode = old;
    for (const { who, operator, permissions } of clauses) {
      const everyone = who === '' || who.includes('a');
      const mask =
        (everyone || who.includes('u') ? 0o4700 : 0) |
        (everyone || who.includes('g') ? 0o2070 : 0) |
        (everyone || who.includes('o') ? 0o1007 : 0);
      let bits = 0;
      if (/^[ugo]$/.test(permissions)) {
        const triple = (mode >> { u: 6, g: 3, o: 0 }[permissions as 'u' | 'g' | 'o']) & 7;
        bits = triple * 0o111;
      } else {
        if (permissions.includes('r')) bits |= 0o444;
        if (permissions.includes('w')) bits |= 0o222;
        if (permissions.includes('x') || (permissions.includes('X') && (isDirectory || (mode & 0o111) !== 0)))
          bits |= 0o111;
        if (permissions.includes('s')) bits |= 0o6000;
        if (permissions.includes('t')) bits |= 0o1000;
      }
      bits &= mask;
      if (who === '') bits &= ~umask;
      if (permissions.includes('t') && (everyone || who.includes('o'))) bits |= 0o1000;
      if (operator === '+') mode |= bits;
      else if (operator === '-') mode &= ~bits;
      else mode = (mode & ~(mask & (isDirectory ? 0o1777 : 0o7777))) | bits;
    }
    return mode;
  };
}

/** makedev(3) numbers as stat's %t %T and ls print them are the pair itself. */
function deviceText(rdev: readonly [number, number]): string {
  return `${rdev[0]}, ${rdev[1]}`;
}
