/**
 * config.json of the pause container.
 * @models containerd 2.1 internal/cri/server/podsandbox/sandbox_run_linux.go, internal/cri/opts
 * @fidelity partial: no SELinux
 */
import type { Context } from '../../../../linux/context.ts';
import { readFile } from '../../../../linux/io.ts';
import { type Int64Value, NamespaceMode, type PodSandboxConfig } from '../../../../protocols/cri/generated.ts';
import type { ImageRunConfig } from '../../../../protocols/oci/types.ts';
import { criBaseSpec } from '../../../../protocols/oci-runtime/default-spec.ts';
import type { Spec } from '../../../../protocols/oci-runtime/types.ts';
import { mergeGids, type RootReader, resolveUser } from '../../../../protocols/oci-runtime/user.ts';
import { failure, wrap } from '../../shared/errors.ts';
import type { CriRuntimeConfig, RuntimeHandlerConfig } from '../config/defaults.ts';
import { setSeccomp } from './seccomp.ts';
import { CRI_NAMESPACE } from './types.ts';
import { type PodMaps, setUserNamespace } from './user-namespace.ts';

const SANDBOX_OOM_SCORE = -998;
const SANDBOX_CPU_SHARES = 2;

export type SandboxSpecInput = {
  id: string;
  config: PodSandboxConfig;
  image: ImageRunConfig;
  imageName: string;
  netNsPath: string;
  shm: string;
  /** Of a pod in a user namespace of its own: its maps, and the file that stands for it. */
  userNamespace: { maps: PodMaps; path: string } | null;
  resolvConf: string;
  criConfig: CriRuntimeConfig;
  handler: RuntimeHandlerConfig;
  /** The image's files: for its user. */
  rootfs: RootReader;
};

export async function sandboxSpec(ctx: Context, input: SandboxSpecInput): Promise<Spec> {
  const { id, config, image } = input;
  const spec = criBaseSpec(CRI_NAMESPACE, id);
  const linux = config.linux;
  const security = linux?.securityContext;
  const namespaces = security?.namespaceOptions;
  const args = [...(image.Entrypoint ?? []), ...(image.Cmd ?? [])];
  if (args.length === 0) throw failure('invalid empty entrypoint and cmd in image config');
  spec.process.args = args;
  spec.process.env = [...(image.Env ?? [])];
  if (image.WorkingDir !== undefined && image.WorkingDir !== '') spec.process.cwd = image.WorkingDir;
  spec.root.readonly = true;
  if (config.hostname !== '') spec.hostname = config.hostname;
  if (linux !== undefined && linux.cgroupParent !== '') spec.linux.cgroupsPath = cgroupsPath(linux.cgroupParent, id);

  const own = spec.linux.namespaces ?? [];
  const without = (...types: string[]): void => {
    spec.linux.namespaces = (spec.linux.namespaces ?? own).filter((n) => !types.includes(n.type));
  };
  const onHostNetwork = namespaces?.network === NamespaceMode.NODE;
  if (onHostNetwork) without('network', 'uts');
  else spec.linux.namespaces = own.map((n) => (n.type === 'network' ? { type: 'network', path: input.netNsPath } : n));
  if (namespaces?.pid === NamespaceMode.NODE) without('pid');
  if (namespaces?.ipc === NamespaceMode.NODE) without('ipc');
  if (input.userNamespace !== null) setUserNamespace(spec, input.userNamespace.maps, input.userNamespace.path);

  const bind = (source: string, destination: string): void => {
    spec.mounts.push({ destination, type: 'bind', source, options: ['rbind', 'ro', 'nosuid', 'nodev', 'noexec'] });
  };
  spec.mounts = spec.mounts.filter((mount) => mount.destination !== '/dev/shm');
  bind(namespaces?.ipc === NamespaceMode.NODE ? '/dev/shm' : input.shm, '/dev/shm');
  bind(input.resolvConf, '/etc/resolv.conf');

  spec.linux.sysctl = sandboxSysctls(config, onHostNetwork, input.criConfig, input.userNamespace !== null);
  spec.linux.resources = { ...spec.linux.resources, cpu: { shares: SANDBOX_CPU_SHARES } };
  spec.process.oomScoreAdj = await oomScore(ctx, SANDBOX_OOM_SCORE, input.criConfig.restrict_oom_score_adj);

  const user = userString('', security?.runAsUser, security?.runAsGroup) || (image.User ?? '');
  const groups = (security?.supplementalGroups ?? []).map(Number);
  spec.process.user =
    user === ''
      ? { uid: 0, gid: 0, additionalGids: mergeGids([], groups) }
      : await resolveUser(ctx, user, input.rootfs);
  if (spec.process.user.additionalGids?.length === 0) delete spec.process.user.additionalGids;
  if (security?.privileged === true) makeSysWritable(spec);
  await setSeccomp(ctx, spec, {
    profile: security?.seccomp,
    path: security?.seccompProfilePath ?? '',
    unset: input.criConfig.unset_seccomp_profile,
    privileged: security?.privileged === true,
  });
  spec.annotations = sandboxAnnotations(input);
  return spec;
}

