/**
 * The registry's process: `registry serve --name docker.io --listen 0.0.0.0:443 [--plain-http]`.
 * @models distribution/distribution v2.8 registry/registry.go
 * @fidelity partial: our own command line; images come from the catalogue, nothing can be pushed
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { splitHostPort } from '../../protocols/distribution/dial.ts';

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
  const plainHttp = argv.includes('--plain-http');
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
  // What serves, and the whole catalogue, is fetched when the first client comes.
  let fd = await ctx.sys.accept(ctx, listener);
  const { connection, newService } = await import('./serve-connection.ts');
  const service = newService(ctx, name, plainHttp);
  for (;;) {
    const accepted = fd;
    ctx.go('connection', (c) => connection(c, service, accepted));
    fd = await ctx.sys.accept(ctx, listener);
  }
}
