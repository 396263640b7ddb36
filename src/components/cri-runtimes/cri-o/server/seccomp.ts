/**
 * Which seccomp profile a container or a pod's infra container gets.
 * @models CRI-O 1.36 internal/config/seccomp/seccomp.go Setup, server/container_create.go setupSeccomp
 * @fidelity partial: no profiles as OCI artifacts, no notifier, no privileged_seccomp_profile
 */
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { SecurityProfile_ProfileType as Kind, type SecurityProfile } from '../../../../protocols/cri/generated.ts';
import { crioSeccomp } from '../../../../protocols/oci-runtime/seccomp-profiles.ts';
import type { Spec } from '../../../../protocols/oci-runtime/types.ts';
import { failure } from '../../shared/errors.ts';
import { isProfileFailure, readSeccompProfile } from '../../shared/seccomp.ts';
import type { Server } from './server.ts';

/** Sets linux.seccomp and answers what the annotation says of it. A request without any security context means the default. */
export async function setupSeccomp(
  ctx: Context,
  server: Server,
  spec: Spec,
  security: { readonly seccomp: SecurityProfile | undefined } | undefined,
  privileged: boolean,
): Promise<string> {
  if (privileged) return 'Unconfined';
  const profile = security === undefined ? { profileType: Kind.RuntimeDefault, localhostRef: '' } : security.seccomp;
  if (profile === undefined) return '';
  if (profile.profileType === Kind.Unconfined) return 'Unconfined';
  spec.linux ??= {};
  if (profile.profileType === Kind.Localhost) {
    spec.linux.seccomp = await loaded(ctx, profile.localhostRef, 'unable to load local profile');
    return profile.localhostRef;
  }
  const file = String(server.config.crio.runtime['seccomp_profile'] ?? '');
  spec.linux.seccomp =
    file === ''
      ? crioSeccomp(spec.process?.capabilities?.bounding ?? [])
      : await loaded(ctx, file, 'open seccomp profile');
  return 'RuntimeDefault';
}

async function loaded(
  ctx: Context,
  path: string,
  words: string,
): Promise<NonNullable<Spec['linux']>['seccomp'] & object> {
  const profile = await readSeccompProfile(ctx, path);
  if (!isProfileFailure(profile)) return profile;
  throw failure(
    profile.step === 'open'
      ? `setup seccomp: ${words} ${quote(path)}: ${profile.text}`
      : `setup seccomp: apply profile from bytes: load local profile: decoding seccomp profile failed: ${profile.text}`,
  );
}
