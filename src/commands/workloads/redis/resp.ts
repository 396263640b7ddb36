/** RESP2, the wire format between redis and its clients. @models redis 7.4 src/networking.c, RESP specification */
import type { Context } from '../../../linux/context.ts';

export type Reply =
  | { type: 'status'; text: string }
  | { type: 'error'; text: string }
  | { type: 'integer'; value: number }
  | { type: 'bulk'; text: string | null }
  | { type: 'array'; items: readonly Reply[] | null };

export const OK: Reply = { type: 'status', text: 'OK' };
export const NIL: Reply = { type: 'bulk', text: null };
export const status = (text: string): Reply => ({ type: 'status', text });
export const error = (text: string): Reply => ({ type: 'error', text });
export const integer = (value: number): Reply => ({ type: 'integer', value });
export const bulk = (text: string | null): Reply => ({ type: 'bulk', text });
export const array = (items: readonly Reply[]): Reply => ({ type: 'array', items });
export const bulks = (texts: readonly (string | null)[]): Reply => array(texts.map(bulk));

/** Strings are byte strings: one character a byte. */
const decoder = new TextDecoder('latin1');

export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export function encode(reply: Reply): string {
  switch (reply.type) {
    case 'status':
      return `+${reply.text}\r\n`;
    case 'error':
      return `-${reply.text}\r\n`;
    case 'integer':
      return `:${reply.value}\r\n`;
    case 'bulk':
      return reply.text === null ? '$-1\r\n' : `$${reply.text.length}\r\n${reply.text}\r\n`;
    case 'array':
      return reply.items === null ? '*-1\r\n' : `*${reply.items.length}\r\n${reply.items.map(encode).join('')}`;
  }
}

export class ProtocolError extends Error {}

const INLINE_MAX = 65_536;
const BULK_MAX = 512 * 1024 * 1024;

/** Reads either end's messages from a descriptor. null at the end of the stream. */
export class RespReader {
  private readonly ctx: Context;
  private readonly fd: number;
  private text = '';
  private at = 0;

  constructor(ctx: Context, fd: number) {
    this.ctx = ctx;
    this.fd = fd;
  }

  /** Whether a whole line is there already: pipelined requests are answered together. */
  get pending(): boolean {
    return this.text.indexOf('\r\n', this.at) >= 0;
  }

  private async fill(): Promise<boolean> {
    const bytes = await this.ctx.sys.read(this.ctx, this.fd, 16_384);
    if (bytes.length === 0) return false;
    this.text = this.text.slice(this.at) + decoder.decode(bytes);
    this.at = 0;
    return true;
  }

  private async line(end: string): Promise<string | null> {
    for (;;) {
      const found = this.text.indexOf(end, this.at);
      if (found >= 0) {
        const line = this.text.slice(this.at, found);
        this.at = found + end.length;
        return line;
      }
      if (this.text.length - this.at > INLINE_MAX) throw new ProtocolError('Protocol error: too big inline request');
      if (!(await this.fill())) return null;
    }
  }

  private async exactly(length: number): Promise<string | null> {
    while (this.text.length - this.at < length + 2) if (!(await this.fill())) return null;
    const part = this.text.slice(this.at, this.at + length);
    this.at += length + 2;
    return part;
  }

  /** The words of one request; an empty list for an empty line. */
  async request(): Promise<string[] | null> {
    const first = await this.line('\n');
    if (first === null) return null;
    const line = first.replace(/\r$/, '');
    if (!line.startsWith('*')) return splitWords(line);
    const count = Number(line.slice(1));
    if (!Number.isInteger(count) || count > 1024 * 1024)
      throw new ProtocolError('Protocol error: invalid multibulk length');
    const words: string[] = [];
    for (let i = 0; i < count; i++) {
      const head = await this.line('\r\n');
      if (head === null) return null;
      if (!head.startsWith('$')) throw new ProtocolError(`Protocol error: expected '$', got '${head[0] ?? ''}'`);
      const length = Number(head.slice(1));
      if (!Number.isInteger(length) || length < 0 || length > BULK_MAX)
        throw new ProtocolError('Protocol error: invalid bulk length');
      const word = await this.exactly(length);
      if (word === null) return null;
      words.push(word);
    }
    return words;
  }

  async reply(): Promise<Reply | null> {
    const line = await this.line('\r\n');
    if (line === null) return null;
    const rest = line.slice(1);
    switch (line[0]) {
      case '+':
        return status(rest);
      case '-':
        return error(rest);
      case ':':
        return integer(Number(rest));
      case '$': {
        if (Number(rest) < 0) return NIL;
        const text = await this.exactly(Number(rest));
        return text === null ? null : bulk(text);
      }
      case '*': {
        if (Number(rest) < 0) return { type: 'array', items: null };
        const items: Reply[] = [];
        for (let i = 0; i < Number(rest); i++) {
          const item = await this.reply();
          if (item === null) return null;
          items.push(item);
        }
        return array(items);
      }
      default:
        throw new ProtocolError(`Protocol error, got "${line[0] ?? ''}" as reply type byte`);
    }
  }
}

/** Words separated by blanks, quoted as in redis.conf and on redis-cli's line. @throws ProtocolError */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  const pattern = /\s*(?:"((?:[^"\\]|\\.)*)"(?=\s|$)|'((?:[^'\\]|\\.)*)'(?=\s|$)|([^\s"']\S*))/y;
  for (let at = 0; line.slice(at).trim() !== ''; at = pattern.lastIndex) {
    pattern.lastIndex = at;
    const match = pattern.exec(line);
    if (match === null) throw new ProtocolError('Protocol error: unbalanced quotes in request');
    const [, double, single, plain] = match;
    if (double !== undefined)
      words.push(
        double.replace(/\\(x[0-9a-fA-F]{2}|.)/g, (_, c: string) =>
          c.length === 3
            ? String.fromCharCode(Number.parseInt(c.slice(1), 16))
            : ({ n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' }[c] ?? c),
        ),
      );
    else words.push(single !== undefined ? single.replace(/\\'/g, "'") : (plain as string));
  }
  return words;
}
