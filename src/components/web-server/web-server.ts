/**
 * A plain web server of the outside world: `web-server PORT PROGRAM` runs PROGRAM with the path that was asked for; what it
 * prints is the answer, and there is none if it fails. Its HTTP is fetched with the first connection.
 */
import type { Program } from '../../linux/program.ts';

export const webServer: Program = {
  name: 'web-server',
  main: async (ctx, argv) => {
    const [, port = '80', program = ''] = argv;
    const listener = await ctx.sys.listen(ctx, { family: 'inet', host: '0.0.0.0', port: Number(port) });
    for (;;) {
      const fd = await ctx.sys.accept(ctx, listener);
      const { serveConnection } = await import('./serve-connection.ts');
      ctx.go('connection', (c) => serveConnection(c, fd, program));
    }
  },
};
