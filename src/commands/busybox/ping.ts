/** ping. @models busybox 1.37 networking/ping.c @fidelity partial: IPv4; without -I, -A, -p, -t above 255 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import type { Output } from '../common/streams.ts';
import { applet, BadUsage, Fatal } from './applet.ts';
import { addressOf } from './sockets.ts';
import { USAGES } from './usages.ts';

const SECOND_NS = 1_000_000_000;
const HEADER_BYTES = 8;

type Tally = { sent: number; received: number; times: number[] };

export const ping = applet(USAGES['ping'] ?? ['', ''], '46c:s:i:t:w:W:qn', async ({ ctx, flags, operands, out }) => {
  const [host] = operands;
  if (host === undefined) throw new BadUsage('');
  const number = (letter: string, otherwise: number): number => {
    const text = flags.value(letter);
    if (text === undefined) return otherwise;
    if (!/^\d+(\.\d+)?$/.test(text)) throw new Fatal(`invalid number '${text}'`);
    return Number(text);
  };
  const bytes = number('s', 56);
  const count = number('c', 0);
  const intervalNs = number('i', 1) * SECOND_NS;
  const deadlineNs = number('w', 0) * SECOND_NS;
  const waitNs = number('W', 10) * SECOND_NS;
  const ttl = number('t', 64);
  const quiet = flags.has('q');
  const address = await addressOf(ctx, host);
  await out.write(`PING ${host} (${address}): ${bytes} data bytes\n`);
  await out.flush();
  const tally: Tally = { sent: 0, received: 0, times: [] };
  let over = false;
  ctx.sys.sigaction(
    ctx,
    'SIGINT',
    () => {
      over = true;
      ctx.go('interrupted', async (c) => c.sys.exit(c, await report(out, host, tally)));
    },
    { restart: true },
  );
  const start = ctx.now;
  for (let seq = 0; !over && (count === 0 || seq < count); seq++) {
    if (seq > 0) await ctx.sleep(Math.max(0, start + seq * intervalNs - ctx.now));
    if (deadlineNs > 0 && ctx.now - start >= deadlineNs) break;
    tally.sent++;
    const reply = await echo(ctx, address, { bytes, ttl, timeoutNs: waitNs });
    if (reply === null || reply.kind !== 'reply') continue;
    tally.received++;
    tally.times.push(reply.roundTripNs);
    if (quiet) continue;
    await out.write(
      `${bytes + HEADER_BYTES} bytes from ${reply.from}: seq=${seq} ttl=${reply.ttl} time=${milliseconds(reply.roundTripNs)} ms\n`,
    );
    await out.flush();
  }
  return report(out, host, tally);
});

/** It opens a raw socket and nothing else: the group range for datagram sockets does not help it. */
async function echo(
  ctx: Context,
  address: string,
  options: { bytes: number; ttl: number; timeoutNs: number },
): ReturnType<Context['sys']['icmpEcho']> {
  try {
    return await ctx.sys.icmpEcho(ctx, address, { ...options, raw: true });
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new Fatal(error.code === 'EPERM' ? 'permission denied (are you root?)' : `sendto: ${error.libc}`);
  }
}

function milliseconds(ns: number): string {
  return (Math.floor(ns / 1000) / 1000).toFixed(3);
}

async function report(out: Output, host: string, { sent, received, times }: Tally): Promise<number> {
  const loss = sent === 0 ? 0 : Math.floor(((sent - received) * 100) / sent);
  await out.write(`\n--- ${host} ping statistics ---\n`);
  await out.write(`${sent} packets transmitted, ${received} packets received, ${loss}% packet loss\n`);
  if (received > 0) {
    const sum = times.reduce((a, b) => a + b, 0);
    await out.write(
      `round-trip min/avg/max = ${milliseconds(Math.min(...times))}/${milliseconds(sum / received)}/${milliseconds(Math.max(...times))} ms\n`,
    );
  }
  await out.flush();
  return received === 0 ? 1 : 0;
}
