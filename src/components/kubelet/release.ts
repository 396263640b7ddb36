/**
 * What differs between the kubelets that nodes here run: everything else is shared.
 * @models kubernetes 1.36 pkg/kubelet, component-base/version
 */
import type { Pflag } from '../../go/cobra-types.ts';
import { ImageService, RuntimeService } from '../../protocols/cri/generated.ts';
import { ImageServiceV1alpha2, RuntimeServiceV1alpha2 } from '../../protocols/cri/v1alpha2.ts';

/** One version of the CRI. */
export type CriVersion = {
  readonly version: string;
  readonly runtime: typeof RuntimeService;
  readonly image: typeof ImageService;
};

export type Release = {
  /** As `kubelet --version` and the node's status have it. */
  readonly version: string;
  /** The version of the CRI that is spoken, and what is spoken to those who do not know it. */
  readonly cri: CriVersion;
  readonly olderCri: CriVersion | null;
  /** Asks the runtime for its cgroup driver. */
  readonly asksCgroupDriver: boolean;
  /** Has dockershim, with the flags that go with it. */
  readonly dockershim: boolean;
  /** Where a runtime is looked for that nobody has named; null: it must be named. */
  readonly defaultEndpoint: string | null;
  readonly flags: readonly Pflag[];
  /** Flags that are taken with a warning, and the rest of the warning's sentence. */
  readonly deprecatedFlags: Readonly<Record<string, string>>;
  /** Where and how the last line of a kubelet that gives up is logged. */
  readonly lastWords: readonly [caller: string, message: string];
  /** What is wrong with a flag is printed rather than logged. */
  readonly printsFlagFaults: boolean;
  readonly created: (container: string) => string;
  readonly started: (container: string) => string;
  readonly alreadyPresent: (image: string) => string;
  readonly pulled: (image: string, took: string, waited: string, bytes: bigint) => string;
  /** Remembers with which credentials images came, and asks for them again (gate KubeletEnsureSecretPulledImages). */
  readonly verifiesPulledImages: boolean;
  /** The worker of a crash-looping pod sleeps until the back-off is over rather than a fixed ten seconds. */
  readonly propagatesBackOff: boolean;
  /** Changes the resources of containers that run. */
  readonly resizes: boolean;
};

export const release136: Release = {
  version: 'v1.36.4',
  cri: { version: 'v1', runtime: RuntimeService, image: ImageService },
  olderCri: null,
  asksCgroupDriver: true,
  dockershim: false,
  defaultEndpoint: null,
  flags: [],
  deprecatedFlags: {},
  lastWords: ['run.go:72', 'command failed'],
  printsFlagFaults: false,
  created: () => 'Container created',
  started: () => 'Container started',
  alreadyPresent: (image) => `Container image "${image}" already present on machine and can be accessed by the pod`,
  pulled: (image, took, waited, bytes) =>
    `Successfully pulled image "${image}" in ${took} (${waited} including waiting). Image size: ${bytes} bytes.`,
  verifiesPulledImages: true,
  propagatesBackOff: true,
  resizes: true,
};

const WITH_DOCKERSHIM = 'will be removed along with dockershim.';

/** The last with dockershim. */
export const release123: Release = {
  version: 'v1.23.17',
  cri: { version: 'v1', runtime: RuntimeService, image: ImageService },
  olderCri: { version: 'v1alpha2', runtime: RuntimeServiceV1alpha2, image: ImageServiceV1alpha2 },
  asksCgroupDriver: false,
  dockershim: true,
  defaultEndpoint: 'unix:///var/run/dockershim.sock',
  flags: [
    { name: 'cni-bin-dir', kind: 'string', usage: 'directories of CNI plugins', value: '/opt/cni/bin' },
    { name: 'cni-cache-dir', kind: 'string', usage: 'where CNI keeps its results', value: '/var/lib/cni/cache' },
    { name: 'cni-conf-dir', kind: 'string', usage: 'directory of CNI configurations', value: '/etc/cni/net.d' },
    { name: 'container-runtime', kind: 'string', usage: 'docker or remote', value: 'docker' },
    { name: 'docker-endpoint', kind: 'string', usage: 'where Docker answers', value: 'unix:///var/run/docker.sock' },
    { name: 'image-pull-progress-deadline', kind: 'duration', usage: 'time in which a pull must show progress' },
    { name: 'network-plugin', kind: 'string', usage: 'network plugin of dockershim: cni, kubenet or none' },
    { name: 'network-plugin-mtu', kind: 'int', usage: 'MTU for the network plugin' },
    { name: 'cgroups-per-qos', kind: 'bool', usage: 'cgroups for classes and pods', value: true },
  ],
  deprecatedFlags: {
    'cni-bin-dir': WITH_DOCKERSHIM,
    'cni-cache-dir': WITH_DOCKERSHIM,
    'cni-conf-dir': WITH_DOCKERSHIM,
    'docker-endpoint': WITH_DOCKERSHIM,
    'image-pull-progress-deadline': WITH_DOCKERSHIM,
    'network-plugin': WITH_DOCKERSHIM,
    'network-plugin-mtu': WITH_DOCKERSHIM,
  },
  lastWords: ['server.go:302', 'Failed to run kubelet'],
  printsFlagFaults: false,
  created: (container) => `Created container ${container}`,
  started: (container) => `Started container ${container}`,
  alreadyPresent: (image) => `Container image "${image}" already present on machine`,
  pulled: (image, took) => `Successfully pulled image "${image}" in ${took}`,
  verifiesPulledImages: false,
  propagatesBackOff: false,
  resizes: false,
};

/** Dockershim and its flags are gone; of the runtimes only a remote one is left. */
export const release124: Release = {
  ...release123,
  version: 'v1.24.17',
  dockershim: false,
  defaultEndpoint: 'unix:///run/containerd/containerd.sock',
  flags: [
    { name: 'container-runtime', kind: 'string', usage: 'remote, and nothing else', value: 'remote' },
    ...release123.flags.filter(({ name }) => name === 'cgroups-per-qos'),
  ],
  deprecatedFlags: {
    'container-runtime': "will be removed in 1.27 as the only valid value is 'remote'",
  },
  lastWords: ['run.go:74', 'command failed'],
  printsFlagFaults: true,
};
