/** The seventeen codes, by the names that grpc-go prints. */
export const grpcCode = {
  OK: 0,
  Canceled: 1,
  Unknown: 2,
  InvalidArgument: 3,
  DeadlineExceeded: 4,
  NotFound: 5,
  AlreadyExists: 6,
  PermissionDenied: 7,
  ResourceExhausted: 8,
  FailedPrecondition: 9,
  Aborted: 10,
  OutOfRange: 11,
  Unimplemented: 12,
  Internal: 13,
  Unavailable: 14,
  DataLoss: 15,
  Unauthenticated: 16,
} as const;
export type GrpcCode = (typeof grpcCode)[keyof typeof grpcCode];
export type GrpcCodeName = keyof typeof grpcCode;

const codeNames = Object.keys(grpcCode) as GrpcCodeName[];

/** As Go's codes.Code prints: `NotFound`, or `Code(42)` for a number without a name. */
export function grpcCodeName(code: number): string {
  return codeNames[code] ?? `Code(${code})`;
}

/** A status that is not OK. Its text is what Go programs print for it. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError';
  readonly code: number;
  /** The message alone, without "rpc error". */
  readonly description: string;

  constructor(code: number, description: string) {
    super(statusText(code, description));
    this.code = code;
    this.description = description;
  }
}

export function statusText(code: number, description: string): string {
  return `rpc error: code = ${grpcCodeName(code)} desc = ${description}`;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const plainMessage = /^[\x20-\x24\x26-\x7e]*$/;

/**
 * The value of the grpc-message trailer: printable ASCII stays, all else and the percent sign become %XX of UTF-8.
 * @models google.golang.org/grpc internal/transport/http_util.go
 */
export function encodeGrpcMessage(message: string): string {
  if (plainMessage.test(message)) return message;
  let text = '';
  for (const byte of encoder.encode(message)) {
    const isPlain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    text += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

/** Lenient, as in Go: a percent sign that starts no two hexadecimal digits stays as it is. */
export function decodeGrpcMessage(value: string): string {
  if (!value.includes('%')) return value;
  const bytes: number[] = [];
  for (let at = 0; at < value.length; at++) {
    const hex = value.slice(at + 1, at + 3);
    if (value[at] === '%' && /^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    } else {
      bytes.push(value.charCodeAt(at) & 255);
    }
  }
  return decoder.decode(Uint8Array.from(bytes));
}

const timeoutUnits: readonly (readonly [unit: string, nanoseconds: number])[] = [
  ['n', 1],
  ['u', 1e3],
  ['m', 1e6],
  ['S', 1e9],
  ['M', 60e9],
  ['H', 3600e9],
];
const timeoutDigitsMax = 8;

/** The value of grpc-timeout: at most eight digits, rounded up, in the finest unit that holds it. */
export function encodeTimeout(nanoseconds: number): string {
  if (nanoseconds <= 0) return '0n';
  for (let i = 0; i < timeoutUnits.length; i++) {
    const unit = timeoutUnits[i] as (typeof timeoutUnits)[number];
    const count = Math.ceil(nanoseconds / unit[1]);
    if (count < 10 ** timeoutDigitsMax || unit[0] === 'H') return `${count}${unit[0]}`;
  }
  return '0n';
}

/** @returns nanoseconds. @throws Error in the words of grpc-go, which answers such a request with Internal */
export function decodeTimeout(value: string): number {
  const quoted = (): string => JSON.stringify(value);
  if (value.length < 2) throw new Error(`transport: timeout string is too short: ${quoted()}`);
  if (value.length > timeoutDigitsMax + 1) throw new Error(`transport: timeout string is too long: ${quoted()}`);
  const size = timeoutUnits.find(([unit]) => unit === value.at(-1))?.[1];
  if (size === undefined) throw new Error(`transport: timeout unit is not recognized: ${quoted()}`);
  const digits = value.slice(0, -1);
  if (!/^[0-9]+$/.test(digits)) {
    throw new Error(`strconv.ParseUint: parsing ${JSON.stringify(digits)}: invalid syntax`);
  }
  return Number(digits) * size;
}
