/**
 * Answers a registry's 401: Basic credentials, or a token from the server that its challenge names.
 * @models containerd core/remotes/docker/authorizer.go, auth/fetch.go, auth/parse.go
 * @fidelity partial: tokens are not refreshed before they expire; no refresh tokens
 */

import { type GoError, newError, wrapError } from '../../go/errors.ts';
import { base64 } from '../../go/json.ts';
import type { Context } from '../../linux/context.ts';
import { headerValue } from '../http/http1.ts';
import { bodyText, type HttpClient, type HttpRequest, type HttpResponse } from './http-client.ts';
import { unexpectedStatus } from './registry-errors.ts';

export type Credentials = { username: string; secret: string };

export type Challenge = { scheme: 'bearer' | 'basic'; parameters: Readonly<Record<string, string>> };

export type Authorizer = {
  /** Value for the Authorization header, or null before the host has asked for one. Throws a GoError. */
  authorize(ctx: Context, host: string, scopes: readonly string[]): Promise<string | null>;
  /** Learns from a 401; false when there is nothing to try. Throws a GoError when access is denied for good. */
  addResponses(host: string, responses: readonly AuthExchange[]): boolean;
};

export type AuthExchange = { method: string; response: HttpResponse };

type Handler = { challenge: Challenge; credentials: Credentials | null; tokens: Map<string, string> };

export const INVALID_AUTHORIZATION = 'authorization failed';

export function parseChallenges(header: string): Challenge[] {
  const [, word = '', rest = ''] = /^\s*(\w+)\s+(.*)$/.exec(header) ?? /^\s*(\w+)()$/.exec(header) ?? [];
  const scheme = word.toLowerCase();
  if (scheme !== 'bearer' && scheme !== 'basic') return [];
  const parameters: Record<string, string> = {};
  for (const [, key = '', quoted, bare] of rest.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)) {
    parameters[key.toLowerCase()] = quoted === undefined ? (bare ?? '') : quoted.replace(/\\(.)/g, '$1');
  }
  return [{ scheme, parameters }];
}

export function newAuthorizer(
  client: HttpClient,
  credentials: Credentials | null,
  tls: Pick<HttpRequest, 'skipVerify' | 'issuers'> = {},
  userAgent = 'containerd/2.1.9',
): Authorizer {
  const handlers = new Map<string, Handler>();

  async function fetchToken(ctx: Context, handler: Handler, scopes: readonly string[], get: boolean): Promise<string> {
    const { realm = '', service = '' } = handler.challenge.parameters;
    const [, scheme = 'https', host = '', path = '/'] = /^(https?):\/\/([^/?]+)([^?]*)/.exec(realm) ?? [];
    const known = handler.credentials;
    const form: [string, string][] = get
      ? [...scopes.map((scope): [string, string] => ['scope', scope]), ['service', service]]
      : known?.username === ''
        ? [
            ['client_id', 'containerd-client'],
            ['grant_type', 'refresh_token'],
            ['refresh_token', known.secret],
            ['scope', scopes.join(' ')],
            ['service', service],
          ]
        : [
            ['client_id', 'containerd-client'],
            ['grant_type', 'password'],
            ['password', known?.secret ?? ''],
            ['scope', scopes.join(' ')],
            ['service', service],
            ['username', known?.username ?? ''],
          ];
    const encoded = form
      .filter(([, value]) => value !== '')
      .map(([key, value]) => `${key}=${queryEscape(value)}`)
      .join('&');
    const headers: [string, string][] = [['User-Agent', userAgent]];
    if (get && known !== null) headers.push(['Authorization', basic(known)]);
    if (!get) headers.push(['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8']);
    const response = await client.request(ctx, {
      method: get ? 'GET' : 'POST',
      scheme: scheme as HttpRequest['scheme'],
      host,
      target: get ? `${path}?${encoded}` : path,
      headers,
      ...tls,
      ...(get ? {} : { body: encoded }),
    });
    if (response.status < 200 || response.status >= 400)
      throw unexpectedStatus(get ? 'GET' : 'POST', { ...response, body: response.body });
    const { token, access_token } = JSON.parse(bodyText(response)) as { token?: string; access_token?: string };
    const found = access_token ?? token ?? '';
    if (found === '') throw newError('authorization server did not include a token in the response');
    return found;
  }

  /** Registries without the POST form answer with one of these; the GET form is tried then. */
  async function fetchWithPassword(ctx: Context, handler: Handler, scopes: readonly string[]): Promise<string> {
    try {
      return await fetchToken(ctx, handler, scopes, false);
    } catch (error) {
      if (![400, 401, 404, 405].includes(Number((error as GoError).code))) throw error;
      return fetchToken(ctx, handler, scopes, true);
    }
  }

  async function bearer(ctx: Context, handler: Handler, scopes: readonly string[]): Promise<string> {
    const wanted = [...new Set([...scopes, ...(handler.challenge.parameters.scope ?? '').split(' ')])]
      .filter((scope) => scope !== '')
      .sort();
    const key = wanted.join(' ');
    const cached = handler.tokens.get(key);
    if (cached !== undefined) return cached;
    let token: string;
    if (handler.credentials === null) {
      try {
        token = await fetchToken(ctx, handler, wanted, true);
      } catch (error) {
        throw wrapError('failed to fetch anonymous token', error as GoError);
      }
    } else {
      try {
        token = await fetchWithPassword(ctx, handler, wanted);
      } catch (error) {
        throw wrapError('failed to fetch oauth token', error as GoError);
      }
    }
    handler.tokens.set(key, `Bearer ${token}`);
    return `Bearer ${token}`;
  }

  return {
    async authorize(ctx, host, scopes) {
      const handler = handlers.get(host);
      if (handler === undefined) return null;
      if (handler.challenge.scheme === 'bearer') return bearer(ctx, handler, scopes);
      return handler.credentials === null ? null : basic(handler.credentials);
    },
    addResponses(host, responses) {
      const last = responses[responses.length - 1];
      const previous = responses[responses.length - 2];
      for (const challenge of parseChallenges(headerValue(last?.response.headers ?? [], 'www-authenticate') ?? '')) {
        if (challenge.scheme === 'basic') {
          if (credentials === null || credentials.username === '' || credentials.secret === '') {
            throw wrapError(INVALID_AUTHORIZATION, newError('no basic auth credentials'), {
              code: INVALID_AUTHORIZATION,
            });
          }
          handlers.set(host, { challenge, credentials, tokens: new Map() });
          return true;
        }
        const said = challenge.parameters.error ?? '';
        if (said !== '') {
          const isRepeated =
            previous !== undefined && previous.method === last?.method && previous.response.url === last.response.url;
          handlers.delete(host);
          if (isRepeated)
            throw wrapError(
              `server message: ${said}`,
              newError(INVALID_AUTHORIZATION, { code: INVALID_AUTHORIZATION }),
            );
        }
        if (!handlers.has(host)) handlers.set(host, { challenge, credentials, tokens: new Map() });
        return true;
      }
      return false;
    },
  };
}

function basic({ username, secret }: Credentials): string {
  return `Basic ${base64(new TextEncoder().encode(`${username}:${secret}`))}`;
}

/** url.QueryEscape */
export function queryEscape(text: string): string {
  let out = '';
  for (const byte of new TextEncoder().encode(text)) {
    const char = String.fromCharCode(byte);
    if (/[A-Za-z0-9_.~-]/.test(char)) out += char;
    else out += char === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}
