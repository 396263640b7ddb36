/**
 * The Markdown of lessons: paragraphs, lists, fences, `code`, **strong**, _emphasis_, [links](https://…) and tables.
 * It is parsed to plain data that a page renders element by element; there is no raw HTML, so that a text can do no
 * harm. What an author may not write comes back as a problem with its line.
 */
export type Inline =
  | { kind: 'text' | 'code' | 'strong' | 'emphasis'; text: string }
  | { kind: 'link'; text: string; to: string };

export type Block =
  | { kind: 'paragraph'; content: Inline[] }
  | { kind: 'list'; ordered: boolean; items: Inline[][] }
  | { kind: 'fence'; language: string; text: string }
  | { kind: 'table'; head: Inline[][]; rows: Inline[][][] };

export type MarkdownProblem = { line: number; message: string };

const LINK_TARGET = /^(?:https:\/\/|#)[\w\-./#?=&%:~+,@]*$/;
const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|(?<![\w*])_([^_]+)_(?!\w)|(!?)\[([^\]]*)\]\(([^)]*)\)/g;
/** An opening mark is enough: where it is closed is nobody's concern. */
const RAW_HTML = /<[/!?]?[a-zA-Z!-]|&#?\w+;/;
/** Longer than anybody writes; what looks for marks in it would take its time. */
const LINE_CHARACTERS_MAX = 2000;
const PARAGRAPH_CHARACTERS_MAX = 10_000;
const CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/;

export function parseMarkdown(text: string): Block[] {
  const blocks: Block[] = [];
  const lines = text.split('\n');
  let at = 0;
  const isItem = (line: string): boolean => /^(?:- |\d+\. )/.test(line);
  const isStart = (line: string): boolean =>
    line.trim() === '' || line.startsWith('```') || line.startsWith('|') || isItem(line);
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (line.trim() === '') at++;
    else if (line.startsWith('```')) {
      const body: string[] = [];
      for (at++; at < lines.length && !(lines[at] ?? '').startsWith('```'); at++) body.push(lines[at] ?? '');
      at++;
      blocks.push({ kind: 'fence', language: line.slice(3).trim(), text: body.join('\n') });
    } else if (line.startsWith('|')) {
      const rows: Inline[][][] = [];
      for (; (lines[at] ?? '').startsWith('|'); at++) {
        const cells = (lines[at] ?? '').replace(/^\||\|\s*$/g, '').split('|');
        if (!cells.every((cell) => /^\s*:?-+:?\s*$/.test(cell))) rows.push(cells.map((cell) => inline(cell.trim())));
      }
      const [head = [], ...rest] = rows;
      blocks.push({ kind: 'table', head, rows: rest });
    } else if (isItem(line)) {
      const ordered = !line.startsWith('-');
      const items: string[] = [];
      for (; at < lines.length && (lines[at] ?? '').trim() !== ''; at++) {
        const next = lines[at] ?? '';
        if (isItem(next)) items.push(next.replace(/^(?:- |\d+\. )/, ''));
        else items.push(joined(items.pop() ?? '', next.trim()));
      }
      blocks.push({ kind: 'list', ordered, items: items.map(inline) });
    } else {
      let paragraph = line.trim();
      for (at++; at < lines.length && !isStart(lines[at] ?? ''); at++)
        paragraph = joined(paragraph, (lines[at] ?? '').trim());
      blocks.push({ kind: 'paragraph', content: inline(paragraph) });
    }
  }
  return blocks;
}

/** Lines of one paragraph: no space where a line broke within Chinese, one where it broke between Chinese and Latin. */
function joined(before: string, after: string): string {
  const wide = /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f\u2014\u201c\u201d]/;
  const ideograph = /[\u2e80-\u2fff\u3040-\u9fff\uf900-\ufaff]/;
  const latin = /[A-Za-z0-9`]/;
  // What is emphasised counts by its letters, not by its marks.
  const [last = '', first = ''] = [before.replace(/[*_]+$/, '').slice(-1), after.replace(/^[*_]+/, '').slice(0, 1)];
  const meet = (ideograph.test(last) && latin.test(first)) || (latin.test(last) && ideograph.test(first));
  return (wide.test(last) || wide.test(first)) && !meet ? before + after : `${before} ${after}`;
}

export function inline(text: string): Inline[] {
  if (text.length > PARAGRAPH_CHARACTERS_MAX) return [{ kind: 'text', text }];
  const found: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) found.push({ kind: 'text', text: text.slice(from, match.index) });
    from = match.index + match[0].length;
    const [whole, code, strong, emphasis, image, label = '', to = ''] = match;
    if (code !== undefined) found.push({ kind: 'code', text: code });
    else if (strong !== undefined) found.push({ kind: 'strong', text: strong });
    else if (emphasis !== undefined) found.push({ kind: 'emphasis', text: emphasis });
    else if (image === '' && LINK_TARGET.test(to)) found.push({ kind: 'link', text: label, to });
    else found.push({ kind: 'text', text: whole });
  }
  if (from < text.length) found.push({ kind: 'text', text: text.slice(from) });
  return found;
}

/** What a lesson's text may not hold; lines count from 1. */
export function markdownProblems(text: string): MarkdownProblem[] {
  const problems: MarkdownProblem[] = [];
  let fence = 0;
  text.split('\n').forEach((raw, i) => {
    const report = (message: string): void => void problems.push({ line: i + 1, message });
    if (raw.length > LINE_CHARACTERS_MAX) {
      report(`${raw.length} characters in one line; there may be ${LINE_CHARACTERS_MAX}`);
      return;
    }
    if (CHARACTERS.test(raw.replaceAll('\t', ''))) report('holds a control or direction character');
    if (raw.startsWith('```')) {
      fence = fence === 0 ? i + 1 : 0;
      return;
    }
    if (fence !== 0) return;
    const line = raw.replace(/`[^`]+`/g, '');
    if (RAW_HTML.test(line)) report('raw HTML is not allowed; put code between backquotes');
    for (const [, image, , to = ''] of line.matchAll(/(!?)\[([^\]]*)\]\(([^)]*)\)/g)) {
      if (image === '!') report('images are not allowed');
      else if (!LINK_TARGET.test(to)) report(`a link must begin with https:// or #, not ${JSON.stringify(to)}`);
    }
  });
  if (fence !== 0) problems.push({ line: fence, message: 'this fence is never closed' });
  return problems;
}
