/**
 * The client of the Kubernetes API that kubectl, kubelet, scheduler and controllers share.
 *
 * Who speaks is settled by the connection: the client certificate of the kubeconfig is shown in the TLS handshake
 * (common name = user, organizations = groups), or a bearer token is sent (service accounts).
 *
 *   const client = newKubeClient(await loadRestConfig(ctx, '/etc/kubernetes/kubelet.conf', 'kubelet/v1.36.4'));
 *   const pod = await client.get<Pod>(ctx, 'pods', 'default', 'web');     // throws StatusError (NotFound, …) or GoError
 *   const watch = await client.watch<Pod>(ctx, 'pods', null, { fieldSelector: 'spec.nodeName=node-1', resourceVersion });
 *   for (let e = await watch.next(ctx); e !== null; e = await watch.next(ctx)) …
 *
 * @models k8s.io/client-go rest, dynamic
 * @fidelity partial: JSON only, no rate limiter, HTTP/1.1
 */
import { durationString } from '../../go/duration.ts';
import { type GoError, wrapError } from '../../go/errors.ts';
import { quote } from '../../go/quote.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { utf8 } from '../../linux/rope.ts';
import { Queue } from '../../sim/primitives.ts';
import { concatBytes } from '../byte-queue.ts';
import type { Headers } from '../http/http1.ts';
import { traceparent } from '../rpc/tracing.ts';
import type { RestConfig } from './kubeconfig.ts';
import { type Resource, resourceNamed, resourcePath } from './resources.ts';
import { sharedEvent, sharedObject } from './shared-object.ts';
import { failure, StatusError } from './status-error.ts';
import { newTransport, type OpenResponse, type Transport } from './transport.ts';
import type { KubeObject, List, Status, WatchEvent } from './types.ts';

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export type RequestOptions = { body?: unknown; contentType?: string; query?: Query; accept?: string };

export type ListOptions = {
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  limit?: number;
  continue?: string;
};

export type WatchOptions = ListOptions & {
  allowWatchBookmarks?: boolean;
  timeoutSeconds?: number;
  /** What there is comes first, and a bookmark when it is all there. */
  sendInitialEvents?: boolean;
  resourceVersionMatch?: string;
};

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

export type PatchOptions = {
  subresource?: string;
  fieldManager?: string;
  force?: boolean;
  dryRun?: 'All';
  fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
};

export type DeleteOptions = {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  preconditions?: { uid?: string; resourceVersion?: string };
  dryRun?: readonly string[];
};

/** The name of a resource in the list, or one found by discovery. */
export type ResourceRef = string | Pick<Resource, 'group' | 'version' | 'resource' | 'namespaced'>;

export type RawResponse = { status: number; headers: Headers; body: string };

type Patch = [
  resource: ResourceRef,
  namespace: string | null,
  name: string,
  type: PatchType,
  body: unknown,
  options?: PatchOptions,
];

export type Watch<T> = {
  /** Null when the server has ended the watch or it was stopped. */
  next(ctx: Context): Promise<WatchEvent<T> | null>;
  stop(ctx: Context): Promise<void>;
};

export type KubeClient = {
  readonly config: RestConfig;
  readonly transport: Transport;
  raw(ctx: Context, method: string, path: string, options?: RequestOptions): Promise<RawResponse>;
  /** The head of an answer that is read as it comes. Throws StatusError for one that is not 2xx. */
  open(ctx: Context, method: string, path: string, options?: RequestOptions): Promise<OpenResponse>;
  /** Throws StatusError for an answer that is not 2xx, a GoError when there is none. */
  request<T>(ctx: Context, method: string, path: string, options?: RequestOptions): Promise<T>;
  get<T extends KubeObject>(ctx: Context, resource: ResourceRef, namespace: string | null, name: string): Promise<T>;
  /** The same for who only looks at it: he must not write to what he is given. */
  peek<T extends KubeObject>(ctx: Context, resource: ResourceRef, namespace: string | null, name: string): Promise<T>;
  list<T>(ctx: Context, resource: ResourceRef, namespace: string | null, options?: ListOptions): Promise<List<T>>;
  create<T>(ctx: Context, resource: ResourceRef, namespace: string | null, body: unknown, query?: Query): Promise<T>;
  update<T extends KubeObject>(ctx: Context, resource: ResourceRef, object: T, subresource?: string): Promise<T>;
  patch<T>(ctx: Context, ...patch: Patch): Promise<T>;
  /** The same for those to whom it matters only that it was done: what is answered is not taken apart. */
  readonly blind: {
    request(ctx: Context, method: string, path: string, options?: RequestOptions): Promise<void>;
    create(ctx: Context, resource: ResourceRef, namespace: string | null, body: unknown): Promise<void>;
    update<T extends KubeObject>(ctx: Context, resource: ResourceRef, object: T, subresource?: string): Promise<void>;
    patch(ctx: Context, ...patch: Patch): Promise<void>;
  };
  /** The object if it is still there (finalizers, grace), else a Status. */
  delete(
    ctx: Context,
    resource: ResourceRef,
    namespace: string | null,
    name: string,
    options?: DeleteOptions,
  ): Promise<KubeObject | Status>;
  /** What it shows must not be written to. */
  watch<T>(ctx: Context, resource: ResourceRef, namespace: string | null, options?: WatchOptions): Promise<Watch<T>>;
  /** A body delivered as it comes: logs that are followed. `onData` returning false ends it. */
  stream(
    ctx: Context,
    path: string,
    query: Query,
    onData: (ctx: Context, data: Uint8Array) => Promise<boolean | undefined>,
  ): Promise<void>;
  close(ctx: Context): Promise<void>;
};

