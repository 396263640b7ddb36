import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../byte-queue.ts';
import type { HttpEvent } from './http1.ts';
import {
  encodeChunk,
  encodeLastChunk,
  encodeRequest,
  encodeRequestHead,
  encodeResponse,
  encodeResponseHead,
  encodeTextChunk,
  newHttpParser,
} from './http1.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Joins neighbouring body events, as where a body is cut means nothing. */
function summary(events: readonly HttpEvent[]): unknown[] {
  const result: unknown[] = [];
  let body = '';
  for (const event of events) {
    if (event.type === 'body') body += new TextDecoder().decode(event.data);
    else {
      if (body !== '') result.push(body);
      body = '';
      result.push(event.type === 'end' ? 'end' : event.head);
    }
  }
  return body === '' ? result : [...result, body];
}

it('writes heads', () => {
  const head = encodeRequestHead({ method: 'GET', target: '/v2/', headers: [['Host', 'docker.io']] });
  expect(new TextDecoder().decode(head)).toBe('GET /v2/ HTTP/1.1\r\nHost: docker.io\r\n\r\n');
  expect(() => encodeRequestHead({ method: 'GET', target: '/', headers: [['A', 'b\r\nC: d']] })).toThrow(
    'invalid header field value',
  );
});

it('parses requests however they are cut', () => {
  const sent = concatBytes([
    encodeRequestHead({ method: 'POST', target: '/a', headers: [['Content-Length', '5']] }),
    bytes('hello'),
    encodeRequestHead({ method: 'GET', target: '/b', headers: [] }),
    encodeRequestHead({ method: 'PUT', target: '/c', headers: [['Transfer-Encoding', 'chunked']] }),
    encodeChunk(bytes('one ')),
    encodeChunk(bytes('two')),
    encodeLastChunk(),
  ]);
  fc.assert(
    fc.property(fc.array(fc.nat(sent.length), { maxLength: 20 }), (points) => {
      const sorted = [0, ...points.sort((a, b) => a - b), sent.length];
      const parser = newHttpParser('request');
      const events = sorted.slice(1).flatMap((end, index) => parser.push(sent.slice(sorted[index], end)));
      expect(summary(events)).toEqual([
        { method: 'POST', target: '/a', headers: [['Content-Length', '5']] },
        'hello',
        'end',
        { method: 'GET', target: '/b', headers: [] },
        'end',
        { method: 'PUT', target: '/c', headers: [['Transfer-Encoding', 'chunked']] },
        'one two',
        'end',
      ]);
      expect(parser.finish()).toEqual([]);
    }),
    { seed: 1, numRuns: 200 },
  );
});

describe('responses', () => {
  const head = (headers: [string, string][], status = 200): Uint8Array =>
    encodeResponseHead({ status, reason: 'X', headers });

  it('end with the connection when they have no length', () => {
    const parser = newHttpParser('response');
    expect(
      summary([
        ...parser.push(concatBytes([head([]), bytes('abc')])),
        ...parser.push(bytes('def')),
        ...parser.finish(),
      ]),
    ).toEqual([{ status: 200, reason: 'X', headers: [] }, 'abcdef', 'end']);
  });

  it('have no body for HEAD, 204 and 304', () => {
    expect(
      newHttpParser('response', () => 'HEAD')
        .push(head([['Content-Length', '9']]))
        .map(({ type }) => type),
    ).toEqual(['response', 'end']);
    expect(
      newHttpParser('response')
        .push(head([], 304))
        .map(({ type }) => type),
    ).toEqual(['response', 'end']);
  });

  it('hand over after 101', () => {
    const parser = newHttpParser('response');
    expect(parser.push(concatBytes([head([['Upgrade', 'SPDY/3.1']], 101), bytes('raw')]))).toHaveLength(1);
    expect(parser.takeRest()).toEqual(bytes('raw'));
  });

  it('report damage', () => {
    expect(() => newHttpParser('response').push(bytes('SSH-2.0-x\r\n\r\n'))).toThrow(
      'malformed HTTP response "SSH-2.0-x"',
    );
    expect(() => newHttpParser('request').push(bytes('GET /\r\n\r\n'))).toThrow('malformed HTTP request "GET /"');
    expect(() => newHttpParser('request').push(bytes('GET / HTTP/1.1\r\nno colon\r\n\r\n'))).toThrow(
      'malformed MIME header line: no colon',
    );
    const parser = newHttpParser('response');
    parser.push(concatBytes([head([['Content-Length', '9']]), bytes('abc')]));
    expect(() => parser.finish()).toThrow('unexpected EOF');
    const chunked = newHttpParser('response');
    chunked.push(head([['Transfer-Encoding', 'chunked']]));
    expect(() => chunked.push(bytes('zz\r\n'))).toThrow('invalid byte in chunk length');
  });
});

it('writes a message as one piece, with the length of its body in bytes', () => {
  const text = ({ bytes, headLength }: { bytes: Uint8Array; headLength: number }): [string, string] => {
    const decoder = new TextDecoder();
    return [decoder.decode(bytes.subarray(0, headLength)), decoder.decode(bytes.subarray(headLength))];
  };
  const get = { method: 'GET', target: '/', headers: [['Host', 'a']] as const };
  expect(text(encodeRequest(get, ''))).toEqual(['GET / HTTP/1.1\r\nHost: a\r\n\r\n', '']);
  expect(text(encodeRequest({ ...get, method: 'DELETE' }, ''))).toEqual([
    'DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
    '',
  ]);
  for (const [body, length] of [
    ['{}', 2],
    ['ä€😀', 9],
  ] as const)
    expect(text(encodeResponse({ status: 200, reason: 'OK', headers: [['A', 'b']] }, body))).toEqual([
      `HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: ${length}\r\n\r\n`,
      body,
    ]);
  expect(() => encodeResponse({ status: 200, reason: 'OK', headers: [['A', 'b\nC: d']] }, '')).toThrow(
    'invalid header field value for "A"',
  );
});

it('writes chunks of texts', () => {
  for (const text of ['', 'x'.repeat(300), 'ä€😀']) expect(encodeTextChunk(text)).toEqual(encodeChunk(bytes(text)));
});
