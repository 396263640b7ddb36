/**
 * An answer as encoding/json writes the structs that protoc made: names of the .proto text, numbers for enums and 64-bit
 * integers, nothing that is empty.
 * @models etcd 3.6 api/v3/etcdserverpb rpc.pb.go (json tags), etcdctl/ctlv3/command printer_json.go
 * @fidelity full
 */
import type { JsonValue } from '../../go/json.ts';
import type { Field, MessageType } from '../../protocols/proto/message-type.ts';

export function messageJson<T>(type: MessageType<T>, message: T): JsonValue {
  const out: Record<string, JsonValue> = {};
  for (const field of type.fields) {
    const value = (message as Record<string, unknown>)[field.jsonName];
    if (value === undefined || isEmpty(value)) continue;
    out[field.name] = Array.isArray(value) ? value.map((one) => valueJson(field, one)) : valueJson(field, value);
  }
  // The one struct here with a oneof, which Go keeps in a field of its own.
  return type.typeName === 'etcdserverpb.ResponseOp' ? { Response: out } : out;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  return value === 0 || value === 0n || value === '' || value === false;
}

function valueJson({ type }: Field, value: unknown): JsonValue {
  return typeof type === 'object' && 'fields' in type ? messageJson(type, value) : (value as JsonValue);
}
