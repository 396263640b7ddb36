/** ip route. @models iproute2 6.15 ip/iproute.c @fidelity partial: the tables main and local; no metrics, no multipath */
import type { NetLink } from '../../linux/syscalls.ts';
import { ownIds } from '../../linux/user-namespace.ts';
import { type IpCall, IpFault, matches, valueOf } from './call.ts';

const MAIN = ['main', '254'];
const LOCAL = ['local', '255'];
const EVERY = ['all', 'unspec', '0'];

export async function route(call: IpCall, words: string[]): Promise<number> {
  const { ctx, out } = call;
  const verb = words[0];
  if (matches(verb, 'add', 'append', 'replace', 'change') || matches(verb, 'delete')) {
    words.shift();
    const adding = !matches(verb, 'delete');
    let destination: string | null = null;
    let gateway: string | undefined;
    let name: string | undefined;
    let source: string | undefined;
    while (words.length > 0) {
      const word = words.shift() as string;
      if (word === 'via') gateway = valueOf(words, word);
      else if (word === 'dev') name = valueOf(words, word);
      else if (word === 'src') source = valueOf(words, word);
      else if (word === 'table') {
        const table = valueOf(words, word);
        if (!MAIN.includes(table)) throw new IpFault(`ip: not simulated: routes in table ${table}`, 1);
      } else if (['proto', 'scope', 'metric', 'mtu'].includes(word)) valueOf(words, word);
      else if (word !== 'onlink')
        destination = word === 'default' ? '0.0.0.0/0' : word.includes('/') ? word : `${word}/32`;
    }
    if (destination === null) throw new IpFault('"ip route add" needs a destination', 1);
    if (!/^\d+(\.\d+){3}\/\d+$/.test(destination))
      throw new IpFault(`Error: any valid prefix is expected rather than "${destination.replace(/\/32$/, '')}".`, 1);
    if (name !== undefined && !(await ctx.sys.netLinks(ctx)).some((l) => l.name === name))
      throw new IpFault(`Cannot find device "${name}"`, 1);
    if (adding)
      await ctx.sys.netlink(ctx, {
        op: 'route.add',
        destination,
        ...(gateway === undefined ? {} : { gateway }),
        ...(name === undefined ? {} : { name }),
        ...(source === undefined ? {} : { source }),
      });
    else await ctx.sys.netlink(ctx, { op: 'route.delete', destination });
    return 0;
  }
  const routes = await ctx.sys.netRoutes(ctx);
  if (matches(verb, 'get')) {
    const target = words[1];
    const value = toNumber(target ?? '');
    if (value === null) throw new IpFault(`Error: any valid prefix is expected rather than "${target ?? ''}".`, 1);
    const own = (await ctx.sys.netLinks(ctx)).some((l) => l.up && l.addresses.some((a) => a.address === target));
    if (own) {
      await out.write(`local ${target} dev lo src ${target} uid ${ownIds(ctx.process).uid} \n    cache <local> \n`);
      return 0;
    }
    const best = routes
      .map((r) => ({
        r,
        network: toNumber(r.destination.split('/')[0] ?? '') ?? 0,
        prefix: Number(r.destination.split('/')[1] ?? 32),
      }))
      .filter(({ network, prefix }) => prefix === 0 || (value ^ network) >>> (32 - prefix) === 0)
      .sort((a, b) => b.prefix - a.prefix)[0]?.r;
    if (best === undefined) throw new IpFault('RTNETLINK answers: Network is unreachable', 2);
    const link = (await ctx.sys.netLinks(ctx)).find((l) => l.name === best.name);
    const source = best.source ?? link?.addresses[0]?.address ?? '';
    await out.write(
      `${target}${best.gateway === null ? '' : ` via ${best.gateway}`} dev ${best.name} src ${source} uid ${ownIds(ctx.process).uid} \n    cache \n`,
    );
    return 0;
  }
  if (verb !== undefined && !matches(verb, 'show', 'list', 'ls'))
    throw new IpFault(`Command "${verb}" is unknown, try "ip route help".`);
  if (call.family === 6) return 0;
  const rest = words.slice(1);
  const device = rest.includes('dev') ? rest[rest.indexOf('dev') + 1] : undefined;
  const links = await ctx.sys.netLinks(ctx);
  const locals: string[] = [];
  const table = rest.includes('table') ? (rest[rest.indexOf('table') + 1] ?? '') : 'main';
  if (!MAIN.includes(table)) {
    if (!LOCAL.includes(table) && !EVERY.includes(table))
      throw new IpFault('Error: ipv4: FIB table does not exist.\nDump terminated', 2);
    const named = EVERY.includes(table) ? ' table local' : '';
    if (LOCAL.includes(table)) routes.length = 0;
    locals.push(...localRoutes(links, device).map((line) => line.replace(' proto', `${named} proto`)));
  }
  const json: Record<string, unknown>[] = [];
  for (const r of routes) {
    if (device !== undefined && r.name !== device) continue;
    if (rest[0] === 'default' && r.destination !== '0.0.0.0/0') continue;
    const destination =
      r.destination === '0.0.0.0/0' || r.destination === 'default' ? 'default' : r.destination.replace(/\/32$/, '');
    const link = links.find((l) => l.name === r.name);
    // Routes that an address brought are the kernel's own.
    const own = r.gateway === null && link?.addresses.some((a) => a.address === r.source);
    const down =
      link?.up === false || (link?.kind === 'bridge' && !links.some((l) => l.master === link.name && l.up))
        ? 'linkdown '
        : '';
    if (call.json) {
      json.push({
        dst: destination,
        ...(r.gateway === null ? {} : { gateway: r.gateway }),
        dev: r.name,
        ...(own ? { protocol: 'kernel' } : {}),
        ...(r.gateway === null ? { scope: 'link' } : {}),
        ...(r.source === null || r.gateway !== null ? {} : { prefsrc: r.source }),
        flags: down === '' ? [] : ['linkdown'],
      });
      continue;
    }
    const via = r.gateway === null ? '' : ` via ${r.gateway}`;
    const dev = device === undefined ? ` dev ${r.name}` : '';
    const origin = own ? ' proto kernel scope link' : r.gateway === null ? ' scope link' : '';
    await out.write(
      `${destination}${via}${dev}${origin}${r.source === null || r.gateway !== null ? '' : ` src ${r.source}`} ${down}\n`,
    );
  }
  if (call.json) await out.write(`${JSON.stringify(json)}\n`);
  else await out.write(locals.join(''));
  return 0;
}

