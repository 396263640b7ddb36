/**
 * The Apache server, with the page that it has when nobody configured it.
 * @models httpd 2.4 @fidelity partial: one process, one page for every path, port 80; no configuration
 */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';

const BODY = '<html><body><h1>It works!</h1></body></html>\n';
const RESPONSE = `HTTP/1.1 200 OK\r\nServer: Apache/2.4.39 (Unix)\r\nContent-Length: ${BODY.length}\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n${BODY}`;
const HOST_ERROR =
  "AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using 127.0.0.1. Set the 'ServerName' directive globally to suppress this message\n";

export const httpd: Program = {
  name: 'httpd',
  startCpuNs: 10_000_000,
  rssBytes: 6 << 20,
  main: async (ctx) => {
    const { sys } = ctx;
    sys.sigaction(ctx, 'SIGTERM', () => sys.exit(ctx, 0));
    sys.sigaction(ctx, 'SIGWINCH', () => sys.exit(ctx, 0));
    await printError(ctx, HOST_ERROR);
    let listener: number;
    try {
      listener = await sys.listen(ctx, { family: 'inet', host: '0.0.0.0', port: 80 });
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      await printError(
        ctx,
        `(${error.errno})${error.libc}: AH00072: make_sock: could not bind to address 0.0.0.0:80\n`,
      );
      return 1;
    }
    for (;;) {
      const fd = await sys.accept(ctx, listener);
      ctx.go('request', (c) => answer(c, fd));
    }
  },
};

async function answer(ctx: Context, fd: number): Promise<void> {
  const { sys } = ctx;
  try {
    let head = '';
    while (!head.includes('\r\n\r\n')) {
      const bytes = await sys.read(ctx, fd);
      if (bytes.length === 0) break;
      head += new TextDecoder().decode(bytes);
    }
    if (head !== '') await sys.write(ctx, fd, new TextEncoder().encode(RESPONSE));
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
  await sys.close(ctx, fd);
}
