/**
 * How badly a port of a registry serves: what people meet between them and a registry, for those who want to see what
 * their client makes of it.
 */
export type Manners = {
  /** Bytes a second of an answer's body; null as fast as the link is. */
  readonly rate: number | null;
  /** After so many bytes of a body the connection breaks. */
  readonly cut: number | null;
  /** Each blob is refused so many times with this status first. */
  readonly busy: { readonly status: number; readonly times: number } | null;
  /** Whether parts of blobs can be asked for. */
  readonly ranges: boolean;
};

export const GOOD_MANNERS: Manners = { rate: null, cut: null, busy: null, ranges: true };

/** Words like `rate=1000000`, `cut=2000000`, `busy=503x2`, `ranges=no`; null if one is not understood. */
export function parseManners(words: readonly string[]): Manners | null {
  let manners = GOOD_MANNERS;
  for (const word of words) {
    const [key = '', value = ''] = word.split('=');
    const number = /^\d+$/.test(value) ? Number(value) : null;
    const [, status = '', times = ''] = /^(\d{3})x(\d+)$/.exec(value) ?? [];
    if (key === 'rate' && number !== null && number > 0) manners = { ...manners, rate: number };
    else if (key === 'cut' && number !== null) manners = { ...manners, cut: number };
    else if (key === 'busy' && status !== '')
      manners = { ...manners, busy: { status: Number(status), times: Number(times) } };
    else if (word === 'ranges=no') manners = { ...manners, ranges: false };
    else return null;
  }
  return manners;
}
