import { expect, test } from 'vitest';
import { prerequisiteProblems } from './catalogue.ts';
import { compileCheck } from './checks.ts';
import { formatProblem } from './lesson.ts';
import { loadLesson } from './load-lesson.ts';
import { loadText } from './load-text.ts';
import { parseMarkdown } from './markdown.ts';

const GOOD = `id: L99
track: cri
level: beginner
minutes: 5
exam: []
scenario: bare
steps:
  - id: first
    prediction: 1
    checks:
      - id: one
        that: pods.size() == 1
    solution: [true-command]
`;
const TEXT = `# Title
Intro.
### objectives
- one
- two
### misconception
No.
## first: First step
Body with a fence:
\`\`\`
# not a heading
\`\`\`
### goal
Do it.
### checks
- one: There is no Pod yet.
### predict
Which?
- a
- b
### why
Because.
### nudge
n
### pointer
p
### answer
a
`;

const problemsOf = (text: string): string[] => loadLesson('l.yaml', text).problems.map(formatProblem);

test('a lesson loads', () => {
  const { lesson, problems } = loadLesson('l.yaml', GOOD);
  expect(problems).toEqual([]);
  expect(lesson.steps[0]?.checks).toEqual([{ id: 'one', that: 'pods.size() == 1', line: 12 }]);
  expect(lesson.seed).toBe(1);
});

test('what an author gets wrong is reported with its line', () => {
  expect(problemsOf(GOOD.replace('minutes: 5', 'minutes: five'))).toEqual([
    'l.yaml:4: minutes: must be a whole number from 1 to 120',
  ]);
  expect(problemsOf(GOOD.replace('level: beginner', 'level: easy'))[0]).toMatch(
    /^l\.yaml:3: level: must be one of beginner,/,
  );
  expect(problemsOf(GOOD.replace('    checks:', '    cheks:'))).toEqual([
    'l.yaml:10: steps[0].cheks: unknown field; there are id, commands, prediction, order, highlight, observe, checks, solution',
    'l.yaml:8: steps[0].checks: is missing',
  ]);
  expect(problemsOf(GOOD.replace('pods.size() == 1', 'podz.size() == 1'))).toEqual([
    'l.yaml:12: steps[0].checks[0].that: Unknown variable: podz',
  ]);
  expect(problemsOf(GOOD.replace('pods.size() == 1', 'pods.size()'))).toEqual([
    'l.yaml:12: steps[0].checks[0].that: must give a bool, not int',
  ]);
  expect(problemsOf('id: [')[0]).toMatch(/^l\.yaml:1: /);
});

test('a text loads, headings inside fences are text', () => {
  const { lesson } = loadLesson('l.yaml', GOOD);
  const { text, problems } = loadText('en.md', TEXT, lesson);
  expect(problems).toEqual([]);
  expect(text.objectives).toEqual(['one', 'two']);
  expect(text.steps.get('first')?.prediction).toEqual({ question: 'Which?', options: ['a', 'b'], why: 'Because.' });
  expect(text.steps.get('first')?.body).toContain('# not a heading');
});

test('a text that lacks something is reported with its line', () => {
  const { lesson } = loadLesson('l.yaml', GOOD);
  const problems = (text: string): string[] => loadText('en.md', text, lesson).problems.map(formatProblem);
  expect(problems(TEXT.replace('### nudge\nn\n', ''))).toEqual(['en.md:8: "### nudge" is missing or empty']);
  expect(problems(TEXT.replace('## first:', '## frist:'))).toEqual([
    'en.md:8: "## frist: First step" names no step of lesson.yaml; write "## step-id: Title"',
    'en.md:1: the step "first" has no section',
  ]);
  expect(problems(TEXT.replace('- b\n', ''))).toEqual(['en.md:8: option 1 is the right one, but there are 1']);
});

