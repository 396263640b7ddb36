/**
 * /opt/cni/bin/host-local: hands out addresses and remembers them as files, one each, named by the address.
 * @models containernetworking/plugins 1.9 plugins/ipam/host-local @fidelity partial: IPv4; addresses are requested by CNI_ARGS only, no resolvConf
 */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { mkdirAll, readFile, writeFile } from '../../../linux/io.ts';
import { broadcastOf, formatIp, networkOf, parseCidr, parseIp } from '../../../linux/net/addresses.ts';
import type { CniIpamConfig, CniRange, CniResult } from '../../../protocols/cni/types.ts';
import { type CniCall, CniFault, cniProgram } from '../skel/skel.ts';

export const HOST_LOCAL_PATH = '/opt/cni/bin/host-local';
export const HOST_LOCAL_FILE_BYTES = 4_123_160;

const DATA_DIR = '/var/lib/cni/networks';

export const hostLocalProgram = cniProgram({
  name: 'host-local',
  async add(ctx, call) {
    const ipam = ipamOf(call);
    const directory = await store(ctx, call, ipam);
    const result: CniResult = {
      cniVersion: call.stdin.cniVersion,
      ips: [],
      ...(ipam.routes === undefined ? {} : { routes: ipam.routes }),
    };
    const given: string[] = [];
    let requested = requestedAddress(call);
    for (const [index, set] of rangeSets(ipam).entries()) {
      const wanted = set.map(boundsOf).some((b) => isWithin(requested, b)) ? requested : null;
      if (wanted !== null) requested = null;
      try {
        const ip = await allocate(ctx, call, directory, index, set, wanted);
        given.push(ip.address.split('/')[0] ?? '');
        result.ips?.push(ip);
      } catch (error) {
        for (const address of given) await ctx.sys.unlink(ctx, `${directory}/${address}`);
        if (error instanceof CniFault) throw new CniFault(`failed to allocate for range ${index}: ${error.message}`);
        throw error;
      }
    }
    if (requested !== null) {
      for (const address of given) await ctx.sys.unlink(ctx, `${directory}/${address}`);
      throw new CniFault(`failed to allocate all requested IPs: ${formatIp(requested)}`);
    }
    return result;
  },
  async del(ctx, call) {
    const ipam = ipamOf(call);
    const directory = await store(ctx, call, ipam);
    const mine = [owner(call), call.containerId];
    for (const { name, type } of await ctx.sys.readDirectory(ctx, directory)) {
      if (type !== 'file' || parseIp(name) === null) continue;
      if (mine.includes((await readFile(ctx, `${directory}/${name}`)).trim()))
        await ctx.sys.unlink(ctx, `${directory}/${name}`);
    }
  },
  async check(ctx, call) {
    const directory = await store(ctx, call, ipamOf(call));
    if ((await addressesOf(ctx, directory, owner(call))).length === 0)
      throw new CniFault(`host-local: Failed to find address added by container ${call.containerId}`);
  },
});

/** `IP=10.4.0.7` among what the caller says of the container; null for any. */
function requestedAddress({ args }: CniCall): number | null {
  const [, text] = /(?:^|;)IP=([^;]*)/.exec(args) ?? [];
  return text === undefined ? null : parseIp(text);
}

function isWithin(value: number | null, { start, end }: Bounds): value is number {
  return value !== null && value >= start && value <= end;
}

function ipamOf(call: CniCall): CniIpamConfig {
  const { ipam } = call.stdin;
  if (ipam === undefined) throw new CniFault("IPAM config missing 'ipam' key");
  return ipam;
}

function rangeSets(ipam: CniIpamConfig): CniRange[][] {
  const sets = [...(ipam.ranges ?? [])];
  if (ipam.subnet !== undefined) {
    const { subnet, rangeStart, rangeEnd, gateway } = ipam;
    sets.unshift([
      {
        subnet,
        ...(rangeStart === undefined ? {} : { rangeStart }),
        ...(rangeEnd === undefined ? {} : { rangeEnd }),
        ...(gateway === undefined ? {} : { gateway }),
      },
    ]);
  }
  if (sets.length === 0) throw new CniFault('no IP ranges specified');
  return sets;
}

/** The file's content: who has the address. */
function owner(call: CniCall): string {
  return `${call.containerId}\r\n${call.ifName}`;
}

