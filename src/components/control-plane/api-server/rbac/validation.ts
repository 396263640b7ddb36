/**
 * Which roles and bindings make sense, and what is filled in where they say nothing.
 * @models kubernetes pkg/apis/rbac/validation/validation.go, pkg/apis/rbac/v1/defaults.go
 * @fidelity full
 */
import { equal } from '../../../../protocols/kube/equal.ts';
import type { FieldError } from '../../../../protocols/kube/status-error.ts';
import type { KubeObject, PolicyRule, RoleRef, Subject } from '../../../../protocols/kube/types.ts';
import { RBAC_GROUP } from './bootstrap-policy.ts';

type Binding = KubeObject & { roleRef?: RoleRef; subjects?: Subject[] };

export function isRbac(kind: string): boolean {
  return ['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'].includes(kind);
}

export function setRbacDefaults(object: KubeObject): void {
  const { roleRef, subjects } = object as Binding;
  if (roleRef !== undefined && (roleRef.apiGroup ?? '') === '') roleRef.apiGroup = RBAC_GROUP;
  for (const subject of subjects ?? [])
    if (subject.apiGroup === undefined && subject.kind !== 'ServiceAccount') subject.apiGroup = RBAC_GROUP;
}

/** Names are parts of a path: colons are allowed. */
export function validateRbac(object: KubeObject): FieldError[] {
  const { name } = object.metadata;
  const errors: FieldError[] = [];
  const add = (field: string, type: FieldError['type'], detail: string, value?: unknown): void =>
    void errors.push({ field, type, detail, ...(value === undefined ? {} : { value }) });
  if (name === '' || name === undefined) add('metadata.name', 'Required', 'name or generateName is required');
  else if (name === '.' || name === '..') add('metadata.name', 'Invalid', `may not be '${name}'`, name);
  else
    for (const bad of ['/', '%'].filter((sign) => name.includes(sign)))
      add('metadata.name', 'Invalid', `may not contain '${bad}'`, name);
  if (object.kind === 'Role' || object.kind === 'ClusterRole')
    ((object as KubeObject & { rules?: PolicyRule[] }).rules ?? []).forEach((rule, i) =>
      checkRule(rule, `rules[${i}]`, object.kind === 'Role', add),
    );
  else checkBinding(object as Binding, add);
  return errors;
}

type Add = (field: string, type: FieldError['type'], detail: string, value?: unknown) => void;

function checkRule(rule: PolicyRule, at: string, isNamespaced: boolean, add: Add): void {
  const { verbs = [], apiGroups = [], resources = [], nonResourceURLs = [] } = rule;
  if (verbs.length === 0) add(`${at}.verbs`, 'Required', 'verbs must contain at least one value');
  if (nonResourceURLs.length > 0) {
    if (isNamespaced)
      add(`${at}.nonResourceURLs`, 'Invalid', 'namespaced rules cannot apply to non-resource URLs', nonResourceURLs);
    if (apiGroups.length > 0 || resources.length > 0 || (rule.resourceNames ?? []).length > 0)
      add(
        `${at}.nonResourceURLs`,
        'Invalid',
        'rules cannot apply to both regular resources and non-resource URLs',
        nonResourceURLs,
      );
    return;
  }
  if (apiGroups.length === 0) add(`${at}.apiGroups`, 'Required', 'resource rules must supply at least one api group');
  if (resources.length === 0) add(`${at}.resources`, 'Required', 'resource rules must supply at least one resource');
}

const one = (list: readonly string[]): string => `supported values: ${list.map((word) => `"${word}"`).join(', ')}`;

function checkBinding({ kind, roleRef, subjects = [] }: Binding, add: Add): void {
  const isNamespaced = kind === 'RoleBinding';
  const { apiGroup = RBAC_GROUP, kind: refKind = '', name = '' } = roleRef ?? {};
  if (apiGroup !== RBAC_GROUP) add('roleRef.apiGroup', 'NotSupported', one([RBAC_GROUP]), apiGroup);
  const kinds = isNamespaced ? ['ClusterRole', 'Role'] : ['ClusterRole'];
  if (!kinds.includes(refKind)) add('roleRef.kind', 'NotSupported', one(kinds), refKind);
  if (name === '') add('roleRef.name', 'Required', '');
  subjects.forEach((subject, i) => {
    const at = `subjects[${i}]`;
    if ((subject.name ?? '') === '') add(`${at}.name`, 'Required', '');
    switch (subject.kind) {
      case 'ServiceAccount':
        if ((subject.apiGroup ?? '') !== '') add(`${at}.apiGroup`, 'NotSupported', one(['']), subject.apiGroup);
        if (!isNamespaced && (subject.namespace ?? '') === '') add(`${at}.namespace`, 'Required', '');
        break;
      case 'User':
      case 'Group':
        if (subject.apiGroup !== RBAC_GROUP)
          add(`${at}.apiGroup`, 'NotSupported', one([RBAC_GROUP]), subject.apiGroup ?? '');
        break;
      default:
        add(`${at}.kind`, 'NotSupported', one(['Group', 'ServiceAccount', 'User']), subject.kind);
    }
  });
}

export function validateRbacUpdate(before: KubeObject, after: KubeObject): FieldError[] {
  const errors = validateRbac(after);
  const [was, is] = [(before as Binding).roleRef, (after as Binding).roleRef];
  if (was === undefined || equal(was, is)) return errors;
  const value = { APIGroup: is?.apiGroup ?? '', Kind: is?.kind ?? '', Name: is?.name ?? '' };
  return [...errors, { field: 'roleRef', type: 'Invalid', value, detail: 'cannot change roleRef' }];
}
