/**
 * What an OCI runtime wrote down of itself: JSON values one after the other, whatever lies between them. runc ends each
 * with a line, runsc does not, and crun spreads one over several.
 * @models containerd pkg/process/utils.go getLastRuntimeError @fidelity full
 */
import { parseJson } from '../../../go/json-parse.ts';

/** The last error in it; empty if there is none. What cannot be read ends it. */
export function lastRuntimeError(text: string): string {
  let last = '';
  for (const value of values(text)) {
    const parsed = parseJson(value);
    if (!parsed.ok) break;
    const { level, msg } = parsed.value as { level?: unknown; msg?: unknown };
    if (level === 'error' && typeof msg === 'string') last = msg.trim();
  }
  return last;
}

/** The texts of the objects, each from its first brace to its last. */
function* values(text: string): Generator<string> {
  let depth = 0;
  let start = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const sign = text.charAt(i);
    if (quoted) {
      if (sign === '\\') i++;
      else if (sign === '"') quoted = false;
    } else if (sign === '"') quoted = true;
    else if (sign === '{') {
      if (depth++ === 0) start = i;
    } else if (sign === '}' && --depth === 0) yield text.slice(start, i + 1);
  }
}
