/** Bytes that are not a message, or a value that does not fit its field. The words are those of Go's protobuf. */
export class ProtoError extends Error {
  override readonly name = 'ProtoError';
}

export function malformed(): ProtoError {
  return new ProtoError('proto: cannot parse invalid wire-format data');
}
