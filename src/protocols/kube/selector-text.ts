/**
 * Label selectors as text.
 * @models k8s.io/apimachinery pkg/apis/meta/v1/helpers.go FormatLabelSelector FormatLabels, pkg/labels/labels.go
 * @fidelity full
 */
import { type Fields, list, object, pairs, text, texts } from './fields.ts';

/** `a=b,c in (d,e)`; `<none>` when it selects nothing in particular. */
export function formatSelector(selector: unknown): string {
  if (selector === undefined || selector === null) return '<none>';
  const parts: [key: string, shown: string][] = pairs(selector, 'matchLabels').map(([key, value]) => [
    key,
    `${key}=${value}`,
  ]);
  for (const expression of list(selector, 'matchExpressions')) {
    const key = text(expression, 'key');
    const values = [...texts(expression, 'values')].sort().join(',');
    const shown: Readonly<Record<string, string>> = {
      In: `${key} in (${values})`,
      NotIn: `${key} notin (${values})`,
      Exists: key,
      DoesNotExist: `!${key}`,
    };
    parts.push([key, shown[text(expression, 'operator')] ?? '<error>']);
  }
  parts.sort(([a], [b]) => (a < b ? -1 : 1));
  return parts.length === 0 ? '<none>' : parts.map(([, shown]) => shown).join(',');
}

/** A map as `a=b,c=d`, sorted; `<none>` when empty. */
export function mapSelector(map: Fields | undefined): string {
  return formatPairs(pairs(object({ map }, 'map')));
}

export function formatPairs(entries: readonly (readonly [string, string])[]): string {
  return entries.length === 0 ? '<none>' : entries.map(([key, value]) => `${key}=${value}`).join(',');
}
