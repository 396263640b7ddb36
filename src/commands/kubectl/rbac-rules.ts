/**
 * Rules of roles, as describe and `auth can-i --list` show them: one line a resource and a name, its verbs together.
 * @models k8s.io/kubectl pkg/util/rbac/rbac.go, pkg/describe/describe.go CombineResourceGroup
 * @fidelity full
 */
import { type Fields, texts } from '../../protocols/kube/fields.ts';

type Rule = { verbs: string[]; group: string; resource: string; name: string | null; url: string | null };

/** Cells: resource, paths, names, verbs. */
export function ruleRows(rules: readonly Fields[]): string[][] {
  const found = new Map<string, Rule>();
  const paths: Rule[] = [];
  for (const rule of rules) {
    const verbs = texts(rule, 'verbs');
    for (const group of texts(rule, 'apiGroups'))
      for (const resource of texts(rule, 'resources'))
        for (const verb of verbs)
          for (const name of texts(rule, 'resourceNames').length === 0 ? [null] : texts(rule, 'resourceNames')) {
            const key = JSON.stringify([group, resource, name]);
            const known = found.get(key) ?? { verbs: [], group, resource, name, url: null };
            if (!known.verbs.includes(verb)) known.verbs.push(verb);
            found.set(key, known);
          }
    for (const url of texts(rule, 'nonResourceURLs'))
      for (const verb of verbs) paths.push({ verbs: [verb], group: '', resource: '', name: null, url });
  }
  return [...paths, ...found.values()]
    .map((rule): [string, Rule] => [goText(rule), rule])
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, { resource, group, url, name, verbs }]) => [
      combined(resource, group),
      url === null ? '[]' : `[${url}]`,
      name === null ? '[]' : `[${name}]`,
      `[${verbs.join(' ')}]`,
    ]);
}

/** What the rules are sorted by. */
function goText({ verbs, group, resource, name, url }: Rule): string {
  const inGroup = url === null ? `[${group}]` : '[]';
  return `&PolicyRule{Verbs:[${verbs.join(' ')}],APIGroups:${inGroup},Resources:[${resource}],ResourceNames:[${name ?? ''}],NonResourceURLs:[${url ?? ''}],}`;
}

function combined(resource: string, group: string): string {
  const slash = resource.indexOf('/');
  const [name, part] = slash < 0 ? [resource, ''] : [resource.slice(0, slash), resource.slice(slash)];
  return `${name}${group === '' || name === '' ? '' : `.${group}`}${part}`;
}
