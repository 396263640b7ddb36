/** The colours of `dircolors --print-database`. @models coreutils 9.7 src/dircolors.hin @fidelity partial: common extensions */
import type { FileType } from '../../linux/syscalls.ts';

const ARCHIVES = /\.(?:tar|tgz|gz|zip|xz|bz2|zst|deb|rpm|jar|7z|lz4|tbz2?|txz|cpio)$/i;
const PICTURES = /\.(?:jpe?g|gif|bmp|png|svg|tiff?|webp|mp4|mkv|webm|avi|mov)$/i;
const SOUND = /\.(?:mp3|ogg|flac|wav|m4a|opus)$/i;
const BACKUPS = /(?:~|\.(?:bak|old|orig|swp|tmp|rpmsave|dpkg-old|dpkg-dist))$/i;

export function colorOf(entry: { type: FileType; mode: number; name: string; broken?: boolean }): string | null {
  const { type, mode, name } = entry;
  if (entry.broken) return '01;36';
  switch (type) {
    case 'directory':
      if ((mode & 0o1000) !== 0 && (mode & 0o2) !== 0) return '30;42';
      if ((mode & 0o2) !== 0) return '34;42';
      return (mode & 0o1000) !== 0 ? '37;44' : '01;34';
    case 'symlink':
      return '01;36';
    case 'fifo':
      return '40;33';
    case 'socket':
      return '01;35';
    case 'char':
    case 'block':
      return '40;33;01';
    default:
      if ((mode & 0o4000) !== 0) return '37;41';
      if ((mode & 0o2000) !== 0) return '30;43';
      if ((mode & 0o111) !== 0) return '01;32';
      if (ARCHIVES.test(name)) return '01;31';
      if (PICTURES.test(name)) return '01;35';
      if (SOUND.test(name)) return '00;36';
      return BACKUPS.test(name) ? '00;90' : null;
  }
}

/** Files without a colour are written as they are. */
export function painted(text: string, code: string | null): string {
  return code === null ? text : `\x1b[${code}m${text}\x1b[0m`;
}
