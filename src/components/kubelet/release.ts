/**
 * What differs between the kubelets that nodes here run: everything else is shared.
 * @models kubernetes 1.36 pkg/kubelet, component-base/version
 */
import { ImageService, RuntimeService } from '../../protocols/cri/generated.ts';

export type Release = {
  /** As `kubelet --version` and the node's status have it. */
  readonly version: string;
  /** The version of the CRI that is spoken. */
  readonly cri: {
    readonly version: string;
    readonly runtime: typeof RuntimeService;
    readonly image: typeof ImageService;
  };
  readonly created: (container: string) => string;
  readonly started: (container: string) => string;
  readonly alreadyPresent: (image: string) => string;
  readonly pulled: (image: string, took: string, waited: string, bytes: bigint) => string;
  /** The worker of a crash-looping pod sleeps until the back-off is over rather than a fixed ten seconds. */
  readonly propagatesBackOff: boolean;
};

export const release136: Release = {
  version: 'v1.36.4',
  cri: { version: 'v1', runtime: RuntimeService, image: ImageService },
  created: () => 'Container created',
  started: () => 'Container started',
  alreadyPresent: (image) => `Container image "${image}" already present on machine and can be accessed by the pod`,
  pulled: (image, took, waited, bytes) =>
    `Successfully pulled image "${image}" in ${took} (${waited} including waiting). Image size: ${bytes} bytes.`,
  propagatesBackOff: true,
};
