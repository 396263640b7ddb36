import { toBytes } from '../../linux/rope.ts';
import { allocateBytes, type ByteQueue, concatBytes, newByteQueue, pushBytes, unreadLength } from '../byte-queue.ts';

/**
 * HTTP/1.1 messages: heads and bodies to bytes, and an incremental parser for either side.
 * @models RFC 9112
 * @fidelity partial: no obsolete line folding, no pipelined upgrade; trailers are read and dropped
 */
export type Headers = readonly (readonly [name: string, value: string])[];

export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly headers: Headers;
}

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: Headers;
}

export class HttpError extends Error {
  override readonly name = 'HttpError';
}

export function encodeRequestHead({ method, target, headers }: RequestHead): Uint8Array {
  return encodeHead(`${method} ${target} HTTP/1.1`, headers);
}

export function encodeResponseHead({ status, reason, headers }: ResponseHead): Uint8Array {
  return encodeHead(`HTTP/1.1 ${status} ${reason}`, headers);
}

function encodeHead(line: string, headers: Headers): Uint8Array {
  return toBytes(headText(line, headers));
}

const LINE_BREAK = /[\r\n]/;

function headText(line: string, headers: Headers): string {
  let text = `${line}\r\n`;
  let said = '';
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i] as Headers[number];
    said += header[0] + header[1];
    text += `${header[0]}: ${header[1]}\r\n`;
  }
  if (LINE_BREAK.test(said)) {
    const [name] = headers.find((header) => LINE_BREAK.test(header[0] + header[1])) ?? [];
    throw new HttpError(`invalid header field value for ${JSON.stringify(name)}`);
  }
  return `${text}\r\n`;
}

export type EncodedMessage = { readonly bytes: Uint8Array; readonly headLength: number };

/** A request with its body and `Content-Length`, which one without a body has unless it is a GET: one piece, as it is written. */
export function encodeRequest({ method, target, headers }: RequestHead, body: string): EncodedMessage {
  const line = `${method} ${target} HTTP/1.1`;
  return body === '' && method === 'GET' ? encodeMessage(line, headers, null) : encodeMessage(line, headers, body);
}

/** A response with its body and `Content-Length`. */
export function encodeResponse({ status, reason, headers }: ResponseHead, body: string): EncodedMessage {
  return encodeMessage(`HTTP/1.1 ${status} ${reason}`, headers, body);
}

const encoder = new TextEncoder();

function encodeMessage(line: string, headers: Headers, body: string | null): EncodedMessage {
  const headFor = (length: number): string =>
    headText(line, body === null ? headers : [...headers, ['Content-Length', String(length)]]);
  const text = body ?? '';
  const head = headFor(text.length);
  const bytes = allocateBytes(head.length + text.length);
  // Mostly each character is a byte.
  if (encoder.encodeInto(head + text, bytes).read === bytes.length) return { bytes, headLength: head.length };
  const encoded = encoder.encode(text);
  const first = encoder.encode(headFor(encoded.length));
  return { bytes: concatBytes([first, encoded]), headLength: first.length };
}

/** One chunk of a chunked body. An empty one would end the body: use encodeLastChunk for that. */
export function encodeChunk(data: Uint8Array): Uint8Array {
  if (data.length === 0) return data;
  return concatBytes([toBytes(`${data.length.toString(16)}\r\n`), data, toBytes('\r\n')]);
}

/** The same of a text. */
export function encodeTextChunk(text: string): Uint8Array {
  if (text === '') return NOTHING;
  const whole = `${text.length.toString(16)}\r\n${text}\r\n`;
  const bytes = allocateBytes(whole.length);
  // Mostly each character is a byte.
  return encoder.encodeInto(whole, bytes).read === whole.length ? bytes : encodeChunk(encoder.encode(text));
}

const NOTHING = new Uint8Array(0);

export function encodeLastChunk(): Uint8Array {
  return toBytes('0\r\n\r\n');
}

/** First value of a header, its name compared without regard to case. */
export function headerValue(headers: Headers, name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i] as Headers[number];
    if (header[0].length === wanted.length && header[0].toLowerCase() === wanted) return header[1];
  }
  return undefined;
}

/** 301 Moved Permanently and so on; '' for a status without a registered reason. */
export function reasonPhrase(status: number): string {
  return reasons[status] ?? '';
}

