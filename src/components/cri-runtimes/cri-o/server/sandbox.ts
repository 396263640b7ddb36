/** A pod as CRI-O keeps it. @models CRI-O 1.36 internal/lib/sandbox/sandbox.go @fidelity full */
import type { CniResult } from '../../../../protocols/cni/types.ts';
import type { NamespaceOption, PodSandboxMetadata } from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import type { Mutex } from '../../../../sim/primitives.ts';
import type { PodMaps } from '../../shared/containers-storage/id-maps.ts';
import type { PortMapping } from '../network/host-ports.ts';
import type { PodNetwork } from '../network/ocicni.ts';
import type { Container } from '../oci/container.ts';

export type Pinned = 'ipc' | 'net' | 'uts' | 'user';

export type Sandbox = {
  readonly id: string;
  /** `k8s_pod_namespace_uid_attempt` */
  readonly name: string;
  readonly metadata: PodSandboxMetadata;
  readonly labels: Record<string, string>;
  readonly annotations: Record<string, string>;
  readonly createdAt: bigint;
  readonly logDir: string;
  readonly handler: string;
  readonly hostname: string;
  readonly hostnamePath: string;
  readonly resolvPath: string;
  readonly shmPath: string;
  readonly containerEnvPath: string;
  readonly privileged: boolean;
  readonly hostNetwork: boolean;
  readonly namespaceOptions: Input<NamespaceOption>;
  readonly portMappings: readonly PortMapping[];
  readonly cgroupParent: string;
  /** Pinned namespaces; none is missing unless it is the host's. */
  namespaces: Partial<Record<Pinned, string>>;
  /** Of the pod's users, if they are its own. */
  readonly maps: PodMaps | null;
  ips: string[];
  cniResult: CniResult | null;
  infra: Container;
  readonly containers: Map<string, Container>;
  created: boolean;
  stopped: boolean;
  networkStopped: boolean;
  readonly stopLock: Mutex;
};

export function podNetworkOf(sandbox: Sandbox): PodNetwork {
  const { metadata } = sandbox;
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    id: sandbox.id,
    uid: metadata.uid,
    netns: sandbox.namespaces.net ?? '',
    cgroupPath: sandbox.cgroupParent,
    annotations: sandbox.annotations,
  };
}
