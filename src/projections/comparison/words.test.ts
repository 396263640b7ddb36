import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Act, Difference } from './first-difference.ts';
import { english } from './phrases.ts';
import { comparisonWords, differenceWords } from './words.ts';

const ACT: Act = {
  verb: 'call',
  who: 'containerd',
  what: 'GET /token auth.docker.io:443',
  effects: [],
  next: [],
  error: null,
  exact: [],
  seq: 1,
  time: 1,
  pid: 1,
};

function sides(left: Partial<Act>, right: Partial<Act>, kind: Difference['kind'] = 'done'): [string, string] {
  const difference: Difference = {
    kind,
    line: 'crictl pull busybox',
    path: [],
    left: { ...ACT, ...left },
    right: { ...ACT, ...right },
    command: 0,
    afterNs: 0,
    leftFailure: null,
    rightFailure: null,
  };
  const words = differenceWords(difference, english);
  return [words.left, words.right];
}

const digest = (end: string): string => `sha256:${'0123456789abcdef'.repeat(4).slice(0, 64 - end.length)}${end}`;

it.each<[string, Partial<Act>, Partial<Act>, [string, string]]>([
  [
    'a query that its name leaves out',
    { exact: ['auth.docker.io:443 GET /token?scope=repository:library/busybox:pull'] },
    { exact: ['auth.docker.io:443 GET /token?scope=repository:library/alpine:pull'] },
    [
      'containerd calls GET /token auth.docker.io:443, with “…=repository:library/busybox:pull”',
      'containerd calls GET /token auth.docker.io:443, with “…=repository:library/alpine:pull”',
    ],
  ],
  [
    'digests that begin alike',
    { verb: 'write', what: digest('aa') },
    { verb: 'write', what: digest('bb') },
    [
      'writes: sha256:0123456789abc…, with “…abcdef0123456789abcdaa”',
      'writes: sha256:0123456789abc…, with “…abcdef0123456789abcdbb”',
    ],
  ],
  [
    'spaces',
    { verb: 'write', what: 'a ' },
    { verb: 'write', what: 'a  ' },
    ['writes: a , with “"a "”', 'writes: a  , with “"a  "”'],
  ],
  [
    'an empty line, and none',
    { verb: 'write', what: '' },
    { verb: 'quiet', what: '' },
    ['writes an empty line', 'writes no more'],
  ],
])('%s', (_, left, right, told) => {
  expect(sides(left, right)).toEqual(told);
});

it('never says the same of both sides', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.constantFrom('', ' ', '7', '7 ', digest('aa'), digest('ab'), `${'x'.repeat(150)}a`, `${'x'.repeat(150)}b`),
  );
  const act = fc.record({
    verb: fc.constantFrom<Act['verb']>('call', 'end', 'write', 'step'),
    what: text,
    effects: fc.array(text, { maxLength: 2 }),
    error: fc.option(text),
    exact: fc.array(text, { minLength: 1, maxLength: 1 }),
  });
  fc.assert(
    fc.property(act, act, (left, right) => {
      fc.pre(JSON.stringify(left) !== JSON.stringify({ ...right, verb: left.verb }));
      const [a, b] = sides(left, right);
      expect(a).not.toBe(b);
    }),
    { numRuns: 2000, seed: 9 },
  );
});

it('tells lines of a file apart that only their indentation tells apart', () => {
  const setUp = [{ path: '/etc/x.yaml', left: '  a: 1', right: '    a: 1' }];
  const words = comparisonWords(
    { first: null, differences: [], counterparts: [], typed: [], setUp, commands: 0 },
    ['A', 'B'],
    english,
  );
  expect(words[0]).toBe('Set up differently: /etc/x.yaml\n  A: "  a: 1"\n  B: "    a: 1"');
});
