/**
 * Finds where one complete command ends, whether more input is needed, or which token is the wrong one. The parser
 * recovers from errors and so cannot say these three things as bash does; this recogniser builds no tree.
 * @models bash 5.2 parse.y @fidelity partial: [[ ]] is only checked for its end
 */

export type Recognition =
  | { status: 'complete'; end: number; unclosedHeredoc: string | null }
  | {
      status: 'incomplete';
      looking: string | null;
      lookingAt: number;
      heredoc: { delimiter: string; strip: boolean } | null;
    }
  | { status: 'error'; token: string; pos: number };

type Token = { kind: 'word' | 'op' | 'newline' | 'eof'; text: string; pos: number; end: number };

class Unexpected {
  readonly token: Token;
  constructor(token: Token) {
    this.token = token;
  }
}

class Incomplete {
  readonly looking: string | null;
  readonly at: number;
  constructor(looking: string | null, at: number) {
    this.looking = looking;
    this.at = at;
  }
}

const OPERATORS = [
  '<<<',
  '<<-',
  '&>>',
  ';;&',
  '&&',
  '||',
  ';;',
  ';&',
  '|&',
  '<<',
  '>>',
  '<&',
  '>&',
  '<>',
  '>|',
  '&>',
  ';',
  '&',
  '|',
  '<',
  '>',
  '(',
  ')',
];
const REDIRECTS = new Set(['<', '>', '>>', '<&', '>&', '<>', '>|', '&>', '&>>', '<<', '<<-', '<<<']);
const CLOSERS = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}']);

class Recogniser {
  at: number;
  heredocs: { delimiter: string; strip: boolean }[] = [];
  unclosed: { delimiter: string; strip: boolean } | null = null;
  private readonly text: string;
  private peeked: Token | null = null;

  constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
  }

  peek(): Token {
    this.peeked ??= this.scan();
    return this.peeked;
  }

  take(): Token {
    const token = this.peek();
    this.peeked = null;
    this.at = token.end;
    if (token.kind === 'newline') this.readHeredocs();
    return token;
  }

  private readHeredocs(): void {
    for (const doc of this.heredocs) {
      for (;;) {
        if (this.at >= this.text.length) {
          this.unclosed = doc;
          break;
        }
        let end = this.text.indexOf('\n', this.at);
        if (end < 0) end = this.text.length;
        let line = this.text.slice(this.at, end);
        this.at = Math.min(end + 1, this.text.length);
        if (doc.strip) line = line.replace(/^\t+/, '');
        if (line === doc.delimiter) break;
      }
    }
    this.heredocs = [];
  }

  private scan(): Token {
    const { text } = this;
    let i = this.at;
    for (;;) {
      const c = text[i];
      if (c === ' ' || c === '\t' || c === '\r') i++;
      else if (c === '\\' && text[i + 1] === '\n') {
        if (i + 2 >= text.length) throw new Incomplete(null, i);
        i += 2;
      } else if (c === '#') {
        while (i < text.length && text[i] !== '\n') i++;
      } else break;
    }
    if (i >= text.length) return { kind: 'eof', text: '', pos: i, end: i };
    if (text[i] === '\n') return { kind: 'newline', text: 'newline', pos: i, end: i + 1 };
    if ((text[i] === '<' || text[i] === '>') && text[i + 1] === '(') return this.word(i);
    for (const op of OPERATORS) {
      if (text.startsWith(op, i)) return { kind: 'op', text: op, pos: i, end: i + op.length };
    }
    return this.word(i);
  }

  private word(start: number): Token {
    const { text } = this;
    let i = start;
    while (i < text.length) {
      const c = text[i] as string;
      if (c === '\\') {
        if (i + 1 >= text.length) throw new Incomplete(null, i);
        i += 2;
      } else if (c === "'" || c === '"' || c === '`' || c === '$') {
        i = this.skipQuote(i);
      } else if ((c === '<' || c === '>') && text[i + 1] === '(') {
        i = this.skipParens(i + 1, ')');
      } else if (c === '(') {
        const before = text.slice(start, i);
        if (/^[A-Za-z_]\w*(\[[^\]]*\])?\+?=$/.test(before) || /[?*+@!]$/.test(before)) i = this.skipParens(i, ')');
        else break;
      } else if (' \t\n;&|<>)'.includes(c)) break;
      else i++;
    }
    return { kind: 'word', text: text.slice(start, i), pos: start, end: i };
  }

  /** Past the quote or expansion that begins at i. */
  private skipQuote(i: number): number {
    const { text } = this;
    const c = text[i];
    if (c === "'") {
      const end = text.indexOf("'", i + 1);
      if (end < 0) throw new Incomplete("'", i);
      return end + 1;
    }
    if (c === '"' || c === '`') {
      for (let k = i + 1; k < text.length; ) {
        if (text[k] === '\\') k += 2;
        else if (text[k] === c) return k + 1;
        else if (c === '"' && text[k] === '`') k = this.skipQuote(k);
        else if (c === '"' && text[k] === '$' && (text[k + 1] === '(' || text[k + 1] === '{')) k = this.skipQuote(k);
        else k++;
      }
      throw new Incomplete(c, i);
    }
    const next = text[i + 1];
    if (next === '(') {
      if (text[i + 2] === '(') {
        try {
          return this.skipParens(i + 1, ')');
        } catch (error) {
          throw error instanceof Incomplete ? new Incomplete(')', i) : error;
        }
      }
      return this.substitution(i);
    }
    if (next === '{') {
      for (let k = i + 2; k < text.length; ) {
        if (text[k] === '\\') k += 2;
        else if (text[k] === '}') return k + 1;
        else if (
          text[k] === '"' ||
          text[k] === '`' ||
          (text[k] === '$' && (text[k + 1] === '{' || text[k + 1] === '('))
        )
          k = this.skipQuote(k);
        else if (text[k] === "'") {
          const end = text.indexOf("'", k + 1);
          k = end < 0 ? k + 1 : end + 1;
        } else k++;
      }
      throw new Incomplete('}', i);
    }
    if (next === "'") {
      for (let k = i + 2; k < text.length; k++) {
        if (text[k] === '\\') k++;
        else if (text[k] === "'") return k + 1;
      }
      throw new Incomplete("'", i);
    }
    if (next === '"') return this.skipQuote(i + 1);
    return i + 1;
  }

  /** `$( … )`: a command list of its own. */
  private substitution(i: number): number {
    const inner = new Recogniser(this.text, i + 2);
    inner.list(new Set([')']), true);
    const close = inner.peek();
    if (close.kind === 'eof') throw new Incomplete('$(', i);
    if (close.text !== ')') throw new Unexpected(close);
    return close.end;
  }

  private skipParens(open: number, close: string): number {
    const { text } = this;
    let depth = 0;
    for (let k = open; k < text.length; ) {
      const c = text[k] as string;
      if (c === '\\') k += 2;
      else if (
        c === "'" ||
        c === '"' ||
        c === '`' ||
        (c === '$' && text[k + 1] !== undefined && '({\'"'.includes(text[k + 1] as string))
      )
        k = this.skipQuote(k);
      else if (c === '#' && /\s/.test(text[k - 1] ?? '') && text[open - 1] === '=')
        while (k < text.length && text[k] !== '\n') k++;
      else {
        if (c === '(') depth++;
        else if (c === close && --depth === 0) return k + 1;
        k++;
      }
    }
    throw new Incomplete(close, open);
  }

  skipNewlines(): void {
    while (this.peek().kind === 'newline') this.take();
  }

  /** A list up to one of the terminators (not consumed) or end of input. */
  list(terminators: ReadonlySet<string>, mayBeEmpty = false): void {
    this.skipNewlines();
    let any = false;
    for (;;) {
      const token = this.peek();
      if (token.kind === 'eof' || terminators.has(token.text)) {
        if (!any && !mayBeEmpty && token.kind !== 'eof') throw new Unexpected(token);
        return;
      }
      this.andOr();
      any = true;
      const after = this.peek();
      if (after.text === ';' || after.text === '&') {
        this.take();
        this.skipNewlines();
      } else if (after.kind === 'newline') this.skipNewlines();
      else if (after.kind !== 'eof' && !terminators.has(after.text)) throw new Unexpected(after);
      else if (after.kind === 'word' && terminators.has(after.text)) {
        // `echo a fi` never gets here: fi was an argument. After a compound command, `}` and friends do follow at once.
        return;
      }
    }
  }

  andOr(): void {
    this.pipeline();
    while (this.peek().text === '&&' || this.peek().text === '||') {
      this.take();
      this.skipNewlines();
      if (this.peek().kind === 'eof') throw new Incomplete(null, this.at);
      this.pipeline();
    }
  }

  private pipeline(): void {
    let prefixed = false;
    while (this.peek().kind === 'word' && (this.peek().text === '!' || this.peek().text === 'time')) {
      const time = this.take().text === 'time';
      prefixed = true;
      if (time && this.peek().text === '-p') this.take();
    }
    const token = this.peek();
    if (prefixed && token.kind !== 'word' && token.text !== '(' && !REDIRECTS.has(token.text)) return;
    this.command();
    while (this.peek().text === '|' || this.peek().text === '|&') {
      this.take();
      this.skipNewlines();
      if (this.peek().kind === 'eof') throw new Incomplete(null, this.at);
      this.command();
    }
  }

  private expect(text: string): void {
    const token = this.peek();
    if (token.kind === 'eof') throw new Incomplete(null, token.pos);
    if (token.text !== text) throw new Unexpected(token);
    this.take();
  }

  private expectWord(): Token {
    const token = this.peek();
    if (token.kind === 'eof') throw new Incomplete(null, token.pos);
    if (token.kind !== 'word') throw new Unexpected(token);
    return this.take();
  }

  private closing(terminators: readonly string[], closer: string | null): string {
    this.list(new Set(terminators));
    const token = this.peek();
    if (token.kind === 'eof') throw new Incomplete(closer, token.pos);
    return this.take().text;
  }

  private redirections(): void {
    for (;;) {
      const token = this.peek();
      if (REDIRECTS.has(token.text) && token.kind === 'op') this.redirect();
      else if (
        token.kind === 'word' &&
        /^(\d+|\{\w+\})$/.test(token.text) &&
        '<>'.includes(this.text[token.end] ?? ' ') &&
        this.text[token.end + 1] !== '('
      )
        this.take();
      else return;
    }
  }

  private redirect(): void {
    const op = this.take().text;
    const target = this.peek();
    if (target.kind === 'eof') throw new Unexpected({ ...target, kind: 'newline', text: 'newline' });
    if (target.kind !== 'word') throw new Unexpected(target);
    this.take();
    if (op === '<<' || op === '<<-') this.heredocs.push({ delimiter: unquote(target.text), strip: op === '<<-' });
  }

  private command(): void {
    const token = this.peek();
    if (token.kind === 'eof') throw new Incomplete(null, token.pos);
    if (token.text === '(' && token.kind === 'op') {
      if (this.text[token.end] === '(' && this.arithmetic(token.pos)) return this.redirections();
      this.take();
      this.closing([')'], null);
      return this.redirections();
    }
    if (token.kind === 'op' && !REDIRECTS.has(token.text)) throw new Unexpected(token);
    if (token.kind === 'newline') throw new Unexpected(token);
    if (token.kind === 'word' && this.compound(token)) return this.redirections();
    this.simple();
  }

  /** `(( … ))`; false if it turns out to be nested subshells. */
  private arithmetic(start: number): boolean {
    const end = this.skipParens(start, ')');
    if (this.text[end - 2] !== ')') return false;
    this.peeked = null;
    this.at = end;
    return true;
  }

  private compound(token: Token): boolean {
    switch (token.text) {
      case 'if': {
        this.take();
        let word = this.closing(['then'], null);
        do {
          word = this.closing(['elif', 'else', 'fi'], null);
          if (word === 'elif') this.closing(['then'], null);
        } while (word === 'elif');
        if (word === 'else') this.closing(['fi'], null);
        return true;
      }
      case 'while':
      case 'until':
        this.take();
        this.closing(['do'], null);
        this.closing(['done'], null);
        return true;
      case 'for':
      case 'select':
        this.take();
        this.forLoop(token.text);
        return true;
      case 'case':
        this.take();
        this.caseCommand();
        return true;
      case '{':
        this.take();
        this.closing(['}'], null);
        return true;
      case '[[':
        this.conditional();
        return true;
      case 'function': {
        this.take();
        this.expectWord();
        if (this.peek().text === '(') {
          this.take();
          this.expect(')');
        }
        this.skipNewlines();
        this.command();
        return true;
      }
      default:
        if (CLOSERS.has(token.text)) throw new Unexpected(token);
        return false;
    }
  }

  private forLoop(keyword: string): void {
    const first = this.peek();
    if (keyword === 'for' && first.text === '(' && this.text[first.end] === '(') {
      if (!this.arithmetic(first.pos)) throw new Unexpected(first);
      if (this.peek().text === ';') this.take();
    } else {
      this.expectWord();
      this.skipNewlines();
      if (this.peek().text === 'in' && this.peek().kind === 'word') {
        this.take();
        while (this.peek().kind === 'word') this.take();
        const end = this.peek();
        if (end.kind === 'eof') throw new Incomplete(null, end.pos);
        if (end.text !== ';' && end.kind !== 'newline') throw new Unexpected(end);
        this.take();
      } else if (this.peek().text === ';') this.take();
    }
    this.skipNewlines();
    if (this.peek().text === '{') {
      this.take();
      this.closing(['}'], null);
      return;
    }
    this.expect('do');
    this.closing(['done'], null);
  }

  private caseCommand(): void {
    this.expectWord();
    this.skipNewlines();
    this.expect('in');
    for (;;) {
      this.skipNewlines();
      if (this.peek().text === 'esac') {
        this.take();
        return;
      }
      if (this.peek().text === '(') this.take();
      this.expectWord();
      while (this.peek().text === '|') {
        this.take();
        this.expectWord();
      }
      this.expect(')');
      this.list(new Set([';;', ';&', ';;&', 'esac']), true);
      const end = this.peek();
      if (end.kind === 'eof') throw new Incomplete(null, end.pos);
      if (end.text !== 'esac') this.take();
    }
  }

  private conditional(): void {
    const start = this.take();
    let depth = 0;
    for (;;) {
      const token = this.peek();
      if (token.kind === 'eof') throw new Incomplete(null, start.pos);
      if (token.text === '(') depth++;
      if (token.text === ')' && --depth < 0) throw new Unexpected(token);
      if (token.text === ';' || token.text === '&') throw new Unexpected(token);
      this.take();
      if (token.kind === 'word' && token.text === ']]') return;
    }
  }

  private simple(): void {
    let words = 0;
    for (;;) {
      const token = this.peek();
      if (token.kind === 'op' && REDIRECTS.has(token.text)) this.redirect();
      else if (token.kind === 'word') {
        this.take();
        words++;
        const next = this.peek();
        if (words === 1 && next.text === '(' && next.kind === 'op' && !/[=$'"`]/.test(token.text)) {
          this.take();
          const close = this.peek();
          if (close.kind === 'eof') throw new Incomplete(null, close.pos);
          if (close.text !== ')') throw new Unexpected(close);
          this.take();
          this.skipNewlines();
          return this.command();
        }
      } else if (token.text === '(' && token.kind === 'op') throw new Unexpected(token);
      else return;
    }
  }
}

