import { expect, test } from 'vitest';
import { parseLabelSelector } from './label-selector.ts';
import { matches } from './labels.ts';

const chosen = (text: string, labels: Record<string, string>): boolean => {
  const parsed = parseLabelSelector(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return matches(parsed.value, labels);
};

test('what a selector chooses', () => {
  const labels = { app: 'web', 'x/tier': 'front', size: '12', in: 'in', empty: '' };
  const yes = [
    '',
    'app=web, x/tier == front',
    'app!=db,!old,size',
    'app in (db,web),x/tier notin (back)',
    'size>3,size<100',
    'in in (in)',
    'empty=',
    'empty in (,a)',
    'empty notin (b)',
    'empty in ()',
  ];
  for (const text of yes) expect([text, chosen(text, labels)]).toEqual([text, true]);
  const no = ['app=db', '!app', 'old', 'size>12', 'app>1', 'app notin (web)', 'app in (,)'];
  for (const text of no) expect([text, chosen(text, labels)]).toEqual([text, false]);
});

test('what is none', () => {
  const wrong = (text: string): string => {
    const parsed = parseLabelSelector(text);
    return parsed.ok ? '' : parsed.error;
  };
  const unable = 'unable to parse requirement: ';
  expect(wrong('a in (b')).toBe(`${unable}found '', expected: ',' or ')'`);
  expect(wrong('a in')).toBe(`${unable}found '' expected: '('`);
  expect(wrong('a b')).toBe(`${unable}found 'b', expected: in, notin, =, ==, !=, gt, lt`);
  expect(wrong('a=web,=x')).toBe("found '=', expected: identifier after ','");
  expect(wrong('=x')).toBe("found '=', expected: !, identifier, or 'end of string'");
  expect(wrong('a=we!b')).toBe("found '!', expected: ',' or 'end of string'");
  expect(wrong('a==)')).toBe(`${unable}found ')', expected: identifier`);
  expect(wrong('a>x')).toBe(
    `${unable}values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
  );
  expect(wrong('a$b=c')).toMatch(
    /^unable to parse requirement: <nil>: Invalid value: "a\$b": name part must consist of alphanumeric characters, /,
  );
  expect(wrong('a=b@')).toMatch(
    /^unable to parse requirement: values\[0\]\[a\]: Invalid value: "b@": a valid label must be an empty string /,
  );
});
