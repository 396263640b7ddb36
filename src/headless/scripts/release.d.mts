/** The bytes of the release's archive, of what lies in `dist`. */
export function releaseOf(dist: string, version: string): Uint8Array;
