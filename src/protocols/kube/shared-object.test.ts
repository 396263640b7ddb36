import { expect, it } from 'vitest';
import { sharedEvent, sharedObject } from './shared-object.ts';

const text = (revision: number, name = 'web'): string =>
  JSON.stringify({ kind: 'Pod', apiVersion: 'v1', metadata: { name, resourceVersion: String(revision) } });

it('the same text is read once', () => {
  const first = sharedObject(text(7));
  expect(first).toEqual({ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web', resourceVersion: '7' } });
  expect(sharedObject(text(7))).toBe(first);
  expect(sharedEvent(`{"type":"ADDED","object":${text(7)}}`)).toEqual({ type: 'ADDED', object: first });
  expect(sharedEvent(`{"type":"MODIFIED","object":${text(7)}}`).object).toBe(first);
});

it('texts that differ are never taken for each other', () => {
  const first = sharedObject(text(7));
  for (const other of [text(7, 'api'), text(8), text(7 + 256)]) {
    expect(sharedObject(other)).toEqual(JSON.parse(other));
    expect(sharedObject(other)).not.toBe(first);
  }
  // Another has its place meanwhile.
  expect(sharedObject(text(7))).toEqual(first);
});

it('what is no event of an object is read all the same', () => {
  const status = { type: 'ERROR', object: { kind: 'Status', code: 410 } };
  expect(sharedEvent(JSON.stringify(status))).toEqual(status);
  expect(sharedEvent('{"object":null,"type":"X"}')).toEqual({ object: null, type: 'X' });
});
