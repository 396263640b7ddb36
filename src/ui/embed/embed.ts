/**
 * Answers the page that this one is framed in: `window.cutaway` by messages. A request is
 * `{ cutaway: 1, id, call, args }`, its answer `{ cutaway: 1, id, result }` or `{ cutaway: 1, id, error }`; when somebody could
 * type, `{ cutaway: 1, event: 'ready' }` is sent. Only the frame's parent is heard, and only from an allowed origin;
 * anything else is as if it had not been said.
 */
import { type CutawayApi, cutaway } from '../scripting.ts';
import { ui } from '../store.ts';
import { readRequest } from './request.ts';

/** Beyond so many unanswered requests an embedder is told to wait. */
const REQUESTS_MAX = 64;

/** `origin=` of the query, as often as there are embedders, or the page's own. `run=` is typed when the prompt is there. */
export function answerEmbedder(query: URLSearchParams): void {
  const asked = query.getAll('origin').map(originOf);
  const allowed = new Set(asked.length === 0 ? [location.origin] : asked.filter((origin) => origin !== null));
  let waiting = 0;
  addEventListener('message', (event) => {
    if (parent === window || event.source !== parent || !allowed.has(event.origin)) return;
    const request = readRequest(event.data);
    if (request === null) return;
    const answer = (body: object): void => {
      try {
        parent.postMessage({ cutaway: 1, id: request.id, ...body }, event.origin);
      } catch (error) {
        parent.postMessage({ cutaway: 1, id: request.id, error: String(error) }, event.origin);
      }
    };
    if ('problem' in request) return answer({ error: request.problem });
    if (waiting >= REQUESTS_MAX) return answer({ error: 'too many requests wait for an answer' });
    waiting++;
    void call(request.call, request.args)
      .then(
        (result) => answer({ result }),
        (error: unknown) => answer({ error: error instanceof Error ? error.message : String(error) }),
      )
      .finally(() => waiting--);
  });
  whenPrompted(() => {
    const around = parentOrigin();
    if (around !== null && allowed.has(around)) parent.postMessage({ cutaway: 1, event: 'ready' }, around);
    // A line that fails is no reason to leave the next one out.
    for (const line of query.getAll('run')) void cutaway.run(line).catch(() => undefined);
  });
}

async function call(name: keyof CutawayApi, args: readonly unknown[]): Promise<unknown> {
  return (cutaway[name] as (...given: readonly unknown[]) => unknown)(...args);
}

function whenPrompted(then: () => void): void {
  const look = (): boolean => ui.getState().prompted;
  if (look()) return then();
  const stop = ui.subscribe(() => {
    if (!look()) return;
    stop();
    then();
  });
}

/** Whose page this one is in; null where the browser does not tell. */
function parentOrigin(): string | null {
  if (parent === window) return null;
  return location.ancestorOrigins?.[0] ?? originOf(document.referrer);
}

function originOf(text: string): string | null {
  try {
    return new URL(text).origin;
  } catch {
    return null;
  }
}
