/** encoding/base64, standard alphabet. @models go encoding/base64 @fidelity partial: StdEncoding only */
const base64Letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const group = ((bytes[at] as number) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += base64Letters[group >> 18];
    text += base64Letters[(group >> 12) & 63];
    text += at + 1 < bytes.length ? base64Letters[(group >> 6) & 63] : '=';
    text += at + 2 < bytes.length ? base64Letters[group & 63] : '=';
  }
  return text;
}

/** Standard alphabet with padding; line breaks are ignored, as Go does. @throws Error in the words of Go */
export function fromBase64(text: string): Uint8Array {
  const out: number[] = [];
  let group = 0;
  let digits = 0;
  let at = 0;
  const corrupt = (): Error => new Error(`illegal base64 data at input byte ${at}`);
  for (; at < text.length; at++) {
    const letter = text[at] as string;
    if (letter === '\n' || letter === '\r') continue;
    if (letter === '=') break;
    const value = base64Letters.indexOf(letter);
    if (value < 0) throw corrupt();
    group = (group << 6) | value;
    if (++digits === 4) {
      out.push(group >> 16, (group >> 8) & 255, group & 255);
      group = 0;
      digits = 0;
    }
  }
  const padding = text.slice(at).replace(/[\r\n]/g, '');
  if (digits === 0 && padding === '') return Uint8Array.from(out);
  // Ended in the middle of four: Go names the first of them.
  if (padding === '') at -= digits;
  if (digits === 2 && padding === '==') out.push(group >> 4);
  else if (digits === 3 && padding === '=') out.push(group >> 10, (group >> 2) & 255);
  else throw corrupt();
  return Uint8Array.from(out);
}
