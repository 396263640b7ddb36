/**
 * Objects that make no sense are refused, field by field.
 * @models pkg/apis/core/validation/validation.go, apimachinery pkg/util/validation
 * @fidelity partial: names, containers, volumes, ports, selectors, secrets, runtime classes, immutability of pods
 */

import { fromBase64 } from '../../../protocols/base64.ts';
import { DELETION_COST, parseDeletionCost } from '../../../protocols/kube/deletion-cost.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { isObject, type Json } from '../../../protocols/kube/json.ts';
import { keyFault, valueFault } from '../../../protocols/kube/label-selector.ts';
import { selectorMatches } from '../../../protocols/kube/labels.ts';
import { milliValue } from '../../../protocols/kube/quantity.ts';
import type { Resource } from '../../../protocols/kube/resources.ts';
import type { FieldError } from '../../../protocols/kube/status-error.ts';
import type {
  Container,
  Deployment,
  KubeObject,
  Pod,
  PodSpec,
  PodTemplateSpec,
  RuntimeClass,
  Secret,
} from '../../../protocols/kube/types.ts';
import { qosClass } from './defaults.ts';
import { isRbac, validateRbac, validateRbacUpdate } from './rbac/validation.ts';
import { validateStored, validateStoredUpdate } from './stored-kinds.ts';

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_PATTERN = new RegExp(`^${LABEL}$`);
const SUBDOMAIN_PATTERN = new RegExp(`^${SUBDOMAIN}$`);
const LABEL_TEXT = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`;
const SUBDOMAIN_TEXT = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`;

/** Kinds whose names are one DNS label. */
const LABEL_NAMES = new Set(['Namespace', 'Service']);

export function validate(resource: Resource, object: KubeObject): FieldError[] {
  const { name, generateName, labels, annotations } = object.metadata;
  const errors: FieldError[] = [];
  for (const key of Object.keys(annotations ?? {})) {
    const fault = keyFault(key);
    if (fault !== '') errors.push({ field: 'metadata.annotations', type: 'Invalid', value: key, detail: fault });
  }
  const cost = annotations?.[DELETION_COST];
  if (resource.kind === 'Pod' && cost !== undefined && parseDeletionCost(cost) === null)
    errors.push({
      field: `metadata.annotations[${DELETION_COST}]`,
      type: 'Invalid',
      value: cost,
      detail: 'must be a 32bit integer',
    });
  for (const [key, value] of Object.entries(labels ?? {})) {
    for (const [text, fault] of [
      [key, keyFault(key)],
      [value, valueFault(value)],
    ] as const)
      if (fault !== '') errors.push({ field: 'metadata.labels', type: 'Invalid', value: text, detail: fault });
  }
  if (isRbac(resource.kind)) return [...errors, ...validateRbac(object)];
  if (name === '' || name === undefined) {
    if (generateName === undefined || generateName === '')
      errors.push({ field: 'metadata.name', type: 'Required', detail: 'name or generateName is required' });
  } else if (LABEL_NAMES.has(resource.kind)) {
    if (!LABEL_PATTERN.test(name))
      errors.push({ field: 'metadata.name', type: 'Invalid', value: name, detail: LABEL_TEXT });
  } else if (!SUBDOMAIN_PATTERN.test(name)) {
    errors.push({ field: 'metadata.name', type: 'Invalid', value: name, detail: SUBDOMAIN_TEXT });
  }
  errors.push(...validateStored(object));
  if (resource.kind === 'Pod') validatePodSpec((object as Pod).spec, 'spec', errors);
  else if (resource.kind === 'Secret') validateSecret(object as Secret, errors);
  else if (resource.kind === 'RuntimeClass') validateRuntimeClass(object as RuntimeClass, errors);
  else if (
    ['Deployment', 'ReplicaSet', 'ReplicationController', 'DaemonSet', 'StatefulSet', 'Job'].includes(resource.kind)
  )
    validateTemplated(object as Deployment, errors);
  return errors;
}

