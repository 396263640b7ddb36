import { expect, it } from 'vitest';
import { decode } from './decode.ts';

it('leaves out what is null, but for times that are no pointers', () => {
  const event = {
    kind: 'Event',
    apiVersion: 'v1',
    reason: 'Pulled',
    count: null,
    eventTime: null,
    lastTimestamp: null,
  };
  expect(decode({ kind: 'Event', version: 'v1' }, event, 'Strict')).toEqual([]);
  expect(event).toEqual({ kind: 'Event', apiVersion: 'v1', reason: 'Pulled', eventTime: null, lastTimestamp: null });
  const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a', deletionTimestamp: null } };
  decode({ kind: 'Pod', version: 'v1' }, pod, 'Strict');
  expect(pod.metadata).toEqual({ name: 'a' });
});
