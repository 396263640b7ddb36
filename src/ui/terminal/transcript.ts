/** What was printed at the terminal, and when: whoever looks back sees it as it stood then. */
import type { Printed } from '../worker/contract.ts';

/** More than the terminal scrolls back to. */
const BYTES_MAX = 4_000_000;

export class Transcript {
  private parts: { readonly seq: number; readonly bytes: Uint8Array }[] = [];
  private size = 0;

  add(output: Uint8Array, printed: readonly Printed[]): void {
    for (const [i, { seq, at }] of printed.entries())
      this.parts.push({ seq, bytes: output.subarray(at, printed[i + 1]?.at ?? output.length) });
    this.size += output.length;
    let gone = 0;
    while (this.size > BYTES_MAX) this.size -= this.parts[gone++]?.bytes.length ?? this.size;
    if (gone > 0) this.parts.splice(0, gone);
  }

  /** What had been printed when `seq` events had happened; null: all. */
  until(seq: number | null): Uint8Array[] {
    const parts = seq === null ? this.parts : this.parts.filter((part) => part.seq <= seq);
    return parts.map(({ bytes }) => bytes);
  }

  clear(): void {
    this.parts = [];
    this.size = 0;
  }
}
