/**
 * What may be sent to the journal besides lines of output: its own protocol, and syslog's.
 * @models systemd 257 docs/JOURNAL_NATIVE_PROTOCOL, src/journal/journald-native.c journald-syslog.c
 * @fidelity partial: no messages passed as files; a field that comes twice keeps its last value
 */

const NEWLINE = 0x0a;
const EQUALS = 0x3d;
const LENGTH_BYTES = 8;

/** `KEY=value` lines; a value with newlines stands after its length in eight bytes. Null without a message. */
export function nativeFields(message: Uint8Array): Record<string, string> | null {
  const decoder = new TextDecoder();
  const fields: Record<string, string> = {};
  for (let at = 0; at < message.length; ) {
    const end = message.indexOf(NEWLINE, at);
    const line = message.subarray(at, end < 0 ? message.length : end);
    at += line.length + 1;
    const equals = line.indexOf(EQUALS);
    if (line.length === 0) continue;
    if (equals >= 0) put(fields, decoder.decode(line.subarray(0, equals)), decoder.decode(line.subarray(equals + 1)));
    else {
      const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
      if (at + LENGTH_BYTES > message.length) break;
      const length = Number(view.getBigUint64(at, true));
      at += LENGTH_BYTES;
      if (at + length > message.length) break;
      put(fields, decoder.decode(line), decoder.decode(message.subarray(at, at + length)));
      at += length + 1;
    }
  }
  return Object.keys(fields).length === 0 ? null : fields;
}

/** Names are of capitals, digits and underscores; one that begins with an underscore is the journal's to give. */
function put(fields: Record<string, string>, name: string, value: string): void {
  if (/^[A-Z0-9][A-Z0-9_]{0,63}$/.test(name)) fields[name] = value;
}

/** `<30>Nov 23 17:00:00 tag[12]: text`; all but the text may be missing. */
export function syslogFields(message: Uint8Array): Record<string, string> | null {
  const source = new TextDecoder().decode(message).replace(/[\s\0]+$/, '');
  if (source === '') return null;
  const [, priority = '13', rest = ''] = /^(?:<(\d{1,3})>)?(.*)$/s.exec(source) ?? [];
  const stamped = rest.replace(/^[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} /, '');
  const [, tag, pid, text = stamped] = /^([^\s:[\]]+)(?:\[(\d+)\])?: ?(.*)$/s.exec(stamped) ?? [];
  const value = Number(priority);
  return {
    MESSAGE: text,
    PRIORITY: String(value & 7),
    SYSLOG_FACILITY: String(value >> 3),
    ...(tag === undefined ? {} : { SYSLOG_IDENTIFIER: tag }),
    ...(pid === undefined ? {} : { SYSLOG_PID: pid }),
    _TRANSPORT: 'syslog',
  };
}
