import { expect, test } from 'vitest';
import { marshalKyaml } from './kyaml.ts';

test('maps, lists that share brackets, keys that need quotes, strings of several lines', () => {
  const value = {
    kind: 'ConfigMap',
    'app.kubernetes.io/name': 'x',
    no: true,
    '1.5': null,
    'with space': 3,
    args: ['a', 1],
    empty: {},
    none: [],
    ports: [{ port: 80 }, { port: 443 }],
    text: 'one\n  two\n\nthree',
    tail: 'a "b"\t\n',
  };
  expect(marshalKyaml(value)).toBe(`---
{
  "1.5": null,
  app.kubernetes.io/name: "x",
  args: [
    "a",
    1,
  ],
  empty: {},
  kind: "ConfigMap",
  "no": true,
  none: [],
  ports: [{
    port: 80,
  }, {
    port: 443,
  }],
  tail: "\\
     a \\"b\\"\\t\\n\\
    ",
  text: "\\
     one\\n\\
    \\  two\\n\\
     \\n\\
     three\\
    ",
  "with space": 3,
}
`);
});
