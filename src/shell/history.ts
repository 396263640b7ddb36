/** History expansion and keeping. @models readline 8.2 histexpand.c @fidelity partial: no word modifiers beyond ^ $ * n */
import type { Shell } from './shell.ts';
import { scalar } from './variables.ts';

const HISTORY_MAX = 2000;
const LINE_KEPT_MAX = 65_536;

export class EventNotFound {
  readonly event: string;
  constructor(event: string) {
    this.event = event;
  }
}

/** `!!` and friends outside single quotes; the line itself when there is nothing to expand. */
export function expandHistory(sh: Shell, line: string): string {
  const quick = /^\^([^^]*)\^([^^]*)\^?(.*)$/s.exec(line);
  if (quick !== null) {
    const last = sh.history[sh.history.length - 1];
    if (last === undefined || !last.includes(quick[1] ?? '')) throw new EventNotFound(`:s${line}`);
    return last.replace(quick[1] ?? '', () => quick[2] ?? '') + (quick[3] ?? '');
  }
  if (!line.includes('!')) return line;
  let out = '';
  let quoted = false;
  for (let i = 0; i < line.length; ) {
    const c = line[i] as string;
    if (c === '\\') {
      out += line.slice(i, i + 2);
      i += 2;
    } else if (c === "'") {
      const end = quoted ? -1 : line.indexOf("'", i + 1);
      const stop = quoted || end < 0 ? i + 1 : end + 1;
      out += line.slice(i, stop);
      i = stop;
    } else {
      if (c === '"') quoted = !quoted;
      const match =
        c === '!' && !/[$[{(]$/.test(out)
          ? /^!(!|\$|\^|\*|-?\d+|\?[^?]+\??|[A-Za-z_./][^\s;&|()<>:'"$^*]*)(?::([\d^$*]+))?/.exec(line.slice(i))
          : null;
      if (match === null) {
        out += c;
        i++;
        continue;
      }
      out += event(sh, match[0], match[1] as string, match[2]);
      i += match[0].length;
    }
  }
  return out;
}

function event(sh: Shell, whole: string, name: string, designator: string | undefined): string {
  const { history } = sh;
  let line: string | undefined;
  let words = designator;
  if (name === '!') line = history[history.length - 1];
  else if (name === '$' || name === '^' || name === '*') {
    line = history[history.length - 1];
    words = name;
  } else if (/^-\d+$/.test(name)) line = history[history.length + Number(name)];
  else if (/^\d+$/.test(name)) line = history[Number(name) - sh.historyBase];
  else if (name.startsWith('?')) line = history.findLast((l) => l.includes(name.replace(/^\?|\?$/g, '')));
  else line = history.findLast((l) => l.startsWith(name));
  if (line === undefined) throw new EventNotFound(whole);
  if (words === undefined) return line;
  const parts = line.trim().split(/\s+/);
  if (words === '$') return parts[parts.length - 1] ?? '';
  if (words === '^') return parts[1] ?? '';
  if (words === '*') return parts.slice(1).join(' ');
  return parts[Number(words)] ?? '';
}

export function remember(sh: Shell, line: string): void {
  if (line.trim() === '') return;
  const control = scalar(sh, 'HISTCONTROL') ?? '';
  if (/ignorespace|ignoreboth/.test(control) && line.startsWith(' ')) return;
  if (/ignoredups|ignoreboth/.test(control) && sh.history[sh.history.length - 1] === line) return;
  sh.history.push(line.length > LINE_KEPT_MAX ? line.slice(0, LINE_KEPT_MAX) : line);
  const limit = Math.min(HISTORY_MAX, Number(scalar(sh, 'HISTSIZE') ?? 500) || 500);
  while (sh.history.length > limit) {
    sh.history.shift();
    sh.historyBase++;
  }
}
