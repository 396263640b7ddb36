/**
 * What a rule allows, and whether some rules allow all that another does.
 * @models kubernetes pkg/apis/rbac/v1 evaluation_helpers.go, component-helpers auth/rbac/validation policy_comparator.go
 * @fidelity full
 */
import type { PolicyRule } from '../../../../protocols/kube/types.ts';

export type Attributes = {
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
  namespace: string | null;
  name: string;
  /** Set when the request is about a path instead of a resource. */
  path?: string;
  /** Fields that a list or watch is restricted to by equality. */
  fields?: readonly { path: string; value: string }[];
};

const has = (list: readonly string[] | undefined, word: string): boolean =>
  list !== undefined && (list.includes(word) || list.includes('*'));

export const fullResource = ({ resource, subresource }: Attributes): string =>
  subresource === undefined || subresource === '' ? resource : `${resource}/${subresource}`;

/** The same of requests that differ only in their objects' names, and in the namespace. */
export const whateverTheName = ({ verb, group, resource, subresource = '' }: Attributes): string =>
  `${verb} ${group} ${resource} ${subresource}`;

export function ruleAllows(rule: PolicyRule, a: Attributes): boolean {
  if (!has(rule.verbs, a.verb)) return false;
  if (a.path !== undefined) return pathMatches(rule.nonResourceURLs, a.path);
  if (!has(rule.apiGroups, a.group)) return false;
  const { resources = [], resourceNames = [] } = rule;
  const { subresource = '' } = a;
  const matches = has(resources, fullResource(a)) || (subresource !== '' && resources.includes(`*/${subresource}`));
  return matches && (resourceNames.length === 0 || resourceNames.includes(a.name));
}

function pathMatches(paths: readonly string[] | undefined, asked: string): boolean {
  return (paths ?? []).some(
    (path) => path === '*' || path === asked || (path.endsWith('*') && asked.startsWith(path.replace(/\*+$/, ''))),
  );
}

/** Rules of one verb, one group, one resource, at most one name; or of one verb and one path. */
function breakDown(rule: PolicyRule): PolicyRule[] {
  const single: PolicyRule[] = [];
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  for (const group of apiGroups)
    for (const resource of resources)
      for (const verb of verbs) {
        const one = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (resourceNames.length === 0) single.push(one);
        else for (const name of resourceNames) single.push({ ...one, resourceNames: [name] });
      }
  for (const url of nonResourceURLs) for (const verb of verbs) single.push({ nonResourceURLs: [url], verbs: [verb] });
  return single;
}

/** What of `asked` the `held` rules do not allow, as the smallest rules. */
export function uncovered(held: readonly PolicyRule[], asked: readonly PolicyRule[]): PolicyRule[] {
  return asked.flatMap(breakDown).filter((one) => !held.some((rule) => covers(rule, one)));
}

function covers(rule: PolicyRule, one: PolicyRule): boolean {
  if (!has(rule.verbs, one.verbs[0] ?? '')) return false;
  const [url] = one.nonResourceURLs ?? [];
  if (url !== undefined) return pathMatches(rule.nonResourceURLs, url);
  const [resource = ''] = one.resources ?? [];
  const slash = resource.indexOf('/');
  const names = rule.resourceNames ?? [];
  const [name] = one.resourceNames ?? [];
  return (
    has(rule.apiGroups, one.apiGroups?.[0] ?? '') &&
    (has(rule.resources, resource) || (slash >= 0 && rule.resources?.includes(`*${resource.slice(slash)}`) === true)) &&
    (names.length === 0 || (name !== undefined && names.includes(name)))
  );
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`: rules that differ only in their verbs are told as one. */
export function rulesText(rules: readonly PolicyRule[]): string {
  const merged = new Map<string, { rule: PolicyRule; verbs: string[] }>();
  for (const rule of rules) {
    const { verbs, ...rest } = rule;
    const key = JSON.stringify(rest);
    const known = merged.get(key);
    if (known === undefined) merged.set(key, { rule, verbs: [...verbs] });
    else known.verbs.push(...verbs);
  }
  const quoted = (list: readonly string[]): string => `[${list.map((word) => JSON.stringify(word)).join(' ')}]`;
  const texts = [...merged.values()].map(({ rule, verbs }) => {
    const parts = [
      ['APIGroups', rule.apiGroups],
      ['Resources', rule.resources],
      ['ResourceNames', rule.resourceNames],
      ['NonResourceURLs', rule.nonResourceURLs],
      ['Verbs', verbs],
    ] as const;
    return `{${parts
      .filter(([, list]) => list !== undefined && list.length > 0)
      .map(([title, list]) => `${title}:${quoted(list ?? [])}`)
      .join(', ')}}`;
  });
  return texts.sort().join('\n');
}