export function unquote(text: string): string {
  return text.replace(
    /\\([\s\S])|'([^']*)'|"((?:\\.|[^"])*)"/g,
    (_, escaped, single, double) => escaped ?? single ?? (double as string).replace(/\\([$`"\\])/g, '$1'),
  );
}

/** One complete command (a list up to the newline that ends it) beginning at `start`. */
export function recognise(text: string, start = 0): Recognition {
  const r = new Recogniser(text, start);
  try {
    r.skipNewlines();
    let ended = true;
    while (r.peek().kind !== 'eof') {
      r.andOr();
      const after = r.peek();
      if (after.text === ';' || after.text === '&') {
        r.take();
        if (r.peek().kind !== 'newline') continue;
      }
      const end = r.peek();
      if (end.kind === 'newline') {
        r.take();
        ended = false;
        break;
      }
      if (end.kind !== 'eof') throw new Unexpected(end);
    }
    const pending = r.unclosed ?? r.heredocs[0] ?? null;
    // Blanks and comments after the last command belong to it.
    const end = ended ? text.length : r.at;
    return { status: 'complete', end, unclosedHeredoc: pending?.delimiter ?? null };
  } catch (error) {
    if (error instanceof Unexpected) {
      return { status: 'error', token: error.token.text, pos: error.token.pos };
    }
    if (error instanceof Incomplete) {
      return {
        status: 'incomplete',
        looking: error.looking,
        lookingAt: error.at,
        heredoc: r.unclosed ?? r.heredocs[0] ?? null,
      };
    }
    throw error;
  }
}
