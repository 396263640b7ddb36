/**
 * The article that a reader goes through with a node beside it: sections of blocks, each typed as printed, with the
 * smallest repair, or going further than the page does. A section is a folder with section.yaml and a text a language.
 */
import type { Layer } from '../sim/trace.ts';

/** `printed`: as an article has it, right or wrong. `repaired`: the smallest change that works. `more`: what it leaves out. */
export type BlockKind = 'printed' | 'repaired' | 'more';
export const BLOCK_KINDS: readonly BlockKind[] = ['printed', 'repaired', 'more'];

/** What a block proves by its whole output, standard error included. */
export type Expectation = { kind: 'shows' | 'matches' | 'hides'; text: string; line: number };

export type ArticleBlock = {
  id: string;
  /** The number in the article, such as `7.3`. */
  part: string;
  kind: BlockKind;
  /** One shell session goes through a section's blocks; each is one complete command line (a heredoc belongs to its line). */
  lines: readonly string[];
  expects: readonly Expectation[];
};

export type ArticleSection = {
  id: string;
  scenario: string;
  seed: number;
  highlight: readonly Layer[];
  blocks: readonly ArticleBlock[];
};

export type BlockText = { title: string; body: string; why: string };

export type SectionText = {
  title: string;
  /** One sentence, for the list of sections. */
  summary: string;
  intro: string;
  /** Sentences of the article that are loose or wrong, and what is so; empty if there are none. */
  corrections: string;
  blocks: ReadonlyMap<string, BlockText>;
};

/** Null if it is no regular expression. */
export function pattern(text: string): RegExp | null {
  try {
    return new RegExp(text, 'm');
  } catch {
    return null;
  }
}

/** Colours do not count: on a terminal `grep` and `ls` have some. */
function plain(output: string): string {
  return output.replace(/\u001b\[[0-9;]*[mK]/g, '').replaceAll('\r\n', '\n');
}

export function isMet(expected: Expectation, output: string): boolean {
  return (foundBy(expected, output) === null) === (expected.kind === 'hides');
}

/** What of the output it is that was looked for; null if it is not there. */
export function foundBy({ kind, text }: Expectation, output: string): string | null {
  if (kind === 'matches') return pattern(text)?.exec(plain(output))?.[0] ?? null;
  return plain(output).includes(text) ? text : null;
}
