/**
 * Tar archives over ropes: headers are literal bytes, file contents stay whatever rope they were.
 * @models Go archive/tar (writer: ustar, PAX where ustar cannot say it; reader: ustar, PAX, GNU long names, V7)
 * @fidelity partial: sparse files are refused; base-256 numbers are read but never written
 */
import { type ByteSource, Rope, utf8 } from '../../linux/rope.ts';
import { RopeCursor } from './rope-cursor.ts';

export type TarEntryType = 'file' | 'directory' | 'symlink' | 'hardlink' | 'char' | 'block' | 'fifo';

export type TarEntry = {
  /** Relative path without leading or trailing slash. */
  name: string;
  type: TarEntryType;
  /** Permission bits with setuid, setgid, sticky. */
  mode: number;
  uid: number;
  gid: number;
  userName: string;
  groupName: string;
  /** ns since 1970. */
  mtime: bigint;
  /** Target of symbolic and hard links. */
  linkName: string;
  rdev: readonly [number, number];
  content: Rope;
  xattrs: Readonly<Record<string, string>>;
};

/** Broken archive; `message` is Go's. */
export class TarError extends Error {
  override readonly name: string = 'TarError';
}

/** The archive ends within a file: `entry` has what there is of it. */
export class TarTruncated extends TarError {
  readonly entry: TarEntry;
  readonly wanted: number;

  constructor(entry: TarEntry, wanted: number) {
    super('unexpected EOF');
    this.entry = entry;
    this.wanted = wanted;
  }
}

const BLOCK = 512;
const NS = 1_000_000_000n;
const TYPE_FLAGS: Record<TarEntryType, string> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};
const SIZE_MAX_USTAR = 0o77777777777;
const ID_MAX_USTAR = 0o7777777;
const encoder = new TextEncoder();

/** Fills in the fields a caller did not care about. */
export function tarEntry(entry: Pick<TarEntry, 'name' | 'type' | 'mode'> & Partial<TarEntry>): TarEntry {
  return {
    uid: 0,
    gid: 0,
    userName: '',
    groupName: '',
    mtime: 0n,
    linkName: '',
    rdev: [0, 0],
    content: Rope.empty,
    xattrs: {},
    ...entry,
  };
}

export function writeTar(entries: Iterable<TarEntry>): Rope {
  const parts: Rope[] = [];
  for (const entry of entries) {
    const extended = paxRecords(entry);
    if (extended.length > 0) parts.push(paxHeader(entry, extended));
    parts.push(Rope.of(header(entry, TYPE_FLAGS[entry.type], entry.content.length)));
    if (entry.content.length > 0) parts.push(entry.content, padding(entry.content.length));
  }
  parts.push(Rope.of(new Uint8Array(2 * BLOCK)));
  return Rope.concat(parts);
}

/** Which fields ustar cannot hold, as PAX records. */
function paxRecords(entry: TarEntry): [string, string][] {
  const records: [string, string][] = [];
  const name = headerName(entry);
  if (!isAscii(name) || splitName(name) === null) records.push(['path', name]);
  if (!isAscii(entry.linkName) || entry.linkName.length > 100) records.push(['linkpath', entry.linkName]);
  if (entry.content.length > SIZE_MAX_USTAR) records.push(['size', String(entry.content.length)]);
  if (entry.uid > ID_MAX_USTAR) records.push(['uid', String(entry.uid)]);
  if (entry.gid > ID_MAX_USTAR) records.push(['gid', String(entry.gid)]);
  if (entry.mtime % NS !== 0n) {
    const fraction = (entry.mtime % NS).toString().padStart(9, '0').replace(/0+$/, '');
    records.push(['mtime', `${entry.mtime / NS}.${fraction}`]);
  }
  for (const key of Object.keys(entry.xattrs).sort()) records.push([`SCHILY.xattr.${key}`, entry.xattrs[key] ?? '']);
  return records;
}

function paxHeader(entry: TarEntry, records: [string, string][]): Rope {
  const body = encoder.encode(records.map(([key, value]) => paxRecord(key, value)).join(''));
  const slash = entry.name.lastIndexOf('/');
  const name = `${entry.name.slice(0, slash + 1)}PaxHeaders.0/${entry.name.slice(slash + 1)}`;
  const ascii = [...name].filter(isAscii).join('').slice(0, 100);
  const bare = tarEntry({ name: ascii, type: 'file', mode: 0 });
  return Rope.concat([Rope.of(header(bare, 'x', body.length)), Rope.of(body), padding(body.length)]);
}

