/**
 * postgres, initdb and pg_isready: a database server that starts, says it is ready, and answers who asks whether it is.
 * @models PostgreSQL 17 src/backend/postmaster, src/bin/pg_isready
 * @fidelity partial: no SQL: a session is refused with an error of the server that says so
 */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, getenv, mkdirAll, print, printError, writeFile } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { ownIds } from '../../../linux/user-namespace.ts';
import { strftime } from '../../common/dates.ts';
import { signalQueue } from '../signals.ts';

const VERSION = '17.6';
const BUILD = `PostgreSQL ${VERSION} (Debian ${VERSION}-1.pgdg12+1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14+deb12u1) 12.2.0, 64-bit`;
const SOCKETS = '/var/run/postgresql';
const DATA = '/var/lib/postgresql/data';
/** Codes of a start-up packet: protocol 3.0, and the wish for TLS. */
const PROTOCOL_3 = 196_608;
const SSL_REQUEST = 80_877_103;
const INITDB_CPU_NS = 600_000_000;

export const postgres: Program = {
  name: 'postgres',
  startCpuNs: 20_000_000,
  rssBytes: 27_000_000,
  threads: 1,
  main: async (ctx, argv) => {
    if (argv.includes('--version') || argv.includes('-V')) {
      await print(ctx, `postgres (PostgreSQL) ${VERSION} (Debian ${VERSION}-1.pgdg12+1)\n`);
      return 0;
    }
    if (ownIds(ctx.process).euid === 0) {
      await printError(ctx, '"root" execution of the PostgreSQL server is not permitted.\n');
      return 1;
    }
    const data = optionOf(argv, 'D') ?? getenv(ctx, 'PGDATA') ?? DATA;
    const port = Number(optionOf(argv, 'p') ?? '5432');
    const pid = ctx.sys.getpid(ctx);
    const log = (level: string, text: string): Promise<void> =>
      printError(
        ctx,
        `${strftime('%Y-%m-%d %H:%M:%S', ctx.wallTime)}.${milliseconds(ctx)} UTC [${pid}] ${level}:  ${text}\n`,
      );
    if (!(await exists(ctx, `${data}/PG_VERSION`))) {
      await printError(
        ctx,
        `postgres: could not access the server configuration file "${data}/postgresql.conf": No such file or directory\n`,
      );
      return 2;
    }
    await log('LOG', `starting ${BUILD}`);
    const listeners: number[] = [];
    try {
      listeners.push(await ctx.sys.listen(ctx, { family: 'inet', host: '0.0.0.0', port }));
      await log('LOG', `listening on IPv4 address "0.0.0.0", port ${port}`);
      await mkdirAll(ctx, SOCKETS);
      listeners.push(
        await ctx.sys.listen(ctx, { family: 'unix', path: `${SOCKETS}/.s.PGSQL.${port}` }, { mode: 0o777 }),
      );
      await log('LOG', `listening on Unix socket "${SOCKETS}/.s.PGSQL.${port}"`);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await log('LOG', `could not bind IPv4 address "0.0.0.0": ${error.libc}`);
      await log('FATAL', 'could not create any TCP/IP sockets');
      return 1;
    }
    await log('LOG', `database system was shut down at ${strftime('%Y-%m-%d %H:%M:%S UTC', ctx.wallTime)}`);
    await log('LOG', 'database system is ready to accept connections');
    const signals = signalQueue(ctx, ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP']);
    ctx.sys.sigaction(ctx, 'SIGPIPE', 'ignore');
    for (const listener of listeners) ctx.go('listener', (c) => acceptAll(c, listener));
    for (;;) {
      const signal = await signals.take();
      if (signal === 'SIGHUP') {
        await log('LOG', 'received SIGHUP, reloading configuration files');
        continue;
      }
      const kind = signal === 'SIGTERM' ? 'smart' : signal === 'SIGINT' ? 'fast' : 'immediate';
      await log('LOG', `received ${kind} shutdown request`);
      await log('LOG', 'database system is shut down');
      return 0;
    }
  },
};

/** `-D DIR`, `-DDIR`. */
function optionOf(argv: readonly string[], letter: string): string | undefined {
  for (const [i, arg] of argv.entries()) {
    if (arg === `-${letter}`) return argv[i + 1];
    if (arg.startsWith(`-${letter}`)) return arg.slice(2);
  }
  return undefined;
}

function milliseconds(ctx: Context): string {
  return String(Number((ctx.wallTime / 1_000_000n) % 1000n)).padStart(3, '0');
}

async function acceptAll(ctx: Context, listener: number): Promise<never> {
  for (;;) {
    const fd = await ctx.sys.accept(ctx, listener);
    ctx.go('backend', async (c) => {
      try {
        await refuseSession(c, fd);
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
      await c.sys.close(c, fd);
    });
  }
}

/** Goes through the start-up as far as it needs to say in the protocol's own way that no SQL is spoken here. */
async function refuseSession(ctx: Context, fd: number): Promise<void> {
  for (;;) {
    const packet = await ctx.sys.read(ctx, fd, 8192);
    if (packet.length < 8) return;
    const code = new DataView(packet.buffer, packet.byteOffset).getUint32(4);
    if (code === SSL_REQUEST) {
      await ctx.sys.write(ctx, fd, 'N');
      continue;
    }
    if (code !== PROTOCOL_3) return;
    const fields = 'SFATAL\0VFATAL\0C0A000\0Mnot simulated here: SQL sessions\0\0';
    const body = new TextEncoder().encode(fields);
    const message = new Uint8Array(5 + body.length);
    message[0] = 0x45;
    new DataView(message.buffer).setUint32(1, body.length + 4);
    message.set(body, 5);
    await ctx.sys.write(ctx, fd, message);
    return;
  }
}

/** @models src/bin/initdb @fidelity partial: only the files that others look at */
export const initdb: Program = {
  name: 'initdb',
  startCpuNs: 4_000_000,
  rssBytes: 9_000_000,
  main: async (ctx, argv) => {
    const data = optionOf(argv, 'D') ?? getenv(ctx, 'PGDATA') ?? DATA;
    if (await exists(ctx, `${data}/PG_VERSION`)) {
      await printError(ctx, `initdb: error: directory "${data}" exists but is not empty\n`);
      return 1;
    }
    await ctx.cpu(INITDB_CPU_NS);
    for (const folder of ['base/1', 'base/5', 'global', 'pg_wal', 'pg_xact'])
      await mkdirAll(ctx, `${data}/${folder}`, 0o700);
    await writeFile(ctx, `${data}/PG_VERSION`, '17\n');
    await writeFile(ctx, `${data}/postgresql.conf`, "listen_addresses = '*'\n");
    await writeFile(ctx, `${data}/pg_hba.conf`, 'local all all trust\nhost all all all scram-sha-256\n');
    await print(
      ctx,
      `creating directory ${data} ... ok\nperforming post-bootstrap initialization ... ok\nsyncing data to disk ... ok\n`,
    );
    return 0;
  },
};

/** @models src/bin/scripts/pg_isready.c @fidelity full */
export const pgIsready: Program = {
  name: 'pg_isready',
  startCpuNs: 3_000_000,
  rssBytes: 5_000_000,
  main: async (ctx, argv) => {
    const host = optionOf(argv, 'h') ?? getenv(ctx, 'PGHOST');
    const port = Number(optionOf(argv, 'p') ?? getenv(ctx, 'PGPORT') ?? '5432');
    const where = `${host ?? SOCKETS}:${port}`;
    try {
      const fd = await ctx.sys.connect(
        ctx,
        host === undefined
          ? { family: 'unix', path: `${SOCKETS}/.s.PGSQL.${port}` }
          : { family: 'inet', host: host === 'localhost' ? '127.0.0.1' : host, port },
      );
      await ctx.sys.close(ctx, fd);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await print(ctx, `${where} - no response\n`);
      return 2;
    }
    await print(ctx, `${where} - accepting connections\n`);
    return 0;
  },
};
