/**
 * A web server of the outside world: `web-server PORT PROGRAM [NAMES ISSUER]` runs PROGRAM with the host and the path that
 * were asked for; what it prints is the answer, and there is none if it fails. With NAMES it speaks TLS and shows a
 * certificate for them. Its HTTP is fetched with the first connection.
 */
import type { Program } from '../../linux/program.ts';

export const webServer: Program = {
  name: 'web-server',
  main: async (ctx, argv) => {
    const [, port = '80', program = '', names = '', issuer = ''] = argv;
    const dnsNames = names.split(',');
    const certificate = names === '' ? null : { subject: `CN=${dnsNames[0]}`, issuer, dnsNames };
    const listener = await ctx.sys.listen(ctx, { family: 'inet', host: '0.0.0.0', port: Number(port) });
    for (;;) {
      const fd = await ctx.sys.accept(ctx, listener);
      const { serveConnection } = await import('./serve-connection.ts');
      ctx.go('connection', (c) => serveConnection(c, fd, program, certificate));
    }
  },
};
