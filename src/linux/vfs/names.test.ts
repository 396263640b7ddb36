import { expect, test } from 'vitest';
import { countOf, entriesOf, type Names, NO_NAMES, valueOf, withName, withoutName } from './names.ts';

test('few names and many are the same to whoever asks: in the order in which they came', () => {
  const model = new Map<string, number>();
  let names: Names<number> = NO_NAMES;
  const agree = (): void => {
    expect(countOf(names)).toBe(model.size);
    expect(entriesOf(names)).toEqual([...model]);
    for (const name of ['0', '7', '19', 'x']) expect(valueOf(names, name)).toBe(model.get(name));
  };
  const set = (name: string, value: number): void => {
    names = withName(names, name, value);
    model.set(name, value);
    agree();
  };
  const remove = (name: string): void => {
    names = withoutName(names, name);
    model.delete(name);
    agree();
  };
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 12; i++) set(String(i), i);
    set('7', 70);
    for (const name of ['0', '3', 'x']) remove(name);
    for (let i = 12; i < 30; i++) set(String(i), i);
    set('19', 190);
    for (let i = 0; i < 30; i++) remove(String(i));
  }
  expect(entriesOf(NO_NAMES)).toEqual([]);
});
