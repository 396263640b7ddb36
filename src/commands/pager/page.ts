/** Showing text a screen at a time on the terminal. @models less 668 @fidelity partial: moving, searching forward and back, q; no marks, tags or filters */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { utf8 } from '../../linux/rope.ts';
import { displayWidth } from '../common/text.ts';

/** Lines as they break on a screen of that width; escape sequences take no room. */
function wrapLines(text: string, columns: number): string[] {
  const out: string[] = [];
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  for (const line of body.split('\n')) {
    let current = '';
    let width = 0;
    for (const piece of line.matchAll(/\x1b\[[0-9;:]*[A-Za-z]|\t|[\s\S]/gu)) {
      const [token] = piece;
      if (token.startsWith('\x1b')) {
        current += token;
        continue;
      }
      const shown = token === '\t' ? ' '.repeat(8 - (width % 8)) : token;
      const w = displayWidth(shown);
      if (width + w > columns) {
        out.push(current);
        current = '';
        width = 0;
      }
      current += shown;
      width += w;
    }
    out.push(current);
  }
  return out;
}

/** Keys come from the controlling terminal. Text that fits on one screen is just written (`less -F`). */
export async function page(
  ctx: Context,
  text: string,
  options: { toEnd?: boolean; name?: string; always?: boolean } = {},
): Promise<number> {
  const { sys } = ctx;
  const size = await sys.getWindowSize(ctx, 1);
  let lines = wrapLines(text, size.columns);
  if (lines.length < size.rows && !options.always) {
    await sys.write(ctx, 1, text);
    return 0;
  }
  let tty: number;
  try {
    tty = await sys.open(ctx, '/dev/tty', { read: true, write: true });
  } catch (error) {
    if (!isErrno(error)) throw error;
    await sys.write(ctx, 1, text);
    return 0;
  }
  const saved = await sys.getTermios(ctx, tty);
  await sys.setTermios(ctx, tty, { canonical: false, echo: false, signals: false });
  let rows = size.rows - 1;
  let resized = false;
  sys.sigaction(
    ctx,
    'SIGWINCH',
    () => {
      resized = true;
    },
    { restart: false },
  );
  let top = options.toEnd ? Math.max(0, lines.length - rows) : 0;
  let pattern: RegExp | null = null;
  let message = '';
  const draw = async (): Promise<void> => {
    const shown = lines.slice(top, top + rows);
    const highlight = (line: string): string =>
      pattern === null ? line : line.replace(pattern, (m) => (m === '' ? '' : `\x1b[7m${m}\x1b[27m`));
    const filler = Array.from({ length: Math.max(0, rows - shown.length) }, () => '~');
    const prompt =
      message !== ''
        ? `\x1b[7m${message}\x1b[27m`
        : top + rows >= lines.length
          ? '\x1b[7m(END)\x1b[27m'
          : top === 0 && options.name !== undefined
            ? `\x1b[7m${options.name}\x1b[27m`
            : ':';
    message = '';
    await sys.write(ctx, 1, `\x1b[H\x1b[2J${[...shown.map(highlight), ...filler].join('\n')}\n${prompt}\x1b[K`);
  };
  const ask = async (prompt: string): Promise<string | null> => {
    let typed = '';
    await sys.write(ctx, 1, `\r\x1b[K${prompt}`);
    for (;;) {
      for (const c of utf8(await sys.read(ctx, tty))) {
        if (c === '\r' || c === '\n') return typed;
        if (c === '\x1b' || c === '\x03') return null;
        if (c === '\x7f' || c === '\b') {
          if (typed === '') return null;
          typed = typed.slice(0, -1);
        } else typed += c;
        await sys.write(ctx, 1, `\r\x1b[K${prompt}${typed}`);
      }
    }
  };
  const last = (): number => Math.max(0, lines.length - rows);
  const search = (forward: boolean): void => {
    if (pattern === null) return;
    for (let i = top + (forward ? 1 : -1); i >= 0 && i < lines.length; i += forward ? 1 : -1) {
      pattern.lastIndex = 0;
      if (pattern.test(lines[i] as string)) {
        top = Math.min(i, Math.max(last(), i));
        return;
      }
    }
    message = 'Pattern not found  (press RETURN)';
  };
  await sys.write(ctx, 1, '\x1b[?1049h');
  await draw();
  reading: for (;;) {
    let keys: string;
    try {
      keys = utf8(await sys.read(ctx, tty));
    } catch (error) {
      if (!isErrno(error, 'EINTR')) throw error;
      keys = '';
    }
    if (resized) {
      resized = false;
      const now = await sys.getWindowSize(ctx, 1);
      rows = now.rows - 1;
      lines = wrapLines(text, now.columns);
    } else if (keys === '') break;
    for (const [key] of keys.matchAll(/\x1b\[[0-9;]*[A-Za-z~]|\x1bO[A-Z]|[\s\S]/g)) {
      if (key === 'q' || key === 'Q' || key === '\x03') break reading;
      if (key === ' ' || key === 'f' || key === '\x06' || key === '\x1b[6~') top = Math.min(last(), top + rows);
      else if (key === 'b' || key === '\x02' || key === '\x1b[5~') top = Math.max(0, top - rows);
      else if (key === 'd' || key === '\x04') top = Math.min(last(), top + Math.floor(rows / 2));
      else if (key === 'u' || key === '\x15') top = Math.max(0, top - Math.floor(rows / 2));
      else if (key === 'j' || key === 'e' || key === '\r' || key === '\n' || key === '\x1b[B' || key === '\x1bOB')
        top = Math.min(last(), top + 1);
      else if (key === 'k' || key === 'y' || key === '\x1b[A' || key === '\x1bOA') top = Math.max(0, top - 1);
      else if (key === 'g' || key === '<' || key === '\x1b[H' || key === '\x1b[1~') top = 0;
      else if (key === 'G' || key === '>' || key === '\x1b[F' || key === '\x1b[4~') top = last();
      else if (key === '/' || key === '?') {
        const typed = await ask(key);
        if (typed !== null && typed !== '') {
          try {
            pattern = new RegExp(typed, 'g');
          } catch {
            pattern = new RegExp(typed.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'g');
          }
        }
        if (typed !== null) search(key === '/');
      } else if (key === 'n') search(true);
      else if (key === 'N') search(false);
    }
    await draw();
  }
  await sys.write(ctx, 1, '\x1b[?1049l');
  await sys.setTermios(ctx, tty, saved);
  await sys.close(ctx, tty);
  return 0;
}