/** `LENGTH key=value\n`, where LENGTH counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = encoder.encode(` ${key}=${value}\n`).length;
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return `${length} ${key}=${value}\n`;
}

function headerName(entry: TarEntry): string {
  return entry.type === 'directory' ? `${entry.name}/` : entry.name;
}

function header(entry: TarEntry, flag: string, size: number): Uint8Array {
  const out = new Uint8Array(BLOCK);
  const text = (at: number, length: number, value: string): void => {
    for (let i = 0; i < value.length && i < length; i++) out[at + i] = value.charCodeAt(i) & 127;
  };
  const octal = (at: number, length: number, value: number): void => {
    text(
      at,
      length - 1,
      value
        .toString(8)
        .padStart(length - 1, '0')
        .slice(-(length - 1)),
    );
  };
  const full = headerName(entry);
  const [prefix, name] = splitName(full) ?? ['', full.slice(0, 100)];
  text(0, 100, name);
  octal(100, 8, entry.mode);
  octal(108, 8, entry.uid > ID_MAX_USTAR ? 0 : entry.uid);
  octal(116, 8, entry.gid > ID_MAX_USTAR ? 0 : entry.gid);
  octal(124, 12, size > SIZE_MAX_USTAR ? 0 : size);
  octal(136, 12, Number(entry.mtime / NS));
  text(156, 1, flag);
  text(157, 100, entry.linkName);
  text(257, 6, 'ustar\0');
  text(263, 2, '00');
  text(265, 32, entry.userName);
  text(297, 32, entry.groupName);
  octal(329, 8, entry.rdev[0]);
  octal(337, 8, entry.rdev[1]);
  text(345, 155, prefix);
  out.fill(32, 148, 156);
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += out[i] as number;
  text(148, 8, `${sum.toString(8).padStart(6, '0')}\0 `);
  return out;
}

/** [prefix, name] as ustar stores a path of up to 256 bytes, or null when it does not fit. */
function splitName(path: string): [string, string] | null {
  if (path.length <= 100) return ['', path];
  for (let slash = path.indexOf('/', path.length - 101); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const name = path.slice(slash + 1);
    if (slash <= 155 && name !== '') return [path.slice(0, slash), name];
  }
  return null;
}

function padding(length: number): Rope {
  const rest = length % BLOCK;
  return rest === 0 ? Rope.empty : Rope.of(new Uint8Array(BLOCK - rest));
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 126 || text.charCodeAt(i) < 32) return false;
  return true;
}

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};

/** What archives that were made here hold. */
const knownEntries = new WeakMap<ByteSource, () => readonly TarEntry[]>();

/** Declares what reading the archive gives. The catalogue's test proves it for each of its layers. */
export function registerEntries(archive: ByteSource, entries: () => readonly TarEntry[]): void {
  knownEntries.set(archive, entries);
}

/** Walks an archive. Ends at the two zero blocks, as Go does, or at the end of the input. */
export function* readTar(archive: Rope): Generator<TarEntry> {
  const source = archive.wholeSource;
  const known = source === null ? undefined : knownEntries.get(source);
  if (known === undefined) yield* parseTar(archive);
  else yield* known();
}

