/** ip neighbour and ip rule. @models iproute2 6.15 ip/ipneigh.c, iprule.c @fidelity partial: shown only; states do not age */
import { type IpCall, IpFault, matches, valueOf } from './call.ts';

export async function neighbour(call: IpCall, words: string[]): Promise<number> {
  const { ctx, out } = call;
  const verb = words[0];
  if (verb !== undefined && !matches(verb, 'show', 'list', 'ls') && verb !== 'dev')
    throw new IpFault(`ip neigh ${verb}: not simulated`, 2);
  const rest = matches(verb, 'show', 'list', 'ls') ? words.slice(1) : words;
  let device: string | null = null;
  while (rest.length > 0) {
    const word = rest.shift() as string;
    if (word === 'dev') device = valueOf(rest, word);
  }
  const all = (await ctx.sys.netNeighbours(ctx)).filter((n) => device === null || n.name === device);
  if (call.json) {
    const shown = all.map((n) => ({
      dst: n.address,
      dev: n.name,
      ...(n.mac === null ? {} : { lladdr: n.mac }),
      state: [n.mac === null ? 'FAILED' : 'REACHABLE'],
    }));
    await out.write(`${JSON.stringify(shown)}\n`);
    return 0;
  }
  for (const n of all) {
    const dev = device === null ? ` dev ${n.name}` : '';
    await out.write(`${n.address}${dev}${n.mac === null ? ' FAILED' : ` lladdr ${n.mac} REACHABLE`} \n`);
  }
  return 0;
}

const RULES = [
  { priority: 0, table: 'local' },
  { priority: 32766, table: 'main' },
  { priority: 32767, table: 'default' },
];

export async function rule(call: IpCall, words: string[]): Promise<number> {
  const verb = words[0];
  if (verb !== undefined && !matches(verb, 'show', 'list', 'ls'))
    throw new IpFault(`ip rule ${verb}: not simulated`, 2);
  if (call.json) {
    await call.out.write(
      `${JSON.stringify(RULES.map((r) => ({ priority: r.priority, src: 'all', table: r.table })))}\n`,
    );
    return 0;
  }
  for (const r of RULES) await call.out.write(`${r.priority}:\tfrom all lookup ${r.table}\n`);
  return 0;
}
