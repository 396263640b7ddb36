/**
 * Forwarded connections over one stream connection: open, data, failure and end, each with the connection's number.
 * @models Kubernetes portforward.k8s.io
 * @fidelity partial: channel messages in place of SPDY stream pairs
 */
export const portMessage = { open: 16, data: 17, error: 18, end: 19 } as const;

export function encodePortMessage(connection: number, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(data.length + 4);
  new DataView(out.buffer).setUint32(0, connection);
  out.set(data, 4);
  return out;
}

export function decodePortMessage(data: Uint8Array): { connection: number; data: Uint8Array } | null {
  if (data.length < 4) return null;
  const connection = new DataView(data.buffer, data.byteOffset).getUint32(0);
  return { connection, data: data.subarray(4) };
}

export function encodePort(port: number): Uint8Array {
  return Uint8Array.of(port >> 8, port & 255);
}

export function decodePort(data: Uint8Array): number {
  return ((data[0] ?? 0) << 8) | (data[1] ?? 0);
}