function validateTemplated(object: Deployment, errors: FieldError[]): void {
  const { selector: given, template } = object.spec as {
    selector?: Deployment['spec']['selector'];
    template?: PodTemplateSpec;
  };
  // Only a ReplicationController's own labels; others know expressions, too.
  const isMap = object.kind === 'ReplicationController';
  const selector = isMap && given !== undefined ? { matchLabels: given as Record<string, string> } : given;
  if (template === undefined) {
    if (selector === undefined) errors.push({ field: 'spec.selector', type: 'Required', detail: '' });
    errors.push({ field: 'spec.template', type: 'Required', detail: '' });
    return;
  }
  const isJob = object.kind === 'Job';
  if (!isJob) {
    const empty = Object.keys(selector?.matchLabels ?? {}).length + (selector?.matchExpressions ?? []).length === 0;
    if (selector === undefined || (isMap && empty))
      errors.push({ field: 'spec.selector', type: 'Required', detail: '' });
    else if (empty)
      errors.push({
        field: 'spec.selector',
        type: 'Invalid',
        value: selector,
        detail: `empty selector is invalid for ${object.kind.toLowerCase()}`,
      });
    if (!selectorMatches(selector ?? {}, template.metadata?.labels) || selector === undefined)
      errors.push({
        field: 'spec.template.metadata.labels',
        type: 'Invalid',
        value: template.metadata?.labels ?? null,
        detail: '`selector` does not match template `labels`',
      });
    if (template.spec.restartPolicy !== 'Always')
      errors.push({
        field: 'spec.template.spec.restartPolicy',
        type: 'NotSupported',
        value: template.spec.restartPolicy,
        detail: 'supported values: "Always"',
      });
  } else if (template.spec.restartPolicy === 'Always')
    errors.push({
      field: 'spec.template.spec.restartPolicy',
      type: 'Required',
      detail: 'valid values: "OnFailure", "Never"',
    });
  // Of a StatefulSet's pods only the attempt to make them tells: claims add volumes that the template does not have.
  if (object.kind !== 'StatefulSet') validatePodSpec(template.spec, 'spec.template.spec', errors);
}

const POLICIES = ['Always', 'IfNotPresent', 'Never'];

function validatePodSpec(spec: PodSpec, at: string, errors: FieldError[]): void {
  const volumes = new Set<string>();
  (spec.volumes ?? []).forEach(({ name }, i) => {
    if (volumes.has(name))
      errors.push({ field: `${at}.volumes[${i}].name`, type: 'Duplicate', value: name, detail: '' });
    volumes.add(name);
  });
  if (!Array.isArray(spec.containers) || spec.containers.length === 0)
    errors.push({ field: `${at}.containers`, type: 'Required', detail: '' });
  const names = new Set<string>();
  const check = (containers: readonly Container[] | undefined, field: string): void =>
    (containers ?? []).forEach((container, i) =>
      validateContainer(container, `${at}.${field}[${i}]`, { names, volumes, errors }),
    );
  check(spec.initContainers, 'initContainers');
  check(spec.containers, 'containers');
  const restart = spec.restartPolicy;
  if (restart !== undefined && !['Always', 'OnFailure', 'Never'].includes(restart))
    errors.push({
      field: `${at}.restartPolicy`,
      type: 'NotSupported',
      value: restart,
      detail: 'supported values: "Always", "OnFailure", "Never"',
    });
  // Users of one's own and another namespace of the host do not go together.
  if (spec.hostUsers === false)
    for (const key of ['hostNetwork', 'hostPID', 'hostIPC'] as const)
      if (spec[key] === true)
        errors.push({ field: `${at}.${key}`, type: 'Forbidden', detail: 'when `hostUsers` is false' });
}

type PodNames = { names: Set<string>; volumes: ReadonlySet<string>; errors: FieldError[] };

