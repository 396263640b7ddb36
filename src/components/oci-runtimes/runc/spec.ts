/**
 * The bundle's config.json: reading it, and refusing what cannot be run.
 * @models runc utils_linux.go, spec.go, libcontainer/configs/validate @fidelity partial: no intelRdt, scheduler or idmap rules
 */
import { newError } from '../../../go/errors.ts';
import { type ParsedJson, parseJson } from '../../../go/json-parse.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readFile } from '../../../linux/io.ts';
import type { Process, Spec } from '../../../protocols/oci-runtime/types.ts';

export const OCI_VERSION = '1.2.1';

/** Reads config.json of the bundle that is the working directory. */
export async function loadSpec(ctx: Context): Promise<Spec> {
  let text: string;
  try {
    text = await readFile(ctx, 'config.json');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw newError('JSON specification file config.json not found');
    throw error;
  }
  const spec = decodeJson(text) as unknown as Spec;
  validateProcess(spec.process);
  return spec;
}

const LONG_INTEGER = /\d{16}/;

/** json.Decoder reports a cut-off document in words of its own. */
export function decodeJson(text: string): unknown {
  const parsed = parseJson(text);
  if (parsed.ok) return LONG_INTEGER.test(text) ? withNumbers(parsed.value) : parsed.value;
  if (text.trim() === '') throw newError('EOF');
  throw newError(parsed.error === 'unexpected end of JSON input' ? 'unexpected EOF' : parsed.error);
}

/** Limits such as 18446744073709551615 stand for "none": as numbers they are near enough. */
function withNumbers(value: ParsedJson): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withNumbers(member)]));
}

export function validateProcess(process: Process | undefined): asserts process is Process {
  if (process === undefined || process === null) throw newError('process property must not be empty');
  if (process.cwd === undefined || process.cwd === '') throw newError('Cwd property must not be empty');
  if (!process.cwd.startsWith('/')) throw newError('Cwd must be an absolute path');
  if ((process.args ?? []).length === 0) throw newError('args must not be empty');
}

const ID_PATTERN = /^[\w+.-]+$/;

/** A container id becomes a directory's name. */
export function validateId(id: string): void {
  if (id === '') throw newError('container id cannot be empty');
  if (id === '.' || id === '..' || !ID_PATTERN.test(id)) throw newError('invalid container ID format');
}
