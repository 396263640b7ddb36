/** Which of the fields that can be followed a field of a CRI message is. */
import type { WireNode } from '../../protocols/wire-view.ts';
import { FIELDS, type Field } from './fields.ts';
import type { Path } from './tree.ts';

/** Lists with a field for each of their elements: what that is called by, and the family it belongs to. */
const FAMILIES: readonly { readonly at: string; readonly by: string; readonly family: string }[] = [
  { at: 'config.envs', by: 'key', family: 'variable' },
  { at: 'config.mounts', by: 'container_path', family: 'mount' },
  { at: 'config.linux.sysctls', by: 'key', family: 'sysctl' },
];

/** `path` leads from the outermost message to the field. Null: nothing follows from it. */
export function fieldOfMessage(method: string, path: readonly WireNode[]): string | null {
  const names = path.map(({ name }) => name ?? '');
  for (const { at, by, family } of FAMILIES) {
    const depth = at.split('.').length;
    if (names.slice(0, depth).join('.') !== at) continue;
    const key = path[depth - 1]?.children.find(({ name }) => name === by)?.text;
    return key === undefined ? null : `${family} ${key}`;
  }
  const part = method.endsWith('/RunPodSandbox')
    ? 'sandbox'
    : method.endsWith('/CreateContainer')
      ? 'create'
      : 'update';
  for (const [id, field] of Object.entries<Field>(FIELDS))
    if (field[part]?.some((each) => leadsThrough(names, each)) === true) return id;
  return null;
}

/** Is the field at the path, or within what is there? */
function leadsThrough(names: readonly string[], path: Path): boolean {
  return path.every((step, i) => {
    if (typeof step === 'string') return names[i] === step;
    return 'all' in step && names[i] === step.all;
  });
}