const reasons: Readonly<Record<number, string>> = {
  100: 'Continue',
  101: 'Switching Protocols',
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  416: 'Requested Range Not Satisfiable',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/** Where the head that begins at `start` ends, its empty line included; -1 when more is to come. */
export function endOfHead(bytes: Uint8Array, start = 0): number {
  for (let at = bytes.indexOf(10, start); at >= 0; at = bytes.indexOf(10, at + 1)) {
    if (bytes[at + 1] === 10) return at + 2;
    if (bytes[at + 1] === 13 && bytes[at + 2] === 10) return at + 3;
  }
  return -1;
}

/** A whole head, up to its empty line. @throws HttpError */
export function decodeRequestHead(bytes: Uint8Array): { head: RequestHead; keepAlive: boolean } {
  const { first, headers } = linesOf(bytes);
  const [, method = '', target = '', minor] = /^([!-~]+) ([!-~]+) HTTP\/1\.([01])$/.exec(first) ?? [];
  if (minor === undefined) throw new HttpError(`malformed HTTP request ${JSON.stringify(first)}`);
  return { head: { method, target, headers }, keepAlive: isKept(minor, headers) };
}

export function decodeResponseHead(bytes: Uint8Array): { head: ResponseHead; keepAlive: boolean } {
  const { first, headers } = linesOf(bytes);
  const [, minor, code, reason = ''] = /^HTTP\/1\.([01]) (\d{3})(?: (.*))?$/.exec(first) ?? [];
  if (minor === undefined) throw new HttpError(`malformed HTTP response ${JSON.stringify(first)}`);
  return { head: { status: Number(code), reason, headers }, keepAlive: isKept(minor, headers) };
}

function isKept(minor: string, headers: Headers): boolean {
  const connection = headerValue(headers, 'connection')?.toLowerCase();
  return minor === '1' ? connection !== 'close' : connection === 'keep-alive';
}

/** How long the body is that follows: a number of bytes, in chunks, or null if the headers do not say. @throws HttpError */
export function bodyLength(headers: Headers): number | 'chunked' | null {
  const transfer = headerValue(headers, 'transfer-encoding');
  if (transfer !== undefined) {
    if (transfer.toLowerCase() !== 'chunked')
      throw new HttpError(`unsupported transfer encoding: ${JSON.stringify(transfer)}`);
    return 'chunked';
  }
  const length = headerValue(headers, 'content-length');
  if (length === undefined) return null;
  if (!/^\d{1,15}$/.test(length)) throw new HttpError(`bad Content-Length ${JSON.stringify(length)}`);
  return Number(length);
}

/** Lines end at LF; a CR before it is dropped, and so are empty lines at the beginning. */
function linesOf(bytes: Uint8Array): { first: string; headers: Headers } {
  const text = latin1(bytes);
  let first: string | null = null;
  const headers: Headers[number][] = [];
  let at = 0;
  while (bytes[at] === CR || bytes[at] === LF) at++;
  for (;;) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, text.charCodeAt(end - 1) === CR ? end - 1 : end);
    at = end + 1;
    if (first === null) first = line;
    else if (line === '') return { first, headers };
    else headers.push(fields.get(line) ?? remembered(line));
  }
}

const CR = 13;
const LF = 10;

/** Lines that clients and servers send with each message. */
const fields = new Map<string, Headers[number]>();
const FIELDS_MAX = 200;
const FIELD_LENGTH_MAX = 80;
const CHANGING = /^(?:traceparent|content-length|etag|location):/i;

function remembered(line: string): Headers[number] {
  const field = headerOf(line);
  if (line.length > FIELD_LENGTH_MAX || CHANGING.test(line)) return field;
  if (fields.size >= FIELDS_MAX) fields.clear();
  fields.set(line, field);
  return field;
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon <= 0 || hasSpace(line, colon)) throw new HttpError(`malformed MIME header line: ${line}`);
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function hasSpace(text: string, end: number): boolean {
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === 32 || (code >= 9 && code <= 13) || code === 160) return true;
  }
  return false;
}

export type HttpEvent =
  | { readonly type: 'request'; readonly head: RequestHead; readonly keepAlive: boolean }
  | { readonly type: 'response'; readonly head: ResponseHead; readonly keepAlive: boolean }
  | { readonly type: 'body'; readonly data: Uint8Array }
  | { readonly type: 'end' };

export interface HttpParser {
  /** @returns what is known now; body data are views of the chunks. @throws HttpError */
  push(chunk: Uint8Array): HttpEvent[];
  /** The peer closed: ends a body without length. @throws HttpError `unexpected EOF` in the middle of anything else */
  finish(): HttpEvent[];
  /** After 101 or CONNECT: bytes that already belong to the new protocol. The parser must not be used further. */
  takeRest(): Uint8Array;
}

type State = 'head' | 'fixed' | 'chunk-head' | 'chunk-data' | 'chunk-end' | 'trailer' | 'until-close' | 'upgraded';

const headBytesMax = 1 << 20;
const chunkLineBytesMax = 4096;

