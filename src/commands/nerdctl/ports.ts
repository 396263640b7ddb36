/** --publish. @models nerdctl v2.3.5 pkg/portutil/portutil.go, port_allocate_linux.go @fidelity partial: IPv4 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import type { PortMapping } from './data-store.ts';
import { ipNumber } from './networks.ts';
import { fail } from './run.ts';

const ALLOCATE_FIRST = 49_153;
const ALLOCATE_LAST = 60_999;

/** `[[IP:]HOST:]CONTAINER[/PROTOCOL]`, with ranges. */
export async function parsePublish(ctx: Context, text: string): Promise<PortMapping[]> {
  const [address = '', given, ...more] = text.split('/');
  if (more.length > 0) fail(`failed to parse "${text}", unexpected slashes`);
  const protocol = (given ?? 'tcp').toLowerCase();
  if (!['tcp', 'udp', 'sctp'].includes(protocol)) fail(`invalid protocol "${given}"`);
  const parts = address.split(':');
  const containerPort = parts.pop() ?? '';
  const hostPort = parts.pop() ?? '';
  const ip = parts.join(':');
  if (containerPort === '') fail(`no port specified: ${address}`);
  const container = parseRange(containerPort) ?? fail(`invalid containerPort: ${containerPort}`);
  if (ip !== '' && ipNumber(ip) === null) fail(`invalid ip address: ${ip}`);
  const used = await usedPorts(ctx, protocol);
  let host: readonly [number, number];
  if (hostPort === '') host = allocate(used, container[1] - container[0] + 1);
  else {
    host = parseRange(hostPort) ?? fail(`invalid hostPort: ${hostPort}`);
    for (let port = host[0]; port <= host[1]; port++)
      if (used.has(port)) fail(`bind for ${ip}:${port} failed: port is already allocated`);
    if (container[1] - container[0] !== host[1] - host[0] && container[0] !== container[1])
      fail(`invalid ranges specified for container and host Ports: ${containerPort} and ${hostPort}`);
  }
  const mappings: PortMapping[] = [];
  for (let i = 0; i <= container[1] - container[0]; i++)
    mappings.push({
      HostPort: host[0] + i,
      ContainerPort: container[0] + i,
      Protocol: protocol,
      HostIP: ip === '' ? '0.0.0.0' : ip,
    });
  return mappings;
}

function parseRange(text: string): readonly [number, number] | null {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return null;
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  return first > last || last > 65_535 ? null : [first, last];
}

/** Who listens, by /proc/net, and what the host already forwards. */
async function usedPorts(ctx: Context, protocol: string): Promise<Set<number>> {
  const used = new Set<number>();
  try {
    for (const line of (await readFile(ctx, `/proc/net/${protocol}`)).split('\n').slice(1)) {
      const [, local = '', , state] = line.trim().split(/\s+/);
      if (protocol === 'udp' || state === '0A') used.add(Number.parseInt(local.split(':')[1] ?? '', 16));
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  for (const rule of await ctx.sys.natRules(ctx)) if (rule.kind === 'dnat') used.add(rule.matchPort);
  return used;
}

function allocate(used: ReadonlySet<number>, count: number): readonly [number, number] {
  for (let first = ALLOCATE_FIRST; first + count - 1 <= ALLOCATE_LAST; first++) {
    let isFree = true;
    for (let port = first; port < first + count; port++) isFree &&= !used.has(port);
    if (isFree) return [first, first + count - 1];
  }
  return fail(`there is not enough ${count} free ports`);
}

/** `0.0.0.0:8080->80/tcp`: neighbouring ports as one range. */
export function formatPorts(ports: readonly PortMapping[]): string {
  const groups = new Map<string, PortMapping[]>();
  for (const port of ports) {
    const key = `${port.HostIP}\0${port.Protocol}`;
    groups.set(key, [...(groups.get(key) ?? []), port]);
  }
  const shown: string[] = [];
  for (const members of groups.values()) {
    const sorted = [...members].sort((a, b) => a.HostPort - b.HostPort);
    const ranges: string[] = [];
    for (let i = 0; i < sorted.length; ) {
      const first = sorted[i] as PortMapping;
      let last = first;
      for (i += 1; i < sorted.length; i++) {
        const next = sorted[i] as PortMapping;
        if (next.HostPort !== last.HostPort + 1 || next.ContainerPort !== last.ContainerPort + 1) break;
        last = next;
      }
      ranges.push(
        first === last
          ? `${first.HostPort}->${first.ContainerPort}`
          : `${first.HostPort}-${last.HostPort}->${first.ContainerPort}-${last.ContainerPort}`,
      );
    }
    shown.push(`${sorted[0]?.HostIP}:${ranges.join(', ')}/${sorted[0]?.Protocol}`);
  }
  return shown.sort().join(', ');
}
