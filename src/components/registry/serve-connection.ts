/** One client's connection: the handshake, then requests until it goes away. */
import { base64 } from '../../go/json.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { Rope } from '../../linux/rope.ts';
import { HttpStream } from '../../protocols/distribution/http-stream.ts';
import { tlsAccept } from '../../protocols/distribution/tls-model.ts';
import { encodeResponseHead, HttpError, reasonPhrase } from '../../protocols/http/http1.ts';
import { LATENCY } from '../../sim/latency.ts';
import { answer, type Service, type Tokens } from './answer.ts';
import type { Manners } from './manners.ts';
import { ownSite, registrySites } from './sites.ts';
import { catalogueStore } from './store.ts';

export function newService(ctx: Context, name: string): Service {
  return {
    site: registrySites.find((site) => site.name === name) ?? ownSite(name),
    store: catalogueStore(name),
    tokens: newTokens(ctx),
    uploads: new Map(),
    newUploadId: () => uuid(ctx),
    pulls: new Map(),
    refused: new Map(),
  };
}

export async function connection(
  ctx: Context,
  service: Service,
  fd: number,
  isPlain: boolean,
  manners: Manners,
): Promise<void> {
  try {
    const greeted = isPlain || (await tlsAccept(ctx, fd, service.site.certificate)).ok;
    if (greeted) await serveRequests(ctx, service, new HttpStream(fd), manners);
  } catch (error) {
    // The client went away; nobody is left to tell.
    if (!isErrno(error)) throw error;
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}

async function serveRequests(ctx: Context, service: Service, stream: HttpStream, manners: Manners): Promise<void> {
  const peer = ctx.sys.socketAddress(ctx, stream.fd, 'peer');
  const from = peer.family === 'inet' ? peer.host : '';
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
    const sent = await stream.readBody(ctx, message.head.headers, false);
    await ctx.cpu(LATENCY.registryRequestNs);
    const { status, headers, body } = answer(service, {
      head: message.head,
      body: sent,
      from,
      now: ctx.now,
      manners,
    });
    const lengths: [string, string][] = [['Content-Length', String(body.length)]];
    const head = encodeResponseHead({ status, reason: reasonPhrase(status), headers: [...headers, ...lengths] });
    const whole = message.head.method === 'HEAD' ? Rope.of(head) : Rope.of(head).concat(body);
    const isSent = await send(ctx, stream.fd, whole, manners);
    if (!isSent || !message.keepAlive) return;
  }
}

const SLOW_PART_BYTES = 65_536;

/** False when the connection broke on the way. */
async function send(ctx: Context, fd: number, data: Rope, { rate, cut }: Manners): Promise<boolean> {
  const sent = cut === null ? data : data.slice(0, cut);
  if (rate === null) await ctx.sys.write(ctx, fd, sent);
  else {
    const start = ctx.now;
    for (let at = 0; at < sent.length; at += SLOW_PART_BYTES) {
      const part = sent.slice(at, at + SLOW_PART_BYTES);
      await ctx.sys.write(ctx, fd, part);
      const due = start + Math.round(((at + part.length) / rate) * 1e9);
      await ctx.sleep(Math.max(0, due - ctx.now));
    }
  }
  return sent.length === data.length;
}

function uuid(ctx: Context): string {
  return ctx.random.hex(32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
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
      if (scopes === undefined || scope === '') return scopes !== undefined;
      const [type = '', name = '', actions = ''] = scope.split(':');
      return scopes.some((granted) => {
        const [grantedType, grantedName, grantedActions = ''] = granted.split(':');
        const has = grantedActions.split(',');
        return (
          grantedType === type && grantedName === name && actions.split(',').every((action) => has.includes(action))
        );
      });
    },
  };
}
