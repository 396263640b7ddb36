/** How a registry answers. */
import { Rope } from '../../linux/rope.ts';
import { errorBody } from '../../protocols/distribution/registry-errors.ts';
import { unescapeUrl } from '../../protocols/http/unescape.ts';

export type Answer = { status: number; headers: [string, string][]; body: Rope };

/** Of a query or a form, in order. */
export type Parameters = readonly [string, string][];

const JSON_TYPE = 'application/json; charset=utf-8';

export function notFoundPage(): Answer {
  const headers: [string, string][] = [['Content-Type', 'text/plain; charset=utf-8']];
  return { status: 404, headers, body: Rope.text('404 page not found\n') };
}

/** An answer without a body. */
export function done(status: number, headers: [string, string][]): Answer {
  return { status, headers, body: Rope.empty };
}

export function parametersOf(query: string): [string, string][] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const [key = '', value = ''] = part.split('=');
      return [key, unescapeUrl(value.replaceAll('+', ' ')) ?? value];
    });
}

export function json(status: number, body: string): Answer {
  return { status, headers: [['Content-Type', JSON_TYPE]], body: Rope.text(body) };
}

export function failure(status: number, code: string, message: string, detail?: unknown): Answer {
  return json(status, errorBody(code, message, detail));
}