async function store(ctx: Context, call: CniCall, ipam: CniIpamConfig): Promise<string> {
  const directory = `${ipam.dataDir ?? DATA_DIR}/${call.stdin.name}`;
  await mkdirAll(ctx, directory, 0o755);
  await writeFile(ctx, `${directory}/lock`, '', { mode: 0o644, append: true });
  return directory;
}

async function addressesOf(ctx: Context, directory: string, mine: string): Promise<string[]> {
  const out: string[] = [];
  for (const { name, type } of await ctx.sys.readDirectory(ctx, directory)) {
    if (type === 'file' && parseIp(name) !== null && (await readFile(ctx, `${directory}/${name}`)).trim() === mine)
      out.push(name);
  }
  return out;
}

type Bounds = { start: number; end: number; gateway: number; prefix: number };

function boundsOf(range: CniRange): Bounds {
  const parsed = parseCidr(range.subnet);
  if (parsed === null) throw new CniFault(`invalid CIDR address: ${range.subnet}`);
  const network = networkOf(parsed.address, parsed.prefix);
  const start = range.rangeStart === undefined ? network + 1 : (parseIp(range.rangeStart) ?? network + 1);
  const end =
    range.rangeEnd === undefined ? broadcastOf(network, parsed.prefix) - 1 : (parseIp(range.rangeEnd) ?? network);
  const gateway = range.gateway === undefined ? network + 1 : (parseIp(range.gateway) ?? 0);
  return { start, end, gateway, prefix: parsed.prefix };
}

async function allocate(
  ctx: Context,
  call: CniCall,
  directory: string,
  index: number,
  set: readonly CniRange[],
  wanted: number | null,
): Promise<{ address: string; gateway: string }> {
  const bounds = set.map(boundsOf);
  for (const address of await addressesOf(ctx, directory, owner(call))) {
    const value = parseIp(address) ?? 0;
    if (bounds.some((b) => value >= b.start && value <= b.end)) {
      throw new CniFault(`${address} has been allocated to ${call.containerId}, duplicate allocation is not allowed`);
    }
  }
  const lastFile = `${directory}/last_reserved_ip.${index}`;
  const candidates = wanted === null ? roundRobin(bounds, await lastReserved(ctx, lastFile)) : only(bounds, wanted);
  for (const { value, range } of candidates) {
    if (value === range.gateway) continue;
    const address = formatIp(value);
    try {
      const fd = await ctx.sys.open(
        ctx,
        `${directory}/${address}`,
        { write: true, create: true, exclusive: true },
        0o600,
      );
      await ctx.sys.write(ctx, fd, owner(call));
      await ctx.sys.close(ctx, fd);
    } catch (error) {
      if (isErrno(error, 'EEXIST')) continue;
      throw error;
    }
    await writeFile(ctx, lastFile, address, { mode: 0o600 });
    return { address: `${address}/${range.prefix}`, gateway: formatIp(range.gateway) };
  }
  const sets = bounds.map((b) => `${formatIp(b.start)}-${formatIp(b.end)}`).join(',');
  throw new CniFault(
    wanted === null
      ? `no IP addresses available in range set: ${sets}`
      : `requested IP address ${formatIp(wanted)} is not available in range set ${sets}`,
  );
}

/** The one address that was asked for. */
function only(bounds: readonly Bounds[], value: number): { value: number; range: Bounds }[] {
  const range = bounds.find((b) => isWithin(value, b));
  if (range === undefined) return [];
  if (value === range.gateway) throw new CniFault(`requested ip ${formatIp(value)} is subnet's gateway`);
  return [{ value, range }];
}

async function lastReserved(ctx: Context, path: string): Promise<number | null> {
  try {
    return parseIp((await readFile(ctx, path)).trim());
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}

/** Every address once, beginning behind the last one given. */
function* roundRobin(bounds: readonly Bounds[], last: number | null): Generator<{ value: number; range: Bounds }> {
  const holder = last === null ? -1 : bounds.findIndex((b) => last >= b.start && last <= b.end);
  const first = holder < 0 ? 0 : holder;
  const from = holder < 0 || last === null ? (bounds[0]?.start ?? 0) : last + 1;
  for (let i = 0; i <= bounds.length; i++) {
    const range = bounds[(first + i) % bounds.length] as Bounds;
    const begin = i === 0 ? from : range.start;
    const end = i === bounds.length ? from - 1 : range.end;
    for (let value = begin; value <= Math.min(end, range.end); value++) yield { value, range };
  }
}
