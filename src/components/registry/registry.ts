/**
 * The registry's process: `registry serve --name docker.io --listen 0.0.0.0:443 [--plain-http]`.
 * @models distribution/distribution v2.8 registry/registry.go
 * @fidelity partial: our own command line; images come from the catalogue, nothing can be pushed
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { Rope } from '../../linux/rope.ts';
import { base64 } from '../../go/json.ts';
import { splitHostPort } from '../../protocols/distribution/dial.ts';
import { HttpStream } from '../../protocols/distribution/http-stream.ts';
import { tlsAccept } from '../../protocols/distribution/tls-model.ts';
import { HttpError, encodeResponseHead, reasonPhrase } from '../../protocols/http/http1.ts';
import { LATENCY } from '../../sim/latency.ts';
import { answer, type Tokens } from './answer.ts';
import { privateSite, registrySites, type RegistrySite } from './sites.ts';
import { catalogueStore, type Store } from './store.ts';

type Service = { site: RegistrySite; store: Store; tokens: Tokens; plainHttp: boolean };

export const registryProgram: Program = {
  name: 'registry',
  rssBytes: 24 * 1_048_576,
  threads: 8,
  main: serve,
};

async function serve(ctx: Context, argv: string[]): Promise<number> {
  const option = (name: string): string | undefined => {
    const at = argv.indexOf(`--${name}`);
    return at < 0 ? argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) : argv[at + 1];
  };
  const name = option('name');
  const { host, port } = splitHostPort(option('listen') ?? '0.0.0.0:443');
  if (argv[1] !== 'serve' || name === undefined || port === null) {
    await printError(ctx, 'usage: registry serve --name NAME [--listen ADDRESS:PORT] [--plain-http]\n');
    return 2;
  }
  const service: Service = {
    site: registrySites.find((site) => site.name === name) ?? privateSite(name),
    store: catalogueStore(name),
    tokens: newTokens(ctx),
    plainHttp: argv.includes('--plain-http'),
  };
  // As Go does for sockets: a client that has gone is an error of the write, not the end of the process.
  ctx.sys.sigaction(ctx, 'SIGPIPE', 'ignore');
  let listener: number;
  try {
    listener = await ctx.sys.listen(ctx, { family: 'inet', host, port });
  } catch (error) {
    if (!isErrno(error)) throw error;
    await printError(ctx, `listen tcp ${host}:${port}: bind: ${error.go}\n`);
    return 1;
  }
  for (;;) {
    const fd = await ctx.sys.accept(ctx, listener);
    ctx.go('connection', (c) => connection(c, service, fd));
  }
}

async function connection(ctx: Context, service: Service, fd: number): Promise<void> {
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
