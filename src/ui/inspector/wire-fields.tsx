/** Named fields beside the bytes they come from: pointing at either marks both. */
import { type ReactNode, useEffect, useState } from 'react';
import type { WireNode } from '../../protocols/wire-view.ts';
import { hexByte } from '../format.ts';
import { useT } from '../hooks.ts';
import { session } from '../session.ts';
import type { PayloadView } from '../worker/contract.ts';

const BYTES_SHOWN_MAX = 1024;
const FIELDS_SHOWN_MAX = 400;

export function usePayload(id: number, type: string): PayloadView | null | undefined {
  const [payload, setPayload] = useState<PayloadView | null | undefined>(undefined);
  useEffect(() => {
    let wanted = true;
    setPayload(undefined);
    void session.link?.api.payload(id, type).then((found) => {
      if (wanted) setPayload(found);
    });
    return () => {
      wanted = false;
    };
  }, [id, type]);
  return payload;
}

/** HTTP and JSON are text: shown as such above their bytes. */
function isText(bytes: Uint8Array): boolean {
  return (
    bytes.length > 0 && bytes.every((byte) => byte === 9 || byte === 10 || byte === 13 || (byte >= 32 && byte < 127))
  );
}

/** As the encoding's own documentation calls them. */
const WIRE_TYPES: Readonly<Record<number, string>> = { 0: 'VARINT', 1: 'I64', 2: 'LEN', 5: 'I32' };

type Row = { node: WireNode; depth: number; above: readonly WireNode[] };

function rowsOf(nodes: readonly WireNode[], above: readonly WireNode[] = [], out: Row[] = []): Row[] {
  for (const node of nodes) {
    if (out.length >= FIELDS_SHOWN_MAX) break;
    out.push({ node, depth: above.length, above });
    rowsOf(node.children, [...above, node], out);
  }
  return out;
}

/** `about` says what more there is of the field that is pointed at, given from the outermost message on. */
export function WireFields({
  payload,
  about,
}: {
  payload: PayloadView | null;
  about?: (path: readonly WireNode[]) => ReactNode;
}) {
  const t = useT();
  const [marked, setMarked] = useState<WireNode | null>(null);
  if (payload === null) return <p className="soft">{t('inspector.evicted')}</p>;
  const rows = rowsOf(payload.fields);
  const markedRow = marked === null ? undefined : rows.find(({ node }) => node === marked);
  const bytes = payload.bytes.subarray(0, BYTES_SHOWN_MAX);
  const nodeAt = (at: number): WireNode | null =>
    rows.findLast(({ node }) => at >= node.start && at < node.end)?.node ?? null;
  return (
    <div className="wire">
      {rows.length === 0 && <p className="soft">{payload.bytes.length === 0 ? t('inspector.noFields') : null}</p>}
      {rows.length > 0 && (
        <ul className="fields" aria-label={t('inspector.fields')}>
          {rows.map(({ node, depth }) => (
            <li key={`${node.start}-${depth}`}>
              <button
                type="button"
                className={node === marked ? 'field on' : 'field'}
                style={{ paddingLeft: 6 + depth * 12 }}
                aria-pressed={node === marked}
                onMouseEnter={() => setMarked(node)}
                onFocus={() => setMarked(node)}
                onClick={() => setMarked(node)}
              >
                <i>{node.fieldNumber}</i>
                <small>{WIRE_TYPES[node.wireType]}</small>
                <span className={node.name === null ? 'unknown' : ''}>{node.name ?? t('inspector.unknownField')}</span>
                <b title={node.typeName}>
                  {node.text === '' && node.children.length > 0 ? node.typeName.split('.').at(-1) : node.text || '""'}
                </b>
              </button>
            </li>
          ))}
        </ul>
      )}
      {markedRow !== undefined && about?.([...markedRow.above, markedRow.node])}
      {rows.length === 0 && isText(bytes) && <pre className="text">{new TextDecoder().decode(bytes)}</pre>}
      {bytes.length > 0 && (
        // biome-ignore lint/a11y/useKeyWithMouseEvents: the fields above do the same for the keyboard
        <div
          className="hex"
          role="group"
          aria-label={t('inspector.bytes')}
          onMouseOver={(event) => {
            const at = (event.target as HTMLElement).dataset.at;
            if (at !== undefined) setMarked(nodeAt(Number(at)));
          }}
        >
          {[...bytes].map((byte, at) => (
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: a byte is its place
              key={at}
              data-at={at}
              className={marked !== null && at >= marked.start && at < marked.end ? 'on' : ''}
            >
              {hexByte(byte)}{' '}
            </span>
          ))}
          {payload.bytes.length > bytes.length && (
            <div className="soft">{t('inspector.truncated', { shown: bytes.length, total: payload.bytes.length })}</div>
          )}
          {marked !== null && (
            <div className="soft">
              {marked.fieldNumber} · {['VARINT', 'I64', 'LEN', 'SGROUP', 'EGROUP', 'I32'][marked.wireType]} ·{' '}
              {marked.typeName} · {marked.start}–{marked.end}
            </div>
          )}
        </div>
      )}
    </div>
  );
}
