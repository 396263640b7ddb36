/**
 * What a registry's error body says, and how containerd words an answer it did not expect.
 * @models containerd core/remotes/errors, core/remotes/docker errcode.go
 * @fidelity partial: details in error bodies are not shown (nor are they upstream)
 */
import { type GoError, newError } from '../../go/errors.ts';
import { bodyText, type HttpResponse } from './http-client.ts';

export type RegistryError = { code: string; message: string; detail?: unknown };

/** Messages that only repeat their code are left out when printed. */
const DEFAULT_MESSAGES: Readonly<Record<string, string>> = {
  UNKNOWN: 'unknown error',
  UNSUPPORTED: 'The operation is unsupported.',
  UNAUTHORIZED: 'authentication required',
  DENIED: 'requested access to the resource is denied',
  UNAVAILABLE: 'service unavailable',
  TOOMANYREQUESTS: 'too many requests',
};

export function errorBody(code: string, message: string, detail?: unknown): string {
  return `${JSON.stringify({ errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] })}\n`;
}

export function parseErrorBody(text: string): RegistryError[] {
  try {
    const { errors } = JSON.parse(text) as { errors?: RegistryError[] };
    return Array.isArray(errors) ? errors : [];
  } catch {
    return [];
  }
}

function words(error: RegistryError): string {
  const known = error.code in DEFAULT_MESSAGES ? error.code : 'UNKNOWN';
  const name = known.toLowerCase().replaceAll('_', ' ');
  const isDefault = error.message === '' || (error.detail == null && error.message === DEFAULT_MESSAGES[known]);
  return isDefault ? name : `${name}: ${error.message}`;
}

/** `unexpected status from HEAD request to URL: 403 Forbidden`, with the registry's own words on the next line. */
export function unexpectedStatus(method: string, response: HttpResponse): GoError {
  const status = `unexpected status from ${method} request to ${response.url}: ${response.status} ${response.reason}`;
  const errors = parseErrorBody(bodyText(response));
  const [first, ...more] = errors;
  if (first === undefined) return newError(status, { code: response.status });
  const said = more.length === 0 ? words(first) : `errors:\n${errors.map((error) => `${words(error)}\n`).join('')}`;
  return newError(`${status}\n${said}`, { code: response.status });
}
