import { expect, it } from 'vitest';
import { readRequest } from './request.ts';

it('reads what is well formed, says what is wrong, and does not answer what is no request', () => {
  const ask = (body: object) => readRequest({ cutaway: 1, id: 1, ...body });
  expect(ask({ call: 'run', args: ['ls'] })).toEqual({ id: 1, call: 'run', args: ['ls'] });
  expect(ask({ call: 'screen' })).toEqual({ id: 1, call: 'screen', args: [] });
  expect(ask({ call: 'state' })).toEqual({ id: 1, call: 'state', args: [] });
  expect(ask({ call: 'state', args: [{ of: 'pods' }] })).toMatchObject({ call: 'state' });
  for (const call of ['constructor', '__proto__', 'eval', '', 7, null])
    expect(ask({ call })).toEqual({ id: 1, problem: 'there is no such call' });
  for (const args of [[], [7], ['a', 'b'], 'ls', { length: 1, 0: 'ls' }, ['x'.repeat(1_000_001)]])
    expect(ask({ call: 'run', args })).toMatchObject({ problem: expect.any(String) });
  expect(ask({ call: 'speed', args: [Number.NaN] })).toMatchObject({ problem: 'speed takes: number' });
  for (const data of [null, 'run', 7, [], {}, { cutaway: 2, id: 1, call: 'run' }, { cutaway: 1, id: {}, call: 'run' }])
    expect(readRequest(data)).toBeNull();
});
