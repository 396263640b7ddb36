import { enumName, type Field, isEnumType, isMessageType, type MessageType } from './proto/message-type.ts';

/**
 * A message on one line, as Go prints it with %v and String(): crictl and kubelet put it into errors and logs.
 * @models google.golang.org/protobuf encoding/prototext
 * @fidelity partial: Go doubles some spaces, differently in each build of a program, on purpose; we never do
 */
export function toProtoText<T>(type: MessageType<T>, message: T): string {
  return textOf(type as MessageType<unknown>, message);
}

function textOf(type: MessageType<unknown>, message: unknown): string {
  const source = message as Record<string, unknown>;
  const texts: string[] = [];
  for (const field of type.fields) {
    const value = source[field.jsonName];
    if (value === undefined) continue;
    if (field.cardinality === 'repeated') {
      for (const item of value as readonly unknown[]) texts.push(fieldText(field, item));
    } else if (field.cardinality === 'map') {
      const map = value as Record<string, unknown>;
      for (const key of Object.keys(map).sort()) {
        texts.push(`${field.name}:{key:${quoted(key)} ${fieldText({ ...field, name: 'value' }, map[key])}}`);
      }
    } else {
      const isZero = value === '' || value === 0 || value === 0n || value === false;
      const isEmptyBytes = value instanceof Uint8Array && value.length === 0;
      if (field.cardinality === 'single' && (isZero || isEmptyBytes)) continue;
      texts.push(fieldText(field, value));
    }
  }
  return texts.join(' ');
}

function fieldText({ name, type }: Field, value: unknown): string {
  if (isMessageType(type)) return `${name}:{${textOf(type, value)}}`;
  if (isEnumType(type)) return `${name}:${enumName(type, value as number) ?? String(value)}`;
  if (value instanceof Uint8Array) return `${name}:${quotedBytes(value)}`;
  return `${name}:${typeof value === 'string' ? quoted(value) : String(value)}`;
}

const named: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quoted(text: string): string {
  let escaped = '';
  for (const letter of text) {
    const code = letter.charCodeAt(0);
    escaped += named[letter] ?? (code < 0x20 || code === 0x7f ? hexEscape(code) : letter);
  }
  return `"${escaped}"`;
}

function quotedBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const letter = String.fromCharCode(byte);
    text += named[letter] ?? (byte >= 0x20 && byte < 0x7f ? letter : hexEscape(byte));
  }
  return `"${text}"`;
}

const hexEscape = (code: number): string => `\\x${code.toString(16).padStart(2, '0')}`;
