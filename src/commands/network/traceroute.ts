/** traceroute. @models traceroute 2.1.6 traceroute.c @fidelity partial: probes are echo requests whatever the method asked for; no AS look-ups, MTU discovery or IPv6 */
import { isErrno } from '../../linux/errno.ts';
import { printError } from '../../linux/io.ts';
import { command } from '../common/command.ts';
import { lookUp, nameOf } from './names.ts';

const PROBE_BYTES = 32;
const PACKET_BYTES = 60;
const WAIT_SECONDS = 5;

const MARKS: Readonly<Record<string, string>> = { 'host-unreachable': ' !H', 'net-unreachable': ' !N' };

export const traceroute = command(
  {
    name: 'traceroute',
    usage: ['[ options ] host [ packetlen ]'],
    about: 'Print the way that packets take to a host.',
    version: 'Modern traceroute for Linux, version 2.1.6',
    trouble: 2,
    options: {
      '4': 'IPv4',
      'f,first=FIRST_TTL': 'start from this hop',
      'F,dont-fragment': 'do not fragment packets',
      'I,icmp': 'ICMP echo requests',
      'T,tcp': 'TCP SYN',
      'U,udp': 'UDP to one port',
      'i,interface=DEVICE': 'interface to go out by',
      'm,max-hops=MAX_TTL': 'hops at most (30)',
      n: 'addresses only',
      'p,port=PORT': 'destination port',
      'q,queries=NQUERIES': 'probes for each hop (3)',
      'w,wait=MAX': 'seconds to wait for an answer (5)',
      'z,sendwait=SENDWAIT': 'least time between probes',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const [host] = operands;
    if (host === undefined) {
      await printError(ctx, 'Specify "host" missing argument.\n');
      return 2;
    }
    const addresses = await lookUp(ctx, host);
    if (typeof addresses === 'string') {
      await printError(
        ctx,
        `${host}: ${addresses}\nCannot handle "host" cmdline arg \`${host}' on position 1 (argc 1)\n`,
      );
      return 2;
    }
    const address = addresses[0] as string;
    const hops = Number(options.value('max-hops') ?? 30);
    const probes = Number(options.value('queries') ?? 3);
    const timeoutNs = Number(options.value('wait') ?? WAIT_SECONDS) * 1e9;
    await out.write(
      `traceroute to ${host} (${address}), ${hops} hops max, ${operands[1] ?? PACKET_BYTES} byte packets\n`,
    );
    for (let ttl = Number(options.value('first') ?? 1); ttl <= hops; ttl++) {
      let line = `${String(ttl).padStart(2)} `;
      let last = '';
      let over = false;
      for (let i = 0; i < probes; i++) {
        try {
          const reply = await ctx.sys.icmpEcho(ctx, address, { bytes: PROBE_BYTES, ttl, timeoutNs });
          if (reply === null) {
            line += ' *';
            continue;
          }
          if (reply.from !== last) {
            last = reply.from;
            line += options.has('n') ? ` ${last}` : ` ${(await nameOf(ctx, last)) ?? last} (${last})`;
          }
          line += `  ${(reply.roundTripNs / 1e6).toFixed(3)} ms${MARKS[reply.kind] ?? ''}`;
          over ||= reply.kind !== 'ttl-exceeded';
        } catch (error) {
          if (!isErrno(error)) throw error;
          await out.flush();
          await printError(
            ctx,
            error.code === 'EPERM'
              ? 'You do not have enough privileges to use this traceroute method.\nsocket: Operation not permitted\n'
              : `connect: ${error.libc}\n`,
          );
          return 1;
        }
      }
      await out.write(`${line}\n`);
      await out.flush();
      if (over) break;
    }
    return 0;
  },
);
