import fc from 'fast-check';
import { expect, it } from 'vitest';
import { base64, type JsonValue, jsonString, marshalJson } from './json.ts';
import { quote, quoteRune, quoteToAscii } from './quote.ts';

/** JavaScript's own layout is Go's, but for two line breaks that Go escapes, and for -0. */
const goText = (value: unknown, indent?: string): string =>
  JSON.stringify(value, null, indent).replace(/[\u2028\u2029]/g, (ch) => `\\u${ch.charCodeAt(0).toString(16)}`);
const withoutNegativeZero = (value: unknown): JsonValue => JSON.parse(JSON.stringify(value)) as JsonValue;

it('any value is laid out as by encoding/json', () => {
  fc.assert(
    fc.property(fc.jsonValue().map(withoutNegativeZero), fc.constantFrom(undefined, ' ', '\t'), (value, indent) => {
      const options = { escapeHtml: false, ...(indent === undefined ? {} : { indent }) };
      expect(marshalJson(value, options)).toBe(goText(value, indent));
      expect(JSON.parse(marshalJson(value, { sortKeys: true }))).toEqual(value);
    }),
  );
  expect(marshalJson({ b: [], a: {}, c: undefined, d: [1, 'x'] }, { indent: '  ', prefix: '> ', sortKeys: true })).toBe(
    '{\n>   "a": {},\n>   "b": [],\n>   "d": [\n>     1,\n>     "x"\n>   ]\n> }',
  );
});

it('each character that has to be is escaped, beside plain ones and alone', () => {
  for (let code = 0; code < 0x100; code++) {
    const ch = String.fromCharCode(code);
    expect(JSON.parse(jsonString(`a${ch}`))).toBe(`a${ch}`);
    expect(jsonString(`a${ch}`)).toBe(`"a${jsonString(ch).slice(1)}`);
    expect(quote(`a${ch}`)).toBe(`"a${quote(ch).slice(1)}`);
  }
  expect(jsonString('<&>"\\')).toBe('"\\u003c\\u0026\\u003e\\"\\\\"');
  expect(quote('"\'\\\t\u007fä\u00a0\u{1f600}\ud800')).toBe('"\\"\'\\\\\\t\\x7fä\\u00a0\u{1f600}\\ufffd"');
  expect(quoteToAscii('ä\u{1f600}')).toBe('"\\u00e4\\U0001f600"');
  expect(quoteRune("'")).toBe("'\\''");
  expect(quoteRune('"')).toBe("'\"'");
});

it('base64 is that of everybody', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20_000 }), (bytes) => {
      expect(base64(bytes)).toBe(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')));
    }),
    { numRuns: 30 },
  );
});
