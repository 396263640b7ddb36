/**
 * The distribution API's client: a name to a descriptor, a descriptor to its content, and content to a registry.
 * @models containerd 2.1 core/remotes/docker/{resolver,fetcher,pusher}.go
 * @fidelity partial: no external URLs, no mounting of blobs from other repositories, one request a blob
 */

import { type GoError, isErrorCode, newError, wrapError } from '../../go/errors.ts';
import type { Context } from '../../linux/context.ts';
import { Rope } from '../../linux/rope.ts';
import { headerValue } from '../http/http1.ts';
import { digestError, digestOf } from '../oci/digest.ts';
import { isIndexType, isManifestType, MEDIA_TYPES } from '../oci/media-types.ts';
import { parseReferenceSpec, specDigest, specHostname } from '../oci/reference.ts';
import type { Descriptor } from '../oci/types.ts';
import {
  type AuthExchange,
  type Authorizer,
  type Credentials,
  INVALID_AUTHORIZATION,
  newAuthorizer,
  queryEscape,
} from './authorizer.ts';
import type { HostCapability, RegistryHost } from './hosts.ts';
import { type HeadListener, type HttpResponse, newHttpClient } from './http-client.ts';
import type { BodySink } from './http-stream.ts';
import { unexpectedStatus } from './registry-errors.ts';

export type RegistryClientOptions = {
  /** For the registry the reference names: its mirrors and itself, in the order to try. */
  hosts: readonly RegistryHost[];
  credentials?: Credentials;
  userAgent?: string;
};

export type RegistryClient = {
  /** HEAD of the manifest. Throws a GoError; code `not found` when no host has it. */
  resolve(ctx: Context, reference: string): Promise<Descriptor>;
  /**
   * Content of a descriptor, from an offset on. With a sink its parts go there as they arrive and the result is empty. A
   * connection that breaks is replaced by one that asks for the rest.
   */
  fetch(ctx: Context, reference: string, descriptor: Descriptor, sink?: BodySink, offset?: number): Promise<Rope>;
  /** Uploads what a descriptor stands for; false when the registry has it. The image's own manifest also gets its tag. */
  push(ctx: Context, reference: string, descriptor: Descriptor, content: Rope, isImage: boolean): Promise<boolean>;
  close(ctx: Context): Promise<void>;
};

export const NOT_FOUND = 'not found';
export const UNEXPECTED_EOF = 'unexpected EOF';
const ACCEPT_ALL = `${[MEDIA_TYPES.dockerManifest, MEDIA_TYPES.dockerManifestList, MEDIA_TYPES.manifest, MEDIA_TYPES.index].join(', ')}, */*`;
const MANIFEST_BYTES_MAX = 4 * 1_048_576;
const RETRIES_MAX = 5;
/** Attempts at a broken read that bring nothing, one after the other. */
const EMPTY_READS_MAX = 5;

type Target = { domain: string; repository: string; object: string; digest: string };

function targetOf(reference: string): Target {
  const spec = parseReferenceSpec(reference);
  const domain = specHostname(spec);
  return { domain, repository: spec.locator.slice(domain.length + 1), object: spec.object, digest: specDigest(spec) };
}

function isGoError(error: unknown): error is GoError {
  return typeof (error as GoError).before === 'string';
}

