import { expect, it } from 'vitest';
import { stepAfter, walkOf } from './walk.ts';

const WALK = walkOf('bare');

it('moves on when the offered line was entered, and over lines that were skipped', () => {
  expect(stepAfter(WALK, 0, 'crictl pull busybox')).toBe(1);
  expect(stepAfter(WALK, 0, '  crictl pods ')).toBe(5);
  expect(stepAfter(WALK, 3, 'crictl pull busybox')).toBe(3);
  expect(stepAfter(WALK, 0, 'ls')).toBe(0);
});

it('knows a heredoc by its first line', () => {
  const heredoc = WALK.find((step) => step.line.startsWith('cat > pod'))!;
  expect(stepAfter(WALK, 0, heredoc.line.split('\n')[0]!)).toBe(3);
  expect(stepAfter(WALK, 0, heredoc.line)).toBe(3);
});
