/**
 * The CRI's picture of a pod.
 * @models kubernetes 1.36 pkg/kubelet/kuberuntime/kuberuntime_sandbox.go, pkg/kubelet/network/dns/dns.go
 * @fidelity partial: no limits on the number of nameservers
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readFile } from '../../../linux/io.ts';
import type { DNSConfig, PodSandboxConfig, PortMapping } from '../../../protocols/cri/generated.ts';
import type { Pod } from '../../../protocols/kube/types.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import type { KubeletConfig } from '../config.ts';
import { allContainers, uidOf } from '../pod.ts';
import type { UserNamespaceMap } from '../user-namespaces.ts';
import { sandboxLabels } from './labels.ts';
import { overheadResources, podLevelResources } from './resources.ts';
import { sandboxSecurityContext } from './security-context.ts';

const PROTOCOLS: Readonly<Record<string, 0 | 1 | 2>> = { TCP: 0, UDP: 1, SCTP: 2 };
const HOSTNAME_MAX = 63;

/** `/var/log/pods/default_web_UID` */
export function podLogsDirectory(pod: Pod): string {
  return `/var/log/pods/${pod.metadata.namespace}_${pod.metadata.name}_${uidOf(pod)}`;
}

export function hostnameOf(pod: Pod): string {
  if (pod.spec.hostname !== undefined && pod.spec.hostname !== '') return pod.spec.hostname;
  return pod.metadata.name.slice(0, HOSTNAME_MAX).replace(/[-.]+$/, '');
}

export async function sandboxConfigOf(
  ctx: Context,
  pod: Pod,
  attempt: number,
  config: KubeletConfig,
  cgroupParent: string,
  users: UserNamespaceMap | null,
): Promise<Input<PodSandboxConfig>> {
  const { metadata, spec } = pod;
  return {
    metadata: { name: metadata.name, namespace: metadata.namespace ?? '', uid: uidOf(pod), attempt },
    labels: sandboxLabels(pod),
    annotations: { ...metadata.annotations },
    logDirectory: podLogsDirectory(pod),
    ...(spec.hostNetwork ? {} : { hostname: hostnameOf(pod) }),
    dnsConfig: await dnsConfigOf(ctx, pod, config),
    portMappings: portMappings(pod),
    linux: {
      cgroupParent,
      securityContext: sandboxSecurityContext(pod, users),
      ...(spec.securityContext?.sysctls === undefined
        ? {}
        : { sysctls: Object.fromEntries(spec.securityContext.sysctls.map(({ name, value }) => [name, value])) }),
      overhead: overheadResources(pod),
      resources: podLevelResources(pod),
    },
  };
}

function portMappings(pod: Pod): Input<PortMapping>[] {
  const mappings: Input<PortMapping>[] = [];
  for (const { ports } of allContainers(pod)) {
    for (const { containerPort, hostPort, protocol, hostIP } of ports ?? [])
      mappings.push({
        containerPort,
        hostPort: hostPort ?? 0,
        protocol: PROTOCOLS[protocol ?? 'TCP'] ?? 0,
        hostIp: hostIP ?? '',
      });
  }
  return mappings;
}

async function dnsConfigOf(ctx: Context, pod: Pod, config: KubeletConfig): Promise<Input<DNSConfig>> {
  const { dnsPolicy = 'ClusterFirst', hostNetwork, dnsConfig } = pod.spec;
  const host = await hostDns(ctx, config.resolvConf);
  let result: { servers: string[]; searches: string[]; options: string[] };
  const isCluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && hostNetwork !== true);
  if (dnsPolicy === 'None') result = { servers: [], searches: [], options: [] };
  else if (isCluster && config.clusterDNS.length > 0) {
    const domain = config.clusterDomain;
    result = {
      servers: [...config.clusterDNS],
      searches: [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain, ...host.searches],
      options: ['ndots:5'],
    };
  } else result = host;
  for (const server of dnsConfig?.nameservers ?? []) if (!result.servers.includes(server)) result.servers.push(server);
  for (const search of dnsConfig?.searches ?? []) if (!result.searches.includes(search)) result.searches.push(search);
  for (const { name = '', value } of dnsConfig?.options ?? []) {
    result.options = result.options.filter((option) => option !== name && !option.startsWith(`${name}:`));
    result.options.push(value === undefined ? name : `${name}:${value}`);
  }
  return result;
}

async function hostDns(
  ctx: Context,
  path: string,
): Promise<{ servers: string[]; searches: string[]; options: string[] }> {
  const result: { servers: string[]; searches: string[]; options: string[] } = {
    servers: [],
    searches: [],
    options: [],
  };
  if (path === '') return result;
  let text: string;
  try {
    text = await readFile(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return result;
  }
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === 'nameserver') result.servers.push(...rest.slice(0, 1));
    if (word === 'search') result.searches = rest;
    if (word === 'options') result.options = rest;
  }
  return result;
}