function validateContainer(container: Container, at: string, { names, volumes, errors }: PodNames): void {
  const { name, image, imagePullPolicy } = container;
  if (name === undefined || name === '') errors.push({ field: `${at}.name`, type: 'Required', detail: '' });
  else if (!LABEL_PATTERN.test(name))
    errors.push({ field: `${at}.name`, type: 'Invalid', value: name, detail: LABEL_TEXT });
  if (names.has(name)) errors.push({ field: `${at}.name`, type: 'Duplicate', value: name, detail: '' });
  names.add(name);
  if (image === undefined || image === '') errors.push({ field: `${at}.image`, type: 'Required', detail: '' });
  else if (image.trim() !== image)
    errors.push({
      field: `${at}.image`,
      type: 'Invalid',
      value: image,
      detail: 'must not have leading or trailing whitespace',
    });
  if (imagePullPolicy !== undefined && !POLICIES.includes(imagePullPolicy))
    errors.push({
      field: `${at}.imagePullPolicy`,
      type: 'NotSupported',
      value: imagePullPolicy,
      detail: 'supported values: "Always", "IfNotPresent", "Never"',
    });
  (container.ports ?? []).forEach((port, i) => {
    for (const key of ['containerPort', 'hostPort'] as const) {
      const value = port[key];
      if (value !== undefined && (value < 1 || value > 65_535))
        errors.push({
          field: `${at}.ports[${i}].${key}`,
          type: 'Invalid',
          value,
          detail: 'must be between 1 and 65535, inclusive',
        });
    }
  });
  (container.volumeMounts ?? []).forEach((mount, i) => {
    if (!volumes.has(mount.name))
      errors.push({ field: `${at}.volumeMounts[${i}].name`, type: 'NotFound', value: mount.name, detail: '' });
    if (mount.mountPath === undefined || mount.mountPath === '')
      errors.push({ field: `${at}.volumeMounts[${i}].mountPath`, type: 'Required', detail: '' });
  });
  (container.env ?? []).forEach((env, i) => {
    if (env.name === undefined || env.name === '')
      errors.push({ field: `${at}.env[${i}].name`, type: 'Required', detail: '' });
  });
  validateResources(container, at, errors);
}

function validateResources(container: Container, at: string, errors: FieldError[]): void {
  const { requests = {}, limits = {} } = container.resources ?? {};
  for (const [resource, request] of Object.entries(requests)) {
    const limit = limits[resource];
    if (limit !== undefined && milliValue(request) > milliValue(limit))
      errors.push({
        field: `${at}.resources.requests`,
        type: 'Invalid',
        value: request,
        detail: `must be less than or equal to ${resource} limit of ${limit}`,
      });
  }
}

const DOCKER_CONFIG: Readonly<Record<string, string>> = {
  'kubernetes.io/dockerconfigjson': '.dockerconfigjson',
  'kubernetes.io/dockercfg': '.dockercfg',
};

function validateSecret({ data = {}, type = '' }: Secret, errors: FieldError[]): void {
  const key = DOCKER_CONFIG[type];
  if (key === undefined) return;
  const text = data[key];
  if (text === undefined) {
    errors.push({ field: `data[${key}]`, type: 'Required', detail: '' });
    return;
  }
  try {
    if (isObject(JSON.parse(new TextDecoder().decode(fromBase64(text))) as Json)) return;
    throw new Error('json: cannot unmarshal into Go value of type map[string]interface {}');
  } catch (error) {
    errors.push({
      field: `data[${key}]`,
      type: 'Invalid',
      value: '<secret contents redacted>',
      detail: goSyntaxError(text, error),
    });
  }
}

/** encoding/json's words for the commonest fault: what the text begins with. */
function goSyntaxError(text: string, error: unknown): string {
  const first = new TextDecoder().decode(fromBase64(text)).trimStart()[0];
  if (first === undefined) return 'unexpected end of JSON input';
  if (first !== '{') return `invalid character '${first}' looking for beginning of value`;
  return error instanceof SyntaxError ? 'unexpected end of JSON input' : String((error as Error).message);
}

function validateRuntimeClass({ handler }: RuntimeClass, errors: FieldError[]): void {
  if (handler === undefined || handler === '') errors.push({ field: 'handler', type: 'Required', detail: '' });
  else if (!LABEL_PATTERN.test(handler))
    errors.push({ field: 'handler', type: 'Invalid', value: handler, detail: LABEL_TEXT });
}

