/** The release that this kubectl is. */
export const VERSION = 'v1.36.4';
export const KUSTOMIZE_VERSION = 'v5.8.1';

export const CLIENT_VERSION = {
  major: '1',
  minor: '36',
  gitVersion: VERSION,
  gitCommit: 'bb826b1d48562f110659e64e8ec444327433db95',
  gitTreeState: 'clean',
  buildDate: '2026-09-29T20:03:31Z',
  goVersion: 'go1.27.1',
  compiler: 'gc',
  platform: 'linux/amd64',
} as const;
