/** Which keys a command is about. @models etcd 3.6 client/v3 op.go WithPrefix, WithFromKey @fidelity full */

import type { CobraContext } from '../../go/cobra-types.ts';
import { EXIT, Exit } from './exit.ts';

export type KeyRange = { readonly key: Uint8Array; readonly rangeEnd: Uint8Array };

const encoder = new TextEncoder();
/** As a key the first of all, as an end: whatever comes after. */
const NUL = new Uint8Array(1);
const NONE = new Uint8Array(0);

export function keyRange(cli: CobraContext): KeyRange {
  const [first = '', end] = cli.args;
  const [isPrefix, isFromKey] = [cli.bool('prefix'), cli.bool('from-key')];
  if (isPrefix && isFromKey)
    throw new Exit(EXIT.badArgs, '`--prefix` and `--from-key` cannot be set at the same time, choose one');
  if (end !== undefined && (isPrefix || isFromKey))
    throw new Exit(EXIT.badArgs, 'too many arguments, only accept one argument when `--prefix` or `--from-key` is set');
  const key = encoder.encode(first);
  if (isFromKey || (isPrefix && key.length === 0)) return { key: key.length === 0 ? NUL : key, rangeEnd: NUL };
  if (isPrefix) return { key, rangeEnd: prefixEnd(key) };
  return { key, rangeEnd: end === undefined ? NONE : encoder.encode(end) };
}

/** The first key that no longer begins so. */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  for (let i = prefix.length - 1; i >= 0; i--) {
    if ((prefix[i] ?? 0) === 0xff) continue;
    const end = prefix.slice(0, i + 1);
    end[i] = (end[i] ?? 0) + 1;
    return end;
  }
  return NUL;
}
