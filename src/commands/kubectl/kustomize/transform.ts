/** @models kustomize api/filters namespace labels annotations imagetag replicacount, builtinpluginconsts @fidelity partial: the kinds that this cluster has */
import type { Json, JsonObject } from '../../../protocols/kube/json.ts';
import { resourceOfKind } from '../../../protocols/kube/resources.ts';
import { Failure } from '../failure.ts';
import { type Item, nameOf } from './items.ts';

const SELECTED = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet']);
const inside = (object: JsonObject, ...path: readonly string[]): JsonObject | undefined => {
  let at: Json | undefined = object;
  for (const part of path) at = (at as JsonObject | undefined)?.[part];
  return at as JsonObject | undefined;
};

export function setNamespace(items: readonly Item[], namespace: string): void {
  for (const { object } of items) {
    const { apiVersion, kind, metadata } = object;
    const known = resourceOfKind(String(apiVersion), String(kind));
    if (kind === 'Namespace') (metadata as JsonObject).name = namespace;
    else if (known?.namespaced !== false) (metadata as JsonObject).namespace = namespace;
    if (kind === 'RoleBinding' || kind === 'ClusterRoleBinding')
      for (const subject of (object.subjects ?? []) as JsonObject[])
        if (subject.kind === 'ServiceAccount' && (subject.name === 'default' || kind === 'RoleBinding'))
          subject.namespace = namespace;
  }
}

/** Labels, or annotations, on the object and, as wanted, on its pods and in its selector. */
export function setLabels(
  items: readonly Item[],
  pairs: JsonObject,
  where: { selectors: boolean; templates: boolean },
  field: 'labels' | 'annotations' = 'labels',
): void {
  const add = (to: JsonObject | undefined, key: string): void => {
    if (to !== undefined) to[key] = { ...((to[key] ?? {}) as JsonObject), ...pairs };
  };
  for (const { object } of items) {
    add(inside(object, 'metadata'), field);
    const kind = String(object.kind);
    if (where.templates)
      for (const template of [
        inside(object, 'spec', 'template'),
        inside(object, 'spec', 'jobTemplate', 'spec', 'template'),
      ]) {
        if (template === undefined) continue;
        template.metadata ??= {};
        add(template.metadata as JsonObject, field);
      }
    if (!where.selectors) continue;
    if (kind === 'Service' && inside(object, 'spec', 'selector') !== undefined) add(inside(object, 'spec'), 'selector');
    if (SELECTED.has(kind)) {
      const spec = inside(object, 'spec');
      if (spec !== undefined) spec.selector ??= {};
      add(inside(object, 'spec', 'selector'), 'matchLabels');
    }
    if (kind === 'NetworkPolicy' || kind === 'PodDisruptionBudget') {
      const selector = inside(object, 'spec', kind === 'NetworkPolicy' ? 'podSelector' : 'selector');
      if (selector?.matchLabels !== undefined) add(selector, 'matchLabels');
    }
  }
}

export function setReplicas(items: readonly Item[], wanted: readonly { name: string; count: number }[]): void {
  for (const { name, count } of wanted) {
    const hit = items.filter(
      ({ object, original }) =>
        (original === name || nameOf(object) === name) &&
        ['Deployment', 'ReplicaSet', 'StatefulSet', 'ReplicationController'].includes(String(object.kind)),
    );
    if (hit.length === 0)
      throw new Failure(
        `resource with name ${name} does not match a config with the following GVK [Deployment.[noVer].[noGrp] StatefulSet.[noVer].[noGrp] ReplicaSet.[noVer].[noGrp] ReplicationController.[noVer].[noGrp]]`,
      );
    for (const { object } of hit) object.spec = { ...(object.spec as JsonObject), replicas: count };
  }
}

type Image = { name: string; newName?: string; newTag?: string | number; digest?: string };

export function setImages(items: readonly Item[], images: readonly Image[]): void {
  const walk = (value: Json): void => {
    if (Array.isArray(value)) return value.forEach(walk);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'containers' || key === 'initContainers')
        for (const container of inner as JsonObject[])
          for (const image of images)
            if (typeof container.image === 'string') container.image = renamed(container.image, image);
      walk(inner as Json);
    }
  };
  if (images.length > 0) for (const { object } of items) walk(object);
}

function renamed(image: string, { name, newName, newTag, digest }: Image): string {
  const [, own = '', tag = ''] = /^(.+?)((?::[\w.-]+)?(?:@[\w:]+)?)$/.exec(image) ?? [];
  if (own !== name) return image;
  const end = digest !== undefined ? `@${digest}` : newTag !== undefined ? `:${newTag}` : tag;
  return `${newName ?? own}${end}`;
}
