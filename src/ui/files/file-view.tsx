/** One file: text as lines, anything else as bytes. */
import type { SeenContent } from '../../machine/look-at-files.ts';
import { bytesText, hexByte } from '../format.ts';
import { session } from '../session.ts';
import { TypeIt } from '../walk/type-it.tsx';
import { type Instant, useLook } from './look.ts';
import type { FilesTranslate } from './use-files-messages.ts';

const HEX_BYTES_MAX = 1024;
const BYTES_IN_LINE = 16;

export function FileView({
  t,
  pid,
  path,
  instant,
}: {
  t: FilesTranslate;
  pid: number;
  path: string;
  instant: Instant;
}) {
  const content = useLook({ kind: 'file', place: { pid, path } }, instant);
  return (
    <section className="file-view" aria-label={t('file', { path })}>
      <h3 className="mono">{path}</h3>
      {content === undefined ? (
        <p role="status">…</p>
      ) : content === null ? (
        <p>{t('noFile')}</p>
      ) : content.bytes === null ? (
        onDemand(path) ? (
          <>
            <p>{t('onDemand')}</p>
            <TypeIt
              line={session.onDrawnNode(
                `cat ${pid === 1 || path.startsWith('/sys/') ? '' : `/proc/${pid}/root`}${path}`,
              )}
            />
          </>
        ) : (
          <p>{t('noContent')}</p>
        )
      ) : (
        <Content t={t} content={{ ...content, bytes: content.bytes }} />
      )}
    </section>
  );
}

function onDemand(path: string): boolean {
  return path.startsWith('/proc/') || path.startsWith('/sys/');
}

function Content({ t, content }: { t: FilesTranslate; content: SeenContent & { bytes: Uint8Array } }) {
  const { bytes, size } = content;
  if (size === 0) return <p className="soft">{t('nothing')}</p>;
  const text = textOf(bytes);
  const shown = text === null ? Math.min(bytes.length, HEX_BYTES_MAX) : bytes.length;
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre tabIndex={0}>{text ?? hexLines(bytes.subarray(0, HEX_BYTES_MAX))}</pre>
      {shown < size && <p className="soft">{t('part', { shown: bytesText(shown), size: bytesText(size) })}</p>}
    </>
  );
}

/** Null: no text. The last letter may be cut in two. */
export function textOf(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return null;
  }
}

/** As `hexdump -C` has them. */
function hexLines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_IN_LINE) {
    const line = bytes.subarray(at, at + BYTES_IN_LINE);
    const hex = [...line]
      .map(hexByte)
      .join(' ')
      .padEnd(3 * BYTES_IN_LINE - 1);
    const text = [...line].map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex}  |${text}|`);
  }
  return lines.join('\n');
}
