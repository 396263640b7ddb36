/** One client's connection: the handshake, then requests until it goes away. */
import { base64 } from '../../go/json.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { Rope } from '../../linux/rope.ts';
import { HttpStream } from '../../protocols/distribution/http-stream.ts';
import { tlsAccept } from '../../protocols/distribution/tls-model.ts';
import { encodeResponseHead, HttpError, reasonPhrase } from '../../protocols/http/http1.ts';
import { LATENCY } from '../../sim/latency.ts';
import { answer, type Tokens } from './answer.ts';
import { privateSite, type RegistrySite, registrySites } from './sites.ts';
import { catalogueStore, type Store } from './store.ts';

export type Service = { site: RegistrySite; store: Store; tokens: Tokens; plainHttp: boolean };

export function newService(ctx: Context, name: string, plainHttp: boolean): Service {
  return {
    site: registrySites.find((site) => site.name === name) ?? privateSite(name),
    store: catalogueStore(name),
    tokens: newTokens(ctx),
    plainHttp,
  };
}

export async function connection(ctx: Context, service: Service, fd: number): Promise<void> {
  try {
    const greeted = service.plainHttp || (await tlsAccept(ctx, fd, service.site.certificate)).ok;
    if (greeted) await serveRequests(ctx, service, new HttpStream(fd));
  } catch (error) {
    // The client went away; nobody is left to tell.
    if (!isErrno(error)) throw error;
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}

async function serveRequests(ctx: Context, service: Service, stream: HttpStream): Promise<void> {
  for (;;) {
    let message: Awaited<ReturnType<HttpStream['readRequest']>>;
    try {
      message = await stream.readRequest(ctx);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const headers: [string, string][] = [
        ['Content-Type', 'text/plain; charset=utf-8'],
        ['Connection', 'close'],
      ];
      await ctx.sys.write(
        ctx,
        stream.fd,
        Rope.of(encodeResponseHead({ status: 400, reason: 'Bad Request', headers })).concat(
          Rope.text('400 Bad Request'),
        ),
      );
      return;
    }
    if (message === null) return;
    await stream.readBody(ctx, message.head.headers, false);
    await ctx.cpu(LATENCY.registryRequestNs);
    const { status, headers, body } = answer(service.site, service.store, service.tokens, message.head);
    const lengths: [string, string][] = [['Content-Length', String(body.length)]];
    const head = encodeResponseHead({ status, reason: reasonPhrase(status), headers: [...headers, ...lengths] });
    const whole = message.head.method === 'HEAD' ? Rope.of(head) : Rope.of(head).concat(body);
    await ctx.sys.write(ctx, stream.fd, whole);
    if (!message.keepAlive) return;
  }
}

/** Tokens look like the real thing (three base64url parts) and are known to this process only. */
function newTokens(ctx: Context): Tokens {
  const issued = new Map<string, readonly string[]>();
  const part = (text: string): string =>
    base64(new TextEncoder().encode(text)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return {
    issue(scopes) {
      const access = scopes.map((scope) => {
        const [type = '', name = '', actions = ''] = scope.split(':');
        return { type, name, actions: actions.split(',') };
      });
      const token = `${part('{"alg":"ES256","typ":"JWT"}')}.${part(JSON.stringify({ access, jti: ctx.random.hex(32) }))}.${part(ctx.random.hex(64))}`;
      issued.set(token, scopes);
      return token;
    },
    allows(token, scope) {
      const scopes = issued.get(token);
      return scopes !== undefined && (scope === '' || scopes.includes(scope));
    },
  };
}
