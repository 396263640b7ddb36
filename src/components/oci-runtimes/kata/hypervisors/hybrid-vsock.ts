/**
 * vsock without the host's vhost driver: the hypervisor listens on a Unix socket, is told `CONNECT PORT`, and carries the
 * bytes to whoever listens on that port in the guest.
 * @models Firecracker docs/vsock.md, cloud-hypervisor vsock @fidelity partial: connections from the host only
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { utf8 } from '../../../../linux/rope.ts';

const FIRST_HOST_PORT = 1_073_741_824;
const CHUNK = 65_536;

export async function serveHybridVsock(ctx: Context, path: string, machine: () => number): Promise<void> {
  const listener = await ctx.sys.listen(ctx, { family: 'unix', path }, { mode: 0o755 });
  let port = FIRST_HOST_PORT;
  ctx.go('vsock', async (inner) => {
    for (;;) {
      const client = await inner.sys.accept(inner, listener);
      inner.go('vsock connection', (c) => carry(c, client, machine(), port++));
    }
  });
}

async function carry(ctx: Context, client: number, machine: number, hostPort: number): Promise<void> {
  const { sys } = ctx;
  try {
    const port = /^CONNECT (\d+)\n$/.exec(utf8(await sys.read(ctx, client, 32)));
    if (port === null) return await sys.close(ctx, client);
    const guest = await sys.connectGuest(ctx, machine, Number(port[1]));
    await sys.write(ctx, client, `OK ${hostPort}\n`);
    ctx.go('to the host', (inner) => copy(inner, guest, client));
    await copy(ctx, client, guest);
  } catch (error) {
    // Nobody listens there (yet): the client sees the end of the stream.
    if (!isErrno(error)) throw error;
    await sys.close(ctx, client);
  }
}

async function copy(ctx: Context, from: number, to: number): Promise<void> {
  try {
    for (;;) {
      const data = await ctx.sys.read(ctx, from, CHUNK);
      if (data.length === 0) break;
      await ctx.sys.write(ctx, to, data);
    }
    await ctx.sys.shutdown(ctx, to, 'write');
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}
