import { expect, test } from 'vitest';
import { isMet } from './article.ts';
import { beatsOf, type Demo } from './demo.ts';
import { formatProblem } from './lesson.ts';
import { loadSection, loadSectionText } from './load-article.ts';
import { loadDemo, loadDemoText } from './load-demo.ts';

const SECTION = `id: A99
scenario: bare
blocks:
  - id: first
    part: "1"
    kind: printed
    lines: [ls]
    shows: [a file]
`;
const DEMO = `id: D99
minutes: 5
scenario: bare
slides:
  - id: first
    lines: [ls]
    prediction: 1
    claims:
      - id: one
        that: pods.size() == 1
  - id: second
    lines: []
`;
const DEMO_TEXT = `# Title
Intro.
### notes
Be early.
## first: First
### predict
Which?
- a
- b
### why
Because.
### claims
- one: There is a Pod.
### notes
Wait for an answer.
## second: Second
Body.
### notes
Done.
`;

const sectionProblems = (text: string): string[] => loadSection('s.yaml', text).problems.map(formatProblem);
const demoProblems = (text: string): string[] => loadDemo('d.yaml', text).problems.map(formatProblem);

test('a section of the article loads; what is wrong is told with its line', () => {
  expect(sectionProblems(SECTION)).toEqual([]);
  expect(sectionProblems(SECTION.replace('printed', 'painted'))).toEqual([
    's.yaml:6: blocks[0].kind: must be one of printed, repaired, more, not "painted"',
  ]);
  expect(sectionProblems(SECTION.replace('shows: [a file]', "matches: ['(']"))).toEqual([
    's.yaml:8: blocks[0].matches[0]: is no regular expression: "("',
  ]);
  expect(sectionProblems(SECTION.replace('    shows: [a file]\n', ''))).toEqual([
    's.yaml:4: blocks[0]: proves nothing: it needs shows, matches or hides',
  ]);
});

test('the text of a section has a part for each block', () => {
  const { section } = loadSection('s.yaml', SECTION);
  const text = '# T\n### summary\nS.\n## other: B\n### why\nW.\n';
  expect(loadSectionText('en.md', text, section).problems.map(formatProblem)).toEqual([
    'en.md:4: "## other: B" names no block of section.yaml; write "## block-id: Title"',
    'en.md:1: the block "first" has no section',
  ]);
});

test('what a block shows is looked for without colours', () => {
  const met = (kind: 'shows' | 'matches' | 'hides', text: string) =>
    isMet({ kind, text, line: 1 }, '\u001b[01;31mred\u001b[m\r\nplain\n');
  expect([met('shows', 'red\nplain'), met('matches', '^plain$'), met('hides', 'red'), met('hides', 'blue')]).toEqual([
    true,
    true,
    false,
    true,
  ]);
});

test('a demo loads; what is wrong is told with its line', () => {
  expect(demoProblems(DEMO)).toEqual([]);
  expect(demoProblems(DEMO.replace('pods.size()', 'pots.size()'))[0]).toMatch(
    /^d\.yaml:10: slides\[0\]\.claims\[0\]\.that: /,
  );
  expect(demoProblems(DEMO.replace('lines: [ls]', 'lines: []'))).toEqual([
    'd.yaml:9: slides[0].claims: a slide that types nothing proves nothing',
  ]);
});

test('the text of a demo has its slides, questions, claims and notes', () => {
  const { demo } = loadDemo('d.yaml', DEMO);
  const read = (text: string): string[] => loadDemoText('en.md', text, demo).problems.map(formatProblem);
  expect(read(DEMO_TEXT)).toEqual([]);
  expect(read(DEMO_TEXT.replace('- b\n', ''))).toEqual(['en.md:5: option 1 is the right one, but there are 1']);
  expect(read(DEMO_TEXT.replace('- one: There is a Pod.\n', ''))).toEqual([
    'en.md:12: "### claims" says nothing of "one"',
  ]);
  expect(read(DEMO_TEXT.replace('Done.', '<b onclick="x()">Done.</b>'))).toEqual([
    'en.md:19: raw HTML is not allowed; put code between backquotes',
  ]);
});

test('a presenter stops at a question before its lines are typed', () => {
  const { demo }: { demo: Demo } = loadDemo('d.yaml', DEMO);
  expect(beatsOf(demo)).toEqual([
    { slide: 0, show: 'ask' },
    { slide: 0, show: 'run' },
    { slide: 1, show: 'open' },
  ]);
});
