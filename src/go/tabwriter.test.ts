import { expect, test } from 'vitest';
import { tabwrite } from './tabwriter.ts';

const CRICTL = { minWidth: 20, tabWidth: 1, padding: 3, padChar: ' ' };

test('crictl tables: columns of at least 20, widened by the longest cell', () => {
  const rows = [
    ['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'],
    [
      '4a248d4e06f0d',
      'busybox',
      'Less than a second ago',
      'Running',
      'busybox',
      '0',
      '8516d262a05e1',
      'unknown',
      'unknown',
    ],
  ];
  expect(tabwrite(`${rows.map((row) => row.join('\t')).join('\n')}\n`, CRICTL)).toBe(
    'CONTAINER           IMAGE               CREATED                  STATE               NAME                ATTEMPT             POD ID              POD                 NAMESPACE\n' +
      '4a248d4e06f0d       busybox             Less than a second ago   Running             busybox             0                   8516d262a05e1       unknown             unknown\n',
  );
});

test('ctr tables: a trailing tab leaves trailing blanks', () => {
  const text = 'NAME\tLABELS\t\ndemo\tenv=test\t\nk8s.io\t\t\n';
  expect(tabwrite(text, { minWidth: 1, tabWidth: 8, padding: 1, padChar: ' ' })).toBe(
    'NAME   LABELS   \ndemo   env=test \nk8s.io          \n',
  );
});

test('ctr tasks ls: only the header ends its last cell', () => {
  const text = 'TASK\tPID\tSTATUS\t\nbg2\t154130\tRUNNING\nbg1\t154056\tRUNNING\n';
  expect(tabwrite(text, { minWidth: 4, tabWidth: 8, padding: 4, padChar: ' ' })).toBe(
    'TASK    PID       STATUS    \nbg2     154130    RUNNING\nbg1     154056    RUNNING\n',
  );
});

test('tabs as padding fill up to the next stop', () => {
  expect(tabwrite('REF\tSIZE\tAGE\t\n', { minWidth: 1, tabWidth: 8, padding: 1, padChar: '\t' })).toBe(
    'REF\tSIZE\tAGE\t\n',
  );
  expect(tabwrite('DIGEST\tX\nsha256:0123456789\tY\n', { minWidth: 1, tabWidth: 8, padding: 1, padChar: '\t' })).toBe(
    'DIGEST\t\t\tX\nsha256:0123456789\tY\n',
  );
});

test('a line without the cell ends the column', () => {
  expect(tabwrite('a\tb\nplain\nlonger\tb\n', { minWidth: 0, tabWidth: 8, padding: 1, padChar: ' ' })).toBe(
    'a b\nplain\nlonger b\n',
  );
});

test('alignment to the right, empty columns, and width in code points', () => {
  const options = { minWidth: 5, tabWidth: 0, padding: 1, padChar: '.' };
  expect(tabwrite('a\tb\tc\n', { ...options, alignRight: true })).toBe('....a....bc\n');
  expect(tabwrite('a\v\vb\n', { ...options, discardEmptyColumns: true })).toBe('a....b\n');
  expect(tabwrite('日本\tx\nabc\ty', { minWidth: 0, tabWidth: 8, padding: 1, padChar: ' ' })).toBe('日本  x\nabc y');
});
