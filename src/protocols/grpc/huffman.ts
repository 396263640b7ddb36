// RFC 7541 appendix B. The code is canonical, so the lengths alone define it: one letter a symbol, A is 5 bits, B is 6.
// The last symbol is end-of-string.
const lengthLetters =
  'ISXXXXXXXTZXXZXXXXXXXXZXXXXXXXXXBFFHIBDGFFDGDBBBAAABBBBBBBCDKBHFIBCCCCCCCCCCCCCCCCCCCCCCDCDIOIJB' +
  'KABABABBBACCBBBABCBAABCCCCCKGJIXPRPPRRRSRSSSSSTSTTRSTSSSSQRSRSSTRQPRRSSQSRRTQRSSQQRQSRSSPRRRSRRSVV' +
  'PORSRUVVVWWVTUOQVWWVWTQQVVXWWWPTPQRQQSRRUUTTVSVWVVWWWWWXWWWWWVZ';
const endOfString = 256;

interface Table {
  /** Symbols ordered by code. */
  readonly symbols: readonly number[];
  /** Per length in bits: the first code, how many codes, and where they start in `symbols`. */
  readonly firstCode: readonly number[];
  readonly count: readonly number[];
  readonly offset: readonly number[];
}

let table: Table | undefined;

function buildTable(): Table {
  const byLength: number[][] = Array.from({ length: 31 }, () => []);
  for (let symbol = 0; symbol <= endOfString; symbol++) byLength[lengthLetters.charCodeAt(symbol) - 60]?.push(symbol);
  const symbols: number[] = [];
  const firstCode: number[] = [];
  const count: number[] = [];
  const offset: number[] = [];
  let code = 0;
  for (const [length, ofLength] of byLength.entries()) {
    firstCode[length] = code;
    count[length] = ofLength.length;
    offset[length] = symbols.length;
    symbols.push(...ofLength);
    code = (code + ofLength.length) * 2;
  }
  return { symbols, firstCode, count, offset };
}

/** @returns the decoded octets, or undefined when the input is not Huffman code with proper padding. */
export function decodeHuffman(input: Uint8Array): Uint8Array | undefined {
  table ??= buildTable();
  const { symbols, firstCode, count, offset } = table;
  const output: number[] = [];
  let code = 0;
  let length = 0;
  for (const byte of input) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      length++;
      if (length > 30) return undefined;
      const within = code - (firstCode[length] as number);
      if (within >= 0 && within < (count[length] as number)) {
        const symbol = symbols[(offset[length] as number) + within] as number;
        if (symbol === endOfString) return undefined;
        output.push(symbol);
        code = 0;
        length = 0;
      }
    }
  }
  // Padding is at most seven bits, all ones.
  return length < 8 && code === 2 ** length - 1 ? Uint8Array.from(output) : undefined;
}
