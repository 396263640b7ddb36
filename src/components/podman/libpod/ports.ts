/**
 * Ports of the host that lead into a container: how they are written, and that nobody else may have them.
 * @models podman 5.4 pkg/specgenutil/util.go createPortBinding, libpod/oci_util.go bindPorts
 * @fidelity partial: no ranges; the ports are tried at start, but conmon does not hold them
 */
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { failure } from '../../cri-runtimes/shared/errors.ts';
import { RuntimeFailure } from './monitor.ts';

/** As netavark takes it. */
export type PortMapping = {
  host_ip: string;
  container_port: number;
  host_port: number;
  range: 1;
  protocol: 'tcp' | 'udp';
};

const PORT_MAX = 65_535;
const FIRST_RANDOM = 32_768;
const RANDOM_PORTS = 28_232;
const RUNTIME_ERROR = 126;

/** `[[IP:][HOSTPORT]:]PORT[/PROTOCOL]`. A host port of 0 is any that is free. */
export function parsePort(text: string): PortMapping {
  const [address = '', protocol = 'tcp'] = text.split('/');
  if (protocol !== 'tcp' && protocol !== 'udp')
    throw failure(`unrecognized protocol ${quote(protocol)} in port mapping`);
  const parts = address.split(':');
  const container = parts.pop() ?? '';
  const host = parts.pop() ?? '';
  if (container === '') throw failure('must provide a non-empty container port to publish');
  if (/^\d+-\d+$/.test(container)) throw failure('not simulated: ranges of ports');
  return {
    host_ip: parts.join(':').replace(/^\[(.*)\]$/, '$1'),
    container_port: port(container, 'container'),
    host_port: host === '' ? 0 : port(host, 'host'),
    range: 1,
    protocol,
  };
}

function port(text: string, whose: string): number {
  if (!/^\d+$/.test(text))
    throw failure(`parsing ${whose} port: invalid port number: strconv.Atoi: parsing ${quote(text)}: invalid syntax`);
  const number = Number(text);
  if (number < 1 || number > PORT_MAX)
    throw failure(`parsing ${whose} port: port numbers must be between 1 and 65535 (inclusive), got ${number}`);
  return number;
}

/** Gives each that may be any a port of its own, and tries whether they can be had. `taken` are those of other containers. */
export async function bindPorts(
  ctx: Context,
  mappings: readonly PortMapping[],
  taken: readonly PortMapping[],
): Promise<PortMapping[]> {
  const bound: PortMapping[] = [];
  for (const mapping of mappings) {
    let { host_port } = mapping;
    while (host_port === 0) {
      const candidate = FIRST_RANDOM + ctx.random.below(RANDOM_PORTS);
      if (!taken.some((other) => other.host_port === candidate)) host_port = candidate;
    }
    const clash = [...taken, ...bound].some(
      (other) => other.host_port === host_port && other.protocol === mapping.protocol && meet(other, mapping),
    );
    if (clash || (mapping.protocol === 'tcp' && (await isInUse(ctx, mapping.host_ip, host_port))))
      throw new RuntimeFailure(
        `cannot listen on the ${mapping.protocol.toUpperCase()} port: listen ${mapping.protocol}4 ${mapping.host_ip}:${host_port}: bind: address already in use`,
        RUNTIME_ERROR,
      );
    bound.push({ ...mapping, host_port });
  }
  return bound;
}

function meet(a: PortMapping, b: PortMapping): boolean {
  const everywhere = ['', '0.0.0.0'];
  return a.host_ip === b.host_ip || everywhere.includes(a.host_ip) || everywhere.includes(b.host_ip);
}

async function isInUse(ctx: Context, host: string, number: number): Promise<boolean> {
  try {
    const fd = await ctx.sys.listen(ctx, { family: 'inet', host: host === '' ? '0.0.0.0' : host, port: number });
    await ctx.sys.close(ctx, fd);
    return false;
  } catch (error) {
    if (isErrno(error, 'EADDRINUSE')) return true;
    throw error;
  }
}

/** `0.0.0.0:8080->80/tcp` */
export function portsText(mappings: readonly PortMapping[]): string {
  return mappings
    .map((one) => `${one.host_ip || '0.0.0.0'}:${one.host_port}->${one.container_port}/${one.protocol}`)
    .join(', ');
}
