/**
 * What differs between the containerds that nodes here run: everything else is shared.
 * @models containerd 2.1 and 1.4 version/version.go, pkg/cri/cri.go
 */
import { ImageService, RuntimeService } from '../../../protocols/cri/generated.ts';
import { ImageServiceV1alpha2, RuntimeServiceV1alpha2 } from '../../../protocols/cri/v1alpha2.ts';

export type ContainerdRelease = {
  readonly version: string;
  readonly goVersion: string;
  /** As `containerd --version` prints it. */
  readonly versionText: string;
  /** The versions of the CRI that are served, the oldest first. */
  readonly cri: readonly { readonly runtime: typeof RuntimeService; readonly image: typeof ImageService }[];
  readonly criVersion: string;
  /** The newest version of its configuration file: what `config default` prints. */
  readonly configVersion: 2 | 3;
  readonly sandboxImage: string;
  /** Answers RuntimeConfig: what the kubelet takes its cgroup driver from. */
  readonly tellsCgroupDriver: boolean;
  /** Asks the shims what their runtimes can do, and tells in Status. */
  readonly introspects: boolean;
};

const v1 = { runtime: RuntimeService, image: ImageService };
const v1alpha2 = { runtime: RuntimeServiceV1alpha2, image: ImageServiceV1alpha2 };

export const containerd21: ContainerdRelease = {
  version: '2.1.9+unknown',
  goVersion: 'go1.27.1',
  versionText: 'containerd github.com/containerd/containerd/v2 2.1.9+unknown ',
  cri: [v1],
  criVersion: 'v1',
  configVersion: 3,
  sandboxImage: 'registry.k8s.io/pause:3.10',
  tellsCgroupDriver: true,
  introspects: true,
};

/** Debian 11's. */
export const containerd14: ContainerdRelease = {
  version: '1.4.13~ds1',
  goVersion: 'go1.15.15',
  versionText: 'containerd github.com/containerd/containerd 1.4.13~ds1 1.4.13~ds1-1~deb11u4',
  cri: [v1alpha2],
  criVersion: 'v1alpha2',
  configVersion: 2,
  sandboxImage: 'k8s.gcr.io/pause:3.2',
  tellsCgroupDriver: false,
  introspects: false,
};