/** @param requestMethod clients only: the method of the request that the next response answers (HEAD has no body) */
export function newHttpParser(side: 'request' | 'response', requestMethod: () => string = () => 'GET'): HttpParser {
  const queue: ByteQueue = newByteQueue();
  let state: State = 'head';
  let remaining = 0;

  /** Lines end at LF; a CR before it is dropped. */
  function takeLine(bytesMax: number): string | undefined {
    const end = queue.bytes.indexOf(10, queue.start);
    if ((end < 0 ? queue.bytes.length : end) - queue.start > bytesMax) throw new HttpError('header line too long');
    if (end < 0) return undefined;
    const line = latin1(queue.bytes.subarray(queue.start, end)).replace(/\r$/, '');
    queue.start = end + 1;
    return line;
  }

  function takeHead(): Uint8Array | undefined {
    const { bytes, start } = queue;
    const end = endOfHead(bytes, start);
    if (end < 0) {
      if (bytes.length - start > headBytesMax) throw new HttpError('header too large');
      return undefined;
    }
    queue.start = end;
    return bytes.subarray(start, end);
  }

  function beginBody(events: HttpEvent[], headers: Headers, hasNoBody: boolean): void {
    const length = hasNoBody ? 0 : bodyLength(headers);
    if (length === 'chunked') {
      state = 'chunk-head';
    } else if (length === null && side === 'response') {
      state = 'until-close';
    } else {
      remaining = length ?? 0;
      state = 'fixed';
      if (remaining === 0) finishMessage(events);
    }
  }

  function finishMessage(events: HttpEvent[]): void {
    events.push({ type: 'end' });
    state = 'head';
  }

  function parseHead(events: HttpEvent[], bytes: Uint8Array): void {
    if (side === 'request') {
      const { head, keepAlive } = decodeRequestHead(bytes);
      events.push({ type: 'request', head, keepAlive });
      beginBody(events, head.headers, false);
      return;
    }
    const { head, keepAlive } = decodeResponseHead(bytes);
    const { status, headers } = head;
    events.push({ type: 'response', head, keepAlive });
    if (status === 101) {
      state = 'upgraded';
    } else if (status >= 100 && status < 200) {
      state = 'head';
    } else {
      beginBody(events, headers, status === 204 || status === 304 || requestMethod() === 'HEAD');
    }
  }

  /** @returns false when more input is needed */
  function step(events: HttpEvent[]): boolean {
    switch (state) {
      case 'head': {
        // Empty lines before a request line are tolerated.
        while (queue.bytes[queue.start] === 13 || queue.bytes[queue.start] === 10) queue.start++;
        const bytes = takeHead();
        if (bytes === undefined) return false;
        parseHead(events, bytes);
        return true;
      }
      case 'fixed':
      case 'chunk-data': {
        const available = Math.min(remaining, unreadLength(queue));
        if (available === 0) return false;
        events.push({ type: 'body', data: queue.bytes.subarray(queue.start, queue.start + available) });
        queue.start += available;
        remaining -= available;
        if (remaining > 0) return false;
        if (state === 'fixed') finishMessage(events);
        else state = 'chunk-end';
        return true;
      }
      case 'chunk-head': {
        const plain = takePlainSize(queue);
        if (plain >= 0) remaining = plain;
        else {
          const line = takeLine(chunkLineBytesMax);
          if (line === undefined) return false;
          const size = line.replace(/;.*$/, '').trim();
          if (!/^[0-9a-fA-F]{1,12}$/.test(size)) throw new HttpError('invalid byte in chunk length');
          remaining = Number.parseInt(size, 16);
        }
        state = remaining === 0 ? 'trailer' : 'chunk-data';
        return true;
      }
      case 'chunk-end': {
        if (queue.bytes[queue.start] === CR && queue.bytes[queue.start + 1] === LF) {
          queue.start += 2;
          state = 'chunk-head';
          return true;
        }
        const line = takeLine(2);
        if (line === undefined) return false;
        if (line !== '') throw new HttpError('malformed chunked encoding');
        state = 'chunk-head';
        return true;
      }
      case 'trailer': {
        const line = takeLine(headBytesMax);
        if (line === undefined) return false;
        if (line === '') finishMessage(events);
        return true;
      }
      case 'until-close': {
        if (unreadLength(queue) === 0) return false;
        events.push({ type: 'body', data: queue.bytes.subarray(queue.start) });
        queue.start = queue.bytes.length;
        return false;
      }
      case 'upgraded':
        return false;
    }
  }

  return {
    push(chunk) {
      pushBytes(queue, chunk);
      const events: HttpEvent[] = [];
      while (step(events)) if (state === 'head' && unreadLength(queue) === 0) break;
      return events;
    },
    finish() {
      if (state === 'until-close') {
        state = 'head';
        return [{ type: 'end' }];
      }
      if (state === 'upgraded' || (state === 'head' && unreadLength(queue) === 0)) return [];
      throw new HttpError('unexpected EOF');
    },
    takeRest() {
      const rest = queue.bytes.subarray(queue.start);
      queue.start = queue.bytes.length;
      return rest;
    },
  };
}

/** A chunk's size as it is nearly always written, `1f` and CR LF; -1, and nothing is taken, if it is not all there or more than that. */
function takePlainSize(queue: ByteQueue): number {
  const { bytes, start } = queue;
  let size = 0;
  let at = start;
  for (; at < start + 7; at++) {
    const digit = hexDigit(bytes[at] ?? 0);
    if (digit < 0) break;
    size = size * 16 + digit;
  }
  if (at === start || bytes[at] !== CR || bytes[at + 1] !== LF) return -1;
  queue.start = at + 2;
  return size;
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

const LATIN1_PART = 8192;

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += LATIN1_PART) {
    const part = bytes.subarray(at, at + LATIN1_PART);
    text += String.fromCharCode.apply(undefined, part as unknown as number[]);
  }
  return text;
}
