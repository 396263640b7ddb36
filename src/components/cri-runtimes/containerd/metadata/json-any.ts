/** A typeurl.Any whose value is JSON text, as Go structs without a proto definition are kept. */
import { utf8 } from '../../../../linux/rope.ts';
import type { Any } from '../../../../protocols/google/protobuf/generated.ts';

export type JsonAny = { readonly typeUrl: string; readonly json: string };

const encoder = new TextEncoder();

/** Kept as the very bytes that are sent, and written to config.json: a spec is most of what a container's record takes. */
class JsonBytes implements JsonAny {
  readonly typeUrl: string;
  readonly value: Uint8Array;

  /** Takes ownership: the caller must not change `value` afterwards, and it must be no view of something larger. */
  constructor(typeUrl: string, value: Uint8Array) {
    this.typeUrl = typeUrl;
    this.value = value;
  }

  get json(): string {
    return utf8(this.value);
  }

  toJSON(): JsonAny {
    return { typeUrl: this.typeUrl, json: this.json };
  }
}

export function jsonAny(typeUrl: string, json: string): JsonAny {
  return new JsonBytes(typeUrl, encoder.encode(json));
}

/** Never change the result. */
export function jsonBytes(any: JsonAny): Uint8Array {
  return any instanceof JsonBytes ? any.value : encoder.encode(any.json);
}

export function toAny(any: JsonAny): Any {
  return { typeUrl: any.typeUrl, value: jsonBytes(any) };
}

export function fromAny(any: Any | undefined): JsonAny {
  return new JsonBytes(any?.typeUrl ?? '', any?.value.slice() ?? new Uint8Array(0));
}
