/** `cutaway host [--lan]`: serves the built page until it is interrupted; to a classroom with an address to scan. */
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { parseFlags, UsageError } from './arguments.ts';
import { qrText } from './qr.ts';
import { serveDirectory } from './scripts/static-server.mjs';

const PORT_DEFAULT = 4173;
const PORTS_TRIED_MAX = 50;
const PORT_MAX = 65_535;

const flags = { lan: { type: 'boolean' }, port: { type: 'string' } } as const;

export async function host(args: string[]): Promise<number> {
  const { values } = parseFlags(args, flags, false);
  const port = values.port === undefined ? PORT_DEFAULT : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > PORT_MAX)
    throw new UsageError(`--port wants a number up to ${PORT_MAX}, not "${values.port}"`);
  const root = builtPage();
  const lan = values.lan === true ? lanAddress() : null;
  if (values.lan === true && lan === null) throw new UsageError('--lan: this machine has no address but loopback');
  const portsTried = values.port === undefined ? PORTS_TRIED_MAX : 1;
  const { server, address } = await serveDirectory({ root, port, portsTried, ...(lan === null ? {} : { host: lan }) });
  process.stdout.write(`Cutaway is at ${address}\n`);
  if (lan !== null) {
    process.stdout.write(`\n${qrText(address)}\n`);
    process.stdout.write(
      'Everybody on this network can open it. Nothing is sent back: each browser runs its own node.\n',
    );
  }
  process.stdout.write('Ctrl-C ends it.\n');
  await new Promise<void>((done) => {
    process.once('SIGINT', done);
    process.once('SIGTERM', done);
  });
  server.close();
  server.closeAllConnections();
  return 0;
}

/** The folder that holds the built page: this program lies in a folder of it. */
export function builtPage(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    for (const candidate of [folder, join(folder, 'dist')]) {
      if (existsSync(join(candidate, 'index.html')) && existsSync(join(candidate, 'assets'))) return candidate;
    }
    if (dirname(folder) === folder) throw new UsageError('the page has not been built; `npm run build` does it');
  }
}

function lanAddress(): string | null {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const own = all.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address);
  // A private address is more likely the classroom's than a tunnel's.
  return own.find((address) => /^(?:192\.168|10|172\.(?:1[6-9]|2\d|3[01]))\./.test(address)) ?? own[0] ?? null;
}
