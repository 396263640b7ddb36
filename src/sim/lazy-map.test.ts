import { expect, test } from 'vitest';
import { LazyMap, LazySet } from './lazy-map.ts';

test('empty and filled they are what a map and a set are', () => {
  const map = new LazyMap<string, number>();
  expect([map.size, map.get('a'), map.has('a'), map.delete('a'), [...map], [...map.keys()]]).toEqual([
    ...[0, undefined, false, false],
    ...[[], []],
  ]);
  map.clear();
  map.set('a', 1).set('b', 2).set('a', 3);
  expect([map.size, map.get('a'), map.has('b'), [...map], [...map.values()]]).toEqual([
    ...[2, 3, true],
    [
      ['a', 3],
      ['b', 2],
    ],
    [3, 2],
  ]);
  expect([map.delete('a'), map.delete('a'), [...map.keys()]]).toEqual([true, false, ['b']]);
  map.clear();
  expect([...map]).toEqual([]);

  const set = new LazySet<number>();
  expect([set.size, set.has(1), set.delete(1), [...set]]).toEqual([0, false, false, []]);
  set.add(1).add(2).add(1);
  expect([set.size, set.has(1), set.delete(1), [...set]]).toEqual([2, true, true, [2]]);
});
