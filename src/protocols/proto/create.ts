import { type CompiledField, kind, shape } from './compile.ts';
import type { CompiledMessage } from './message-type.ts';
import { unknownFields } from './message-type.ts';

/** Fills in every field that the input leaves out, all the way down. The input itself is not kept. */
export function fromInput(type: CompiledMessage, input: unknown): Record<string, unknown> {
  const result = type.blank();
  if (input === undefined || input === null) return result;
  const source = input as Record<string, unknown> & { [unknownFields]?: Uint8Array };
  for (const field of type.ordered) {
    const value = source[field.key];
    if (value === undefined || value === null) continue;
    switch (field.shape) {
      case shape.repeated:
      case shape.packed:
        result[field.key] = (value as readonly unknown[]).map((item) => convert(field, item));
        break;
      case shape.map: {
        const target = result[field.key] as Record<string, unknown>;
        for (const [key, item] of Object.entries(value)) if (item !== undefined) target[key] = convert(field, item);
        break;
      }
      default:
        result[field.key] = convert(field, value);
    }
  }
  const unknown = source[unknownFields];
  if (unknown !== undefined) {
    Object.defineProperty(result, unknownFields, { value: unknown, configurable: true, writable: true });
  }
  return result;
}

function convert(field: CompiledField, value: unknown): unknown {
  switch (field.kind) {
    case kind.message:
      return fromInput((field.messageType as { compiled: CompiledMessage }).compiled, value);
    case kind.int64:
    case kind.uint64:
    case kind.sint64:
    case kind.fixed64:
    case kind.sfixed64:
      return BigInt(value as bigint | number);
    default:
      return value;
  }
}