function sandboxSysctls(
  config: PodSandboxConfig,
  onHostNetwork: boolean,
  criConfig: CriRuntimeConfig,
  inUserNamespace: boolean,
): Record<string, string> {
  const sysctls = { ...config.linux?.sysctls };
  if (onHostNetwork) return sysctls;
  if (criConfig.enable_unprivileged_ports) sysctls['net.ipv4.ip_unprivileged_port_start'] ??= '0';
  if (criConfig.enable_unprivileged_icmp && !inUserNamespace) sysctls['net.ipv4.ping_group_range'] ??= '0 2147483647';
  return sysctls;
}

function sandboxAnnotations({ id, config, imageName, handler }: SandboxSpecInput): Record<string, string> {
  const resources = config.linux?.resources;
  const limits =
    resources === undefined
      ? {}
      : {
          'io.kubernetes.cri.sandbox-cpu-period': String(resources.cpuPeriod),
          'io.kubernetes.cri.sandbox-cpu-quota': String(resources.cpuQuota),
          'io.kubernetes.cri.sandbox-cpu-shares': String(resources.cpuShares),
          'io.kubernetes.cri.sandbox-memory': String(resources.memoryLimitInBytes),
        };
  return {
    ...limits,
    ...passthrough(config.annotations, handler.pod_annotations),
    ...podAnnotations(id, config),
    'io.kubernetes.cri.sandbox-log-directory': config.logDirectory,
    'io.kubernetes.cri.podsandbox.image-name': imageName,
    'io.kubernetes.cri.container-type': 'sandbox',
  };
}

export function podAnnotations(sandboxId: string, config: PodSandboxConfig): Record<string, string> {
  const metadata = config.metadata;
  return {
    'io.kubernetes.cri.sandbox-id': sandboxId,
    'io.kubernetes.cri.sandbox-namespace': metadata?.namespace ?? '',
    'io.kubernetes.cri.sandbox-uid': metadata?.uid ?? '',
    'io.kubernetes.cri.sandbox-name': metadata?.name ?? '',
  };
}

/** Annotations that the handler's configuration lets through; patterns may end in `*`. */
export function passthrough(
  annotations: Record<string, string>,
  patterns: readonly string[] | null,
): Record<string, string> {
  const matches = (key: string): boolean =>
    (patterns ?? []).some((pattern) =>
      pattern.endsWith('*') ? key.startsWith(pattern.slice(0, -1)) : key === pattern,
    );
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => matches(key)));
}

/** `slice:prefix:name` for the systemd driver, a path for cgroupfs. */
export function cgroupsPath(parent: string, id: string): string {
  const base = parent.slice(parent.replace(/\/+$/, '').lastIndexOf('/') + 1).replace(/\/+$/, '');
  return base.endsWith('.slice') ? `${base}:cri-containerd:${id}` : `${parent.replace(/\/+$/, '')}/${id}`;
}

/** With `restrict`, nothing below the daemon's own score. */
export async function oomScore(ctx: Context, wanted: number, restrict: boolean): Promise<number> {
  if (!restrict) return wanted;
  const own = Number((await readFile(ctx, '/proc/self/oom_score_adj')).trim());
  return Math.max(wanted, own);
}

export function userString(name: string, uid: Int64Value | undefined, gid: Int64Value | undefined): string {
  const user = name !== '' ? name : uid === undefined ? '' : String(uid.value);
  const group = gid === undefined ? '' : String(gid.value);
  if (user === '' && group !== '') {
    throw wrap('failed to generate user string', failure(`user group "${group}" is specified without user`));
  }
  return group === '' ? user : `${user}:${group}`;
}

/** Privileged pods may write to /sys. */
function makeSysWritable(spec: Spec): void {
  for (const mount of spec.mounts ?? []) {
    if (mount.destination === '/sys')
      mount.options = (mount.options ?? []).map((option) => (option === 'ro' ? 'rw' : option));
  }
}
