import fc from 'fast-check';
import { expect, it } from 'vitest';
import { concatBytes } from '../byte-queue.ts';
import { frameMessage, newMessageDecoder } from './grpc-message.ts';
import * as http2 from './http2-frames.ts';
import {
  decodeGrpcMessage,
  decodeTimeout,
  encodeGrpcMessage,
  encodeTimeout,
  GrpcError,
  grpcCodeName,
} from './status.ts';

/** Cuts bytes at the given places, as a socket may. */
function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const points = [0, ...at.map((point) => point % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return points.slice(1).map((end, index) => bytes.slice(points[index], end));
}

it('decodes whatever it encodes, however it is cut', () => {
  const block = Uint8Array.from({ length: 40000 }, (_, index) => index);
  const data = Uint8Array.from({ length: 20000 }, (_, index) => index * 7);
  const sent = concatBytes([
    http2.connectionPreface,
    http2.encodeSettings([
      [http2.setting.initialWindowSize, 1 << 30],
      [http2.setting.maxFrameSize, 16384],
    ]),
    http2.encodeSettingsAck(),
    http2.encodeHeadersFrame(1, block, false),
    http2.encodeData(1, data, true),
    http2.encodePing(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), true),
    http2.encodeWindowUpdate(0, 0x7fffffff),
    http2.encodeRstStream(3, http2.errorCode.cancel),
    http2.encodeGoAway(0x7fffffff, http2.errorCode.noError, new TextEncoder().encode('max_age')),
  ]);
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 12 }), (points) => {
      const decoder = http2.newHttp2Decoder(true);
      const frames = cut(sent, points).flatMap((chunk) => decoder.push(chunk));
      expect(decoder.isPartial()).toBe(false);
      expect(frames.map((frame) => frame.type)).toEqual([
        'settings',
        'settings',
        'headers',
        'data',
        'data',
        'ping',
        'window-update',
        'rst-stream',
        'go-away',
      ]);
      const [settings, ack, headers, data1, data2, ping, update, reset, goAway] = frames;
      expect(settings).toMatchObject({
        ack: false,
        settings: [
          [4, 1 << 30],
          [5, 16384],
        ],
      });
      expect(ack).toMatchObject({ ack: true, settings: [] });
      expect(headers).toMatchObject({ streamId: 1, endStream: false });
      expect(headers?.type === 'headers' && headers.block.every((byte, index) => byte === block[index])).toBe(true);
      expect(data1).toMatchObject({ streamId: 1, endStream: false, flowBytes: 16384 });
      expect(data2).toMatchObject({ streamId: 1, endStream: true, flowBytes: 20000 - 16384 });
      expect(ping).toMatchObject({ ack: true });
      expect(update).toMatchObject({ streamId: 0, increment: 0x7fffffff });
      expect(reset).toMatchObject({ streamId: 3, errorCode: 8 });
      expect(goAway).toMatchObject({ lastStreamId: 0x7fffffff, errorCode: 0 });
    }),
    { seed: 1, numRuns: 50 },
  );
});

it('strips padding and priority', () => {
  const decoder = http2.newHttp2Decoder(false);
  const frames = decoder.push(Uint8Array.of(0, 0, 9, 1, 0x2c, 0, 0, 0, 1, 2, 0, 0, 0, 0, 16, 0x82, 0, 0));
  expect(frames).toEqual([{ type: 'headers', streamId: 1, block: Uint8Array.of(0x82), endStream: false }]);
});

it('refuses what is not HTTP/2', () => {
  const http1 = new TextEncoder().encode('GET / HTTP/1.1\r\n');
  expect(() => http2.newHttp2Decoder(true).push(http1)).toThrow('bogus greeting');
  expect(() => http2.newHttp2Decoder(false).push(Uint8Array.of(255, 0, 0, 0, 0, 0, 0, 0, 1))).toThrow(
    'frame too large',
  );
  expect(() => http2.newHttp2Decoder(false).push(Uint8Array.of(0, 0, 0, 9, 4, 0, 0, 0, 1))).toThrow('CONTINUATION');
});

it('frames messages, however they are cut', () => {
  const sent = concatBytes([
    frameMessage(Uint8Array.of(1, 2)),
    frameMessage(new Uint8Array(0)),
    frameMessage(new Uint8Array(300)),
  ]);
  fc.assert(
    fc.property(fc.array(fc.nat(), { maxLength: 8 }), (points) => {
      const decoder = newMessageDecoder();
      const messages = cut(sent, points).flatMap((chunk) => decoder.push(chunk));
      expect(messages.map((message) => message.length)).toEqual([2, 0, 300]);
      expect(decoder.isPartial()).toBe(false);
    }),
    { seed: 1, numRuns: 100 },
  );
  expect(() => newMessageDecoder(10).push(Uint8Array.of(0, 0, 0, 0, 11))).toThrow(
    'rpc error: code = ResourceExhausted desc = grpc: received message larger than max (11 vs. 10)',
  );
});

it('prints statuses as Go does', () => {
  expect(new GrpcError(5, 'no such container').message).toBe('rpc error: code = NotFound desc = no such container');
  expect(grpcCodeName(17)).toBe('Code(17)');
  expect(encodeGrpcMessage('100% ü\n')).toBe('100%25 %C3%BC%0A');
  expect(decodeGrpcMessage('100%25 %C3%BC%0A %zz %4')).toBe('100% ü\n %zz %4');
});

it('writes timeouts in at most eight digits', () => {
  expect([0, 5, 2e9, 2e9 + 1, 99_999_999, 100_000_000].map(encodeTimeout)).toEqual([
    '0n',
    '5n',
    '2000000u',
    '2000001u',
    '99999999n',
    '100000u',
  ]);
  expect(decodeTimeout('2000000u')).toBe(2e9);
  expect(() => decodeTimeout('5')).toThrow('transport: timeout string is too short: "5"');
  expect(() => decodeTimeout('5x')).toThrow('transport: timeout unit is not recognized: "5x"');
});
