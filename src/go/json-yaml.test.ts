import fc from 'fast-check';
import { expect, test } from 'vitest';
import { marshalJson } from './json.ts';
import { type ParsedJson, parseJson } from './json-parse.ts';
import { parseYaml } from './yaml-in.ts';
import { marshalYaml } from './yaml-out.ts';

test('Marshal and MarshalIndent', () => {
  const value = {
    b: [],
    a: { x: 1.5, n: null, big: 1_795_454_735_563_087_616n },
    s: '<&>\u2028\u0001"',
    e: {},
    u: undefined,
  };
  expect(marshalJson(value)).toBe(
    '{"b":[],"a":{"x":1.5,"n":null,"big":1795454735563087616},"s":"\\u003c\\u0026\\u003e\\u2028\\u0001\\"","e":{}}',
  );
  expect(marshalJson(value, { indent: '  ', sortKeys: true, escapeHtml: false })).toBe(
    '{\n  "a": {\n    "big": 1795454735563087616,\n    "n": null,\n    "x": 1.5\n  },\n  "b": [],\n  "e": {},\n  "s": "<&>\\u2028\\u0001\\""\n}',
  );
  expect(marshalJson({ data: new TextEncoder().encode('hello') })).toBe('{"data":"aGVsbG8="}');
});

test.each([
  ['{"a":1,}', `invalid character '}' looking for beginning of object key string`],
  ['{"a" 1}', `invalid character '1' after object key`],
  ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
  ['[1 2]', `invalid character '2' after array element`],
  ['', 'unexpected end of JSON input'],
  ['{"a":', 'unexpected end of JSON input'],
  ['tru3', `invalid character '3' in literal true (expecting 'e')`],
  ['{} x', `invalid character 'x' after top-level value`],
  ["'a'", `invalid character '\\'' looking for beginning of value`],
  ['"a\nb"', `invalid character '\\n' in string literal`],
  ['"\\x"', `invalid character 'x' in string escape code`],
  ['-x', `invalid character 'x' in numeric literal`],
  ['01', `invalid character '1' after top-level value`],
  ['1.x', `invalid character 'x' after decimal point in numeric literal`],
])('JSON faults: %s', (text, error) => {
  const parsed = parseJson(text);
  expect(parsed.ok ? undefined : parsed.error).toBe(error);
});

/** Whole numbers that a float64 cannot hold exactly come back as bigint, so they are left out here. */
const anyJson = fc.jsonValue({ maxDepth: 4 }).map((value) => {
  const exact = (_: string, item: unknown): unknown => {
    return typeof item === 'number' && Number.isInteger(item) && !Number.isSafeInteger(item) ? 0 : item;
  };
  return JSON.parse(JSON.stringify(value), exact) as ParsedJson;
});

test('JSON round-trips', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      expect(parseJson(marshalJson(value))).toEqual({ ok: true, value });
    }),
    { seed: 1, numRuns: 500 },
  );
  expect(parseJson('{"__proto__":1,"n":12345678901234567890}')).toEqual({
    ok: true,
    value: Object.fromEntries([
      ['__proto__', 1],
      ['n', 12_345_678_901_234_567_890n],
    ]),
  });
});

const INFO_YAML = `Mac: "00:00:00:00:00:00"
Networks:
- Config:
    CNIVersion: 0.3.1
    Plugins:
    - Network:
        ipam: {}
        type: loopback
      Source: '{"type":"loopback"}'
    Source: |-
      {
      "cniVersion": "0.3.1",
      "plugins": [{
        "type": "loopback"
      }]
      }
  IFName: lo
  Other: |
    a

    b
  Routes: null
created: "2023-11-14T22:13:20Z"
created_by: '/bin/sh -c #(nop) ADD file in / '
gateway: ::1
list:
- []
- - nested
  - 1
options:
- ndots:5
ready: true
size: "1087860"
username: ""
veth9: x
veth12cf3307: x
`;

test('YAML as the tools print it', () => {
  const parsed = parseYaml(INFO_YAML);
  expect(parsed.ok && marshalYaml(parsed.value)).toBe(INFO_YAML);
});

test.each([
  ['yes', '"yes"'],
  ['null', '"null"'],
  ['0x1F', '"0x1F"'],
  ['1e3', '"1e3"'],
  ['1_000', '"1_000"'],
  ['- a', "'- a'"],
  ['a: b', "'a: b'"],
  ['a:b', 'a:b'],
  ["it's", "it's"],
  ["'q'", "'''q'''"],
  ['a\tb', '"a\\tb"'],
  ['a \nb', '"a \\nb"'],
  [' lead', "' lead'"],
  ['é', 'é'],
  ['@x', "'@x'"],
  ['192.168.0.1', '192.168.0.1'],
  ['v1.36.4', 'v1.36.4'],
  ['-', "'-'"],
  ['--flag', '--flag'],
])('YAML scalar %j', (value, text) => {
  expect(marshalYaml({ k: value })).toBe(`k: ${text}\n`);
});

test('YAML text past column 80 is folded at a blank', () => {
  const words = `${'word '.repeat(20)}end`;
  expect(marshalYaml({ message: words })).toBe(`message: ${'word '.repeat(15).trimEnd()}\n  ${'word '.repeat(5)}end\n`);
});

test('YAML round-trips', () => {
  fc.assert(
    fc.property(anyJson, (value) => {
      expect(parseYaml(marshalYaml({ value }))).toEqual({ ok: true, value: { value } });
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('YAML is read by 1.1 rules, times stay text', () => {
  expect(
    parseYaml(
      'a: yes\nb: 017\nc: 2026-11-23\nd: 1795454735563087616\ne: {x: [1, null, ~, ]}\nf: &a {k: 1}\ng:\n  <<: *a\n  z: 1_0\nh:\n',
    ),
  ).toEqual({
    ok: true,
    value: {
      a: true,
      b: 15,
      c: '2026-11-23',
      d: 1_795_454_735_563_087_616n,
      e: { x: [1, null, null] },
      f: { k: 1 },
      g: { k: 1, z: 10 },
      h: null,
    },
  });
});

test.each([
  ['{"metadata": {"name": "x",}\n', "yaml: line 1: did not find expected ',' or '}'"],
  ['apiVersion: v1\nkind: Pod\nmetadata:\n  name: [oops\n', "yaml: line 4: did not find expected ',' or ']'"],
  ['apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n', 'yaml: line 4: found character that cannot start any token'],
  [
    'apiVersion: v1\nkind: Pod\nmetadata:\n name: bad16\n  labels: {}\n',
    'yaml: line 5: mapping values are not allowed in this context',
  ],
  ['runtime-endpoint: [\n', 'yaml: line 1: did not find expected node content'],
])('YAML faults: %j', (text, error) => {
  expect(parseYaml(text)).toEqual({ ok: false, error });
});
