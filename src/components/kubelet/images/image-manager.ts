/**
 * Makes sure that a container's image is there: pull policy, back-off, credentials, one pull after the other.
 * @models kubernetes 1.36 pkg/kubelet/images image_manager.go puller.go helpers.go, kuberuntime/kuberuntime_image.go
 * @fidelity partial: pulls are always serialized
 */
import { durationString } from '../../../go/duration.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import type { PodSandboxConfig } from '../../../protocols/cri/generated.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import type { Container, Pod, Secret } from '../../../protocols/kube/types.ts';
import {
  InvalidReference,
  parseDockerReference,
  parseReference,
  repositoryName,
} from '../../../protocols/oci/reference.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { Mutex } from '../../../sim/primitives.ts';
import { Backoff } from '../backoff.ts';
import type { KubeletConfig } from '../config.ts';
import type { RuntimeService } from '../cri/runtime-service.ts';
import type { Recorder } from '../events.ts';
import { Failure, StartFailure } from '../failures.ts';
import type { Log } from '../log.ts';
import { podKey, uidOf } from '../pod.ts';
import type { Release } from '../release.ts';
import { credentialsFor, keyringOf, type TrackedCredentials } from './keyring.ts';
import { PullRecords, pullSecretOf } from './pull-records.ts';

const SECOND = 1_000_000_000;

export class ImageManager {
  private readonly runtime: RuntimeService;
  private readonly recorder: Recorder;
  private readonly log: Log;
  private readonly release: Release;
  private readonly backoff = new Backoff(10 * SECOND, 300 * SECOND);
  private readonly lastError = new Map<string, string>();
  private readonly pulling: Mutex;
  /** Absent in releases that do not verify who may use what has been pulled. */
  private readonly records: PullRecords | null;
  private readonly qps: number;
  private readonly burst: number;
  private tokens: number;
  private tokensAt = 0;

  constructor(
    ctx: Context,
    parts: {
      runtime: RuntimeService;
      recorder: Recorder;
      log: Log;
      release: Release;
      config: KubeletConfig;
      rootDir: string;
    },
  ) {
    this.runtime = parts.runtime;
    this.recorder = parts.recorder;
    this.log = parts.log;
    this.release = parts.release;
    this.records = parts.release.verifiesPulledImages ? new PullRecords(parts.rootDir, parts.config) : null;
    this.qps = parts.config.registryPullQPS;
    this.burst = parts.config.registryBurst;
    this.tokens = this.burst;
    this.pulling = new Mutex(ctx.scheduler);
  }

  /** The runtime's ID of the image. Throws StartFailure. */
  async ensure(
    ctx: Context,
    pod: Pod,
    container: Container,
    secrets: readonly Secret[],
    sandboxConfig: Input<PodSandboxConfig>,
  ): Promise<string> {
    const wanted = container.image ?? '';
    const policy = container.imagePullPolicy ?? 'IfNotPresent';
    const note = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
      this.recorder.container(ctx, pod, container.name, type, reason, message);
    let image: string;
    try {
      image = withDefaultTag(wanted);
    } catch (error) {
      if (!(error instanceof InvalidReference)) throw error;
      const message = `Failed to apply default image tag ${quote(wanted)}: couldn't parse image name ${quote(wanted)}: ${error.message}`;
      note('Warning', 'InspectFailed', message);
      throw new StartFailure('InvalidImageName', message);
    }
    const credentials = credentialsFor(keyringOf(secrets), repositoryName(parseDockerReference(image)));
    if (policy !== 'Always') {
      const present = await this.inspect(ctx, image, note);
      const isBarred =
        present !== null && (await this.records?.mustPull(ctx, image, present, credentials.map(pullSecretOf)));
      if (present !== null && !isBarred) {
        note('Normal', 'Pulled', this.release.alreadyPresent(wanted));
        return present;
      }
      if (policy === 'Never') {
        const message = `Container image ${quote(wanted)} is not present with pull policy of Never`;
        note('Warning', 'ErrImageNeverPull', message);
        throw new StartFailure('ErrImageNeverPull', message);
      }
    }
    const key = `${uidOf(pod)}_${image}`;
    if (this.backoff.inBackOffSinceUpdate(key, ctx.now)) {
      const message = `Back-off pulling image ${quote(wanted)}`;
      note('Normal', 'BackOff', message);
      const cause = this.lastError.get(key);
      throw new StartFailure('ImagePullBackOff', cause === undefined ? message : `${message}: ${cause}`);
    }
    this.lastError.delete(key);
    note('Normal', 'Pulling', `Pulling image ${quote(wanted)}`);
    const asked = ctx.now;
    let began = asked;
    try {
      const unlock = await this.pulling.lock();
      let id: string;
      try {
        began = ctx.now;
        id = await this.pull(ctx, image, credentials, sandboxConfig);
      } finally {
        unlock();
      }
      const [took, waited] = [began, asked].map((from) => durationString(truncateMs(ctx.now - from)));
      const size = (await this.runtime.imageStatus(ctx, { image: id }))?.size ?? 0n;
      note('Normal', 'Pulled', this.release.pulled(wanted, took as string, waited as string, size));
      this.backoff.forget((other) => other === key);
      return id;
    } catch (error) {
      if (!(error instanceof Failure) && !(error instanceof GrpcError)) throw error;
      note('Warning', 'Failed', `Failed to pull image ${quote(wanted)}: ${error.message}`);
      await this.log.info(ctx, 4, 'image_manager.go:430', 'Failed to pull image', ['pod', podKey(pod)]);
      this.backoff.next(key, ctx.now, ctx.now);
      const [reason, message] = pullFailure(wanted, error);
      this.lastError.set(key, `${reason}: ${message}`);
      throw new StartFailure(reason, message);
    }
  }

