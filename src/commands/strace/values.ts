/** Arguments in strace's notation. @models strace 6.13 src/util.c, src/print_fields.h */

import { type Data, toBytes } from '../../linux/rope.ts';
import type { SocketAddress, Stat } from '../../linux/syscalls.ts';
import { FAMILY_NAMES } from './constants.ts';

const ESCAPES: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

/** At most `max` bytes of it, in quotes; octal for what cannot be printed. */
export function quoted(data: Data, max = Number.POSITIVE_INFINITY): string {
  const bytes = toBytes(data);
  const shown = bytes.subarray(0, Math.min(bytes.length, max));
  let text = '';
  shown.forEach((byte, i) => {
    const escape = ESCAPES[byte];
    if (escape !== undefined) text += escape;
    else if (byte >= 32 && byte < 127) text += String.fromCharCode(byte);
    else {
      const next = shown[i + 1] ?? 0;
      // A digit that follows must not look like part of the number.
      text += `\\${byte.toString(8).padStart(next >= 48 && next <= 55 ? 3 : 1, '0')}`;
    }
  });
  return `"${text}"${bytes.length > shown.length ? '...' : ''}`;
}

export function path(text: unknown): string {
  return quoted(String(text));
}

const TYPES: Readonly<Record<Stat['type'], string>> = {
  file: 'S_IFREG',
  directory: 'S_IFDIR',
  symlink: 'S_IFLNK',
  fifo: 'S_IFIFO',
  socket: 'S_IFSOCK',
  char: 'S_IFCHR',
  block: 'S_IFBLK',
};

export function octal(mode: number): string {
  return mode === 0 ? '000' : `0${mode.toString(8)}`;
}

export function fileMode(type: Stat['type'], mode: number): string {
  const bits: [number, string][] = [
    [0o4000, 'S_ISUID'],
    [0o2000, 'S_ISGID'],
    [0o1000, 'S_ISVTX'],
  ];
  const set = bits.filter(([bit]) => (mode & bit) !== 0).map(([, name]) => name);
  return [TYPES[type], ...set, octal(mode & 0o777).padStart(4, '0')].join('|');
}

export function device([major, minor]: readonly [number, number]): string {
  return `makedev(0x${major.toString(16)}, 0x${minor.toString(16)})`;
}

export function statText(stat: Stat): string {
  const extent =
    stat.type === 'char' || stat.type === 'block' ? `st_rdev=${device(stat.rdev)}` : `st_size=${stat.size}`;
  return `{st_mode=${fileMode(stat.type, stat.mode)}, ${extent}, ...}`;
}

export function addressText(address: SocketAddress): string {
  const family = FAMILY_NAMES[address.family];
  switch (address.family) {
    case 'unix':
      return `{sa_family=${family}, sun_path=${path(address.path)}}`;
    case 'inet':
      return `{sa_family=${family}, sin_port=htons(${address.port}), sin_addr=inet_addr(${quoted(address.host)})}`;
    case 'vsock':
      return `{sa_family=${family}, svm_cid=${address.cid}, svm_port=${address.port}}`;
  }
}

/** Length of a socket address as the kernel counts it. */
export function addressLength(address: SocketAddress): number {
  if (address.family === 'unix') return address.path.length + 3;
  return 16;
}

export function flags(set: readonly (readonly [on: unknown, name: string])[], none = '0'): string {
  const names = set.filter(([on]) => on === true).map(([, name]) => name);
  return names.length === 0 ? none : names.join('|');
}
