/**
 * Objects as clients with generated code send them: `k8s`, a zero byte, and a message that names its kind.
 * @models apimachinery pkg/runtime/serializer/protobuf, k8s.io/api generated.proto
 * @fidelity partial: the kinds that kubectl makes by itself, and of those the fields that it sets
 */
import { base64 } from '../../go/json.ts';
import { rfc3339 } from '../../go/time.ts';
import type { Json, JsonObject } from './json.ts';

/**
 * Fields by number: `name` a string, `name:t` a time, `name:q` a quantity, `...:Type` a message whose fields count as one's own, `name:i` an integer that may be absent, `name:n` one that is 0 when it is absent,
 * `name:b` a boolean, `name:y` bytes, `name:{}` a map of strings, `name:{y}` of bytes, `name:{q}` of quantities,
 * `name:{x}` of lists of strings, `name:p` a port, `name:Type` a message, `[…]` around it a list.
 */
const TYPES: Readonly<Record<string, string>> = {
  ObjectMeta:
    '1=name 2=generateName 3=namespace 4=selfLink 5=uid 6=resourceVersion 7=generation:n 8=creationTimestamp:t 11=labels:{} 12=annotations:{} 14=finalizers:[]',
  DeleteOptions: '1=gracePeriodSeconds:i 2=preconditions:Preconditions 4=propagationPolicy 5=dryRun:[]',
  Preconditions: '1=uid 2=resourceVersion',
  Eviction: '1=metadata:ObjectMeta 2=deleteOptions:DeleteOptions',
  SelfSubjectReview: '1=metadata:ObjectMeta',
  SelfSubjectAccessReview: '1=metadata:ObjectMeta 2=spec:AccessSpec',
  AccessSpec: '1=resourceAttributes:ResourceAttributes 2=nonResourceAttributes:NonResourceAttributes',
  ResourceAttributes: '1=namespace 2=verb 3=group 4=version 5=resource 6=subresource 7=name',
  NonResourceAttributes: '1=path 2=verb',
  SelfSubjectRulesReview: '1=metadata:ObjectMeta 2=spec:RulesSpec',
  RulesSpec: '1=namespace',
  TokenRequest: '1=metadata:ObjectMeta 2=spec:TokenSpec',
  TokenSpec: '1=audiences:[] 4=expirationSeconds:i',
  Namespace: '1=metadata:ObjectMeta',
  ServiceAccount: '1=metadata:ObjectMeta',
  ConfigMap: '1=metadata:ObjectMeta 2=data:{} 3=binaryData:{y} 4=immutable:b',
  Secret: '1=metadata:ObjectMeta 2=data:{y} 3=type 4=stringData:{} 5=immutable:b',
  PriorityClass: '1=metadata:ObjectMeta 2=value:n 3=globalDefault:b 4=description 5=preemptionPolicy',
  Service: '1=metadata:ObjectMeta 2=spec:ServiceSpec',
  ServiceSpec: '1=ports:[ServicePort] 2=selector:{} 3=clusterIP 4=type 5=externalIPs:[] 10=externalName',
  ServicePort: '1=name 2=protocol 3=port:n 4=targetPort:p 5=nodePort:n',
  Deployment: '1=metadata:ObjectMeta 2=spec:DeploymentSpec',
  DeploymentSpec: '1=replicas:i 2=selector:LabelSelector 3=template:PodTemplateSpec 5=minReadySeconds:n',
  LabelSelector: '1=matchLabels:{} 2=matchExpressions:[SelectorRequirement]',
  SelectorRequirement: '1=key 2=operator 3=values:[]',
  PodTemplateSpec: '1=metadata:ObjectMeta 2=spec:PodSpec',
  Job: '1=metadata:ObjectMeta 2=spec:JobSpec',
  JobSpec: '1=parallelism:i 2=completions:i 3=activeDeadlineSeconds:i 6=template:PodTemplateSpec 7=backoffLimit:i',
  CronJob: '1=metadata:ObjectMeta 2=spec:CronJobSpec',
  CronJobSpec: '1=schedule 2=startingDeadlineSeconds:i 3=concurrencyPolicy 4=suspend:b 5=jobTemplate:JobTemplateSpec',
  JobTemplateSpec: '1=metadata:ObjectMeta 2=spec:JobSpec',
  PodSpec:
    '2=containers:[Container] 3=restartPolicy 4=terminationGracePeriodSeconds:i 6=dnsPolicy 7=nodeSelector:{} 8=serviceAccountName 10=nodeName 11=hostNetwork:b 12=hostPID:b 13=hostIPC:b',
  Container:
    '1=name 2=image 3=command:[] 4=args:[] 5=workingDir 6=ports:[ContainerPort] 7=env:[EnvVar] 8=resources:Resources 14=imagePullPolicy 16=stdin:b 17=stdinOnce:b 18=tty:b',
  ContainerPort: '1=name 2=hostPort:n 3=containerPort:n 4=protocol 5=hostIP',
  EnvVar: '1=name 2=value',
  Resources: '1=limits:{q} 2=requests:{q}',
  Role: '1=metadata:ObjectMeta 2=rules:[PolicyRule]',
  ClusterRole: '1=metadata:ObjectMeta 2=rules:[PolicyRule] 3=aggregationRule:AggregationRule',
  AggregationRule: '1=clusterRoleSelectors:[LabelSelector]',
  PolicyRule: '1=verbs:[] 2=apiGroups:[] 3=resources:[] 4=resourceNames:[] 5=nonResourceURLs:[]',
  RoleBinding: '1=metadata:ObjectMeta 2=subjects:[Subject] 3=roleRef:RoleRef',
  ClusterRoleBinding: '1=metadata:ObjectMeta 2=subjects:[Subject] 3=roleRef:RoleRef',
  Subject: '1=kind 2=apiGroup 3=name 4=namespace',
  RoleRef: '1=apiGroup 2=kind 3=name',
  ResourceQuota: '1=metadata:ObjectMeta 2=spec:QuotaSpec',
  QuotaSpec: '1=hard:{q} 2=scopes:[]',
  PodDisruptionBudget: '1=metadata:ObjectMeta 2=spec:BudgetSpec',
  BudgetSpec: '1=minAvailable:p 2=selector:LabelSelector 3=maxUnavailable:p',
  Ingress: '1=metadata:ObjectMeta 2=spec:IngressSpec',
  IngressSpec: '1=defaultBackend:IngressBackend 2=tls:[IngressTLS] 3=rules:[IngressRule] 4=ingressClassName',
  IngressBackend: '4=service:IngressServiceBackend',
  IngressServiceBackend: '1=name 2=port:ServiceBackendPort',
  ServiceBackendPort: '1=name 2=number:n',
  IngressTLS: '1=hosts:[] 2=secretName',
  IngressRule: '1=host 2=...:IngressRuleValue',
  IngressRuleValue: '1=http:HTTPIngressRuleValue',
  HTTPIngressRuleValue: '1=paths:[HTTPIngressPath]',
  HTTPIngressPath: '1=path 2=backend:IngressBackend 3=pathType',
  HorizontalPodAutoscaler: '1=metadata:ObjectMeta 2=spec:AutoscalerSpec',
  AutoscalerSpec: '1=scaleTargetRef:ScaleTarget 2=minReplicas:i 3=maxReplicas:n 4=metrics:[MetricSpec]',
  ScaleTarget: '1=kind 2=name 3=apiVersion',
  MetricSpec: '1=type 4=resource:ResourceMetric',
  ResourceMetric: '1=name 2=target:MetricTarget',
  MetricTarget: '1=type 2=value:q 3=averageValue:q 4=averageUtilization:i',
  CertificateSigningRequest: '1=metadata:ObjectMeta 2=spec:RequestSpec 3=status:RequestStatus',
  RequestSpec: '1=request:y 2=username 3=uid 4=groups:[] 5=usages:[] 6=extra:{x} 7=signerName 8=expirationSeconds:i',
  RequestStatus: '1=conditions:[RequestCondition] 2=certificate:y',
  RequestCondition: '1=type 2=reason 3=message 4=lastUpdateTime:t 5=lastTransitionTime:t 6=status',
};

