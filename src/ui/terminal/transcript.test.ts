import { expect, test } from 'vitest';
import { Transcript } from './transcript.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('what was printed by a moment, and all of it again', () => {
  const transcript = new Transcript();
  const until = (seq: number | null): string =>
    transcript.until(seq).reduce((text, part) => text + new TextDecoder().decode(part), '');
  transcript.add(bytes('$ lsa b\n'), [
    { seq: 3, at: 0 },
    { seq: 7, at: 4 },
  ]);
  transcript.add(bytes('$ '), [{ seq: 9, at: 0 }]);
  expect([until(2), until(3), until(8), until(null)]).toEqual(['', '$ ls', '$ lsa b\n', '$ lsa b\n$ ']);
  // What is older than any screen is let go.
  transcript.add(new Uint8Array(4_000_000), [{ seq: 12, at: 0 }]);
  expect(until(9)).toBe('');
  transcript.clear();
  expect(until(null)).toBe('');
});
