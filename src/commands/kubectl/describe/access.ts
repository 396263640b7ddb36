/** @models k8s.io/kubectl pkg/describe/describe.go RoleDescriber ClusterRoleDescriber RoleBindingDescriber ServiceAccountDescriber @fidelity full */
import { type Fields, list, text } from '../../../protocols/kube/fields.ts';
import { ruleRows } from '../rbac-rules.ts';
import { annotationLines, labelLines } from './text.ts';

export function roleLines(role: Fields): string[] {
  return [
    ...head(role),
    'PolicyRule:',
    '  Resources\tNon-Resource URLs\tResource Names\tVerbs',
    '  ---------\t-----------------\t--------------\t-----',
    ...ruleRows(list(role, 'rules')).map((cells) => `  ${cells.join('\t')}`),
  ];
}

export function roleBindingLines(binding: Fields): string[] {
  return [
    ...head(binding),
    'Role:',
    `  Kind:\t${text(binding, 'roleRef', 'kind')}`,
    `  Name:\t${text(binding, 'roleRef', 'name')}`,
    'Subjects:',
    '  Kind\tName\tNamespace',
    '  ----\t----\t---------',
    ...list(binding, 'subjects').map(
      (subject) => `  ${text(subject, 'kind')}\t${text(subject, 'name')}\t${text(subject, 'namespace')}`,
    ),
  ];
}

export function serviceAccountLines(account: Fields): string[] {
  const secrets = list(account, 'imagePullSecrets').map((secret) => text(secret, 'name'));
  return [
    `Name:\t${text(account, 'metadata', 'name')}`,
    `Namespace:\t${text(account, 'metadata', 'namespace')}`,
    ...labelLines('Labels', account, 'metadata', 'labels'),
    ...annotationLines('Annotations', account),
    ...(secrets.length === 0
      ? ['Image pull secrets:\t<none>']
      : secrets.map((name, i) => `${i === 0 ? 'Image pull secrets:' : '                   '}\t${name}`)),
  ];
}

function head(item: Fields): string[] {
  return [
    `Name:\t${text(item, 'metadata', 'name')}`,
    ...labelLines('Labels', item, 'metadata', 'labels'),
    ...annotationLines('Annotations', item),
  ];
}
