/** A seccomp profile out of a file. @models Go's encoding/json into specs.LinuxSeccomp @fidelity partial: types inside the rules are not checked */
import { parseJson } from '../../../go/json-parse.ts';
import type { Context } from '../../../linux/context.ts';
import { Errno } from '../../../linux/errno.ts';
import { readFile } from '../../../linux/io.ts';
import type { Seccomp } from '../../../protocols/oci-runtime/types.ts';

/** What went wrong: `open` with the words of os.ReadFile, `decode` with those of encoding/json. */
export type ProfileFailure = { readonly step: 'open' | 'decode'; readonly text: string };

export async function readSeccompProfile(ctx: Context, path: string): Promise<Seccomp | ProfileFailure> {
  let text: string;
  try {
    text = await readFile(ctx, path);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return { step: 'open', text: `open ${path}: ${error.go}` };
  }
  const parsed = parseJson(text);
  if (!parsed.ok) return { step: 'decode', text: parsed.error };
  const { value } = parsed;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    const kind = Array.isArray(value) ? 'array' : typeof value;
    return { step: 'decode', text: `json: cannot unmarshal ${kind} into Go value of type specs.LinuxSeccomp` };
  }
  return value as unknown as Seccomp;
}

export function isProfileFailure(value: Seccomp | ProfileFailure): value is ProfileFailure {
  return 'step' in value;
}
