/** A name server: `dns-server NAME=ADDRESS…`. @models RFC 1035 @fidelity partial: A records from its arguments, TCP only */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import type { Program } from '../../linux/program.ts';
import { decodeQuery, encodeAnswer, NXDOMAIN } from '../../protocols/dns/message.ts';

const PORT = 53;

export const dnsServer: Program = {
  name: 'dns-server',
  main: async (ctx, argv) => {
    const records = new Map<string, string>();
    for (const pair of argv.slice(1)) {
      const [name = '', address = ''] = pair.split('=');
      records.set(name.toLowerCase(), address);
    }
    const listener = await ctx.sys.listen(ctx, { family: 'inet', host: '0.0.0.0', port: PORT });
    for (;;) {
      const fd = await ctx.sys.accept(ctx, listener);
      ctx.go('query', (c) => serve(c, fd, records));
    }
  },
};

async function serve(ctx: Context, fd: number, records: ReadonlyMap<string, string>): Promise<void> {
  try {
    for (;;) {
      const bytes = await ctx.sys.read(ctx, fd);
      if (bytes.length < 14) break;
      const question = decodeQuery(bytes.subarray(2));
      const address = records.get(question.name.toLowerCase());
      const answer = encodeAnswer({
        id: question.id,
        name: question.name,
        rcode: address === undefined ? NXDOMAIN : 0,
        addresses: address === undefined ? [] : [address],
      });
      await ctx.sys.write(ctx, fd, Uint8Array.from([answer.length >> 8, answer.length & 255, ...answer]));
    }
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
  }
  await ctx.sys.close(ctx, fd);
}
