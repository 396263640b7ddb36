/** Objects on their way through a kustomization, in which order they come out, and how names in them follow. @models kustomize api/resource, api/internal/plugins/builtinconfig namereferences, kyaml/resid gvk.go @fidelity partial: references of the kinds that this cluster has */
import type { Json, JsonObject } from '../../../protocols/kube/json.ts';

/** `original`: the name it came with; `hashed`: its name is to end in a hash of its content. */
export type Item = { object: JsonObject; original: string; hashed: boolean };

export const nameOf = (object: JsonObject): string => String((object.metadata as JsonObject | undefined)?.name ?? '');

const FIRST =
  'Namespace ResourceQuota StorageClass CustomResourceDefinition ServiceAccount PodSecurityPolicy Role ClusterRole RoleBinding ClusterRoleBinding ConfigMap Secret Endpoints Service LimitRange PriorityClass PersistentVolume PersistentVolumeClaim Deployment StatefulSet CronJob PodDisruptionBudget'.split(
    ' ',
  );
const LAST = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

/** Two digits to sort by. */
export function kindOrder({ kind }: JsonObject): string {
  const first = FIRST.indexOf(String(kind));
  const place = first >= 0 ? first : LAST.includes(String(kind)) ? 90 : 50;
  return String(place).padStart(2, '0');
}

/** Where a name of which kind stands, by the key of the object around it. */
const REFERENCES: Readonly<Record<string, readonly [kind: string, field: string]>> = {
  configMap: ['ConfigMap', 'name'],
  configMapRef: ['ConfigMap', 'name'],
  configMapKeyRef: ['ConfigMap', 'name'],
  secretRef: ['Secret', 'name'],
  secretKeyRef: ['Secret', 'name'],
  imagePullSecrets: ['Secret', 'name'],
  tls: ['Secret', 'secretName'],
  persistentVolumeClaim: ['PersistentVolumeClaim', 'claimName'],
};

/** Gives every item its new name, and follows it wherever another object refers to it. */
export function renameReferences(items: readonly Item[], rename: (item: Item) => string): Item[] {
  const names = new Map<string, string>();
  for (const item of items) {
    const name = rename(item);
    names.set(`${String(item.object.kind)} ${nameOf(item.object)}`, name);
    names.set(`${String(item.object.kind)} ${item.original}`, name);
  }
  const now = (kind: string, name: Json | undefined): Json => names.get(`${kind} ${String(name)}`) ?? name ?? null;
  const walk = (value: Json, key: string): Json => {
    if (Array.isArray(value)) return value.map((one) => walk(one, key));
    if (typeof value !== 'object' || value === null) {
      if (key === 'serviceAccountName' || key === 'serviceAccount') return now('ServiceAccount', value);
      return key === 'serviceName' ? now('Service', value) : value;
    }
    const out: JsonObject = {};
    for (const [field, inner] of Object.entries(value)) out[field] = walk(inner as Json, field);
    const change = (kind: string, field: string): void => {
      if (out[field] !== undefined) out[field] = now(kind, out[field]);
    };
    const [kind, field] = REFERENCES[key] ?? [];
    if (kind !== undefined && field !== undefined) change(kind, field);
    if (key === 'secret') {
      change('Secret', 'secretName');
      change('Secret', 'name');
    }
    if (key === 'service' && out.port !== undefined) change('Service', 'name');
    if (key === 'roleRef' || key === 'scaleTargetRef' || key === 'subjects') change(String(out.kind), 'name');
    return out;
  };
  return items.map((item) => {
    const object = walk(item.object, '') as JsonObject;
    object.metadata = { ...(item.object.metadata as JsonObject), name: rename(item) };
    return { ...item, object };
  });
}
