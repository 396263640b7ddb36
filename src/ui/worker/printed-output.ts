/** What one terminal was told since the page heard of it last. */
import type { Printed, TerminalOutput } from './contract.ts';

export class PrintedOutput {
  private readonly chunks: Uint8Array[] = [];
  private readonly printed: Printed[] = [];
  private length = 0;

  /** `seq`: how many events had happened. */
  add(bytes: Uint8Array, seq: number): void {
    if (this.printed.at(-1)?.seq !== seq) this.printed.push({ seq, at: this.length });
    this.chunks.push(bytes.slice());
    this.length += bytes.length;
  }

  told(terminal: number): TerminalOutput {
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return { terminal, bytes, printed: this.printed };
  }
}
