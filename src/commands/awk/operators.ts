/** What the operators of awk do, and bytes as names. */
import { latin1 } from '../common/text.ts';
import { power } from './arithmetic.ts';
import { AwkError } from './lex.ts';
import type { Expression } from './syntax.ts';

/** Text of bytes back to the name of a file. */
export function nameText(text: string): string {
  let ascii = true;
  for (let i = 0; i < text.length && ascii; i++) ascii = text.charCodeAt(i) < 0x80;
  if (ascii) return text;
  return new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0)));
}

/** Text to awk's bytes. */
export function bytesText(text: string): string {
  return latin1(new TextEncoder().encode(text));
}

export function arithmetic(operator: string, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      if (b === 0) throw new AwkError('division by zero');
      return a / b;
    case '%':
      if (b === 0) throw new AwkError('division by zero in %');
      return a % b;
    default:
      return power(a, b);
  }
}

export function ordered(operator: string, order: number): boolean {
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '>':
      return order > 0;
    default:
      return order >= 0;
  }
}

/** Whether a function body uses a parameter as an array, itself or by passing it on. */
export function usesAsArray(body: unknown, name: string): boolean {
  if (typeof body !== 'object' || body === null) return false;
  if (Array.isArray(body)) return body.some((b) => usesAsArray(b, name));
  const node = body as Record<string, unknown>;
  if (node['array'] === name) return true;
  if (node['kind'] === 'builtin' && node['name'] === 'split') {
    const target = (node['args'] as Expression[])[1];
    if (target?.kind === 'variable' && target.name === name) return true;
  }
  return Object.values(node).some((child) => usesAsArray(child, name));
}

/** Numbers first, in order; then the others as text. */
export function bySubscript(a: string, b: string): number {
  const [m, n] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (m && n && Number(a) !== Number(b)) return Number(a) - Number(b);
  if (m !== n) return m ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
