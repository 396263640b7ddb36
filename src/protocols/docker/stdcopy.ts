/** Two output streams over one connection: each piece behind eight bytes that tell its stream and length. @models moby 20.10 pkg/stdcopy @fidelity full */
export type StreamNumber = 0 | 1 | 2;

const HEADER = 8;

export function encodePiece(stream: StreamNumber, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(HEADER + data.length);
  out[0] = stream;
  new DataView(out.buffer).setUint32(4, data.length);
  out.set(data, HEADER);
  return out;
}

/** Takes what arrives and gives the pieces that are complete. */
export function newPieceReader(): (data: Uint8Array) => { stream: number; data: Uint8Array }[] {
  let buffer = new Uint8Array(0);
  return (data) => {
    const joined = new Uint8Array(buffer.length + data.length);
    joined.set(buffer);
    joined.set(data, buffer.length);
    buffer = joined;
    const pieces: { stream: number; data: Uint8Array }[] = [];
    while (buffer.length >= HEADER) {
      const length = new DataView(buffer.buffer, buffer.byteOffset).getUint32(4);
      if (buffer.length < HEADER + length) break;
      pieces.push({ stream: buffer[0] ?? 1, data: buffer.slice(HEADER, HEADER + length) });
      buffer = buffer.slice(HEADER + length);
    }
    return pieces;
  };
}
