/**
 * config.json as runsc reads it: parsed as Go does, then checked for what it cannot do without or cannot do at all.
 * @models gVisor runsc/specutils/specutils.go ReadSpec, ValidateSpec
 * @fidelity partial: where it prints a whole structure of Go there is only its beginning; of wrong types those of the process
 */
import { newError } from '../../../go/errors.ts';
import { parseJson } from '../../../go/json-parse.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { readFile } from '../../../linux/io.ts';
import type { Mount, Process, Spec } from '../../../protocols/oci-runtime/types.ts';
import { pathError, wrapped } from '../shared/fault.ts';

export async function readSpec(ctx: Context, bundle: string): Promise<Spec> {
  const path = `${bundle === '/' ? '' : bundle}/config.json`;
  let text: string;
  try {
    text = await readFile(ctx, path);
  } catch (error) {
    throw wrapped(`reading spec: error opening spec file ${quote(path)}`, pathError('open', path, error));
  }
  const parsed = parseJson(text);
  const fault = parsed.ok ? wrongType(parsed.value) : parsed.error;
  if (fault !== null)
    throw newError(`reading spec: error unmarshaling spec from file ${quote(path)}: ${fault}\n ${text}`);
  const spec = JSON.parse(text) as Spec;
  const invalid = validate(spec);
  if (invalid !== null) throw newError(`reading spec: ${invalid}`);
  return spec;
}

const KIND = (value: unknown): string =>
  Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value === 'boolean' ? 'bool' : typeof value;

function wrongType(document: unknown): string | null {
  const kind = KIND(document);
  if (kind !== 'object') return `json: cannot unmarshal ${kind} into Go value of type specs.Spec`;
  const { process } = document as { process?: unknown };
  return process === undefined || process === null ? null : wrongProcess(process, 'Process.process');
}

/** Go's words for the first field of a process that has another type than it should; `at` as Go names the path. */
export function wrongProcess(process: unknown, at: string): string | null {
  const kinds: readonly (readonly [keyof Process, string, string])[] = [
    ['terminal', 'boolean', 'bool'],
    ['args', 'array', '[]string'],
    ['env', 'array', '[]string'],
    ['cwd', 'string', 'string'],
  ];
  for (const [name, wanted, type] of kinds) {
    const value = (process as Record<string, unknown>)[name];
    if (value === undefined || value === null) continue;
    const kind = KIND(value);
    if (kind === (wanted === 'boolean' ? 'bool' : wanted)) continue;
    return `json: cannot unmarshal ${kind} into Go struct field ${at}.${name} of type ${type}`;
  }
  return null;
}

function validate(spec: Spec): string | null {
  const { process, root } = spec;
  if (process === undefined) return 'Spec.Process must be defined';
  if ((process.args ?? []).length === 0) return 'Spec.Process.Arg must be defined';
  if (root === undefined) return 'Spec.Root must be defined';
  if ((root.path ?? '') === '') return 'Spec.Root.Path must be defined';
  const label = process.selinuxLabel ?? '';
  if (label !== '') return `SELinux is not supported: ${label}`;
  const relative = (spec.mounts ?? []).find((mount) => !(mount.destination ?? '').startsWith('/'));
  return relative === undefined ? null : `Mount.Destination must be an absolute path: ${printed(relative)}`;
}

/** %v of a pointer to the structure. */
function printed({ destination = '', type = '', source = '', options = [] }: Partial<Mount>): string {
  return `&{${destination} ${type} ${source} [${options.join(' ')}] [] []}`;
}
