/** What the projection reads of the machine, at a moment; null for the present. */
import type { Reader } from '../../projections/follow-field/evidence.ts';
import { look } from '../files/look.ts';
import { session } from '../session.ts';

const decoder = new TextDecoder();

export function readerAt(seq: number | null): Reader {
  return {
    payload: async ({ payload, type }) => (await session.link?.api.payload(payload, type)) ?? null,
    file: async (pid, path) => {
      const bytes = (await look({ kind: 'file', place: { pid, path } }, seq))?.bytes;
      return bytes == null ? null : decoder.decode(bytes);
    },
    made: (pid, path) => look({ kind: 'made', place: { pid, path } }, seq),
    names: async (pid, path) => {
      const seen = await look({ kind: 'directories', pid, paths: [path] }, seq);
      return (seen?.[path] ?? []).map(({ name }) => name);
    },
  };
}
