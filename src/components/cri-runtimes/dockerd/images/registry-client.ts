/**
 * Reading an image from a registry, in the words of its client library.
 * @models moby 20.10 distribution/pull_v2.go, registry/endpoint_v1.go; docker/distribution client
 * @fidelity partial: https, and plain HTTP for insecure registries; no mirrors, no schema 1
 */
import { type GoError, newError } from '../../../../go/errors.ts';
import type { Context } from '../../../../linux/context.ts';
import type { Rope } from '../../../../linux/rope.ts';
import { type Authorizer, type Credentials, newAuthorizer } from '../../../../protocols/distribution/authorizer.ts';
import {
  bodyText,
  type HttpClient,
  type HttpResponse,
  newHttpClient,
} from '../../../../protocols/distribution/http-client.ts';
import { headerValue } from '../../../../protocols/http/http1.ts';
import { digestOf } from '../../../../protocols/oci/digest.ts';
import { MEDIA_TYPES } from '../../../../protocols/oci/media-types.ts';
import type { ImageReference } from '../../../../protocols/oci/reference.ts';
import { type ApiError, notFound, systemError } from '../errors.ts';
import { familiarRepository } from './names.ts';

const USER_AGENT = 'docker/20.10.5+dfsg1 go/go1.15.15 kernel/5.10.0-33-amd64 os/linux arch/amd64';
const ACCEPT = [
  MEDIA_TYPES.dockerManifest,
  MEDIA_TYPES.dockerManifestList,
  MEDIA_TYPES.index,
  MEDIA_TYPES.manifest,
].join(', ');

export type Manifest = { body: Rope; mediaType: string; digest: string };

export class RegistryClient {
  private readonly http: HttpClient = newHttpClient();
  private readonly authorizer: Authorizer;
  private readonly host: string;
  private readonly reference: ImageReference;
  private readonly insecure: boolean;

  constructor(reference: ImageReference, insecure: boolean, credentials: Credentials | null) {
    this.reference = reference;
    this.host = reference.domain === 'docker.io' ? 'registry-1.docker.io' : reference.domain;
    this.insecure = insecure;
    this.authorizer = newAuthorizer(this.http, credentials, insecure ? { skipVerify: true } : {}, USER_AGENT);
  }

  close(ctx: Context): Promise<void> {
    return this.http.close(ctx);
  }

  private async get(
    ctx: Context,
    target: string,
    headers: readonly (readonly [string, string])[],
  ): Promise<HttpResponse> {
    const scopes = [`repository:${this.reference.path}:pull`];
    for (let attempt = 0; ; attempt++) {
      let response: HttpResponse;
      try {
        const token = await this.authorizer.authorize(ctx, this.host, scopes);
        response = await this.http.request(ctx, {
          method: 'GET',
          scheme: 'https',
          host: this.host,
          target,
          headers: [
            ['User-Agent', USER_AGENT],
            ...headers,
            ...(token === null ? [] : [['Authorization', token] as const]),
          ],
          ...(this.insecure ? { skipVerify: true, httpFallback: true } : {}),
        });
        if (
          response.status === 401 &&
          attempt < 2 &&
          this.authorizer.addResponses(this.host, [{ method: 'GET', response }])
        )
          continue;
      } catch (error) {
        if (typeof (error as GoError).before !== 'string') throw error;
        if ((error as GoError).message.includes('authorization failed')) throw this.denied();
        throw systemError((error as GoError).message);
      }
      return response;
    }
  }

  /** `what`: a tag or a digest. */
  async manifest(ctx: Context, what: string): Promise<Manifest> {
    const response = await this.get(ctx, `/v2/${this.reference.path}/manifests/${what}`, [['Accept', ACCEPT]]);
    if (response.status !== 200) throw this.failed(response, what);
    const mediaType = (headerValue(response.headers, 'content-type') ?? '').split(';')[0] ?? '';
    return { body: response.body, mediaType, digest: digestOf(response.body) };
  }

  async blob(ctx: Context, digest: string): Promise<Rope> {
    const response = await this.get(ctx, `/v2/${this.reference.path}/blobs/${digest}`, []);
    if (response.status !== 200) throw this.failed(response, digest);
    return response.body;
  }

  private denied(words = 'denied: requested access to the resource is denied'): ApiError {
    const name = familiarRepository(this.reference);
    return notFound(
      `pull access denied for ${name}, repository does not exist or may require 'docker login': ${words}`,
    );
  }

  private failed(response: HttpResponse, what: string): ApiError {
    const name = familiarRepository(this.reference);
    const first = firstError(bodyText(response));
    const code = (first?.code ?? '').toLowerCase().replaceAll('_', ' ');
    const words = first === null ? '' : `${code}: ${first.message}`;
    if (response.status === 404 && first?.code === 'MANIFEST_UNKNOWN')
      return notFound(`manifest for ${name}${what.includes(':') ? '@' : ':'}${what} not found: ${words}`);
    if (response.status === 401 || response.status === 403) return this.denied(words === '' ? undefined : words);
    if (response.status === 404) return this.denied(first === null ? undefined : words);
    if (response.status === 429) return systemError(`toomanyrequests: ${first?.message ?? 'too many requests'}`);
    return systemError(words === '' ? `received unexpected HTTP status: ${response.status} ${response.reason}` : words);
  }
}

function firstError(text: string): { code: string; message: string } | null {
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: string; message?: string }[] };
    const first = errors?.[0];
    return first === undefined ? null : { code: first.code ?? 'UNKNOWN', message: first.message ?? '' };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

export function noPlatform(): GoError {
  return newError('no matching manifest for linux/amd64 in the manifest list entries');
}
