/** The escape character, which counts at the beginning of a line. @models OpenSSH 10.0 clientloop.c process_escapes @fidelity partial: `~.`, `~?` and `~~` */
export type Escape = 'disconnect' | 'help';

const TILDE = 126;
const isLineEnd = (byte: number): boolean => byte === 13 || byte === 10;

/** Takes what was typed and gives what is to be sent, and what was asked of the client itself. */
export function newEscapes(): (bytes: Uint8Array) => { data: Uint8Array; escape: Escape | null } {
  let atStart = true;
  let pending = false;
  return (bytes) => {
    const out: number[] = [];
    let escape: Escape | null = null;
    for (const byte of bytes) {
      if (pending) {
        pending = false;
        if (byte === 46) escape = 'disconnect';
        else if (byte === 63) escape = 'help';
        else if (byte === TILDE) out.push(TILDE);
        else out.push(TILDE, byte);
        atStart = isLineEnd(byte) || byte === 63;
        continue;
      }
      if (atStart && byte === TILDE) {
        pending = true;
        continue;
      }
      out.push(byte);
      atStart = isLineEnd(byte);
    }
    return { data: Uint8Array.from(out), escape };
  };
}
