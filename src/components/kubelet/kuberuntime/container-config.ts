/**
 * The CRI's picture of one container.
 * @models kubernetes 1.36 pkg/kubelet/kuberuntime/kuberuntime_container.go (generateContainerConfig), pkg/kubelet/kubelet_pods.go (makeMounts)
 * @fidelity partial: no devices
 */
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { exists, mkdirAll, writeFile } from '../../../linux/io.ts';
import type { ContainerConfig, Image, ImageSpec, Mount } from '../../../protocols/cri/generated.ts';
import type { Container, Pod } from '../../../protocols/kube/types.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { Failure } from '../failures.ts';
import { uidOf } from '../pod.ts';
import { userNamespaceOf } from '../user-namespaces.ts';
import { type EnvironmentSources, environmentOf, expand } from './environment.ts';
import { writeHostsFile } from './hosts-file.ts';
import { containerAnnotations, containerLabels } from './labels.ts';
import { containerResources } from './resources.ts';
import { hostnameOf } from './sandbox-config.ts';
import { containerSecurityContext, runAsNonRootFault } from './security-context.ts';

const PROPAGATION: Readonly<Record<string, 0 | 1 | 2>> = { None: 0, HostToContainer: 1, Bidirectional: 2 };

export type ContainerConfigSources = EnvironmentSources & {
  rootDir: string;
  memoryCapacity: number;
  /** Host path of each of the pod's volumes. */
  volumes: ReadonlyMap<string, string>;
  /** Of the volumes that are images what is to be mounted. */
  images?: ReadonlyMap<string, Input<ImageSpec>>;
};

export function podDirectory(rootDir: string, uid: string): string {
  return `${rootDir}/pods/${uid}`;
}

/** Throws Failure or StatusError: CreateContainerConfigError. */
export async function containerConfigOf(
  ctx: Context,
  pod: Pod,
  container: Container,
  restartCount: number,
  image: Image | null,
  imageRef: string,
  sources: ContainerConfigSources,
  /** Id of the container whose process namespace it joins. */
  targetId: string | null = null,
): Promise<Input<ContainerConfig>> {
  const env = await environmentOf(ctx, pod, container, sources);
  const users = await userNamespaceOf(ctx, sources.rootDir, pod);
  const mapped = users === null ? {} : { uidMappings: [...users], gidMappings: [...users] };
  const mounts = (await mountsOf(ctx, pod, container, sources, env)).map((mount) => ({ ...mount, ...mapped }));
  const user = image?.username ?? '';
  // An image that names nobody runs as root.
  const uid = image?.uid?.value ?? (user === '' ? 0n : null);
  const fault = runAsNonRootFault(pod, container, uid, user);
  if (fault !== null) throw new Failure(fault);
  const expanded = (words: readonly string[] | undefined): string[] =>
    (words ?? []).map((word) => expand(word, (name) => env.get(name)));
  return {
    metadata: { name: container.name, attempt: restartCount },
    image: { image: imageRef, userSpecifiedImage: container.image ?? '' },
    command: expanded(container.command),
    args: expanded(container.args),
    workingDir: container.workingDir ?? '',
    labels: containerLabels(pod, container),
    annotations: containerAnnotations(pod, container, restartCount),
    mounts,
    envs: [...env].map(([key, value]) => ({ key, value: new TextEncoder().encode(value) })),
    logPath: `${container.name}/${restartCount}.log`,
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    linux: {
      resources: containerResources(pod, container, sources.memoryCapacity),
      securityContext: containerSecurityContext(pod, container, uid, user, users, targetId),
    },
  };
}

async function mountsOf(
  ctx: Context,
  pod: Pod,
  container: Container,
  { rootDir, volumes, podIps, images }: ContainerConfigSources,
  env: ReadonlyMap<string, string>,
): Promise<Input<Mount>[]> {
  const directory = podDirectory(rootDir, uidOf(pod));
  const mounts: Input<Mount>[] = [];
  let mountsHosts = false;
  for (const mount of container.volumeMounts ?? []) {
    if (mount.mountPath === '/etc/hosts') mountsHosts = true;
    const volume = volumes.get(mount.name);
    if (volume === undefined)
      throw new Failure(`cannot find volume ${quote(mount.name)} to mount into container ${quote(container.name)}`);
    const sub = mount.subPathExpr === undefined ? mount.subPath : expand(mount.subPathExpr, (name) => env.get(name));
    const containerPath = mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`;
    const image = images?.get(mount.name);
    if (image !== undefined) {
      mounts.push({ containerPath, readonly: true, image, imageSubPath: sub ?? '' });
      continue;
    }
    let hostPath = volume;
    if (sub !== undefined && sub !== '') {
      if (sub.split('/').includes('..'))
        throw new Failure(`unable to provision SubPath \`${sub}\`: must not contain '..'`);
      hostPath = `${volume}/${sub}`;
      if (!(await exists(ctx, hostPath))) await mkdirAll(ctx, hostPath, 0o755);
    }
    mounts.push({
      containerPath,
      hostPath,
      readonly: mount.readOnly ?? false,
      propagation: PROPAGATION[mount.mountPropagation ?? 'None'] ?? 0,
      recursiveReadOnly: mount.recursiveReadOnly === 'Enabled',
    });
  }
  // The sandbox of a pod without an address has nothing to write into it.
  if (!mountsHosts && (podIps.length > 0 || pod.spec.hostNetwork === true)) {
    const path = `${directory}/etc-hosts`;
    await mkdirAll(ctx, directory);
    await writeHostsFile(ctx, path, pod, podIps, hostnameOf(pod));
    mounts.push({ containerPath: '/etc/hosts', hostPath: path });
  }
  const messagePath = container.terminationMessagePath ?? '';
  if (messagePath !== '') {
    const path = `${directory}/containers/${container.name}/${ctx.random.hex(8)}`;
    await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')), 0o750);
    await writeFile(ctx, path, '', { mode: 0o666 });
    await ctx.sys.chmod(ctx, path, 0o666);
    mounts.push({ containerPath: messagePath, hostPath: path });
  }
  return mounts;
}
