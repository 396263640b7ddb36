/** How statements leave what they are in, and where variables live. */
import type { AwkArray, Value } from './values.ts';

export class Break extends Error {}
export class Continue extends Error {}
export class Next extends Error {}
export class NextFile extends Error {}
export class Return extends Error {
  readonly value: Value;
  constructor(value: Value) {
    super('return');
    this.value = value;
  }
}
export class ExitProgram extends Error {}

export type Cell = Value | AwkArray;
/** A parameter that nobody gave a value: becomes an array in the caller if it is used as one. */
export type Frame = Map<string, Cell>;
