/** Bytes from a terminal to keys. */
export type Key = { kind: 'text'; text: string } | { kind: 'key'; name: string } | { kind: 'paste'; text: string };

const PASTE_END = '\x1b[201~';

/** Sequences xterm sends, by what readline calls them. */
const SEQUENCES: Readonly<Record<string, string>> = {
  '[A': 'up',
  '[B': 'down',
  '[C': 'right',
  '[D': 'left',
  OA: 'up',
  OB: 'down',
  OC: 'right',
  OD: 'left',
  '[H': 'home',
  '[F': 'end',
  OH: 'home',
  OF: 'end',
  '[1~': 'home',
  '[7~': 'home',
  '[4~': 'end',
  '[8~': 'end',
  '[3~': 'delete',
  '[1;5C': 'meta-f',
  '[1;5D': 'meta-b',
  '[1;3C': 'meta-f',
  '[1;3D': 'meta-b',
  '[5~': 'none',
  '[6~': 'none',
  '[2~': 'none',
  '[Z': 'none',
};

export class KeyReader {
  private pending = '';
  private paste: string[] | null = null;
  private readonly decoder = new TextDecoder();

  /** Whether a sequence or a paste is unfinished. */
  get busy(): boolean {
    return this.pending !== '' || this.paste !== null;
  }

  feed(bytes: Uint8Array): Key[] {
    const keys: Key[] = [];
    let text = this.pending + this.decoder.decode(bytes, { stream: true });
    this.pending = '';
    while (text !== '') {
      if (this.paste !== null) {
        const end = text.indexOf(PASTE_END);
        if (end < 0) {
          // Keep back what may be the beginning of the end mark.
          const hold = text.lastIndexOf('\x1b');
          const cut = hold >= 0 && text.length - hold < PASTE_END.length ? hold : text.length;
          this.paste.push(text.slice(0, cut));
          this.pending = text.slice(cut);
          return keys;
        }
        this.paste.push(text.slice(0, end));
        keys.push({ kind: 'paste', text: this.paste.join('') });
        this.paste = null;
        text = text.slice(end + PASTE_END.length);
        continue;
      }
      const code = text.charCodeAt(0);
      if (code === 0x1b) {
        const used = this.escape(text, keys);
        if (used === 0) {
          this.pending = text;
          return keys;
        }
        text = text.slice(used);
      } else if (code < 0x20 || code === 0x7f) {
        keys.push({ kind: 'key', name: code === 0x7f ? 'backspace' : `C-${String.fromCharCode(code + 96)}` });
        text = text.slice(1);
      } else {
        const run = /^[^\x00-\x1f\x7f]+/.exec(text)?.[0] ?? text.charAt(0);
        keys.push({ kind: 'text', text: run });
        text = text.slice(run.length);
      }
    }
    return keys;
  }

  /** How many characters the sequence at the start takes; 0 if it is not complete yet. */
  private escape(text: string, keys: Key[]): number {
    if (text.length < 2) return 0;
    if (text.startsWith('\x1b[200~')) {
      this.paste = [];
      return 6;
    }
    const second = text[1] as string;
    if (second === '[' || second === 'O') {
      const match = second === '[' ? /^\x1b(\[[0-9;?]*[ -/]*[@-~])/.exec(text) : /^\x1b(O.)/s.exec(text);
      if (match === null) return text.length > 32 ? 1 : 0;
      keys.push({ kind: 'key', name: SEQUENCES[match[1] as string] ?? 'none' });
      return match[0].length;
    }
    const name = second === '\x7f' || second === '\b' ? 'meta-backspace' : `meta-${second}`;
    keys.push({ kind: 'key', name });
    return 2;
  }
}