const MAGIC = [0x6b, 0x38, 0x73, 0];

class Unreadable extends Error {}

/** Null when it is not of a kind that is known here, or says more than is. */
export function parseProtobufBody(bytes: Uint8Array): JsonObject | null {
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) return null;
  let apiVersion = '';
  let kind = '';
  let raw = new Uint8Array(0);
  for (const { number, value } of fieldsOf(bytes.subarray(MAGIC.length))) {
    if (typeof value === 'number') continue;
    if (number === 2) raw = new Uint8Array(value);
    if (number === 1)
      for (const inner of fieldsOf(value)) {
        if (inner.number === 1) apiVersion = textOf(inner.value);
        if (inner.number === 2) kind = textOf(inner.value);
      }
  }
  if (TYPES[kind] === undefined) return null;
  try {
    return { kind, apiVersion, ...message(kind, raw) };
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

type WireField = { number: number; value: number | Uint8Array };

function* fieldsOf(bytes: Uint8Array): Generator<WireField> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < bytes.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    if ((key & 7) === 0) yield { number, value: varint() };
    else if ((key & 7) === 2) {
      const length = varint();
      yield { number, value: bytes.subarray(at, at + length) };
      at += length;
    } else throw new Unreadable();
  }
}

const textOf = (value: number | Uint8Array): string =>
  typeof value === 'number' ? '' : new TextDecoder().decode(value);

