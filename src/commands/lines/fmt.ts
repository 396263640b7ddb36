/** fmt: where the lines of a paragraph break is weighed for all of it at once. @models coreutils 9.7 src/fmt.c @fidelity partial: no crown margins, tagged paragraphs or prefixes */
import { command } from '../common/command.ts';
import { eachLine } from '../common/files.ts';

type Word = {
  text: string;
  space: number;
  paren: boolean;
  period: boolean;
  punct: boolean;
  final: boolean;
  length: number;
  bestCost: number;
  lineLength: number;
  nextBreak: number;
};

const square = (n: number): number => n * n;
const LINE_COST = square(70);
const SENTENCE_BONUS = square(50);
const NOBREAK_COST = square(600);
const PAREN_BONUS = square(40);
const PUNCT_BONUS = square(40);
const widowCost = (length: number): number => Math.trunc(square(200) / (length + 2));
const orphanCost = (length: number): number => Math.trunc(square(150) / (length + 2));
const shortCost = (n: number): number => square(n * 10);
const raggedCost = (n: number): number => Math.trunc(shortCost(n) / 2);

/** A word of a line with what follows it: `spaces` up to the next one, 0 at the end of the line. */
function wordOf(text: string, spaces: number, uniform: boolean): Word {
  const bare = text.replace(/["')\]]+$/, '');
  const period = /[.?!]$/.test(bare);
  const final = period && (spaces === 0 || spaces > 1);
  return {
    text,
    space: spaces === 0 || uniform ? (final ? 2 : 1) : spaces,
    paren: /^[(['"`]/.test(text),
    period,
    punct: /[!-/:-@[-`{-~]$/.test(text),
    final,
    length: [...text].length,
    bestCost: 0,
    lineLength: 0,
    nextBreak: 0,
  };
}

function wordsOf(line: string, uniform: boolean): Word[] {
  return [...line.trim().matchAll(/(\S+)(\s*)/g)].map(([, text = '', gap = '']) => wordOf(text, gap.length, uniform));
}

function baseCost(words: readonly Word[], at: number): number {
  const self = words[at] as Word;
  const before = words[at - 1];
  let cost = LINE_COST;
  if (before !== undefined) {
    if (before.period) cost += before.final ? -SENTENCE_BONUS : NOBREAK_COST;
    else if (before.punct) cost -= PUNCT_BONUS;
    else if (words[at - 2]?.final === true) cost += widowCost(before.length);
  }
  if (self.paren) cost -= PAREN_BONUS;
  else if (self.final) cost += orphanCost(self.length);
  return cost;
}

function breakLines(words: Word[], indent: number, width: number, goal: number): string[] {
  const end = words.length;
  for (let start = end - 1; start >= 0; start--) {
    const first = words[start] as Word;
    let best = Number.POSITIVE_INFINITY;
    let length = indent + first.length;
    for (let next = start + 1; ; next++) {
      let cost = 0;
      if (next < end) {
        const word = words[next] as Word;
        cost =
          shortCost(goal - length) +
          (word.nextBreak === end ? 0 : raggedCost(length - word.lineLength)) +
          word.bestCost;
      }
      if (cost < best) {
        best = cost;
        first.nextBreak = next;
        first.lineLength = length;
      }
      if (next === end) break;
      length += (words[next - 1] as Word).space + (words[next] as Word).length;
      if (length >= width) break;
    }
    first.bestCost = best + baseCost(words, start);
  }
  const lines: string[] = [];
  for (let at = 0; at < end; ) {
    const until = (words[at] as Word).nextBreak;
    const part = words.slice(at, until);
    lines.push(
      ' '.repeat(indent) + part.map((w, i) => w.text + (i < part.length - 1 ? ' '.repeat(w.space) : '')).join(''),
    );
    at = until;
  }
  return lines;
}

export const fmt = command(
  {
    name: 'fmt',
    usage: ['[-WIDTH] [OPTION]... [FILE]...'],
    about: 'Fill the paragraphs of each FILE.',
    options: {
      's,split-only': 'break long lines, do not fill',
      'u,uniform-spacing': 'one space between words, two between sentences',
      'w,width=WIDTH': 'columns (default 75)',
      'g,goal=WIDTH': 'aim at this (93 of 100 of the width)',
    },
    rewrite: (args) => args.map((arg) => (/^-\d+$/.test(arg) ? `-w${arg.slice(1)}` : arg)),
  },
  async (call) => {
    const { options, out } = call;
    const given = options.value('width');
    const width = Number(given ?? (options.has('goal') ? Number(options.value('goal')) + 10 : 75));
    const goal = Number(options.value('goal') ?? Math.trunc((width * 187) / 200));
    let words: Word[] = [];
    let indent = 0;
    const flush = (): void => {
      if (words.length > 0) for (const line of breakLines(words, indent, width, goal)) out.put(`${line}\n`);
      words = [];
    };
    const ok = await eachLine(call, (line) => {
      if (line.trim() === '') {
        flush();
        out.put('\n');
        return;
      }
      const margin = (/^\s*/.exec(line)?.[0] ?? '').replaceAll('\t', '        ').length;
      if (words.length > 0 && margin !== indent) flush();
      indent = margin;
      words.push(...wordsOf(line, options.has('uniform-spacing')));
      if (options.has('split-only')) flush();
    });
    const last = words.at(-1);
    if (last !== undefined) last.final = true;
    flush();
    return ok ? 0 : 1;
  },
);
