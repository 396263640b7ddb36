/**
 * Which seccomp profile a container gets.
 * @models containerd 2.1 internal/cri/server/sputil, contrib/seccomp/seccomp.go @fidelity full
 */
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { SecurityProfile_ProfileType as Kind, type SecurityProfile } from '../../../../protocols/cri/generated.ts';
import { containerdSeccomp } from '../../../../protocols/oci-runtime/seccomp-profiles.ts';
import type { Spec } from '../../../../protocols/oci-runtime/types.ts';
import { failure, wrap } from '../../shared/errors.ts';
import { isProfileFailure, readSeccompProfile } from '../../shared/seccomp.ts';

const LOCALHOST = 'localhost/';

type Asked = {
  readonly profile: SecurityProfile | undefined;
  /** The field that CRI had before. */
  readonly path: string;
  /** unset_seccomp_profile of the configuration. */
  readonly unset: string;
  readonly privileged: boolean;
};

/** Sets linux.seccomp; capabilities must be final. */
export async function setSeccomp(ctx: Context, spec: Spec, asked: Asked): Promise<void> {
  try {
    const profile = asked.profile ?? profileNamed(asked.path || asked.unset);
    if (asked.privileged || profile === null) return;
    if (profile.profileType !== Kind.Localhost && profile.localhostRef !== '')
      throw failure('seccomp config invalid LocalhostRef must only be set if ProfileType is Localhost');
    spec.linux ??= {};
    if (profile.profileType === Kind.RuntimeDefault)
      spec.linux.seccomp = containerdSeccomp(spec.process?.capabilities?.bounding ?? []);
    else if (profile.profileType === Kind.Localhost) spec.linux.seccomp = await loaded(ctx, profile.localhostRef);
    else if (profile.profileType !== Kind.Unconfined) throw failure('seccomp unknown ProfileType');
  } catch (error) {
    throw wrap('failed to generate seccomp spec opts', error);
  }
}

function profileNamed(path: string): Pick<SecurityProfile, 'profileType' | 'localhostRef'> | null {
  if (path === '') return null;
  if (path === 'runtime/default' || path === 'docker/default')
    return { profileType: Kind.RuntimeDefault, localhostRef: '' };
  if (path === 'unconfined') return { profileType: Kind.Unconfined, localhostRef: '' };
  if (!path.startsWith(LOCALHOST)) throw failure(`invalid profile ${quote(path)}`);
  return { profileType: Kind.Localhost, localhostRef: path.slice(LOCALHOST.length) };
}

async function loaded(ctx: Context, reference: string): Promise<NonNullable<Spec['linux']>['seccomp'] & object> {
  const path = reference.startsWith(LOCALHOST) ? reference.slice(LOCALHOST.length) : reference;
  const profile = await readSeccompProfile(ctx, path);
  if (!isProfileFailure(profile)) return profile;
  const words = profile.step === 'open' ? 'cannot load seccomp profile' : 'decoding seccomp profile failed';
  throw failure(`${words} ${quote(path)}: ${profile.text}`);
}
