/**
 * The bytes of many small frames, kept end to end: as arrays of their own, with what they are views of, most of them would
 * be several times as large.
 */

const PAGE_BYTES = 64 * 1024;

type Page = {
  /** Number of the first frame in it. */
  readonly first: number;
  readonly bytes: Uint8Array;
  /** Where each of its frames ends. */
  readonly ends: number[];
};

export class Payloads {
  /** Oldest first. */
  private readonly pages: Page[] = [];
  private oldest = 1;
  private next = 1;
  /** Of all that are kept. */
  private length = 0;

  /** Copies them; returns their number. What is oldest is forgotten while there are more than `bytesMax`. */
  keep(bytes: Uint8Array, bytesMax: number): number {
    const page = this.pageFor(bytes.length);
    const start = lastEnd(page);
    page.bytes.set(bytes, start);
    page.ends.push(start + bytes.length);
    this.length += bytes.length;
    const number = this.next++;
    while (this.length > bytesMax) this.forgetOldest();
    return number;
  }

  get(number: number): Uint8Array | null {
    if (number < this.oldest || number >= this.next) return null;
    const page = this.pages.findLast(({ first }) => first <= number) as Page;
    return page.bytes.slice(startOf(page, number), endOf(page, number));
  }

  /** Each byte that is kept, in order. */
  *bytes(): Generator<number> {
    for (const page of this.pages) {
      yield* page.bytes.subarray(startOf(page, Math.max(this.oldest, page.first)), lastEnd(page));
    }
  }

  private pageFor(length: number): Page {
    const last = this.pages[this.pages.length - 1];
    if (last !== undefined && lastEnd(last) + length <= last.bytes.length) return last;
    const page: Page = { first: this.next, bytes: new Uint8Array(Math.max(PAGE_BYTES, length)), ends: [] };
    this.pages.push(page);
    return page;
  }

  private forgetOldest(): void {
    const page = this.pages[0] as Page;
    const number = this.oldest++;
    this.length -= endOf(page, number) - startOf(page, number);
    if (this.oldest === page.first + page.ends.length) this.pages.shift();
  }
}

function startOf(page: Page, number: number): number {
  return number === page.first ? 0 : (page.ends[number - page.first - 1] as number);
}

function endOf(page: Page, number: number): number {
  return page.ends[number - page.first] as number;
}

function lastEnd({ ends }: Page): number {
  return ends.length === 0 ? 0 : (ends[ends.length - 1] as number);
}
