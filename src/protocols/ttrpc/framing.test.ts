import { expect, it } from 'vitest';
import { concatBytes } from '../byte-queue.ts';
import { encodeFrame, FrameDecoder, frameType } from './framing.ts';
import { Request } from './generated.ts';

it('writes the ten byte header', () => {
  expect([...encodeFrame(257, frameType.response, Uint8Array.of(9), 1)]).toEqual([0, 0, 0, 1, 0, 0, 1, 1, 2, 1, 9]);
});

it('decodes frames byte by byte', () => {
  const payload = Request.encode({ service: 'containerd.task.v3.Task', method: 'State', timeoutNano: 10_000_000_000n });
  const sent = concatBytes([
    encodeFrame(1, frameType.request, payload),
    encodeFrame(3, frameType.data, new Uint8Array(0), 5),
  ]);
  const decoder = new FrameDecoder();
  const frames = [...sent].flatMap((byte) => decoder.push(Uint8Array.of(byte)));
  expect(frames.map(({ streamId, type, flags }) => [streamId, type, flags])).toEqual([
    [1, 1, 0],
    [3, 3, 5],
  ]);
  expect(Request.decode(frames[0]?.payload ?? new Uint8Array(0)).timeoutNano).toBe(10_000_000_000n);
  expect(decoder.isPartial).toBe(false);
});

it('drops a payload that is too large and goes on', () => {
  const decoder = new FrameDecoder();
  const length = (4 << 20) + 1;
  const head = Uint8Array.of(0, 0x40, 0, 1, 0, 0, 0, 7, 1, 0);
  expect(decoder.push(head)).toMatchObject([{ streamId: 7, oversizedBytes: length }]);
  expect(decoder.isPartial).toBe(true);
  expect(
    decoder.push(concatBytes([new Uint8Array(length), encodeFrame(9, frameType.request, Uint8Array.of(1))])),
  ).toMatchObject([{ streamId: 9 }]);
  expect(() => encodeFrame(1, frameType.request, new Uint8Array(length))).toThrow(
    'message length 4194305 exceed maximum message size of 4194304',
  );
});
