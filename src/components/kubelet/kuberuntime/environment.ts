/**
 * A container's environment and command, with what they refer to filled in.
 * @models kubernetes 1.36 pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables), envvars/envvars.go, third_party/forked/golang/expansion
 */
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { fromBase64 } from '../../../protocols/base64.ts';
import { milliValue, quantityValue } from '../../../protocols/kube/quantity.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { Container, Pod, Service } from '../../../protocols/kube/types.ts';
import { isExpected, type ObjectCache } from '../client.ts';
import { Failure } from '../failures.ts';
import { isStaticPod } from '../pod.ts';

export type NodeFacts = {
  nodeName: string;
  hostIp: string;
  /** Allocatable, for limits that a container does not have. */
  cpuMilli: number;
  memoryBytes: number;
};

/** `$(NAME)` by the mapping, `$$` is one dollar; a name that is unknown stays as it was written. */
export function expand(text: string, mapping: (name: string) => string | undefined): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const ch = text[i];
    if (ch !== '$' || i + 1 >= text.length) {
      out += ch;
      continue;
    }
    if (text[i + 1] === '$') {
      out += '$';
      i++;
      continue;
    }
    const end = text[i + 1] === '(' ? text.indexOf(')', i) : -1;
    if (end < 0) {
      out += '$';
      continue;
    }
    const name = text.slice(i + 2, end);
    out += mapping(name) ?? `$(${name})`;
    i = end;
  }
  return out;
}

/** A field of the pod as text: `metadata.labels['app']`, `status.podIP`. Throws Failure. */
export function fieldValue(pod: Pod, path: string, facts: NodeFacts, podIps: readonly string[]): string {
  const { metadata, spec } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null)
    return (subscript[1] === 'labels' ? metadata.labels : metadata.annotations)?.[subscript[2] ?? ''] ?? '';
  const lines = (map: Record<string, string> | undefined): string =>
    Object.keys(map ?? {})
      .sort()
      .map((key) => `${key}=${quote(map?.[key] ?? '')}`)
      .join('\n');
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid;
    case 'metadata.labels':
      return lines(metadata.labels);
    case 'metadata.annotations':
      return lines(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName ?? facts.nodeName;
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return facts.hostIp;
    case 'status.podIP':
      return podIps[0] ?? '';
    case 'status.podIPs':
      return podIps.join(',');
    default:
      throw new Failure(`unsupported fieldPath: ${path}`);
  }
}

/** A container's own request or limit, in units of the divisor. Throws Failure. */
export function resourceValue(
  container: Container,
  resource: string,
  divisor: string | undefined,
  facts: NodeFacts,
): string {
  const { limits, requests } = container.resources ?? {};
  const unit = divisor === undefined || divisor === '0' || divisor === '' ? '1' : divisor;
  const divided = (value: number, by: number): string => String(Math.ceil(value / by));
  switch (resource) {
    case 'limits.cpu':
      return divided(limits?.cpu === undefined ? facts.cpuMilli : milliValue(limits.cpu), milliValue(unit));
    case 'requests.cpu':
      return divided(milliValue(requests?.cpu ?? limits?.cpu), milliValue(unit));
    case 'limits.memory':
      return divided(
        limits?.memory === undefined ? facts.memoryBytes : quantityValue(limits.memory),
        quantityValue(unit),
      );
    case 'requests.memory':
      return divided(quantityValue(requests?.memory ?? limits?.memory), quantityValue(unit));
    default:
      throw new Failure(`Unsupported container resource : ${resource}`);
  }
}

/** Variables of services, as Docker links once had them. */
export function serviceVariables(services: readonly Service[]): [string, string][] {
  const result: [string, string][] = [];
  for (const { metadata, spec } of services) {
    const ip = (spec as { clusterIP?: string } | undefined)?.clusterIP ?? '';
    const ports = (spec as { ports?: { name?: string; port: number; protocol?: string }[] } | undefined)?.ports ?? [];
    const [first] = ports;
    if (ip === '' || ip === 'None' || first === undefined) continue;
    const name = metadata.name.toUpperCase().replaceAll('-', '_');
    result.push([`${name}_SERVICE_HOST`, ip], [`${name}_SERVICE_PORT`, String(first.port)]);
    for (const port of ports)
      if (port.name !== undefined && port.name !== '')
        result.push([`${name}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`, String(port.port)]);
    result.push([`${name}_PORT`, `${(first.protocol ?? 'TCP').toLowerCase()}://${ip}:${first.port}`]);
    for (const port of ports) {
      const protocol = port.protocol ?? 'TCP';
      const prefix = `${name}_PORT_${port.port}_${protocol}`;
      result.push(
        [prefix, `${protocol.toLowerCase()}://${ip}:${port.port}`],
        [`${prefix}_PROTO`, protocol.toLowerCase()],
        [`${prefix}_PORT`, String(port.port)],
        [`${prefix}_ADDR`, ip],
      );
    }
  }
  return result;
}