/** What the kernel keeps for the host's own addresses, in the order of its trie. */
function localRoutes(links: readonly NetLink[], device: string | undefined): string[] {
  const found: [key: number, line: string][] = [];
  for (const { name, up, addresses } of links) {
    if (!up || (device !== undefined && device !== name)) continue;
    for (const { address, prefix, broadcast } of addresses) {
      const own = toNumber(address) ?? 0;
      const line = (kind: string, to: string, scope: string): string =>
        `${kind} ${to}${device === undefined ? ` dev ${name}` : ''} proto kernel scope ${scope} src ${address} \n`;
      if (name === 'lo') {
        const network = Math.floor(own / 2 ** (32 - prefix)) * 2 ** (32 - prefix);
        found.push([network, line('local', `${textOf(network)}/${prefix}`, 'host')]);
        found.push([
          network + 2 ** (32 - prefix) - 1,
          line('broadcast', textOf(network + 2 ** (32 - prefix) - 1), 'link'),
        ]);
      } else if (broadcast !== null) found.push([toNumber(broadcast) ?? 0, line('broadcast', broadcast, 'link')]);
      found.push([own, line('local', address, 'host')]);
    }
  }
  return found.sort(([a], [b]) => a - b).map(([, line]) => line);
}

function textOf(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

function toNumber(text: string): number | null {
  const parts = text.split('.').map(Number);
  if (parts.length !== 4 || parts.some((p) => !(p >= 0 && p <= 255))) return null;
  return parts.reduce((a, p) => a * 256 + p, 0);
}