function message(type: string, bytes: Uint8Array): JsonObject {
  const known = new Map(
    (TYPES[type] ?? '').split(' ').map((word): [number, [string, string]] => {
      const [number = '', rest = ''] = word.split('=');
      const colon = rest.indexOf(':');
      return [Number(number), colon < 0 ? [rest, ''] : [rest.slice(0, colon), rest.slice(colon + 1)]];
    }),
  );
  const out: JsonObject = {};
  for (const { number, value } of fieldsOf(bytes)) {
    const field = known.get(number);
    if (field === undefined) {
      // Absent strings, zeros and empty messages are sent as well.
      if (isNothing(value)) continue;
      throw new Unreadable();
    }
    const [name, kind] = field;
    if (name === '...') {
      Object.assign(out, single(kind, value));
      continue;
    }
    if (kind.startsWith('[')) {
      const list = (out[name] ??= []) as Json[];
      list.push(single(kind.slice(1, -1), value) ?? '');
    } else if (kind.startsWith('{')) {
      const map = (out[name] ??= {}) as JsonObject;
      const [key, item] = entry(kind.slice(1, -1), value);
      map[key] = item;
    } else {
      const read = single(kind, value);
      if (read !== null) out[name] = read;
    }
  }
  return out;
}

function isNothing(value: number | Uint8Array): boolean {
  if (typeof value === 'number') return value === 0;
  if (value.length === 0) return true;
  try {
    return [...fieldsOf(value)].every((inner) => isNothing(inner.value));
  } catch {
    return false;
  }
}

/** Null for what counts as absent. */
function single(kind: string, value: number | Uint8Array): Json | null {
  if (kind === '') return textOf(value) === '' ? null : textOf(value);
  if (kind === 'i') return typeof value === 'number' ? value : null;
  if (kind === 'n') return typeof value === 'number' && value !== 0 ? value : null;
  if (kind === 'b') return value === 1 ? true : null;
  if (typeof value === 'number') throw new Unreadable();
  if (kind === 'y') return value.length === 0 ? null : base64(value);
  if (kind === 'q') return textOf([...fieldsOf(value)][0]?.value ?? 0);
  if (kind === 't') {
    const seconds = [...fieldsOf(value)].find((inner) => inner.number === 1)?.value;
    return typeof seconds === 'number' ? rfc3339(BigInt(seconds) * 1_000_000_000n) : null;
  }
  if (kind === 'p') {
    const parts = new Map([...fieldsOf(value)].map((inner) => [inner.number, inner.value]));
    return parts.get(1) === 1 ? textOf(parts.get(3) ?? 0) : Number(parts.get(2) ?? 0);
  }
  return message(kind, value);
}

function entry(kind: string, value: number | Uint8Array): [string, Json] {
  if (typeof value === 'number') throw new Unreadable();
  let key = '';
  let item: Json = '';
  for (const inner of fieldsOf(value)) {
    if (inner.number === 1) key = textOf(inner.value);
    else if (kind === 'y') item = base64(inner.value as Uint8Array);
    else if (kind === 'x') item = [...fieldsOf(inner.value as Uint8Array)].map((one) => textOf(one.value));
    else if (kind === 'q') item = textOf([...fieldsOf(inner.value as Uint8Array)][0]?.value ?? 0);
    else item = textOf(inner.value);
  }
  return [key, item];
}
