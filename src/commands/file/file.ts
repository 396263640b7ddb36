/** file. @models file 5.46 src/file.c and magic/Magdir @fidelity partial: the kinds of file that a node holds */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import type { Stat } from '../../linux/syscalls.ts';
import { command, type Invocation } from '../common/command.ts';
import { readOperand } from '../common/files.ts';
import { latin1 } from '../common/text.ts';

/** file looks no further than this. */
const HEAD_BYTES = 7_340_032;

async function special(ctx: Context, path: string, stat: Stat): Promise<string | null> {
  const bits = `${(stat.mode & 0o4000) === 0 ? '' : 'setuid, '}${(stat.mode & 0o2000) === 0 ? '' : 'setgid, '}${(stat.mode & 0o1000) === 0 ? '' : 'sticky, '}`;
  switch (stat.type) {
    case 'directory':
      return `${bits}directory`;
    case 'symlink': {
      const target = await ctx.sys.readlink(ctx, path);
      const full = target.startsWith('/') ? target : `${path.replace(/[^/]*$/, '')}${target}`;
      const broken = await ctx.sys.stat(ctx, full).then(
        () => false,
        (error: unknown) => (isErrno(error) ? true : Promise.reject(error)),
      );
      return `${broken ? 'broken ' : ''}symbolic link to ${target}`;
    }
    case 'char':
      return `character special (${stat.rdev[0]}/${stat.rdev[1]})`;
    case 'block':
      return `block special (${stat.rdev[0]}/${stat.rdev[1]})`;
    case 'fifo':
      return 'fifo (named pipe)';
    case 'socket':
      return 'socket';
    default:
      return stat.size === 0 && !path.startsWith('/proc') && !path.startsWith('/sys') ? 'empty' : null;
  }
}

const octal = (text: string): number => Number.parseInt(text.replace(/[\0 ]/g, '') || '0', 8);

/** What bytes are, and the same as a MIME type. */
export function kindOf(bytes: Uint8Array): { words: string; mime: string; charset: string } {
  const head = latin1(bytes.subarray(0, 600));
  const is = (prefix: string): boolean => head.startsWith(prefix);
  const binary = (words: string, mime: string): { words: string; mime: string; charset: string } => ({
    words,
    mime,
    charset: 'binary',
  });
  if (is('\x7fELF'))
    return binary(
      `ELF ${bytes[4] === 2 ? '64' : '32'}-bit LSB pie executable, x86-64, version 1 (SYSV), dynamically linked, interpreter /lib64/ld-linux-x86-64.so.2, for GNU/Linux 3.2.0, stripped`,
      'application/x-pie-executable',
    );
  if (is('\x1f\x8b'))
    return binary(`gzip compressed data, from Unix, original size modulo 2^32 ${gzipSize(bytes)}`, 'application/gzip');
  if (is('\x28\xb5\x2f\xfd'))
    return binary('Zstandard compressed data (v0.8+), Dictionary ID: None', 'application/zstd');
  if (is('\xfd7zXZ\0')) return binary('XZ compressed data, checksum CRC64', 'application/x-xz');
  if (is('BZh')) return binary(`bzip2 compressed data, block size = ${head[3]}00k`, 'application/x-bzip2');
  if (is('PK\x03\x04'))
    return binary('Zip archive data, at least v2.0 to extract, compression method=deflate', 'application/zip');
  if (is('!<arch>\ndebian'))
    return binary(
      'Debian binary package (format 2.0), with control.tar.xz, data compression xz',
      'application/vnd.debian.binary-package',
    );
  if (is('\x89PNG\r\n\x1a\n')) return binary('PNG image data', 'image/png');
  if (is('SQLite format 3\0')) return binary('SQLite 3.x database', 'application/vnd.sqlite3');
  if (is('TZif'))
    return binary(`timezone data (fixed block), version ${head[4] === '\0' ? 1 : head[4]}`, 'application/tzif');
  if (head.slice(257, 262) === 'ustar')
    return binary(
      head.slice(257, 265) === 'ustar  \0' ? 'POSIX tar archive (GNU)' : 'POSIX tar archive',
      'application/x-tar',
    );
  if (octal(head.slice(148, 156)) > 0 && tarSum(bytes)) return binary('tar archive', 'application/x-tar');
  return text(bytes);
}