  private async inspect(
    ctx: Context,
    image: string,
    note: (type: 'Warning', reason: string, message: string) => void,
  ): Promise<string | null> {
    try {
      return (await this.runtime.imageStatus(ctx, { image }))?.id ?? null;
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      const message = `Failed to inspect image ${quote(image)}: ${error.message}`;
      note('Warning', 'InspectFailed', message);
      throw new StartFailure('ImageInspectError', message);
    }
  }

  /** One attempt with each credential that matches; without any, one without. */
  private async pull(
    ctx: Context,
    image: string,
    credentials: readonly TrackedCredentials[],
    sandboxConfig: Input<PodSandboxConfig>,
  ): Promise<string> {
    this.takeToken(ctx);
    await this.records?.intend(ctx, image);
    const failures: (Failure | GrpcError)[] = [];
    for (const used of credentials.length === 0 ? [null] : credentials) {
      try {
        const id = await this.runtime.pullImage(ctx, { image }, used?.credentials ?? null, sandboxConfig);
        await this.records?.succeeded(ctx, image, id, used === null ? null : pullSecretOf(used));
        return id;
      } catch (error) {
        if (!(error instanceof Failure) && !(error instanceof GrpcError)) throw error;
        failures.push(error);
      }
    }
    await this.records?.failed(ctx, image);
    const texts = [...new Set(failures.map(({ message }) => message))];
    throw new Failure(texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`);
  }

  private takeToken(ctx: Context): void {
    if (this.qps <= 0) return;
    this.tokens = Math.min(this.burst, this.tokens + ((ctx.now - this.tokensAt) * this.qps) / SECOND);
    this.tokensAt = ctx.now;
    if (this.tokens < 1) throw new Failure('pull QPS exceeded');
    this.tokens -= 1;
  }
}

const truncateMs = (ns: number): number => Math.floor(ns / 1_000_000) * 1_000_000;

/** Reasons that a runtime may give at the beginning of its message, and what the kubelet makes of them. */
const RUNTIME_REASONS = {
  RegistryUnavailable: 'the registry is unavailable',
  SignatureValidationFailed: 'the signature validation failed',
} as const;

/** @models kubernetes 1.36 pkg/kubelet/images/image_manager.go evalCRIPullErr */
function pullFailure(image: string, error: Error): [reason: string, message: string] {
  const text = error instanceof GrpcError ? error.description : error.message;
  for (const [reason, words] of Object.entries(RUNTIME_REASONS))
    if (text.startsWith(reason))
      return [reason, `image pull failed for ${image} because ${words}${text.slice(reason.length)}`];
  return ['ErrImagePull', error.message];
}

/** `nginx` is `nginx:latest`; the rest of the name stays as it was written. Throws InvalidReference. */
export function withDefaultTag(image: string): string {
  const { tag, digest } = parseReference(image);
  return tag === null && digest === null ? `${image}:latest` : image;
}
