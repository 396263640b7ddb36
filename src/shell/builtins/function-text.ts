/** A function as `declare -f` and `type` print it. @fidelity partial: the body as written, not bash's own layout */
import type { ShellFunction } from '../shell.ts';

export function functionText(name: string, fn: ShellFunction): string {
  const inner = /^\{\s*([\s\S]*?)[;\s]*\}$/.exec(fn.text);
  if (inner === null) return `${name} () \n${fn.text}\n`;
  const lines = (inner[1] ?? '').includes('\n')
    ? (inner[1] ?? '').split('\n').map((l) => l.trim())
    : splitSimple(inner[1] ?? '');
  return `${name} () \n{ \n${lines.map((line) => `    ${line}`).join('\n')}\n}\n`;
}

/** `a; b` on one line becomes a line each, when there is nothing in it that nests or quotes. */
function splitSimple(text: string): string[] {
  if (/['"`(){}]|\b(if|while|until|for|case|select)\b/.test(text)) return [text];
  return text.split(/;\s*/).map((part, i, all) => (i < all.length - 1 ? `${part};` : part));
}
