import { expect, it } from 'vitest';
import { STANDING_NS } from '../../projections/layers.ts';
import { stretchesOf } from './stretches.ts';

it('covers each track where its bars are: those that touch as one, the smallest so that it is seen', () => {
  const scale = { from: 100, to: 200, now: STANDING_NS + 2, pixels: 1000, least: 4 };
  const bar = (from: number, to: number | null, startTime = 0) => ({ stratum: 'shim' as const, from, to, startTime });
  const shims = [bar(90, 110), bar(105, 120), bar(120, 130), bar(150, 150), bar(20, 99)];
  const open = [
    { ...bar(180, null, 2), stratum: 'cri' as const },
    { ...bar(140, null), stratum: 'cri' as const },
  ];
  expect(stretchesOf([...shims, ...open], ['kubelet', 'cri', 'shim'], scale)).toEqual([
    [],
    [400, 410, 800, 1000],
    [0, 300, 500, 504],
  ]);
});
