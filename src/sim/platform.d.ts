/**
 * The only platform objects the engine may use: pure functions of their input, the same in Node and in a worker.
 * Everything else (Date, Math.random, timers, fetch) is absent from this project's library on purpose.
 */
declare class TextEncoder {
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number };
}
declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(input?: Uint8Array, options?: { stream?: boolean }): string;
}