function tarSum(bytes: Uint8Array): boolean {
  if (bytes.length < 512) return false;
  let sum = 0;
  for (let i = 0; i < 512; i++) sum += i >= 148 && i < 156 ? 32 : (bytes[i] ?? 0);
  return sum === octal(latin1(bytes.subarray(148, 156)));
}

function gzipSize(bytes: Uint8Array): number {
  const at = bytes.length - 4;
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)) + (bytes[at + 3] ?? 0) * 0x1000000
  );
}

const INTERPRETERS: readonly (readonly [RegExp, string, string])[] = [
  [/^#! ?\S*\/(env )?bash\b/, 'Bourne-Again shell script', 'text/x-shellscript'],
  [/^#! ?\S*\/(env )?(sh|dash|ash)\b/, 'POSIX shell script', 'text/x-shellscript'],
  [/^#! ?\S*\/(env )?python[\d.]*/, 'Python script', 'text/x-script.python'],
  [/^#! ?\S*\/(env )?perl\b/, 'Perl script text executable', 'text/x-perl'],
  [/^#! ?\S*\/(env )?node\b/, 'a /usr/bin/env node script', 'application/javascript'],
];

function text(bytes: Uint8Array): { words: string; mime: string; charset: string } {
  let ascii = true;
  for (const byte of bytes) {
    if (byte === 0 || (byte < 32 && ![7, 8, 9, 10, 11, 12, 13, 27].includes(byte)))
      return { words: 'data', mime: 'application/octet-stream', charset: 'binary' };
    if (byte >= 127) ascii = false;
  }
  let utf8 = true;
  if (!ascii) {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      utf8 = false;
    }
  }
  const coding = ascii ? 'ASCII text' : utf8 ? 'Unicode text, UTF-8 text' : 'ISO-8859 text';
  const charset = ascii ? 'us-ascii' : utf8 ? 'utf-8' : 'iso-8859-1';
  const body = latin1(bytes);
  const lines = body.split('\n');
  const long = Math.max(...lines.map((line) => line.length));
  const ends = body.includes('\r\n')
    ? ', with CRLF line terminators'
    : !body.includes('\n')
      ? ', with no line terminators'
      : '';
  const width = long > 300 ? `, with very long lines (${long})` : '';
  const tail = `${width}${ends}`;
  for (const [pattern, words, mime] of INTERPRETERS) {
    if (!pattern.test(body)) continue;
    const kind = words.endsWith('executable') ? words : `${words}, ${coding} executable`;
    return { words: `${kind}${tail}`, mime, charset };
  }
  if (/^\s*[[{]/.test(body)) {
    try {
      JSON.parse(new TextDecoder().decode(bytes));
      return { words: 'JSON text data', mime: 'application/json', charset };
    } catch {
      // Only looks like it.
    }
  }
  if (body.startsWith('-----BEGIN CERTIFICATE-----'))
    return { words: `PEM certificate`, mime: 'application/x-pem-file', charset };
  if (/^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(body))
    return {
      words: `${body.startsWith('-----BEGIN RSA') ? 'PEM RSA' : body.startsWith('-----BEGIN OPENSSH') ? 'OpenSSH' : 'PEM EC'} private key`,
      mime: 'text/x-ssl-private-key',
      charset,
    };
  if (/^<\?xml/.test(body)) return { words: `XML 1.0 document, ${coding}${tail}`, mime: 'text/xml', charset };
  if (/^\s*<(!doctype html|html)/i.test(body))
    return { words: `HTML document, ${coding}${tail}`, mime: 'text/html', charset };
  if (isCsv(lines)) return { words: `CSV ${coding}${tail}`, mime: 'text/csv', charset };
  return { words: `${coding}${tail}`, mime: 'text/plain', charset };
}

const CSV_LINES_MAX = 10;

/** As many commas in every line, and at least two lines. */
function isCsv(lines: readonly string[]): boolean {
  const some = lines.slice(0, -1).slice(0, CSV_LINES_MAX);
  const counts = some.map((line) => line.replace(/"[^"]*"/g, '').split(',').length - 1);
  return counts.length >= 2 && (counts[0] ?? 0) > 0 && counts.every((n) => n === counts[0]);
}

async function describe(
  call: Invocation,
  path: string,
): Promise<{ words: string; mime: string; charset: string } | null> {
  const { ctx, options } = call;
  const follow = options.has('dereference');
  if (path === '-') return kindOf((await readOperand(call, '-')) ?? new Uint8Array(0));
  let stat: Stat;
  try {
    stat = await (follow ? ctx.sys.stat(ctx, path) : ctx.sys.lstat(ctx, path));
  } catch (error) {
    if (!isErrno(error)) throw error;
    const words = `cannot open \`${path}' (${error.libc})`;
    return { words, mime: words, charset: '' };
  }
  const words = await special(ctx, path, stat);
  if (words !== null) {
    const mime =
      stat.type === 'file'
        ? 'inode/x-empty'
        : `inode/${stat.type === 'char' ? 'chardevice' : stat.type === 'block' ? 'blockdevice' : stat.type}`;
    return { words, mime, charset: 'binary' };
  }
  try {
    const fd = await ctx.sys.open(ctx, path, { read: true });
    const parts: Uint8Array[] = [];
    for (let size = 0; size < HEAD_BYTES; ) {
      const part = await ctx.sys.read(ctx, fd, 65_536);
      if (part.length === 0) break;
      parts.push(part);
      size += part.length;
      // A binary is known by its beginning.
      if (parts.length === 1 && (part[0] === 0x7f || part[0] === 0x1f || part[0] === 0x28)) break;
    }
    await ctx.sys.close(ctx, fd);
    const all = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return kindOf(all);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return { words: `regular file, no read permission`, mime: 'regular file, no read permission', charset: '' };
  }
}

export const file = command(
  {
    name: 'file',
    usage: ['[OPTION...] [FILE...]'],
    about: 'Tell what kind of thing each FILE is.',
    version: 'file-5.46',
    options: {
      'b,brief': 'without names',
      'L,dereference': 'follow links',
      'h,no-dereference': 'do not follow links (default)',
      'i,mime': 'MIME type and encoding',
      'mime-type': 'MIME type',
      'mime-encoding': 'encoding',
      'k,keep-going': '',
      's,special-files': 'read special files, too',
      'z,uncompress': '',
      'F,separator=STRING': 'instead of ":"',
      'N,no-pad': 'no padding',
      'f,files-from=FILE': '',
      E: '',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    if (operands.length === 0) {
      await ctx.sys.write(
        ctx,
        2,
        'Usage: file [-bcCdEhikLlNnprsSvzZ0] [--apple] [--extension] [--mime-encoding]\n            [--mime-type] [-e <testname>] [-F <separator>]  [-f <namefile>]\n            [-m <magicfiles>] [-P <parameter=value>] [--exclude-quiet]\n            <file> ...\n       file -C [-m <magicfiles>]\n       file [--help]\n',
      );
      return 1;
    }
    const separator = options.value('separator') ?? ':';
    const width = options.has('no-pad') ? 0 : Math.max(...operands.map((o) => o.length)) + separator.length;
    for (const path of operands) {
      const found = await describe(call, path);
      if (found === null) continue;
      const name = path === '-' ? '/dev/stdin' : path;
      const value = options.has('mime')
        ? `${found.mime}; charset=${found.charset}`
        : options.has('mime-type')
          ? found.mime
          : options.has('mime-encoding')
            ? found.charset
            : found.words;
      await out.write(options.has('brief') ? `${value}\n` : `${`${name}${separator}`.padEnd(width)} ${value}\n`);
    }
    return 0;
  },
);
