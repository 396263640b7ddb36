/** `64m`, `1g`, `512k`: sizes as people write them. @models docker/go-units size.go @fidelity full */
import { Failure } from './run.ts';

const FACTORS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

export function parseBytes(text: string): number {
  if (text === '-1') return -1;
  const match = /^(\d+(?:\.\d+)?) ?([bkmgt])?(?:i?b)?$/i.exec(text);
  if (match === null)
    throw new Failure(`invalid argument "${text}" for "-m, --memory" flag: invalid size: '${text}'`, 125);
  return Math.floor(Number(match[1]) * (FACTORS[(match[2] ?? 'b').toLowerCase()] ?? 1));
}
