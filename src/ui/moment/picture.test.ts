import { expect, test } from 'vitest';
import { wrapped } from './picture.ts';

const measure = (text: string): number => [...text].reduce((sum, c) => sum + (c > '\u2e80' ? 2 : 1), 0);

test('a caption breaks between words and anywhere in Chinese, and ends after three lines', () => {
  expect(wrapped('one two three', 20, measure)).toEqual(['one two three']);
  expect(wrapped('one two three', 8, measure)).toEqual(['one two', 'three']);
  expect(wrapped('正在播放这条命令', 8, measure)).toEqual(['正在播放', '这条命令']);
  expect(wrapped('a b c d e f g h', 3, measure)).toEqual(['a b', 'c d', 'e f …']);
  expect(wrapped('', 8, measure)).toEqual([]);
  // A word longer than the line is not lost.
  expect(wrapped('containerd-shim-runc-v2', 8, measure)).toEqual(['containerd-shim-runc-v2']);
});
