/**
 * Kinds without a description of their own: every field under a title made of its name.
 * @models k8s.io/kubectl pkg/describe describe.go genericDescriber printUnstructuredContent smartLabelFor
 * @fidelity full
 */
import { type Fields, object, text } from '../../../protocols/kube/fields.ts';
import { annotationLines, labelLines } from './text.ts';

export function genericLines(item: Fields): string[] {
  return [
    `Name:\t${text(item, 'metadata', 'name')}`,
    `Namespace:\t${text(item, 'metadata', 'namespace')}`,
    ...labelLines('Labels', item, 'metadata', 'labels'),
    ...annotationLines('Annotations', item),
    ...contentLines(item, '', ''),
  ];
}

const SKIPPED = new Set([
  '.metadata.name',
  '.metadata.namespace',
  '.metadata.labels',
  '.metadata.annotations',
  '.metadata.managedFields',
]);

function contentLines(content: Fields, margin: string, path: string): string[] {
  return Object.keys(content)
    .sort()
    .flatMap((key): string[] => {
      const here = `${path}.${key}`;
      if (SKIPPED.has(here)) return [];
      const value = content[key];
      const title = `${margin}${smartLabel(key)}:`;
      const inner = `${margin}  `;
      if (Array.isArray(value)) {
        return [
          title,
          ...value.flatMap((item: unknown) =>
            isMap(item) ? contentLines(item, inner, here) : [`${inner}${String(item)}`],
          ),
        ];
      }
      if (isMap(value)) return [title, ...contentLines(object({ value }, 'value') ?? {}, inner, here)];
      return [`${title}\t${value === null ? '<nil>' : String(value)}`];
    });
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const ACRONYMS = new Set(['API', 'URL', 'UID', 'OSB', 'GUID']);

/** `podFixed` is `Pod Fixed`; what is no identifier stays as it is. */
function smartLabel(key: string): string {
  if (!/^[A-Za-z0-9]+$/.test(key)) return key;
  return key
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(' ')
    .map((word) =>
      ACRONYMS.has(word.toUpperCase()) ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1),
    )
    .join(' ');
}