/** @param onWarning hears what the server's `Warning` headers say */
export function newKubeClient(
  config: RestConfig,
  onWarning?: (ctx: Context, text: string) => Promise<void>,
  transport = newTransport(config),
): KubeClient {
  // Told to the server, too.
  const timeout = (config.timeoutNs ?? 0) > 0 ? durationString(config.timeoutNs ?? 0) : '';

  async function open(ctx: Context, method: string, path: string, options: RequestOptions): Promise<OpenResponse> {
    const body =
      options.body === undefined ? '' : typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
    const headers: [string, string][] = [['Accept', options.accept ?? 'application/json']];
    if (body !== '') headers.push(['Content-Type', options.contentType ?? 'application/json']);
    if (ctx.span !== 0) headers.push(['traceparent', traceparent(ctx.span)]);
    const response = await transport.open(ctx, {
      method,
      target: path + queryText(timeout === '' ? options.query : { ...options.query, timeout }),
      headers,
      body,
    });
    if (onWarning !== undefined) for (const text of warningsOf(response.head.headers)) await onWarning(ctx, text);
    return response;
  }

  async function bodyOf(ctx: Context, response: OpenResponse): Promise<string> {
    try {
      return await transport.body(ctx, response);
    } catch (error) {
      const words = 'unexpected error when reading response body. Please retry. Original error';
      throw typeof (error as GoError).before === 'string' ? wrapError(words, error as GoError) : error;
    }
  }

  async function answerTo(ctx: Context, method: string, path: string, options: RequestOptions = {}): Promise<string> {
    const response = await open(ctx, method, path, options);
    const body = await bodyOf(ctx, response);
    if (response.head.status >= 300) throw statusErrorOf(response.head.status, body);
    return body;
  }

  async function request<T>(ctx: Context, method: string, path: string, options?: RequestOptions): Promise<T> {
    const body = await answerTo(ctx, method, path, options);
    return (body === '' ? {} : JSON.parse(body)) as T;
  }

  async function blindly(ctx: Context, method: string, path: string, options?: RequestOptions): Promise<void> {
    await answerTo(ctx, method, path, options);
  }

  const refOf = (ref: ResourceRef): Exclude<ResourceRef, string> =>
    typeof ref === 'string' ? resourceNamed(ref) : ref;
  const pathOf = (ref: ResourceRef, namespace: string | null, name?: string, subresource?: string): string =>
    resourcePath(refOf(ref), namespace, name, subresource);

  const updating = (object: KubeObject, ref: ResourceRef, subresource?: string): [string, string, RequestOptions] => {
    const { name, namespace = null } = object.metadata;
    return ['PUT', pathOf(ref, namespace, name, subresource), { body: object }];
  };
  const patching = (...[ref, namespace, name, type, body, options = {}]: Patch): [string, string, RequestOptions] => {
    const { subresource, ...query } = options;
    const path = pathOf(ref, namespace, name, subresource);
    return ['PATCH', path, { body, query, contentType: PATCH_TYPES[type] }];
  };

  return {
    config,
    transport,
    request,
    blind: {
      request: blindly,
      create: (ctx, resource, namespace, body) => blindly(ctx, 'POST', pathOf(resource, namespace), { body }),
      update: (ctx, resource, object, subresource) => blindly(ctx, ...updating(object, resource, subresource)),
      patch: (ctx, ...patch) => blindly(ctx, ...patching(...patch)),
    },
    async raw(ctx, method, path, options = {}) {
      const response = await open(ctx, method, path, options);
      const body = await bodyOf(ctx, response);
      return { status: response.head.status, headers: response.head.headers, body };
    },
    async open(ctx, method, path, options = {}) {
      const response = await open(ctx, method, path, options);
      if (response.head.status >= 300) throw statusErrorOf(response.head.status, await bodyOf(ctx, response));
      return response;
    },
    get: (ctx, resource, namespace, name) => request(ctx, 'GET', pathOf(resource, namespace, name)),
    peek: async <T>(ctx: Context, resource: ResourceRef, namespace: string | null, name: string) =>
      sharedObject<T>(await answerTo(ctx, 'GET', pathOf(resource, namespace, name))),
    list: (ctx, resource, namespace, options = {}) =>
      request(ctx, 'GET', pathOf(resource, namespace), { query: options }),
    create: (ctx, resource, namespace, body, query = {}) =>
      request(ctx, 'POST', pathOf(resource, namespace), { body, query }),
    update: (ctx, resource, object, subresource) => request(ctx, ...updating(object, resource, subresource)),
    patch: (ctx, ...patch) => request(ctx, ...patching(...patch)),
    delete: (ctx, resource, namespace, name, options) =>
      request(ctx, 'DELETE', pathOf(resource, namespace, name), options === undefined ? {} : { body: options }),
    async watch<T>(ctx: Context, resource: ResourceRef, namespace: string | null, options: WatchOptions = {}) {
      const response = await open(ctx, 'GET', pathOf(resource, namespace), { query: { watch: true, ...options } });
      if (response.head.status >= 300) throw statusErrorOf(response.head.status, await transport.body(ctx, response));
      return newWatch<T>(ctx, response);
    },
    async stream(ctx, path, query, onData) {
      const response = await open(ctx, 'GET', path, { query, accept: 'application/json, */*' });
      if (response.head.status >= 300) throw statusErrorOf(response.head.status, await bodyOf(ctx, response));
      const ended = { end: true };
      try {
        await transport.read(ctx, response, async (c, part) => {
          if ((await onData(c, part.bytes())) === false) throw ended;
        });
      } catch (error) {
        if (error !== ended) throw error;
      }
    },
    close: (ctx) => transport.close(ctx),
  };
}

