import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DescriptorTable } from './descriptor-table.ts';
import type { OpenFile } from './open-file.ts';

/** Counts how often it is open: all that a table asks of it. */
function file(): OpenFile & { opened: number } {
  const counted = { opened: 0, acquire: () => counted.opened++, release: () => counted.opened-- };
  return counted as unknown as OpenFile & { opened: number };
}

const FD = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 300 }));
const STEP = fc.oneof(
  fc.record({ op: fc.constant('set' as const), fd: FD, closeOnExec: fc.boolean() }),
  fc.record({ op: fc.constant('delete' as const), fd: FD }),
  fc.record({ op: fc.constant('free' as const), fd: FD }),
  fc.record({ op: fc.constant('fork' as const) }),
);

test('a table holds what a plain map would, whatever the gaps between its numbers', () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 80 }), (steps) => {
      let table = new DescriptorTable();
      const model = new Map<number, { file: OpenFile; closeOnExec: boolean }>();
      for (const step of steps) {
        if (step.op === 'set') {
          const opened = file();
          table.set(step.fd, opened, step.closeOnExec);
          model.set(step.fd, { file: opened, closeOnExec: step.closeOnExec });
        } else if (step.op === 'delete') {
          table.delete(step.fd);
          model.delete(step.fd);
        } else if (step.op === 'free') {
          let lowest = step.fd;
          while (model.has(lowest)) lowest++;
          expect(table.free(step.fd)).toBe(lowest);
        } else {
          const child = new DescriptorTable();
          child.shareAll(table);
          table = child;
        }
        const numbers = [...model.keys()].sort((a, b) => a - b);
        expect(table.numbers()).toEqual(numbers);
        expect(table.size).toBe(numbers.length);
        for (const [fd, held] of model) {
          expect(table.get(fd)).toBe(held.file);
          expect(table.closesOnExec(fd)).toBe(held.closeOnExec);
        }
        for (const fd of [-1, 0, 5, 301]) if (!model.has(fd)) expect(table.get(fd)).toBeNull();
      }
    }),
  );
});

test('a forked table has each file open once more, and what it gives up it has no longer', () => {
  const [table, child] = [new DescriptorTable(), new DescriptorTable()];
  const opened = [file(), file()] as const;
  table.set(0, opened[0]);
  table.set(250, opened[1]);
  child.shareAll(table);
  expect(opened.map((one) => one.opened)).toEqual([1, 1]);
  child.delete(0);
  expect(table.get(0)).toBe(opened[0]);
  expect(table.takeAll()).toEqual(opened);
  expect(table.numbers()).toEqual([]);
  expect(child.numbers()).toEqual([250]);
});
