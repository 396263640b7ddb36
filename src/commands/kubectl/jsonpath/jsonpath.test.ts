import { expect, test } from 'vitest';
import { executeJsonPath, findAll, relaxedJsonPath } from './evaluate.ts';
import { parseJsonPath } from './parse.ts';

const pods = {
  kind: 'List',
  items: [
    {
      metadata: { name: 'web', annotations: { 'a.b/c': 'x' } },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }, { type: 'Initialized' }] },
    },
    { metadata: { name: 'db' }, status: { phase: 'Pending', restarts: 3 } },
  ],
};

const run = (template: string): string => executeJsonPath(parseJsonPath(template), pods, { allowMissingKeys: true });

test('what the recorded templates print', () => {
  expect(run('{range .items[*]}{.metadata.name}{"\\t"}{.status.phase}{"\\n"}{end}')).toBe(
    'web\tRunning\ndb\tPending\n',
  );
  expect(run('{.items[0].nosuch}')).toBe('');
  expect(run('{.items[*].metadata.name}')).toBe('web db');
  expect(run('{.items[0].status.conditions[?(@.type=="Ready")].status}')).toBe('True');
  expect(run('{.items[0].metadata.annotations.a\\.b/c}-{.items[-1:].metadata.name}')).toBe('x-db');
  expect(run("{.items[0].metadata['name','annotations']}")).toBe('web {"a.b/c":"x"}');
  expect(run('{.items[?(@.status.restarts>2)].metadata.name} {..phase}')).toBe('db Running Pending');
  expect(run('{.items[0:2].status.phase}{.kind}')).toBe('Running PendingList');
});

test('faults', () => {
  expect(() => parseJsonPath('{.items[0}')).toThrow('unterminated array');
  expect(() => parseJsonPath('{.items')).toThrow('unclosed action');
  expect(() => run('{.items[5]}')).toThrow('array index out of bounds: index 5, length 2');
});

test('relaxed expressions', () => {
  expect(['.a.b', 'a.b', '{.a.b}', '{a.b}'].map(relaxedJsonPath)).toEqual(['{.a.b}', '{.a.b}', '{.a.b}', '{.a.b}']);
  expect(findAll('{.items[*].status.phase}', pods)).toEqual(['Running', 'Pending']);
});
