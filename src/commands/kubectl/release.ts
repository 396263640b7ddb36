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

/** What `kubectl version` tells of itself, and in which form: before 1.28 as Go prints the structure. */
export type KubectlRelease = { readonly client: Readonly<Record<string, string>>; readonly isVerbose: boolean };

export const kubectl136: KubectlRelease = { client: CLIENT_VERSION, isVerbose: false };

export const kubectl123: KubectlRelease = {
  client: {
    major: '1',
    minor: '23',
    gitVersion: 'v1.23.17',
    gitCommit: '953be8927218ec8067e1af2641e540238ffd7576',
    gitTreeState: 'clean',
    buildDate: '2023-02-22T13:34:27Z',
    goVersion: 'go1.19.6',
    compiler: 'gc',
    platform: 'linux/amd64',
  },
  isVerbose: true,
};

export const kubectl124: KubectlRelease = {
  client: {
    major: '1',
    minor: '24',
    gitVersion: 'v1.24.17',
    gitCommit: '22a9682c8fe855c321be75c5faacde343f909b04',
    gitTreeState: 'clean',
    buildDate: '2023-08-23T23:38:27Z',
    goVersion: 'go1.20.7',
    compiler: 'gc',
    platform: 'linux/amd64',
  },
  isVerbose: true,
};