/** `Warning: 299 - "text"`, once for each thing. @models apimachinery pkg/util/net ParseWarningHeaders */
function warningsOf(headers: Headers): string[] {
  return headers.flatMap(([name, value]) => {
    const [, text] = /^299 \S+ ("(?:[^"\\]|\\.)*")/.exec(value) ?? [];
    return name.toLowerCase() === 'warning' && text !== undefined ? [JSON.parse(text) as string] : [];
  });
}

const NEWLINE = 10;
const NOTHING = new Uint8Array(0);

/** A strand of its own reads, so that a watch can be stopped while nothing happens. */
function newWatch<T>(ctx: Context, { stream, head }: OpenResponse): Watch<T> {
  const events = new Queue<WatchEvent<T>>(ctx.scheduler);
  let open = true;
  /** The beginning of a line that is yet to end. */
  let rest: Uint8Array = NOTHING;
  const finish = async (c: Context): Promise<void> => {
    if (!open) return;
    open = false;
    events.close();
    await c.sys.close(c, stream.fd);
  };
  ctx.go('watch', async (c) => {
    try {
      await stream.readBody(c, head.headers, true, async (_, part) => {
        const bytes = rest.length === 0 ? part.bytes() : concatBytes([rest, part.bytes()]);
        const end = bytes.lastIndexOf(NEWLINE) + 1;
        rest = bytes.subarray(end);
        for (const line of utf8(bytes.subarray(0, end)).split('\n')) if (line !== '') events.push(sharedEvent<T>(line));
      });
    } catch (error) {
      // The server went away: for the reader the watch has ended.
      if (!isErrno(error) && typeof (error as GoError).before !== 'string') throw error;
    }
    await finish(c);
  });
  return {
    next: () => events.take(),
    stop: async (c) => {
      if (open) await c.sys.shutdown(c, stream.fd, 'both');
      events.close();
    },
  };
}

const PLAIN = /^[\w.-]*$/;

/** url.Values.Encode: by key. */
export function queryText(query: Query = {}): string {
  const pairs: string[] = [];
  for (const key of Object.keys(query).sort()) {
    const value = query[key];
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value])
      pairs.push(`${queryEscape(key)}=${queryEscape(String(one))}`);
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function queryEscape(text: string): string {
  if (PLAIN.test(text)) return text;
  const escaped = encodeURIComponent(text).replaceAll('%20', '+');
  return escaped.replace(/[!'()*]/g, (ch) => `%${ch.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A kubelet's or a proxy's plain text becomes the Status that client-go makes of it. */
export function statusErrorOf(code: number, body: string): StatusError {
  try {
    const value = JSON.parse(body) as Status;
    if (value.kind === 'Status') return new StatusError({ ...value, code: value.code ?? code });
  } catch {
    // Not JSON.
  }
  if (code === 404) return failure(code, 'NotFound', 'the server could not find the requested resource');
  if (code === 500)
    return failure(
      code,
      'InternalError',
      `an error on the server (${quote(body.trim())}) has prevented the request from succeeding`,
    );
  const reasons: Readonly<Record<number, string>> = { 401: 'Unauthorized', 403: 'Forbidden' };
  return failure(code, reasons[code] ?? (code >= 500 ? 'InternalError' : 'BadRequest'), body.trim());
}
