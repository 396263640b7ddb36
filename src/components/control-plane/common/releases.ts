/** The releases of Kubernetes that nodes here run, as `/version` tells them. */
export const release136 = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.4',
  gitCommit: '5f1b7bf1a2c9e6d1c4f7a5e7e1a0c3d9b8e2f604',
  gitTreeState: 'clean',
  buildDate: '2026-11-11T09:48:22Z',
  goVersion: 'go1.25.5',
  compiler: 'gc',
  platform: 'linux/amd64',
};

export const release123 = {
  major: '1',
  minor: '23',
  gitVersion: 'v1.23.17',
  gitCommit: '953be8927218ec8067e1af2641e540238ffd7576',
  gitTreeState: 'clean',
  buildDate: '2023-02-22T13:27:46Z',
  goVersion: 'go1.19.6',
  compiler: 'gc',
  platform: 'linux/amd64',
};

export const release124 = {
  major: '1',
  minor: '24',
  gitVersion: 'v1.24.17',
  gitCommit: '22a9682c8fe855c321be75c5faacde343f909b04',
  gitTreeState: 'clean',
  buildDate: '2023-08-23T23:37:25Z',
  goVersion: 'go1.20.7',
  compiler: 'gc',
  platform: 'linux/amd64',
};

export type VersionInfo = Readonly<Record<string, string>> & { readonly gitVersion: string };
