/**
 * From the API's security contexts to the CRI's.
 * @models kubernetes 1.36 pkg/kubelet/kuberuntime/security_context.go, pkg/securitycontext
 * @fidelity partial: no SELinux
 */
import type {
  LinuxContainerSecurityContext,
  LinuxSandboxSecurityContext,
  NamespaceOption,
  SecurityProfile,
} from '../../../protocols/cri/generated.ts';
import type { Container, Pod, SecurityContext } from '../../../protocols/kube/types.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import type { UserNamespaceMap } from '../user-namespaces.ts';

const SECCOMP_DIR = '/var/lib/kubelet/seccomp';
const POD = 0;
const CONTAINER = 1;
const NODE = 2;
const TARGET = 3;

const MASKED_PATHS = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];

const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

function namespaceOptions(pod: Pod, users: UserNamespaceMap | null): Input<NamespaceOption> {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace } = pod.spec;
  return {
    network: hostNetwork ? NODE : POD,
    pid: hostPID ? NODE : shareProcessNamespace ? POD : CONTAINER,
    ipc: hostIPC ? NODE : POD,
    usernsOptions: users === null ? { mode: NODE } : { mode: POD, uids: [...users], gids: [...users] },
  };
}

type Profile = { type: string; localhostProfile?: string };

function securityProfile(profile: Profile): Input<SecurityProfile> {
  switch (profile.type) {
    case 'RuntimeDefault':
      return { profileType: 0 };
    case 'Localhost':
      return { profileType: 2, localhostRef: `${SECCOMP_DIR}/${profile.localhostProfile ?? ''}` };
    default:
      return { profileType: 1 };
  }
}

/** The container's settings over the pod's. */
export function effectiveContext(pod: Pod, container: Container): SecurityContext {
  const { runAsUser, runAsGroup, runAsNonRoot, seccompProfile } = pod.spec.securityContext ?? {};
  return {
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    ...(runAsNonRoot === undefined ? {} : { runAsNonRoot }),
    ...(seccompProfile === undefined ? {} : { seccompProfile }),
    ...container.securityContext,
  };
}

export function sandboxSecurityContext(pod: Pod, users: UserNamespaceMap | null): Input<LinuxSandboxSecurityContext> {
  const { securityContext } = pod.spec;
  const privileged = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].some(
    (container) => container.securityContext?.privileged === true,
  );
  const groups = [
    ...(securityContext?.fsGroup === undefined ? [] : [securityContext.fsGroup]),
    ...(securityContext?.supplementalGroups ?? []),
  ];
  return {
    privileged,
    namespaceOptions: namespaceOptions(pod, users),
    // The pod's sandbox always runs with the runtime's default profile.
    seccomp: { profileType: 0 },
    ...(securityContext?.runAsUser === undefined ? {} : { runAsUser: { value: BigInt(securityContext.runAsUser) } }),
    ...(securityContext?.runAsGroup === undefined ? {} : { runAsGroup: { value: BigInt(securityContext.runAsGroup) } }),
    ...(groups.length === 0 ? {} : { supplementalGroups: groups.map(BigInt) }),
  };
}

/** `imageUid`/`imageUser`: whom the image runs as. */
export function containerSecurityContext(
  pod: Pod,
  container: Container,
  imageUid: bigint | null,
  imageUser: string,
  users: UserNamespaceMap | null,
  targetId: string | null,
): Input<LinuxContainerSecurityContext> {
  const context = effectiveContext(pod, container);
  const { securityContext } = pod.spec;
  const groups = [
    ...(securityContext?.fsGroup === undefined ? [] : [securityContext.fsGroup]),
    ...(securityContext?.supplementalGroups ?? []),
  ];
  const unmasked = context.procMount === 'Unmasked' || context.privileged === true;
  let user: Input<LinuxContainerSecurityContext> = {};
  if (context.runAsUser !== undefined) user = { runAsUser: { value: BigInt(context.runAsUser) } };
  else if (imageUid !== null) user = { runAsUser: { value: imageUid } };
  else if (imageUser !== '') user = { runAsUsername: imageUser };
  return {
    privileged: context.privileged ?? false,
    readonlyRootfs: context.readOnlyRootFilesystem ?? false,
    noNewPrivs: context.allowPrivilegeEscalation === false,
    namespaceOptions: {
      ...namespaceOptions(pod, users),
      ...(targetId === null ? {} : { pid: TARGET, targetId }),
    },
    seccomp: securityProfile(context.seccompProfile ?? { type: 'Unconfined' }),
    ...(context.capabilities === undefined
      ? {}
      : {
          capabilities: {
            addCapabilities: context.capabilities.add ?? [],
            dropCapabilities: context.capabilities.drop ?? [],
          },
        }),
    ...user,
    ...(context.runAsGroup === undefined ? {} : { runAsGroup: { value: BigInt(context.runAsGroup) } }),
    ...(groups.length === 0 ? {} : { supplementalGroups: groups.map(BigInt) }),
    ...(unmasked ? {} : { maskedPaths: MASKED_PATHS, readonlyPaths: READONLY_PATHS }),
  };
}

/** Why the container must not run as the image's user, or null. */
export function runAsNonRootFault(
  pod: Pod,
  container: Container,
  imageUid: bigint | null,
  imageUser: string,
): string | null {
  const context = effectiveContext(pod, container);
  if (context.runAsNonRoot !== true) return null;
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`;
  if (context.runAsUser !== undefined)
    return context.runAsUser === 0 ? `container's runAsUser breaks non-root policy ${where}` : null;
  if (imageUid !== null)
    return imageUid === 0n ? `container has runAsNonRoot and image will run as root ${where}` : null;
  if (imageUser !== '')
    return `container has runAsNonRoot and image has non-numeric user (${imageUser}), cannot verify user is non-root ${where}`;
  return null;
}
