/** ping and traceroute. @models busybox 1.37 networking/ping.c, traceroute.c @fidelity partial: IPv4, echo requests only */
import { isErrno } from '../../linux/errno.ts';
import { Queue } from '../../sim/primitives.ts';
import { applet, BadUsage, Fatal } from './applet.ts';
import { addressOf } from './sockets.ts';
import { USAGES } from './usages.ts';

const LINGER_SECONDS = 10;
const HEADER_BYTES = 8;
const PROBE_BYTES = 38;

/** `0.067` ms */
const milliseconds = (ns: number): string => (Math.floor(ns / 1000) / 1000).toFixed(3);

export const ping = applet(
  USAGES['ping'] ?? ['', ''],
  'qAc:i:s:t:w:W:I:p:46n',
  async ({ ctx, flags, operands, out }) => {
    const [host] = operands;
    if (host === undefined) throw new BadUsage('');
    const address = await addressOf(ctx, host);
    const bytes = Number(flags.value('s') ?? 56);
    const count = Number(flags.value('c') ?? 0) || Number.POSITIVE_INFINITY;
    const intervalNs = Number(flags.value('i') ?? 1) * 1e9;
    const waitNs = Number(flags.value('W') ?? LINGER_SECONDS) * 1e9;
    const ttl = Number(flags.value('t') ?? 64);
    const events = new Queue<{ sequence: number; from: string; ttl: number; ns: number } | 'next' | 'end'>(
      ctx.scheduler,
    );
    ctx.sys.sigaction(ctx, 'SIGINT', () => events.push('end'));
    const times: number[] = [];
    let sent = 0;
    let refusal: unknown = null;
    const send = (): void => {
      const sequence = sent++;
      ctx.go('echo', async (c) => {
        try {
          const reply = await c.sys.icmpEcho(c, address, { bytes, ttl, timeoutNs: waitNs, raw: true });
          if (reply?.kind === 'reply')
            events.push({ sequence, from: reply.from, ttl: reply.ttl, ns: reply.roundTripNs });
        } catch (error) {
          refusal = error;
          events.push('end');
        }
      });
      ctx.go('timer', async (c) => {
        await c.sleep(sent < count ? intervalNs : waitNs);
        events.push(sent < count ? 'next' : 'end');
      });
    };
    if (flags.has('w'))
      ctx.go('deadline', async (c) => {
        await c.sleep(Number(flags.value('w')) * 1e9);
        events.push('end');
      });
    await out.write(`PING ${host} (${address}): ${bytes} data bytes\n`);
    await out.flush();
    send();
    while (times.length < count) {
      const event = await events.take();
      if (event === null || event === 'end') break;
      if (event === 'next') {
        send();
        continue;
      }
      times.push(event.ns);
      if (!flags.has('q'))
        await out.write(
          `${bytes + HEADER_BYTES} bytes from ${event.from}: seq=${event.sequence} ttl=${event.ttl} time=${milliseconds(event.ns)} ms\n`,
        );
      await out.flush();
    }
    if (isErrno(refusal, 'EPERM')) throw new Fatal('permission denied (are you root?)');
    if (isErrno(refusal)) throw new Fatal(`sendto: ${refusal.libc}`);
    if (refusal !== null) throw refusal;
    const lost = Math.floor(((sent - times.length) * 100) / sent);
    await out.write(
      `\n--- ${host} ping statistics ---\n${sent} packets transmitted, ${times.length} packets received, ${lost}% packet loss\n`,
    );
    if (times.length > 0) {
      const mean = times.reduce((sum, ns) => sum + ns, 0) / times.length;
      const figures = [Math.min(...times), mean, Math.max(...times)].map(milliseconds);
      await out.write(`round-trip min/avg/max = ${figures.join('/')} ms\n`);
    }
    return times.length > 0 ? 0 : 1;
  },
);

export const traceroute = applet(
  USAGES['traceroute'] ?? ['', ''],
  '+FIlnrdvxt:i:m:p:q:s:w:z:f:g:',
  async ({ ctx, flags, operands, out }) => {
    const [host] = operands;
    if (host === undefined) throw new BadUsage('');
    const address = await addressOf(ctx, host);
    const hops = Number(flags.value('m') ?? 30);
    const probes = Number(flags.value('q') ?? 3);
    const timeoutNs = Number(flags.value('w') ?? 3) * 1e9;
    await out.write(
      `traceroute to ${host} (${address}), ${hops} hops max, ${operands[1] ?? PROBE_BYTES + HEADER_BYTES} byte packets\n`,
    );
    for (let ttl = Number(flags.value('f') ?? 1); ttl <= hops; ttl++) {
      let line = `${String(ttl).padStart(2)}`;
      let last = '';
      let over = false;
      for (let i = 0; i < probes; i++) {
        const reply = await ctx.sys.icmpEcho(ctx, address, { bytes: PROBE_BYTES, ttl, timeoutNs, raw: true });
        if (reply === null) {
          line += '  *';
          continue;
        }
        if (reply.from !== last) line += `  ${reply.from}${flags.has('n') ? '' : ` (${reply.from})`}`;
        last = reply.from;
        line += `  ${milliseconds(reply.roundTripNs)} ms${reply.kind === 'host-unreachable' ? ' !H' : reply.kind === 'net-unreachable' ? ' !N' : ''}`;
        over ||= reply.kind !== 'ttl-exceeded';
      }
      await out.write(`${line}\n`);
      await out.flush();
      if (over) break;
    }
    return 0;
  },
);
