/**
 * The registry's process: `registry serve --name docker.io --listen 0.0.0.0:443`. After a comma comes how badly that port
 * serves (manners.ts).
 * @models distribution/distribution v2.8 registry/registry.go
 * @fidelity partial: our own command line; images come from the catalogue and from who pushes
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { splitHostPort } from '../../protocols/distribution/dial.ts';
import type { Service } from './answer.ts';
import { type Manners, parseManners } from './manners.ts';

/** One that it listens on. */
type Port = { host: string; port: number | null; isPlain: boolean; manners: Manners };

export const registryProgram: Program = {
  name: 'registry',
  rssBytes: 24 * 1_048_576,
  threads: 8,
  main: serve,
};

async function serve(ctx: Context, argv: string[]): Promise<number> {
  const values = (name: string): string[] => argv.flatMap((arg, i) => (arg === name ? [argv[i + 1] ?? ''] : []));
  const [name] = values('--name');
  const ports = [
    ...values('--listen').map((text) => portOf(text, false)),
    ...values('--listen-plain').map((text) => portOf(text, true)),
  ].filter((port) => port !== null);
  if (argv[1] !== 'serve' || name === undefined || ports.length === 0) {
    await printError(
      ctx,
      'usage: registry serve --name NAME {--listen ADDRESS:PORT[,MANNER]... | --listen-plain ADDRESS:PORT[,MANNER]...}...\n',
    );
    return 2;
  }
  // As Go does for sockets: a client that has gone is an error of the write, not the end of the process.
  ctx.sys.sigaction(ctx, 'SIGPIPE', 'ignore');
  const listeners: (Port & { fd: number })[] = [];
  for (const entry of ports) {
    const { host, port } = entry;
    try {
      listeners.push({ ...entry, fd: await ctx.sys.listen(ctx, { family: 'inet', host, port: port ?? 0 }) });
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `listen tcp ${host}:${port}: bind: ${error.go}\n`);
      return 1;
    }
  }
  let service: Service | null = null;
  const acceptAll = async (c: Context, { fd: listener, isPlain, manners }: Port & { fd: number }): Promise<never> => {
    for (;;) {
      const fd = await c.sys.accept(c, listener);
      // What serves, and the whole catalogue, is fetched when the first client comes.
      const { connection, newService } = await import('./serve-connection.ts');
      service ??= newService(c, name);
      const serving = service;
      c.go('connection', (inner) => connection(inner, serving, fd, isPlain, manners));
    }
  };
  const [first, ...others] = listeners;
  if (first === undefined) return 1;
  for (const listener of others) ctx.go('listener', (c) => acceptAll(c, listener));
  return acceptAll(ctx, first);
}

function portOf(text: string, isPlain: boolean): Port | null {
  const [address = '', ...words] = text.split(',');
  const manners = parseManners(words);
  return manners === null ? null : { ...splitHostPort(address), isPlain, manners };
}
