import type { Fields } from '../fields.ts';

/** How one kind of object becomes a row. Columns of priority 1 are those of -o wide. */
export type Printer = {
  readonly columns: readonly (readonly [name: string, priority: number])[];
  cells(object: Fields, nowNs: bigint): readonly (string | number)[];
};