function* parseTar(archive: Rope): Generator<TarEntry> {
  const cursor = new RopeCursor(archive);
  let global: Record<string, string> = {};
  let extended: Record<string, string> = {};
  while (cursor.remaining > 0) {
    const block = cursor.take(BLOCK).bytes();
    if (block.length < BLOCK) throw new TarError('unexpected EOF');
    if (block.every((byte) => byte === 0)) {
      const second = cursor.take(BLOCK).bytes();
      if (second.length === 0 || (second.length === BLOCK && second.every((byte) => byte === 0))) return;
      throw new TarError('archive/tar: invalid tar header');
    }
    if (!checksumHolds(block)) throw new TarError('archive/tar: invalid tar header');
    const flag = String.fromCharCode(block[156] ?? 0);
    const size = 'size' in extended ? Number(extended.size) : number(block, 124, 12);
    if (!Number.isSafeInteger(size) || size < 0) throw new TarError('archive/tar: invalid tar header');
    const hasContent = !(flag in TYPES) || TYPES[flag] === 'file';
    const content = hasContent ? cursor.take(size) : Rope.empty;
    if (content.length < (hasContent ? size : 0)) {
      if (TYPES[flag] !== 'file') throw new TarError('unexpected EOF');
      throw new TarTruncated(toEntry(block, 'file', content, { ...global, ...extended }), size);
    }
    if (hasContent) cursor.skip((BLOCK - (size % BLOCK)) % BLOCK);
    if (flag === 'x') extended = { ...extended, ...parsePax(content.bytes()) };
    else if (flag === 'g') global = { ...global, ...parsePax(content.bytes()) };
    else if (flag === 'L') extended = { ...extended, path: cString(content.bytes()) };
    else if (flag === 'K') extended = { ...extended, linkpath: cString(content.bytes()) };
    else if (flag === 'S') throw new TarError('archive/tar: sparse files are not supported');
    else {
      const type = TYPES[flag];
      if (type !== undefined) yield toEntry(block, type, content, { ...global, ...extended });
      extended = {};
    }
  }
}

function toEntry(block: Uint8Array, declared: TarEntryType, content: Rope, pax: Record<string, string>): TarEntry {
  const isUstar = ascii(block, 257, 5) === 'ustar';
  const isGnu = isUstar && block[262] === 32;
  const prefix = isUstar && !isGnu ? ascii(block, 345, 155) : '';
  const own = ascii(block, 0, 100);
  const raw = pax.path ?? (prefix === '' ? own : `${prefix}/${own}`);
  const xattrs: Record<string, string> = {};
  for (const key of Object.keys(pax)) if (key.startsWith('SCHILY.xattr.')) xattrs[key.slice(13)] = pax[key] ?? '';
  // V7 archives mark directories by the trailing slash only.
  const type = declared === 'file' && raw.endsWith('/') ? 'directory' : declared;
  return {
    name: raw
      .replace(/^(\.?\/)+/, '')
      .replace(/\/+$/, '')
      .replace(/^\.$/, ''),
    type,
    mode: number(block, 100, 8) & 0o7777,
    uid: pax.uid === undefined ? number(block, 108, 8) : Number(pax.uid),
    gid: pax.gid === undefined ? number(block, 116, 8) : Number(pax.gid),
    userName: pax.uname ?? (isUstar ? ascii(block, 265, 32) : ''),
    groupName: pax.gname ?? (isUstar ? ascii(block, 297, 32) : ''),
    mtime: pax.mtime === undefined ? BigInt(number(block, 136, 12)) * NS : paxTime(pax.mtime),
    linkName: pax.linkpath ?? ascii(block, 157, 100),
    rdev: type === 'char' || type === 'block' ? [number(block, 329, 8), number(block, 337, 8)] : [0, 0],
    content,
    xattrs,
  };
}

function parsePax(bytes: Uint8Array): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(32, at);
    const length = space < 0 ? 0 : Number(ascii(bytes, at, space - at));
    const record = utf8(bytes.subarray(space + 1, at + length));
    const equals = record.indexOf('=');
    if (!(length > 0) || at + length > bytes.length || equals < 1 || !record.endsWith('\n')) {
      throw new TarError('archive/tar: invalid tar header');
    }
    records[record.slice(0, equals)] = record.slice(equals + 1, -1);
    at += length;
  }
  return records;
}

function paxTime(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole) * NS + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

function checksumHolds(block: Uint8Array): boolean {
  const wanted = number(block, 148, 8);
  let sum = 8 * 32;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += block[i] ?? 0;
  return sum === wanted;
}

function number(block: Uint8Array, at: number, length: number): number {
  if (((block[at] ?? 0) & 0x80) !== 0) {
    let value = (block[at] ?? 0) & 0x7f;
    for (let i = 1; i < length; i++) value = value * 256 + (block[at + i] ?? 0);
    return value;
  }
  const text = ascii(block, at, length).trim();
  if (text === '') return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}

function ascii(bytes: Uint8Array, at: number, length: number): string {
  return cString(bytes.subarray(at, at + length));
}

function cString(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === 0) return text;
    if (byte > 127) {
      const end = bytes.indexOf(0, i);
      return utf8(end < 0 ? bytes : bytes.subarray(0, end));
    }
    text += String.fromCharCode(byte);
  }
  return text;
}
