/** strace -c. @models strace 6.13 src/count.c @fidelity partial: the time of a call is how long it took, as with -w */
export class Summary {
  /** -C: the calls are printed as well. */
  readonly alsoPrints: boolean;
  private readonly rows = new Map<string, { calls: number; errors: number; ns: number }>();

  constructor(alsoPrints: boolean) {
    this.alsoPrints = alsoPrints;
  }

  add(name: string, ns: number, failed: boolean): void {
    const row = this.rows.get(name) ?? { calls: 0, errors: 0, ns: 0 };
    row.calls++;
    if (failed) row.errors++;
    row.ns += ns;
    this.rows.set(name, row);
  }

  text(): string {
    const rows = [...this.rows].sort(([a, x], [b, y]) => y.ns - x.ns || y.calls - x.calls || (a < b ? -1 : 1));
    const total = { calls: 0, errors: 0, ns: 0 };
    for (const [, row] of rows) {
      total.calls += row.calls;
      total.errors += row.errors;
      total.ns += row.ns;
    }
    const line = (share: number, { calls, errors, ns }: typeof total, name: string): string =>
      `${share.toFixed(2).padStart(6)} ${(ns / 1e9).toFixed(6).padStart(11)} ${String(calls === 0 ? 0 : Math.round(ns / 1000 / calls)).padStart(11)} ${String(calls).padStart(9)} ${(errors === 0 ? '' : String(errors)).padStart(9)} ${name}\n`;
    const rule = '------ ----------- ----------- --------- --------- ----------------\n';
    return `% time     seconds  usecs/call     calls    errors syscall\n${rule}${rows
      .map(([name, row]) => line(total.ns === 0 ? 0 : (row.ns * 100) / total.ns, row, name))
      .join('')}${rule}${line(total.ns === 0 ? 0 : 100, total, 'total')}`;
  }
}
