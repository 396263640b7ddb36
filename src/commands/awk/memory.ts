/** What a program's long texts and large arrays take. @models mawk 1.3.4 memory.c, array.c @fidelity partial: an estimate, see linux/heap.ts */
import { Heap } from '../../linux/heap.ts';
import { LARGE_BYTES, TEXT_BYTES_MAX } from '../../linux/large.ts';
import type { Interpreter, Steps } from './interpret.ts';
import { AwkError } from './lex.ts';
import type { AwkArray, Value } from './values.ts';

/** A node of a table with its string's head. */
const ELEMENT_BYTES = 72;
/** So many new elements are counted at once. */
const BATCH = 1024;

export class Memory {
  private readonly heap = new Heap();
  private elementBytes = 0;
  private uncounted = 0;

  /** Two texts as one, which lies beside them for as long as it is made. */
  *join(awk: Interpreter, left: string, right: string): Steps<string> {
    const length = left.length + right.length;
    if (length < LARGE_BYTES) return left + right;
    yield this.heap.hold(awk.ctx, this.elementBytes + length + left.length);
    if (length > TEXT_BYTES_MAX) throw new AwkError('out of memory');
    return left + right;
  }

  *store(awk: Interpreter, array: AwkArray, key: string, value: Value): Steps<void> {
    if (!array.has(key)) {
      this.elementBytes += ELEMENT_BYTES + key.length + (typeof value === 'string' ? value.length : 0);
      if (++this.uncounted % BATCH === 0) yield this.heap.hold(awk.ctx, this.elementBytes);
    }
    array.set(key, value);
  }
}
