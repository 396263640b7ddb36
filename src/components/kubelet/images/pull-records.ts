/**
 * What the kubelet remembers of its pulls: which image came by which credentials, so that a pod without them does not
 * get to an image that is there only because another pod was allowed to fetch it.
 * @models kubernetes 1.36 pkg/kubelet/images/pullmanager image_pull_manager.go fs_pullrecords.go image_pull_policies.go
 * @fidelity partial: no credentials of service accounts; records are not pruned with images; the hash of a credential
 * is over a form of our own
 */
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { mkdirAll, readFile, writeFileAtomic } from '../../../linux/io.ts';
import { digestHex, digestOf } from '../../../protocols/oci/digest.ts';
import { parseDockerReference, repositoryName } from '../../../protocols/oci/reference.ts';
import type { Credentials, SecretSource } from './keyring.ts';

const API_VERSION = 'kubelet.config.k8s.io/v1beta1';
const SECRETS_MAX = 100;

export type PullSecret = SecretSource & { credentialHash: string };

/** Whoever runs on the node may use it, or those who have one of these secrets. */
type Access = { nodePodsAccessible?: true; kubernetesSecrets?: PullSecret[] };

type PulledRecord = {
  kind: 'ImagePulledRecord';
  apiVersion: typeof API_VERSION;
  lastUpdatedTime: string;
  imageRef: string;
  /** By the image's name without tag and digest. */
  credentialMapping: Record<string, Access>;
};

export type VerificationPolicy = {
  imagePullCredentialsVerificationPolicy: string;
  preloadedImagesVerificationAllowlist: readonly string[];
};

export function pullSecretOf({ source, credentials }: { source: SecretSource; credentials: Credentials }): PullSecret {
  const text = JSON.stringify([credentials.username, credentials.password]);
  return { ...source, credentialHash: digestHex(digestOf(new TextEncoder().encode(text))) };
}

export class PullRecords {
  private readonly pulling: string;
  private readonly pulled: string;
  private readonly policy: VerificationPolicy;

  constructor(rootDir: string, policy: VerificationPolicy) {
    this.pulling = `${rootDir}/image_manager/pulling`;
    this.pulled = `${rootDir}/image_manager/pulled`;
    this.policy = policy;
  }

  /** Before a pull: should the kubelet die in the middle, the image that it finds later was its doing. */
  async intend(ctx: Context, image: string): Promise<void> {
    await mkdirAll(ctx, this.pulling, 0o700);
    const intent = { kind: 'ImagePullIntent', apiVersion: API_VERSION, image };
    await writeFileAtomic(ctx, fileOf(this.pulling, image), `${JSON.stringify(intent)}\n`, 0o600);
  }

  async failed(ctx: Context, image: string): Promise<void> {
    await this.forgetIntent(ctx, image);
  }

  /** @param secret what it was pulled with; null for nothing that only some pods have */
  async succeeded(ctx: Context, image: string, imageRef: string, secret: PullSecret | null): Promise<void> {
    await this.record(
      ctx,
      image,
      imageRef,
      secret === null ? { nodePodsAccessible: true } : { kubernetesSecrets: [secret] },
    );
    await this.forgetIntent(ctx, image);
  }

  /** Whether an image that is there must be pulled all the same, for the pod to prove that it may have it. */
  async mustPull(ctx: Context, image: string, imageRef: string, secrets: readonly PullSecret[]): Promise<boolean> {
    const record = await this.read(ctx, imageRef);
    const isOurs = record !== null || (await isThere(ctx, fileOf(this.pulling, image)));
    if (!this.mustVerify(image, isOurs)) return false;
    const access = record?.credentialMapping[nameOf(image)];
    if (access === undefined) return true;
    if (access.nodePodsAccessible) return false;
    const known = access.kubernetesSecrets ?? [];
    for (const secret of secrets)
      for (const other of known) {
        const isSame = secret.uid === other.uid && secret.namespace === other.namespace && secret.name === other.name;
        const isEqual = secret.credentialHash === other.credentialHash;
        if (!isSame && !isEqual) continue;
        if (!(isSame && isEqual) && known.length < SECRETS_MAX)
          await this.record(ctx, image, imageRef, { kubernetesSecrets: [secret] });
        return false;
      }
    return true;
  }

  private mustVerify(image: string, isOurs: boolean): boolean {
    switch (this.policy.imagePullCredentialsVerificationPolicy) {
      case 'NeverVerify':
        return false;
      case 'NeverVerifyAllowlistedImages':
        return !this.policy.preloadedImagesVerificationAllowlist.some((pattern) => allows(pattern, nameOf(image)));
      case 'AlwaysVerify':
        return true;
      default:
        return isOurs;
    }
  }

  private async record(ctx: Context, image: string, imageRef: string, access: Access): Promise<void> {
    const name = nameOf(image);
    const before = await this.read(ctx, imageRef);
    const merged = merge(before?.credentialMapping[name], access);
    if (merged === null) return;
    const record: PulledRecord = {
      kind: 'ImagePulledRecord',
      apiVersion: API_VERSION,
      lastUpdatedTime: rfc3339(ctx.wallTime),
      imageRef,
      credentialMapping: { ...before?.credentialMapping, [name]: merged },
    };
    await mkdirAll(ctx, this.pulled, 0o700);
    await writeFileAtomic(ctx, fileOf(this.pulled, imageRef), `${JSON.stringify(record)}\n`, 0o600);
  }

  private async read(ctx: Context, imageRef: string): Promise<PulledRecord | null> {
    try {
      return JSON.parse(await readFile(ctx, fileOf(this.pulled, imageRef))) as PulledRecord;
    } catch (error) {
      if (isErrno(error) || error instanceof SyntaxError) return null;
      throw error;
    }
  }

  private async forgetIntent(ctx: Context, image: string): Promise<void> {
    try {
      await ctx.sys.unlink(ctx, fileOf(this.pulling, image));
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
}

function fileOf(directory: string, name: string): string {
  return `${directory}/sha256-${digestHex(digestOf(new TextEncoder().encode(name)))}`;
}

function nameOf(image: string): string {
  return repositoryName(parseDockerReference(image));
}

async function isThere(ctx: Context, path: string): Promise<boolean> {
  try {
    await ctx.sys.stat(ctx, path);
    return true;
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

/** Null when nothing is new. */
function merge(old: Access | undefined, added: Access): Access | null {
  if (old === undefined) return added;
  if (old.nodePodsAccessible) return null;
  if (added.nodePodsAccessible) return added;
  const [secret] = added.kubernetesSecrets ?? [];
  const known = old.kubernetesSecrets ?? [];
  if (secret === undefined) return null;
  const at = known.findIndex((s) => s.uid === secret.uid && s.namespace === secret.namespace && s.name === secret.name);
  if (at >= 0 && known[at]?.credentialHash === secret.credentialHash) return null;
  return { kubernetesSecrets: at < 0 ? [...known, secret] : known.map((s, i) => (i === at ? secret : s)) };
}

/** A name, or the beginning of names when it ends with `/*`. */
function allows(pattern: string, name: string): boolean {
  return pattern.endsWith('/*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
