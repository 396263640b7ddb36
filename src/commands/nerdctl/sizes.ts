/** Sizes as people type them: `64m`, `1.5g`. @models docker/go-units size.go RAMInBytes @fidelity full */
const UNITS: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** Bytes, or null with what Go says about it in `sizeFault`. */
export function ramInBytes(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text);
  if (match === null) return null;
  return Math.trunc(Number(match[1]) * 1024 ** (UNITS[(match[2] ?? '').toLowerCase()] ?? 0));
}

export function sizeFault(text: string): string {
  return `invalid size: '${text}'`;
}
