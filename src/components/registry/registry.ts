/**
 * The registry's process: `registry serve --name docker.io --listen 0.0.0.0:443`.
 * @models distribution/distribution v2.8 registry/registry.go
 * @fidelity partial: our own command line; images come from the catalogue and from who pushes
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { splitHostPort } from '../../protocols/distribution/dial.ts';
import type { Service } from './answer.ts';

export const registryProgram: Program = {
  name: 'registry',
  rssBytes: 24 * 1_048_576,
  threads: 8,
  main: serve,
};

async function serve(ctx: Context, argv: string[]): Promise<number> {
  const values = (name: string): string[] => argv.flatMap((arg, i) => (arg === name ? [argv[i + 1] ?? ''] : []));
  const [name] = values('--name');
  const addresses = [
    ...values('--listen').map((text) => ({ ...splitHostPort(text), isPlain: false })),
    ...values('--listen-plain').map((text) => ({ ...splitHostPort(text), isPlain: true })),
  ];
  if (argv[1] !== 'serve' || name === undefined || addresses.length === 0) {
    await printError(
      ctx,
      'usage: registry serve --name NAME {--listen ADDRESS:PORT | --listen-plain ADDRESS:PORT}...\n',
    );
    return 2;
  }
  // As Go does for sockets: a client that has gone is an error of the write, not the end of the process.
  ctx.sys.sigaction(ctx, 'SIGPIPE', 'ignore');
  const listeners: { fd: number; isPlain: boolean }[] = [];
  for (const { host, port, isPlain } of addresses) {
    try {
      listeners.push({ fd: await ctx.sys.listen(ctx, { family: 'inet', host, port: port ?? 0 }), isPlain });
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `listen tcp ${host}:${port}: bind: ${error.go}\n`);
      return 1;
    }
  }
  let service: Service | null = null;
  const acceptAll = async (c: Context, listener: number, isPlain: boolean): Promise<never> => {
    for (;;) {
      const fd = await c.sys.accept(c, listener);
      // What serves, and the whole catalogue, is fetched when the first client comes.
      const { connection, newService } = await import('./serve-connection.ts');
      service ??= newService(c, name);
      const serving = service;
      c.go('connection', (inner) => connection(inner, serving, fd, isPlain));
    }
  };
  const [first, ...others] = listeners;
  for (const { fd, isPlain } of others) ctx.go('listener', (c) => acceptAll(c, fd, isPlain));
  return acceptAll(ctx, first?.fd ?? 0, first?.isPlain ?? false);
}