export function newRegistryClient(options: RegistryClientOptions): RegistryClient {
  const http = newHttpClient();
  const userAgent = options.userAgent ?? 'containerd/2.1.9';
  const authorizers = new Map<RegistryHost, Authorizer>();
  const authorizerOf = (host: RegistryHost): Authorizer => {
    let found = authorizers.get(host);
    if (found === undefined) {
      const { skipVerify, issuers } = host;
      const tls = {
        ...(skipVerify === undefined ? {} : { skipVerify }),
        ...(issuers === undefined ? {} : { issuers }),
      };
      found = newAuthorizer(http, options.credentials ?? null, tls, userAgent);
      authorizers.set(host, found);
    }
    return found;
  };
  let pushing = false;
  const hostsWith = (...wanted: HostCapability[]): RegistryHost[] =>
    options.hosts.filter((host) => wanted.every((c) => host.capabilities.includes(c)));

  type Request = { method: string; target: string; headers: (readonly [string, string])[]; body?: Rope };

  async function once(
    ctx: Context,
    host: RegistryHost,
    to: Target,
    request: Request,
    sink?: BodySink,
    onHead?: HeadListener,
  ): Promise<HttpResponse> {
    let authorization: string | null;
    try {
      authorization = await authorizerOf(host).authorize(ctx, host.host, [
        `repository:${to.repository}:pull${pushing ? ',push' : ''}`,
      ]);
    } catch (error) {
      throw wrapError('failed to authorize', error as GoError);
    }
    const headers: (readonly [string, string])[] = [
      ['User-Agent', userAgent],
      ...(host.headers ?? []),
      ...request.headers,
    ];
    if (authorization !== null) headers.push(['Authorization', authorization]);
    const { scheme, skipVerify, issuers, httpFallback } = host;
    const full = {
      method: request.method,
      scheme,
      host: host.host,
      target: request.target,
      headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(skipVerify === undefined ? {} : { skipVerify }),
      ...(issuers === undefined ? {} : { issuers }),
      ...(httpFallback === undefined ? {} : { httpFallback }),
    };
    try {
      return await http.request(ctx, full, sink, onHead);
    } catch (error) {
      if (typeof (error as GoError).before !== 'string') throw error;
      throw wrapError('failed to do request', error as GoError);
    }
  }

  /** Repeats what is worth repeating: after a challenge, after "too many requests", once after a server error. */
  async function withRetries(
    ctx: Context,
    host: RegistryHost,
    isLastHost: boolean,
    to: Target,
    first: Request,
    sink?: BodySink,
    onHead?: HeadListener,
  ): Promise<HttpResponse> {
    const seen: AuthExchange[] = [];
    let request = first;
    for (;;) {
      const response = await once(ctx, host, to, request, sink, onHead);
      const before = seen[seen.length - 1]?.response.status;
      seen.push({ method: request.method, response });
      if (seen.length > RETRIES_MAX) return response;
      const { status } = response;
      if (status === 401) {
        if (!authorizerOf(host).addResponses(host.host, seen)) return response;
      } else if (status === 405 && request.method === 'HEAD' && request.target.includes('/manifests/')) {
        request = { ...request, method: 'GET' };
      } else if (status === 500 || status === 503 || status === 504) {
        if (before === status || !isLastHost) return response;
      } else if (status !== 408 && status !== 429) {
        return response;
      }
    }
  }

  function requestFor(
    host: RegistryHost,
    to: Target,
    method: string,
    kind: string,
    name: string,
    headers: Request['headers'],
  ): Request {
    // A mirror is told whose repository is meant.
    const isProxy = host.host !== to.domain && !(to.domain === 'docker.io' && host.host === 'registry-1.docker.io');
    const query = isProxy ? `?ns=${queryEscape(to.domain)}` : '';
    return { method, target: `${host.path}/${to.repository}/${kind}/${name}${query}`, headers };
  }

  async function resolve(ctx: Context, reference: string): Promise<Descriptor> {
    const to = targetOf(reference);
    if (to.object === '') throw newError('object required');
    const wrong = to.digest === '' ? null : digestError(to.digest);
    if (wrong !== null) throw newError(wrong);
    const attempts =
      to.digest === ''
        ? [['manifests', to.object]]
        : [
            ['manifests', to.digest],
            ['blobs', to.digest],
          ];
    const hosts = to.digest === '' ? hostsWith('pull', 'resolve') : hostsWith('pull');
    if (hosts.length === 0) throw wrapError('no resolve hosts', newError(NOT_FOUND, { code: NOT_FOUND }));
    // The error that got furthest is the one to report.
    let worst: { error: GoError; priority: number } | null = null;
    const note = (error: GoError, priority: number): void => {
      if (worst === null || worst.priority < priority) worst = { error, priority };
    };
    for (const [kind = '', name = ''] of attempts) {
      for (const [i, host] of hosts.entries()) {
        const isLast = i === hosts.length - 1;
        let response: HttpResponse;
        try {
          response = await withRetries(
            ctx,
            host,
            isLast,
            to,
            requestFor(host, to, 'HEAD', kind, name, [['Accept', ACCEPT_ALL]]),
          );
        } catch (error) {
          if (typeof (error as GoError).before !== 'string') throw error;
          const denied = isErrorCode(error as GoError, INVALID_AUTHORIZATION);
          note(
            denied
              ? wrapError(
                  'pull access denied, repository does not exist or may require authorization',
                  error as GoError,
                )
              : (error as GoError),
            1,
          );
          continue;
        }
        if (response.status === 404) {
          note(wrapError(reference, newError(NOT_FOUND, { code: NOT_FOUND })), 2);
          continue;
        }
        if (response.status > 399) {
          note(unexpectedStatus('HEAD', response), 3);
          continue;
        }
        if (response.status > 299) throw unexpectedStatus('HEAD', response);
        const found = await descriptorOf(ctx, host, to, [kind, name], response);
        if (found.size <= MANIFEST_BYTES_MAX) return found;
        note(
          wrapError(`rejecting ${found.size} byte manifest for ${reference}`, newError(NOT_FOUND, { code: NOT_FOUND })),
          4,
        );
      }
    }
    throw (worst as { error: GoError } | null)?.error ?? wrapError(reference, newError(NOT_FOUND, { code: NOT_FOUND }));
  }

  async function descriptorOf(
    ctx: Context,
    host: RegistryHost,
    to: Target,
    [kind, name]: [string, string],
    head: HttpResponse,
  ): Promise<Descriptor> {
    const mediaTypeOf = (response: HttpResponse): string => {
      const type = (headerValue(response.headers, 'content-type') ?? '').split(';')[0] ?? '';
      return type === 'text/plain' ? MEDIA_TYPES.dockerManifestSchema1 : type;
    };
    const length = headerValue(head.headers, 'content-length');
    const declared = headerValue(head.headers, 'docker-content-digest') ?? '';
    const digest = to.digest === '' ? declared : to.digest;
    if (to.digest === '' && declared !== '') {
      const wrong = digestError(declared);
      if (wrong !== null) throw wrapError(`"${declared}" in header not a valid digest`, newError(wrong));
    }
    if (digest !== '' && length !== undefined) return { mediaType: mediaTypeOf(head), digest, size: Number(length) };
    const response = await withRetries(
      ctx,
      host,
      true,
      to,
      requestFor(host, to, 'GET', kind, name, [['Accept', ACCEPT_ALL]]),
    );
    if (response.status >= 400) throw unexpectedStatus('GET', response);
    return {
      mediaType: mediaTypeOf(response),
      digest: digest === '' ? digestOf(response.body) : digest,
      size: response.body.length,
    };
  }

  async function fetch(
    ctx: Context,
    reference: string,
    descriptor: Descriptor,
    sink?: BodySink,
    from = 0,
  ): Promise<Rope> {
    const to = targetOf(reference);
    if (hostsWith('pull').length === 0) throw wrapError('no pull hosts', newError(NOT_FOUND, { code: NOT_FOUND }));
    const parts: Rope[] = [];
    let offset = from;
    const deliver: BodySink = async (c, part) => {
      offset += part.length;
      if (sink === undefined) parts.push(part);
      else await sink(c, part);
    };
    let broken: GoError | null = null;
    // Breaks without a byte between them.
    for (let idle = 0; ; ) {
      const before = offset;
      try {
        await open(ctx, to, descriptor, offset, deliver);
        return Rope.concat(parts);
      } catch (error) {
        if (!isGoError(error) || !isErrorCode(error, UNEXPECTED_EOF)) throw broken ?? error;
        broken = error;
        idle = offset > before ? 0 : idle + 1;
        if (offset >= descriptor.size || idle > EMPTY_READS_MAX) throw error;
      }
    }
  }

  /** One attempt at the rest of a blob, at each host in turn. */
  async function open(
    ctx: Context,
    to: Target,
    { mediaType, digest }: Descriptor,
    offset: number,
    deliver: BodySink,
  ): Promise<void> {
    const isManifest = isManifestType(mediaType) || isIndexType(mediaType);
    const hosts = hostsWith('pull');
    let firstError: GoError | null = null;
    for (const [i, host] of hosts.entries()) {
      let received = 0;
      // A server that takes no notice of the range sends what is there already.
      let skipped = 0;
      let isWhole = false;
      const rest: BodySink = async (c, part) => {
        received += part.length;
        const known = isWhole ? Math.min(offset - skipped, part.length) : 0;
        skipped += known;
        if (known < part.length) await deliver(c, part.slice(known));
      };
      try {
        const accept: [string, string] = ['Accept', mediaType === '' ? '*/*' : `${mediaType}, */*`];
        const range: [string, string][] = offset > 0 ? [['Range', `bytes=${offset}-`]] : [];
        const request = requestFor(host, to, 'GET', isManifest ? 'manifests' : 'blobs', digest, [accept, ...range]);
        const response = await withRetries(ctx, host, i === hosts.length - 1, to, request, rest, (head) => {
          isWhole = offset > 0 && head.status !== 206;
        });
        if (response.status === 404)
          throw wrapError(
            `content at ${host.scheme}://${host.host}${request.target} not found`,
            newError(NOT_FOUND, { code: NOT_FOUND }),
          );
        if (response.status > 299) throw unexpectedStatus('GET', response);
        return;
      } catch (error) {
        if (!isGoError(error)) throw error;
        if (received > 0) throw error;
        firstError ??= error;
      }
    }
    if (firstError !== null && isErrorCode(firstError, NOT_FOUND) && !isManifest) {
      firstError = wrapError(
        `could not fetch content descriptor ${digest} (${mediaType}) from remote`,
        newError(NOT_FOUND, { code: NOT_FOUND }),
      );
    }
    throw wrapError('httpReadSeeker: failed open', firstError ?? newError(NOT_FOUND, { code: NOT_FOUND }));
  }

  async function push(
    ctx: Context,
    reference: string,
    descriptor: Descriptor,
    content: Rope,
    isImage: boolean,
  ): Promise<boolean> {
    const to = targetOf(reference);
    const host = hostsWith('push')[0];
    if (host === undefined) throw wrapError('no push hosts', newError(NOT_FOUND, { code: NOT_FOUND }));
    pushing = true;
    const { mediaType, digest } = descriptor;
    const isManifest = isManifestType(mediaType) || isIndexType(mediaType);
    const tag = to.object.split('@')[0] ?? '';
    const name = isManifest && isImage && tag !== '' ? tag : digest;
    const kind = isManifest ? 'manifests' : 'blobs';
    const accept: [string, string] = ['Accept', isManifest ? `${mediaType}, */*` : '*/*'];
    const head = await withRetries(ctx, host, true, to, requestFor(host, to, 'HEAD', kind, name, [accept]));
    if (head.status === 200 && (name === digest || headerValue(head.headers, 'docker-content-digest') === digest))
      return false;
    if (head.status !== 200 && head.status !== 404) throw unexpectedStatus('HEAD', head);
    const type: [string, string] = ['Content-Type', isManifest ? mediaType : 'application/octet-stream'];
    let put = requestFor(host, to, 'PUT', kind, name, [type]);
    if (!isManifest) {
      const started = await withRetries(ctx, host, true, to, requestFor(host, to, 'POST', 'blobs', 'uploads/', []));
      if (![200, 201, 202].includes(started.status)) throw unexpectedStatus('POST', started);
      const location = (headerValue(started.headers, 'location') ?? '').replace(/^https?:\/\/[^/]+/, '');
      put = {
        method: 'PUT',
        target: `${location}${location.includes('?') ? '&' : '?'}digest=${queryEscape(digest)}`,
        headers: [type],
      };
    }
    const response = await withRetries(ctx, host, true, to, { ...put, body: content });
    if (![200, 201, 204].includes(response.status)) throw unexpectedStatus('PUT', response);
    return true;
  }

  return { resolve, fetch, push, close: (ctx) => http.close(ctx) };
}
