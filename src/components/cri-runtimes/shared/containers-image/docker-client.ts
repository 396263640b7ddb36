/**
 * Reading an image from a registry.
 * @models containers/image 5.38 docker/docker_client.go, docker_image_src.go
 * @fidelity partial: no look-aside signatures, no zstd; blobs are fetched whole
 */
import { type GoError, newError, wrapError } from '../../../../go/errors.ts';
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import type { Rope } from '../../../../linux/rope.ts';
import {
  type AuthExchange,
  type Authorizer,
  type Credentials,
  newAuthorizer,
} from '../../../../protocols/distribution/authorizer.ts';
import { isLocalhost } from '../../../../protocols/distribution/hosts.ts';
import {
  bodyText,
  type HttpClient,
  type HttpResponse,
  newHttpClient,
} from '../../../../protocols/distribution/http-client.ts';
import { headerValue } from '../../../../protocols/http/http1.ts';
import { digestOf } from '../../../../protocols/oci/digest.ts';
import { MEDIA_TYPES } from '../../../../protocols/oci/media-types.ts';
import type { Descriptor, ImageIndex, ImageManifest } from '../../../../protocols/oci/types.ts';
import { failure, toFailure } from '../errors.ts';

const ACCEPT = [
  MEDIA_TYPES.index,
  MEDIA_TYPES.dockerManifestList,
  MEDIA_TYPES.manifest,
  MEDIA_TYPES.dockerManifest,
].join(', ');

export type FetchedManifest = { body: Rope; mediaType: string; digest: string };

/** One repository at one place. */
export class DockerSource {
  private readonly http: HttpClient = newHttpClient();
  private readonly host: string;
  private readonly domain: string;
  private readonly path: string;
  private readonly insecure: boolean;
  private readonly authorizer: Authorizer;
  private readonly userAgent: string;
  private scheme: 'http' | 'https' = 'https';
  private pinged = false;

  /** `location`: `docker.io/library/busybox`. */
  constructor(location: string, insecure: boolean, credentials: Credentials | null, userAgent: string) {
    this.userAgent = userAgent;
    const slash = location.indexOf('/');
    this.domain = location.slice(0, slash);
    this.path = location.slice(slash + 1);
    this.host = this.domain === 'docker.io' ? 'registry-1.docker.io' : this.domain;
    this.insecure = insecure;
    this.authorizer = newAuthorizer(this.http, credentials, insecure ? { skipVerify: true } : {}, userAgent);
  }

  close(ctx: Context): Promise<void> {
    return this.http.close(ctx);
  }

  private async ping(ctx: Context): Promise<void> {
    if (this.pinged) return;
    let response: HttpResponse;
    try {
      response = await this.request(ctx, 'GET', '/v2/', []);
    } catch (error) {
      // Plain HTTP is only tried where the configuration allows it.
      if (!this.insecure && !isLocalhost(this.domain)) throw this.pingFailure(error);
      this.scheme = 'http';
      try {
        response = await this.request(ctx, 'GET', '/v2/', []);
      } catch {
        throw this.pingFailure(error);
      }
    }
    if (response.status !== 200 && response.status !== 401)
      throw this.pingFailure(newError(`StatusCode: ${response.status}, ${quote(bodyText(response).slice(0, 50))}`));
    if (response.status === 401) {
      const exchange: AuthExchange = { method: 'GET', response };
      this.authorizer.addResponses(this.host, [exchange]);
    }
    this.pinged = true;
  }

  private pingFailure(error: unknown): GoError {
    if (typeof (error as GoError).before !== 'string') throw error;
    return wrapError(`pinging container registry ${this.host}`, error as GoError);
  }

  private request(
    ctx: Context,
    method: string,
    target: string,
    headers: readonly (readonly [string, string])[],
  ): Promise<HttpResponse> {
    return this.http.request(ctx, {
      method,
      scheme: this.scheme,
      host: this.host,
      target,
      headers: [['User-Agent', this.userAgent], ['Docker-Distribution-Api-Version', 'registry/2.0'], ...headers],
      ...(this.insecure ? { skipVerify: true } : {}),
    });
  }

  private async get(
    ctx: Context,
    target: string,
    headers: readonly (readonly [string, string])[],
  ): Promise<HttpResponse> {
    await this.ping(ctx);
    const token = await this.authorizer.authorize(ctx, this.host, [`repository:${this.path}:pull`]);
    return this.request(ctx, 'GET', target, token === null ? headers : [...headers, ['Authorization', token]]);
  }

  /** `what`: a tag or a digest. */
  async manifest(ctx: Context, what: string): Promise<FetchedManifest> {
    const response = await this.get(ctx, `/v2/${this.path}/manifests/${what}`, [['Accept', ACCEPT]]);
    if (response.status !== 200)
      throw failure(`reading manifest ${what} in ${this.domain}/${this.path}: ${registryWords(response)}`);
    const mediaType = (headerValue(response.headers, 'content-type') ?? '').split(';')[0] ?? '';
    return { body: response.body, mediaType, digest: digestOf(response.body) };
  }

  /** As the registry orders them. */
  async tags(ctx: Context): Promise<string[]> {
    const response = await this.get(ctx, `/v2/${this.path}/tags/list`, []);
    if (response.status !== 200) throw failure(`fetching tags list: ${registryWords(response)}`);
    return (JSON.parse(bodyText(response)) as { tags?: string[] | null }).tags ?? [];
  }

  async blob(ctx: Context, descriptor: Descriptor): Promise<Rope> {
    const response = await this.get(ctx, `/v2/${this.path}/blobs/${descriptor.digest}`, []);
    if (response.status !== 200) throw failure(`fetching blob: ${registryWords(response)}`);
    return response.body;
  }
}

/** The registry's own words, of the first of its errors. */
function registryWords(response: HttpResponse): string {
  try {
    const { errors } = JSON.parse(bodyText(response)) as { errors?: { message?: string; code?: string }[] };
    const first = errors?.[0];
    if (first?.message !== undefined && first.message !== '') return first.message;
    if (first?.code !== undefined) return first.code.toLowerCase().replaceAll('_', ' ');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (response.status === 401) return 'unauthorized: authentication required';
  if (response.status === 403) return 'denied: requested access to the resource is denied';
  if (response.status === 429) return 'too many requests to registry';
  return `StatusCode: ${response.status}, ${quote(bodyText(response).slice(0, 50))}`;
}

export function parseIndex(body: string): ImageIndex {
  return JSON.parse(body) as ImageIndex;
}

export function parseImageManifest(body: string): ImageManifest {
  return JSON.parse(body) as ImageManifest;
}

export function errorWords(error: unknown): string {
  return toFailure(error).message;
}
