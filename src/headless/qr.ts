/**
 * A QR code for an address, as text. Byte mode, error correction L, versions 1 to 5: all that an address needs, and
 * each of them one block.
 * @models ISO/IEC 18004 QR Code
 */
type Version = { dataBytes: number; checkBytes: number };

const VERSIONS: readonly Version[] = [
  { dataBytes: 19, checkBytes: 7 },
  { dataBytes: 34, checkBytes: 10 },
  { dataBytes: 55, checkBytes: 15 },
  { dataBytes: 80, checkBytes: 20 },
  { dataBytes: 108, checkBytes: 26 },
];
/** Mode and length take twelve bits, the terminator up to four. */
const OVERHEAD_BYTES = 2;
const BYTE_MODE = 0b0100;
const PADDING = [0xec, 0x11];
/** Error correction L with mask 0, with its own check bits, as the standard masks it. */
const FORMAT_BITS = '111011111000100';
const QUIET = 4;

/** Rows of modules, true for dark. */
export function qrModules(text: string): boolean[][] {
  const bytes = new TextEncoder().encode(text);
  const index = VERSIONS.findIndex(({ dataBytes }) => bytes.length + OVERHEAD_BYTES <= dataBytes);
  const version = VERSIONS[index];
  if (version === undefined) throw new Error(`${bytes.length} bytes are too many for this QR code`);
  const size = 21 + 4 * index;
  const modules = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
  const fixed = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
  const set = (row: number, column: number, dark: boolean): void => {
    const [line, taken] = [modules[row], fixed[row]];
    if (line === undefined || taken === undefined || column < 0 || column >= size) return;
    line[column] = dark;
    taken[column] = true;
  };
  for (const [top, left] of [
    [0, 0],
    [0, size - 7],
    [size - 7, 0],
  ] as const) {
    for (let r = -1; r <= 7; r++) {
      for (let c = -1; c <= 7; c++) {
        const ring = Math.max(Math.abs(r - 3), Math.abs(c - 3));
        set(top + r, left + c, ring !== 2 && ring !== 4);
      }
    }
  }
  for (let i = 8; i < size - 8; i++) {
    set(6, i, i % 2 === 0);
    set(i, 6, i % 2 === 0);
  }
  if (index > 0) {
    for (let r = -2; r <= 2; r++)
      for (let c = -2; c <= 2; c++) set(size - 7 + r, size - 7 + c, Math.max(Math.abs(r), Math.abs(c)) !== 1);
  }
  for (let i = 0; i < 15; i++) {
    const dark = FORMAT_BITS[i] === '1';
    // Along the top left corner, skipping the timing lines, and once more at the two other corners.
    if (i < 6) set(8, i, dark);
    else if (i === 6) set(8, 7, dark);
    else if (i === 7) set(8, 8, dark);
    else if (i === 8) set(7, 8, dark);
    else set(14 - i, 8, dark);
    if (i < 7) set(size - 1 - i, 8, dark);
    else set(8, size - 15 + i, dark);
  }
  set(size - 8, 8, true);
  place(bitsOf(bytes, version), modules, fixed, size);
  return modules;
}

/** Two columns at a time from the right, up and down in turn, past what is fixed; mask 0 on the way. */
function place(bits: readonly number[], modules: boolean[][], fixed: readonly boolean[][], size: number): void {
  let at = 0;
  let up = true;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right--;
    for (let i = 0; i < size; i++) {
      const row = up ? size - 1 - i : i;
      for (const column of [right, right - 1]) {
        if (fixed[row]?.[column] === true) continue;
        const line = modules[row];
        if (line !== undefined) line[column] = (bits[at++] === 1) !== ((row + column) % 2 === 0);
      }
    }
    up = !up;
  }
}

function bitsOf(bytes: Uint8Array, { dataBytes, checkBytes }: Version): number[] {
  const bits: number[] = [];
  const push = (value: number, count: number): void => {
    for (let i = count - 1; i >= 0; i--) bits.push((value >> i) & 1);
  };
  push(BYTE_MODE, 4);
  push(bytes.length, 8);
  for (const byte of bytes) push(byte, 8);
  push(0, Math.min(4, dataBytes * 8 - bits.length));
  while (bits.length % 8 !== 0) bits.push(0);
  for (let i = 0; bits.length < dataBytes * 8; i++) push(PADDING[i % 2] ?? 0, 8);
  const data: number[] = [];
  for (let i = 0; i < bits.length; i += 8) data.push(Number.parseInt(bits.slice(i, i + 8).join(''), 2));
  for (const byte of checkOf(data, checkBytes)) push(byte, 8);
  return bits;
}

/** Reed-Solomon over GF(256) with the polynomial x⁸+x⁴+x³+x²+1. */
export function checkOf(data: readonly number[], count: number): number[] {
  let generator = [1];
  let root = 1;
  for (let i = 0; i < count; i++) {
    const next = new Array<number>(generator.length + 1).fill(0);
    generator.forEach((factor, k) => {
      next[k] = (next[k] ?? 0) ^ factor;
      next[k + 1] = (next[k + 1] ?? 0) ^ times(factor, root);
    });
    generator = next;
    root = times(root, 2);
  }
  const rest = [...data, ...new Array<number>(count).fill(0)];
  for (let i = 0; i < data.length; i++) {
    const lead = rest[i] ?? 0;
    if (lead === 0) continue;
    generator.forEach((factor, k) => {
      rest[i + k] = (rest[i + k] ?? 0) ^ times(factor, lead);
    });
  }
  return rest.slice(data.length);
}

function times(a: number, b: number): number {
  let product = 0;
  for (let [x, y] = [a, b]; y > 0; y >>= 1) {
    if ((y & 1) === 1) product ^= x;
    x = x < 128 ? x << 1 : (x << 1) ^ 0x11d;
  }
  return product;
}

/** Two rows a line, dark on light whatever the terminal's colours are. */
export function qrText(text: string): string {
  const modules = qrModules(text);
  const dark = (row: number, column: number): boolean => modules[row]?.[column] === true;
  const lines: string[] = [];
  for (let row = -QUIET; row < modules.length + QUIET; row += 2) {
    let line = '';
    for (let column = -QUIET; column < modules.length + QUIET; column++) {
      const [upper, lower] = [dark(row, column), dark(row + 1, column)];
      line += upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ';
    }
    lines.push(`\u001b[30;107m${line}\u001b[0m`);
  }
  return lines.join('\n');
}
