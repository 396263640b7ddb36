/**
 * `8080:80/tcp`, `data:/var/lib:ro`: the short forms of ports and mounts.
 * @models compose-go v2.12.1 format/volume.go, types/types.go (ParsePortConfig); docker/go-connections v0.7.0 nat/nat.go
 * @fidelity full
 */
import { ipNumber } from '../../networks.ts';
import { fail } from '../../run.ts';
import type { Dict } from './tree.ts';

type Mount = { target: string; source?: string; type?: string; read_only?: boolean; bind?: Dict; volume?: Dict };

const PROPAGATIONS = ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave'];

export function parseVolume(spec: string): Mount {
  if (spec === '') return fail('invalid empty volume spec');
  if (spec.length <= 2) return { type: 'volume', target: spec };
  const invalid = (why: string): never => fail(`invalid spec: ${spec}: ${why}`);
  // A lone letter before a colon is a drive, whatever the system.
  const parts = spec.match(/(?:^|(?<=:))(?:[A-Za-z](?=:):)?[^:]*/g) ?? [];
  if (parts.some((part) => part === '')) invalid('empty section between colons');
  if (parts.length > 3) invalid('too many colons');
  const mount: Mount = parts.length === 1 ? { target: spec } : { source: parts[0] ?? '', target: parts[1] ?? '' };
  for (const option of (parts[2] ?? '').split(',')) {
    if (option === 'ro') mount.read_only = true;
    else if (option === 'rw') delete mount.read_only;
    else if (option === 'nocopy') mount.volume = { nocopy: true };
    else if (PROPAGATIONS.includes(option)) mount.bind = { ...mount.bind, propagation: option };
    else if (option === 'z' || option === 'Z') mount.bind = { ...mount.bind, selinux: option };
  }
  const isPath = /^(?:[./~]|[A-Za-z]:)/.test(mount.source ?? '');
  mount.type = isPath ? 'bind' : 'volume';
  if (isPath) mount.bind = { ...mount.bind, create_host_path: true };
  else mount.volume ??= {};
  return mount;
}

const PORT_MAX = 65_535;

function range(text: string): readonly [number, number] | null {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  return match === null || first > last || last > PORT_MAX ? null : [first, last];
}

/** One entry for each port of a range. */
export function parsePort(spec: string): Dict[] {
  const parts = spec.split(':');
  const [containerPart = '', protocol = 'tcp'] = (parts.pop() ?? '').split('/');
  const hostPart = parts.pop() ?? '';
  const ip = parts.join(':').replace(/^\[(.*)\]$/, '$1');
  if (parts.length > 1 && !/^\[.*\]$/.test(parts.join(':')))
    fail(`invalid IP address ${parts.join(':')}: address ${parts.join(':')}:: too many colons in address`);
  if (ip !== '' && !ip.includes(':') && ipNumber(ip) === null) fail(`invalid IP address: ${ip}`);
  if (containerPart === '') fail(`no port specified: ${spec}<empty>`);
  const container = range(containerPart) ?? fail(`invalid containerPort: ${containerPart}`);
  const host = hostPart === '' ? null : (range(hostPart) ?? fail(`invalid hostPort: ${hostPart}`));
  const count = container[1] - container[0];
  if (host !== null && host[1] - host[0] !== count && count > 0)
    fail(`invalid ranges specified for container and host Ports: ${containerPart} and ${hostPart}`);
  if (!['tcp', 'udp', 'sctp'].includes(protocol.toLowerCase())) fail(`invalid proto: ${protocol}`);
  const out: Dict[] = [];
  for (let i = 0; i <= count; i++) {
    const published = host === null ? '' : count === 0 ? hostPart : String(host[0] + i);
    out.push({
      mode: 'ingress',
      ...(ip === '' ? {} : { host_ip: ip }),
      target: container[0] + i,
      ...(published === '' ? {} : { published }),
      protocol: protocol.toLowerCase(),
    });
  }
  // Sorted as texts: 100/tcp comes before 99/tcp.
  return out.sort((a, b) => (`${a['target']}/${protocol}` < `${b['target']}/${protocol}` ? -1 : 1));
}
