/**
 * --network=host: the sockets of the sandbox's programs are sockets of the sandbox process, in the network namespace that it was
 * started in. Nothing of netstack is there; AF_UNIX stays within the Sentry.
 * @models gVisor pkg/sentry/socket/hostinet
 * @fidelity partial: /proc/net lists every TCP socket of the namespace, not only the sandbox's
 */
import type { Context } from '../../../linux/context.ts';
import { errno, isErrno } from '../../../linux/errno.ts';
import type { Kernel } from '../../../linux/kernel.ts';
import type { OpenFile } from '../../../linux/open-file.ts';
import { Listener } from '../../../linux/socket.ts';
import type { Syscalls } from '../../../linux/syscalls.ts';
import { capable } from '../../../linux/user-namespace.ts';
import { Future } from '../../../sim/primitives.ts';

/** A call of the Sentry's own, of which whoever asked only hears the result: it may be killed meanwhile. */
async function onHost<T>(host: Context, ctx: Context, call: (inner: Context) => Promise<T>): Promise<T> {
  const result = new Future<T>(host.scheduler);
  host.withSpan(ctx.span).go('hostinet', async (inner) => {
    try {
      result.resolve(await call(inner));
    } catch (error) {
      if (!isErrno(error)) throw error;
      result.reject(error);
    }
  });
  return result.wait();
}

export function withHostNetwork(kernel: Kernel, host: Context, sys: Syscalls): Syscalls {
  const carrier = host.process;
  const descriptors = new WeakMap<OpenFile, number>();

  /** A socket of the sandbox process becomes one of the program's as well; it is closed when the program's are. */
  const lend = (ctx: Context, fd: number): number => {
    const file = carrier.kernel.file(carrier, fd);
    descriptors.set(file, fd);
    file.onlyOneLeft = () => {
      file.onlyOneLeft = null;
      if (carrier.descriptors.get(fd) === file) carrier.kernel.closeDescriptor(carrier, fd);
    };
    return kernel.install(ctx.process, file, true);
  };

  const requireAdmin = (ctx: Context): void => {
    if (!capable(ctx.process, 'NET_ADMIN', ctx.process.namespaces.net.owner)) throw errno('EPERM');
  };

  return {
    ...sys,
    async listen(ctx, address, options) {
      if (address.family !== 'inet') return sys.listen(ctx, address, options);
      return lend(ctx, await onHost(host, ctx, (inner) => inner.sys.listen(inner, address, options)));
    },
    async connect(ctx, address) {
      if (address.family !== 'inet') return sys.connect(ctx, address);
      return lend(ctx, await onHost(host, ctx, (inner) => inner.sys.connect(inner, address)));
    },
    async accept(ctx, fd) {
      const file = kernel.file(ctx.process, fd);
      if (!(file instanceof Listener) || !descriptors.has(file)) return sys.accept(ctx, fd);
      for (;;) {
        await sys.pollListener(ctx, fd);
        // Without waiting on the host: whoever else waits may have been faster.
        const connection = file.acceptNow(host.process);
        if (connection !== null) return lend(ctx, carrier.kernel.install(carrier, connection, true));
      }
    },
    netlink(ctx, request) {
      requireAdmin(ctx);
      return onHost(host, ctx, (inner) => inner.sys.netlink(inner, request));
    },
    netLinks: (ctx) => onHost(host, ctx, (inner) => inner.sys.netLinks(inner)),
    netRoutes: (ctx) => onHost(host, ctx, (inner) => inner.sys.netRoutes(inner)),
    netNeighbours: (ctx) => onHost(host, ctx, (inner) => inner.sys.netNeighbours(inner)),
    async icmpEcho(ctx, to, options) {
      if (options.raw === true && !capable(ctx.process, 'NET_RAW', ctx.process.namespaces.net.owner))
        throw errno('EPERM');
      return onHost(host, ctx, (inner) => inner.sys.icmpEcho(inner, to, options));
    },
  };
}
