/** Text to complete commands: the unit bash reads, runs, and reports syntax errors in. */
import { parse, type Statement } from 'unbash';
import { recognise } from './recognise.ts';
import { Source } from './source.ts';

export type CompleteCommand =
  | {
      kind: 'command';
      text: string;
      statements: readonly Statement[];
      source: Source;
      heredocWarning: { delimiter: string; line: number; end: number } | null;
    }
  | { kind: 'error'; text: string; problem: SyntaxProblem };

export type SyntaxProblem = {
  /** Near which token, or null at the end of input. */
  token: string | null;
  /** The quote or bracket whose partner is missing. */
  looking: string | null;
  line: number;
  /** The whole line the token is on, which bash prints again. */
  lineText: string;
};

export type Assessment = 'complete' | 'incomplete' | SyntaxProblem;

function lineAt(text: string, pos: number): string {
  const start = text.lastIndexOf('\n', pos - 1) + 1;
  const end = text.indexOf('\n', pos);
  return text.slice(start, end < 0 ? text.length : end);
}

/** Is this, typed so far, a complete command? `heredoc` says which delimiter alone can complete it. */
function assess(text: string): { state: Assessment; heredoc: { delimiter: string; strip: boolean } | null } {
  const r = recognise(text);
  if (r.status === 'incomplete') return { state: 'incomplete', heredoc: r.heredoc };
  if (r.status === 'error') return { state: problemAt(new Source(text, 1), r.token, r.pos), heredoc: null };
  if (r.unclosedHeredoc !== null) {
    return { state: 'incomplete', heredoc: { delimiter: r.unclosedHeredoc, strip: text.includes('<<-') } };
  }
  return { state: 'complete', heredoc: null };
}

function problemAt(source: Source, token: string, pos: number): SyntaxProblem {
  return { token, looking: null, line: source.line(pos), lineText: lineAt(source.text, pos) };
}

/** How many texts are remembered, and how long one may be at most (UTF-16 units): what is read of one takes 40 times as much. */
const REMEMBERED = 16;
const LONGEST_REMEMBERED = 65_536;

/** What was read of a text, and how to go on reading it. */
type Reading = { readonly commands: CompleteCommand[]; readonly rest: Generator<CompleteCommand, void> };

/** By line and text. What is parsed is never changed: entrypoints and loops meet the same text again and again. */
const readings = new Map<string, Reading>();

function readingOf(text: string, firstLine: number): Reading {
  const key = `${firstLine}:${text}`;
  const known = readings.get(key);
  if (known !== undefined) {
    // The latest comes last.
    readings.delete(key);
    readings.set(key, known);
    return known;
  }
  const reading = { commands: [], rest: parseCommands(text, firstLine) };
  if (text.length > LONGEST_REMEMBERED) return reading;
  const [oldest] = readings.keys();
  if (oldest !== undefined && readings.size >= REMEMBERED) readings.delete(oldest);
  readings.set(key, reading);
  return reading;
}

/** Yields the complete commands of a script one by one, as the shell reads them; an error ends it. */
export function* completeCommands(text: string, firstLine = 1): Generator<CompleteCommand> {
  const { commands, rest } = readingOf(text, firstLine);
  for (let i = 0; ; i++) {
    if (i === commands.length) {
      const next = rest.next();
      if (next.done === true) return;
      commands.push(next.value);
    }
    yield commands[i] as CompleteCommand;
  }
}

function* parseCommands(text: string, firstLine: number): Generator<CompleteCommand, void> {
  const source = new Source(text, firstLine);
  let at = 0;
  while (at < text.length) {
    const r = recognise(text, at);
    if (r.status === 'error') {
      yield { kind: 'error', text: lineAt(text, r.pos), problem: problemAt(source, r.token, r.pos) };
      return;
    }
    if (r.status === 'incomplete') {
      const looking = r.looking === '$(' ? ')' : r.looking;
      // The end of input counts as a line of its own.
      const atEnd = source.line(text.length) + (text.endsWith('\n') ? 0 : 1);
      const line = r.looking === null || r.looking === '$(' ? atEnd : source.line(r.lookingAt);
      yield { kind: 'error', text: text.slice(at).trim(), problem: { token: null, looking, line, lineText: '' } };
      return;
    }
    const part = text.slice(at, r.end);
    const firstOfPart = source.line(at);
    const parsed = parse(part);
    const error = parsed.errors?.[0];
    if (error !== undefined) {
      const token =
        /^unexpected token '(.*)'$/.exec(error.message)?.[1] ??
        (/^\S+/.exec(part.slice(error.pos).trimStart())?.[0] || 'newline');
      const inner = new Source(part, firstOfPart);
      yield {
        kind: 'error',
        text: part.trim(),
        problem: problemAt(inner, token, Math.min(error.pos, part.length - 1)),
      };
      return;
    }
    if (parsed.commands.length > 0) {
      const warning =
        r.unclosedHeredoc === null
          ? null
          : { delimiter: r.unclosedHeredoc, line: firstOfPart, end: source.line(text.trimEnd().length) };
      yield {
        kind: 'command',
        text: part.trim(),
        statements: parsed.commands,
        source: new Source(part, firstOfPart),
        heredocWarning: warning,
      };
    }
    at = r.end;
  }
}

/** The complete command lines of a script; one that cannot be parsed stays, as its own line. */
export function splitCommands(script: string): string[] {
  const out: string[] = [];
  let rest = script;
  while (rest.trim() !== '') {
    const r = recognise(rest);
    if (r.status === 'complete') {
      const part = rest.slice(0, r.end).trim();
      if (part !== '' && !/^(\s*#[^\n]*\n?)*$/.test(part)) out.push(part);
      rest = rest.slice(r.end);
    } else if (r.status === 'error') {
      const lineEnd = rest.indexOf('\n', r.pos);
      const end = lineEnd < 0 ? rest.length : lineEnd + 1;
      out.push(rest.slice(0, end).trim());
      rest = rest.slice(end);
    } else {
      out.push(rest.trim());
      break;
    }
  }
  return out;
}
