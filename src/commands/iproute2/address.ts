/** ip address. @models iproute2 6.15 ip/ipaddress.c */
import { type IpCall, IpFault, linkNamed, matches, valueOf } from './call.ts';
import { header, linkJson, shownName, stateOf } from './link.ts';

export async function address(call: IpCall, words: string[]): Promise<number> {
  const { ctx, out } = call;
  const verb = words[0];
  if (matches(verb, 'add', 'change', 'replace') || matches(verb, 'delete')) {
    words.shift();
    const local = words.shift();
    let device: string | null = null;
    while (words.length > 0) {
      const word = words.shift() as string;
      if (word === 'dev') device = valueOf(words, word);
      else if (['brd', 'broadcast', 'scope', 'label'].includes(word)) valueOf(words, word);
      else throw new IpFault(`Error: either "local" is duplicate, or "${word}" is a garbage.`);
    }
    if (local === undefined || device === null)
      throw new IpFault('Not enough information: "dev" argument is required.');
    if (!/^\d+(\.\d+){3}(\/\d+)?$/.test(local))
      throw new IpFault(`Error: any valid prefix is expected rather than "${local}".`, 1);
    await linkNamed(call, device);
    const full = local.includes('/') ? local : `${local}/32`;
    await ctx.sys.netlink(ctx, {
      op: matches(verb, 'delete') ? 'address.delete' : 'address.add',
      name: device,
      address: full,
    });
    return 0;
  }
  if (matches(verb, 'flush')) {
    const device = words.at(-1) as string;
    for (const a of (await linkNamed(call, device)).addresses)
      await ctx.sys.netlink(ctx, { op: 'address.delete', name: device, address: `${a.address}/${a.prefix}` });
    return 0;
  }
  if (matches(verb, 'help')) {
    await out.write(
      'Usage: ip address {add|change|replace|del} IFADDR dev IFNAME\n       ip address {show|flush} [ dev IFNAME ] [ up ]\n',
    );
    return 0;
  }
  const rest = matches(verb, 'show', 'list', 'ls') ? words.slice(1) : words;
  const all = await ctx.sys.netLinks(ctx);
  let chosen = all;
  while (rest.length > 0) {
    const word = rest.shift() as string;
    if (word === 'up') chosen = chosen.filter((l) => l.up);
    else if (word === 'scope' || word === 'label') valueOf(rest, word);
    else {
      const name = word === 'dev' ? valueOf(rest, word) : word;
      if (!all.some((l) => l.name === name)) throw new IpFault(`Device "${name}" does not exist.`, 1);
      chosen = chosen.filter((l) => l.name === name);
    }
  }
  if (call.json) {
    const shown = chosen.map((link) => ({
      ...linkJson(call, link, all),
      addr_info: (call.family === 6 ? [] : link.addresses).map((a) => ({
        family: 'inet',
        local: a.address,
        prefixlen: a.prefix,
        ...(a.broadcast === null ? {} : { broadcast: a.broadcast }),
        scope: link.kind === 'loopback' ? 'host' : 'global',
        label: link.name,
        valid_life_time: 4_294_967_295,
        preferred_life_time: 4_294_967_295,
      })),
    }));
    await out.write(`${JSON.stringify(shown)}\n`);
    return 0;
  }
  for (const link of chosen) {
    const addresses = call.family === 6 || call.family === 0 ? [] : link.addresses;
    if (call.family !== null && call.family !== 0 && addresses.length === 0) continue;
    if (call.brief) {
      await out.write(
        `${shownName(link, all).padEnd(16)} ${stateOf(link).padEnd(14)} ${addresses.map((a) => `${a.address}/${a.prefix} `).join('')}\n`,
      );
      continue;
    }
    const scope = link.kind === 'loopback' ? 'host' : 'global';
    const inet = addresses.map((a) => {
      const broadcast = a.broadcast === null ? '' : ` brd ${a.broadcast}`;
      return `inet ${a.address}/${a.prefix}${broadcast} scope ${scope} ${link.name}`;
    });
    if (call.oneLine) {
      for (const line of inet)
        await out.write(`${link.index}: ${link.name}    ${line}\\       valid_lft forever preferred_lft forever\n`);
      continue;
    }
    const head = header(call, link, all).replace(' mode DEFAULT', '');
    // With a family given, the link layer's line is left out.
    await out.write(`${call.family === 4 ? (head.split('\n')[0] as string) : head}\n`);
    for (const line of inet) await out.write(`    ${line}\n       valid_lft forever preferred_lft forever\n`);
  }
  return 0;
}
