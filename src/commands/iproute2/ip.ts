/**
 * ip: the objects address, link, route, netns and neighbour.
 * @models iproute2 6.15 ip/ip.c, ipaddress.c, iplink.c, iproute.c, ipnetns.c
 * @fidelity partial: IPv4; bridge, dummy and veth links; one routing table; rules are shown only; no tunnel, xfrm, monitor
 */

import { isErrno } from '../../linux/errno.ts';
import { printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { Output } from '../common/streams.ts';
import { address } from './address.ts';
import { type IpCall, IpFault } from './call.ts';
import { link } from './link.ts';
import { neighbour, rule } from './neighbour.ts';
import { enterNamed, netns } from './netns.ts';
import { route } from './route.ts';

const OBJECTS: Record<string, (call: IpCall, words: string[]) => Promise<number>> = {
  address,
  link,
  route,
  netns,
  neighbor: neighbour,
  neighbour,
  rule,
};
const ELSEWHERE = [
  'tunnel',
  'tuntap',
  'maddress',
  'mroute',
  'monitor',
  'xfrm',
  'vrf',
  'sr',
  'macsec',
  'tcp_metrics',
  'token',
  'ntable',
  'addrlabel',
  'fou',
  'ila',
  'nexthop',
  'mptcp',
  'ioam',
  'stats',
  'l2tp',
];

const USAGE = `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
       ip [ -force ] -batch filename
where  OBJECT := { address | link | neighbor | netns | route | rule }
       OPTIONS := { -4 | -6 | -s[tatistics] | -d[etails] | -o[neline] | -br[ief] | -j[son] |
                    -h[uman-readable] | -n[etns] name | -c[olor] | -V[ersion] }
`;

export const ip: Program = {
  name: 'ip',
  rssBytes: 3_200_000,
  main: async (ctx, argv) => {
    const words = argv.slice(1);
    const out = new Output(ctx);
    const call: IpCall = {
      ctx,
      out,
      brief: false,
      oneLine: false,
      statistics: false,
      details: false,
      json: false,
      family: null,
    };
    try {
      while (words[0]?.startsWith('-')) {
        const option = (words.shift() as string).replace(/^--/, '-');
        const is = (full: string, least: number): boolean => option.length > least && full.startsWith(option.slice(1));
        if (option === '-4') call.family = 4;
        else if (option === '-6') call.family = 6;
        else if (option === '-0') call.family = 0;
        else if (is('brief', 2) || option === '-br') call.brief = true;
        else if (is('oneline', 1) || option === '-o') call.oneLine = true;
        else if (is('statistics', 1) || option === '-s') call.statistics = true;
        else if (is('details', 1) || option === '-d') call.details = true;
        else if (
          option === '-h' ||
          is('human-readable', 1) ||
          is('color', 1) ||
          option.startsWith('-c') ||
          option === '-N' ||
          option === '-p'
        )
          continue;
        else if (option === '-n' || is('netns', 1)) await enterNamed(ctx, words.shift() ?? '', 'ip');
        else if (option === '-V' || is('Version', 1)) {
          await out.write('ip utility, iproute2-6.15.0, libbpf 1.5.0\n');
          await out.flush();
          return 0;
        } else if (option === '-j' || is('json', 1)) call.json = true;
        else {
          await printError(ctx, `Option "${option}" is unknown, try "ip -help".\n`);
          return 255;
        }
      }
      const object = words.shift();
      if (object === undefined || object === 'help') {
        await (object === undefined ? printError(ctx, USAGE) : out.write(USAGE));
        await out.flush();
        return object === undefined ? 255 : 0;
      }
      const name = Object.keys(OBJECTS).find((o) => o.startsWith(object));
      if (name === undefined) {
        const other = ELSEWHERE.find((o) => o === object);
        await (other === undefined ? printError : printRefusal)(
          ctx,
          other === undefined ? `Object "${object}" is unknown, try "ip help".\n` : `ip ${other}: not simulated\n`,
        );
        return other === undefined ? 1 : 2;
      }
      const code = await (OBJECTS[name] as (typeof OBJECTS)[string])(call, words);
      await out.flush();
      return code;
    } catch (error) {
      await out.flush();
      if (error instanceof IpFault) {
        await printError(ctx, `${error.message}\n`);
        return error.code;
      }
      if (!isErrno(error)) throw error;
      await printError(ctx, `RTNETLINK answers: ${error.libc}\n`);
      return 2;
    }
  },
};
