/**
 * `ifup -a`: brings up what /etc/network/interfaces says, once the link has carrier.
 * @models Debian ifupdown 0.8 @fidelity partial: inet static and its `up` commands; link negotiation is a fixed wait
 */
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { printError, readFile } from '../linux/io.ts';
import type { Program } from '../linux/program.ts';

type Stanza = { name: string; options: Map<string, string>; up: string[] };

function parseInterfaces(text: string): Stanza[] {
  const stanzas: Stanza[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words[0] === 'iface' && words[1] !== undefined) stanzas.push({ name: words[1], options: new Map(), up: [] });
    else if (words[0] === 'up' || words[0] === 'post-up') stanzas.at(-1)?.up.push(words.slice(1).join(' '));
    else if (words[0] !== undefined && words.length === 2 && words[0] !== 'auto')
      stanzas.at(-1)?.options.set(words[0], words[1] as string);
  }
  return stanzas;
}

async function bringUp(ctx: Context, { name, options, up }: Stanza): Promise<void> {
  const { sys } = ctx;
  await sys.netlink(ctx, { op: 'link.set', name, up: true });
  const address = options.get('address');
  if (address === undefined) return;
  await sys.netlink(ctx, { op: 'address.add', name, address });
  const gateway = options.get('gateway');
  if (gateway !== undefined) await sys.netlink(ctx, { op: 'route.add', destination: 'default', gateway, name });
  for (const line of up) {
    const status = await sys.wait(ctx, await sys.spawn(ctx, '/bin/sh', { argv: ['/bin/sh', '-c', line] }));
    if (status?.exitCode !== 0) throw new UpFailed(line);
  }
}

class UpFailed extends Error {}

/** Autonegotiation and duplicate address detection together (estimate): the reason why a node's network comes late. */
const CARRIER_WAIT_NS = 8_100_000_000;

export const ifup: Program = {
  name: 'ifup',
  main: async (ctx) => {
    const stanzas = parseInterfaces(await readFile(ctx, '/etc/network/interfaces')).filter((s) => s.name !== 'lo');
    await ctx.sleep(CARRIER_WAIT_NS);
    for (const stanza of stanzas) {
      try {
        await bringUp(ctx, stanza);
      } catch (error) {
        if (!isErrno(error) && !(error instanceof UpFailed)) throw error;
        if (isErrno(error)) await printError(ctx, `ifup: failed to bring up ${stanza.name}: ${error.libc}\n`);
        else await printError(ctx, `ifup: failed to bring up ${stanza.name}\n`);
        return 1;
      }
    }
    return 0;
  },
};