test('checks are typed: a misspelt field is a problem, a right one is evaluated', () => {
  expect(compileCheck("pods.exists(p, p.nmae == 'a')").problem).toBe('No such key: nmae');
  const check = compileCheck(
    "containers.exists(c, c.exitCode == 137 && c.state == 'Exited') && commands.all(c, !('X' in c.cri))",
  );
  expect(check.problem).toBeNull();
  const container = { id: '1', name: 'a', image: 'b', state: 'Exited', pod: 'p', podId: '2', pid: 0n };
  const none = {
    pods: [],
    containers: [],
    images: [],
    records: [],
    tasks: [],
    blobs: [],
    processes: [],
    units: [],
    objects: [],
  };
  const view = {
    ...none,
    before: none,
    hostname: 'node-1',
    config: {},
    file: () => '',
    exists: () => false,
    names: () => [],
    mode: () => 0n,
    commands: [{ line: 'x', exitCode: 0n, cri: ['Y'], programs: [] }],
  };
  expect(check.holds({ ...view, containers: [{ ...container, exitCode: 137n }] })).toBe(true);
  expect(check.holds({ ...view, containers: [{ ...container, exitCode: 1n }] })).toBe(false);
});

test('a text that could do harm is refused, with its line', () => {
  const { lesson } = loadLesson('l.yaml', GOOD);
  const problems = (text: string): string[] => loadText('en.md', text, lesson).problems.map(formatProblem);
  expect(problems(TEXT.replace('Intro.', 'Intro <img src=x onerror=alert(1)>.'))).toEqual([
    'en.md:2: raw HTML is not allowed; put code between backquotes',
  ]);
  expect(problems(TEXT.replace('Intro.', '[go](javascript:alert(1))'))).toEqual([
    'en.md:2: a link must begin with https:// or #, not "javascript:alert(1"',
  ]);
  expect(problems(TEXT.replace('Intro.', '![](https://example.com/a.png)'))).toEqual([
    'en.md:2: images are not allowed',
  ]);
  expect(problems(TEXT.replace('Intro.', '<scr\nipt>alert(1)'))).toEqual([
    'en.md:2: raw HTML is not allowed; put code between backquotes',
  ]);
  const deep = '['.repeat(50_000);
  expect(problems(TEXT.replace('Intro.', deep))).toEqual(['en.md:2: 50000 characters in one line; there may be 2000']);
  expect(parseMarkdown(deep)).toEqual([{ kind: 'paragraph', content: [{ kind: 'text', text: deep }] }]);
  expect(problems(TEXT.replace('- one: There', '- two: There'))[0]).toMatch(/^en\.md:\d+: "### checks": /);
  expect(parseMarkdown('[go](javascript:alert(1)) <b>x</b>')).toEqual([
    {
      kind: 'paragraph',
      content: [
        { kind: 'text', text: '[go](javascript:alert(1)' },
        { kind: 'text', text: ') <b>x</b>' },
      ],
    },
  ]);
});

test('a broken line of Chinese joins without a space, and keeps the one beside Latin', () => {
  const joined = (text: string): unknown => parseMarkdown(text).map((block) => JSON.stringify(block));
  expect(joined('一行\n又一行，\nCRI\n插件')).toEqual(joined('一行又一行，CRI 插件'));
  expect(joined('用\n`ps`\n看')).toEqual(joined('用 `ps` 看'));
  expect(joined('这个\n**Pod**\n归我，\n**容器**\n归你')).toEqual(joined('这个 **Pod** 归我，**容器**归你'));
});

test('what a step points at must be a layer of the drawing', () => {
  expect(problemsOf(GOOD.replace('    prediction: 1', '    highlight: [basement]'))[0]).toMatch(
    /^l\.yaml:9: steps\[0\]\.highlight\[0\]: must be one of control-plane, /,
  );
});

test('prerequisites that are missing or go in a circle are problems', () => {
  const of = (id: string, requires: string) => ({
    file: `${id}.yaml`,
    lesson: loadLesson(`${id}.yaml`, GOOD.replace('id: L99', `id: ${id}\nrequires: [${requires}]`)).lesson,
  });
  const problems = prerequisiteProblems([of('L97', 'L98'), of('L98', 'L97'), of('L99', 'L97, L00')]);
  expect(problems.map(formatProblem)).toEqual([
    'L97.yaml:2: requires: goes in a circle: L97 → L98 → L97',
    'L98.yaml:2: requires: goes in a circle: L98 → L97 → L98',
    'L99.yaml:2: requires: there is no lesson "L00"',
  ]);
});
