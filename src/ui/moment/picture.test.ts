import { expect, test } from 'vitest';
import { captionLines } from './picture.ts';

const measure = (text: string): number => [...text].reduce((sum, c) => sum + (c > '\u2e80' ? 2 : 1), 0);
const said = (text: string, width: number): string[] =>
  captionLines({ head: '', command: '', text }, (line) => measure(line) <= width).map((line) => line.text);

test('a caption breaks between words and anywhere in Chinese, and ends after three lines', () => {
  expect(said('one two three', 20)).toEqual(['one two three']);
  expect(said('one two three', 8)).toEqual(['one two', 'three']);
  expect(said('正在播放这条命令', 8)).toEqual(['正在播放', '这条命令']);
  expect(said('a b c d e f g h', 3)).toEqual(['a b', 'c d', 'e f …']);
  expect(said('', 8)).toEqual([]);
  // A word longer than the line is not lost.
  expect(said('containerd-shim-runc-v2', 8)).toEqual(['containerd-shim-runc-v2']);
});

test('a command stands on a line of its own, in letters of its own', () => {
  const caption = { head: '', command: 'crictl rmp -f $(cat pod.id)', text: 'Exit code 0.' };
  // Twice as wide, as letters of a terminal may be.
  const fits = (text: string, font: string): boolean => measure(text) * (font === 'mono' ? 2 : 1) <= 40;
  expect(captionLines(caption, fits)).toEqual([
    { text: 'crictl rmp -f $(cat …', font: 'mono' },
    { text: 'Exit code 0.', font: 'sans' },
  ]);
});