const POD_UPDATE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function validateUpdate(resource: Resource, before: KubeObject, after: KubeObject): FieldError[] {
  if (isRbac(resource.kind)) return validateRbacUpdate(before, after);
  const errors = [...validate(resource, after), ...validateStoredUpdate(before, after)];
  if (resource.kind === 'Pod') {
    const fixed = (pod: Pod): unknown => ({
      ...pod.spec,
      activeDeadlineSeconds: 0,
      tolerations: [],
      containers: imageless(pod.spec.containers),
      initContainers: imageless(pod.spec.initContainers ?? []),
    });
    if (!equal(fixed(before as Pod), fixed(after as Pod)))
      errors.push({ field: 'spec', type: 'Forbidden', detail: POD_UPDATE });
  } else if (resource.kind === 'RuntimeClass') {
    const { handler } = after as RuntimeClass;
    if ((before as RuntimeClass).handler !== handler)
      errors.push({ field: 'handler', type: 'Invalid', value: handler, detail: 'field is immutable' });
  } else if (['Deployment', 'ReplicaSet', 'DaemonSet'].includes(resource.kind)) {
    const { selector } = (after as Deployment).spec;
    if (!equal((before as Deployment).spec.selector, selector))
      errors.push({ field: 'spec.selector', type: 'Invalid', value: selector, detail: 'field is immutable' });
  } else if (resource.kind === 'Secret' && (before as Secret).type !== (after as Secret).type) {
    errors.push({ field: 'type', type: 'Invalid', value: (after as Secret).type, detail: 'field is immutable' });
  }
  return errors;
}

function imageless(containers: readonly Container[]): Container[] {
  return containers.map((container) => ({ ...container, image: '' }));
}

function validateResize(before: Pod, { spec }: Pod): FieldError[] {
  if (before.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined)
    return [{ field: 'metadata', type: 'Forbidden', detail: 'static pods cannot be resized' }];
  const errors: FieldError[] = [];
  if (qosClass(before.spec) !== qosClass(spec)) {
    const detail = 'Pod QOS Class may not change as a result of resizing';
    errors.push({ field: 'spec', type: 'Invalid', value: qosClass(spec), detail });
  }
  spec.containers.forEach((container, i) => {
    const old = before.spec.containers.find(({ name }) => name === container.name)?.resources;
    for (const kind of ['limits', 'requests'] as const)
      for (const name of ['cpu', 'memory'])
        if (old?.[kind]?.[name] !== undefined && container.resources?.[kind]?.[name] === undefined)
          errors.push({
            field: `spec.containers[${i}].resources.${kind}.${name}`,
            type: 'Forbidden',
            detail: `resource ${kind} cannot be removed`,
          });
    const others = ({ limits, requests }: NonNullable<Container['resources']>): unknown =>
      [limits, requests].map((all) => ({ ...all, cpu: '', memory: '' }));
    if (!equal(others(old ?? {}), others(container.resources ?? {})))
      errors.push({ field: 'spec', type: 'Forbidden', detail: 'only cpu and memory resources are mutable' });
    validateResources(container, `spec.containers[${i}]`, errors);
  });
  return errors;
}

/** Ephemeral containers are only added; a resize may not change the quality of service. */
export function validateSubresource(
  resource: Resource,
  before: KubeObject,
  after: KubeObject,
  part: 'ephemeralcontainers' | 'resize',
): FieldError[] {
  if (resource.kind !== 'Pod') return [];
  const [old, next] = [(before as Pod).spec, (after as Pod).spec];
  if (part === 'resize') {
    return validateResize(before as Pod, after as Pod);
  }
  const errors: FieldError[] = [];
  const field = 'spec.ephemeralContainers';
  for (const container of old.ephemeralContainers ?? []) {
    const same = next.ephemeralContainers?.find(({ name }) => name === container.name);
    if (same === undefined || !equal(same, container))
      errors.push({
        field,
        type: 'Forbidden',
        detail: `existing ephemeral containers ${JSON.stringify(container.name)} may not be removed or changed`,
      });
  }
  const others = [...next.containers, ...(next.initContainers ?? [])].map(({ name }) => name);
  (next.ephemeralContainers ?? []).forEach(({ name, targetContainerName }, i) => {
    if (others.includes(name))
      errors.push({ field: `${field}[${i}].name`, type: 'Duplicate', value: name, detail: '' });
    if (targetContainerName !== undefined && !others.includes(targetContainerName))
      errors.push({
        field: `${field}[${i}].targetContainerName`,
        type: 'NotFound',
        value: targetContainerName,
        detail: '',
      });
  });
  return errors;
}
