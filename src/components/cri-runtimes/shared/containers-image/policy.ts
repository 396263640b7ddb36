/**
 * policy.json: whether an image may be used.
 * @models containers/image 5.38 signature/policy_eval.go
 * @fidelity partial: insecureAcceptAnything and reject; signatures are not simulated
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { readFile } from '../../../../linux/io.ts';
import { failure } from '../errors.ts';

const DEFAULT_POLICY = '/etc/containers/policy.json';

type Requirement = { type: string };
type Policy = { default?: Requirement[]; transports?: Record<string, Record<string, Requirement[]>> };

/** Throws unless the policy lets the image in. `name`: `docker.io/library/busybox:latest`. */
export async function checkPolicy(ctx: Context, configured: string, name: string): Promise<void> {
  const path = configured === '' ? DEFAULT_POLICY : configured;
  let policy: Policy;
  try {
    policy = JSON.parse(await readFile(ctx, path)) as Policy;
  } catch (error) {
    if (isErrno(error)) throw failure(`open ${path}: ${error.go}`);
    if (error instanceof SyntaxError) throw failure(`invalid policy in ${path}: ${error.message}`);
    throw error;
  }
  const scopes = policy.transports?.['docker'] ?? {};
  const scope = Object.keys(scopes)
    .filter((key) => key === '' || name === key || name.startsWith(`${key}/`) || name.startsWith(`${key}:`))
    .sort((a, b) => b.length - a.length)[0];
  const requirements = (scope === undefined ? undefined : scopes[scope]) ?? policy.default ?? [];
  for (const { type } of requirements) {
    if (type === 'insecureAcceptAnything') continue;
    if (type === 'reject')
      throw failure(`Source image rejected: Running image docker://${name} is rejected by policy.`);
    throw failure(`Source image rejected: ${type}: not simulated: signatures of images`);
  }
}