export type EnvironmentSources = {
  objects: ObjectCache | null;
  facts: NodeFacts;
  podIps: readonly string[];
};

/** In order; a later one of the same name replaces an earlier one. Throws Failure or StatusError. */
export async function environmentOf(
  ctx: Context,
  pod: Pod,
  container: Container,
  { objects, facts, podIps }: EnvironmentSources,
): Promise<Map<string, string>> {
  const namespace = pod.metadata.namespace ?? '';
  const services = new Map<string, string>();
  if (objects !== null) {
    try {
      // The API's own service is named in every namespace, others only where links are wanted.
      const own = pod.spec.enableServiceLinks === false ? [] : await objects.services(ctx, namespace);
      const master = (await objects.services(ctx, 'default')).filter(({ metadata }) => metadata.name === 'kubernetes');
      for (const [name, value] of serviceVariables([...master, ...own])) services.set(name, value);
    } catch (error) {
      // Static pods may be what the API server itself is made of: they do not wait for it.
      if (!isStaticPod(pod) || !isExpected(error)) throw error;
    }
  }
  const result = new Map<string, string>();
  const need = (): ObjectCache => {
    if (objects === null) throw new Failure(`couldn't get object: no kubeClient`);
    return objects;
  };
  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const { name = '', optional = false } = configMapRef ?? secretRef ?? {};
    try {
      if (configMapRef !== undefined) {
        const { data } = await need().configMap(ctx, namespace, name);
        for (const key of Object.keys(data ?? {}).sort()) result.set(prefix + key, data?.[key] ?? '');
      } else {
        const { data } = await need().secret(ctx, namespace, name);
        for (const key of Object.keys(data ?? {}).sort()) result.set(prefix + key, decodeText(data?.[key] ?? ''));
      }
    } catch (error) {
      if (!(optional && isStatusError(error, 'NotFound'))) throw plainNotFound(error, configMapRef !== undefined, name);
    }
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    let resolved: string | null = null;
    if (value !== undefined && value !== '')
      resolved = expand(value, (other) => result.get(other) ?? services.get(other));
    else if (valueFrom?.fieldRef !== undefined) resolved = fieldValue(pod, valueFrom.fieldRef.fieldPath, facts, podIps);
    else if (valueFrom?.resourceFieldRef !== undefined) {
      const { resource, divisor } = valueFrom.resourceFieldRef;
      resolved = resourceValue(container, resource, divisor, facts);
    } else if (valueFrom?.configMapKeyRef !== undefined) {
      const { name: map = '', key, optional } = valueFrom.configMapKeyRef;
      resolved = await keyOf(() => need().configMap(ctx, namespace, map), 'ConfigMap', namespace, map, key, optional);
    } else if (valueFrom?.secretKeyRef !== undefined) {
      const { name: secret = '', key, optional } = valueFrom.secretKeyRef;
      resolved = await keyOf(() => need().secret(ctx, namespace, secret), 'Secret', namespace, secret, key, optional);
    } else resolved = '';
    if (resolved !== null) result.set(name, resolved);
  }
  for (const [name, value] of services) if (!result.has(name)) result.set(name, value);
  return result;
}

async function keyOf(
  get: () => Promise<{ data?: Record<string, string> }>,
  kind: 'ConfigMap' | 'Secret',
  namespace: string,
  name: string,
  key: string,
  optional: boolean | undefined,
): Promise<string | null> {
  let data: Record<string, string> | undefined;
  try {
    ({ data } = await get());
  } catch (error) {
    if (optional === true && isStatusError(error, 'NotFound')) return null;
    throw plainNotFound(error, kind === 'ConfigMap', name);
  }
  const value = data?.[key];
  if (value !== undefined) return kind === 'Secret' ? decodeText(value) : value;
  if (optional === true) return null;
  throw new Failure(`couldn't find key ${key} in ${kind} ${namespace}/${name}`);
}

/** The kubelet's own cache says `secret "x" not found` where the API server says `secrets "x" not found`. */
export function plainNotFound(error: unknown, isConfigMap: boolean, name: string): unknown {
  if (!isStatusError(error, 'NotFound')) return error;
  return new Failure(`${isConfigMap ? 'configmap' : 'secret'} ${quote(name)} not found`);
}

function decodeText(base64: string): string {
  return new TextDecoder().decode(fromBase64(base64));
}
