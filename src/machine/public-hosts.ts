/** Who answers on the simulated internet: the public registries and the name server that knows them. */
import { registrySites } from '../components/registry/sites.ts';
import type { OutsideHost } from './internet.ts';

/** Documentation addresses (RFC 5737): nothing real is pretended to. */
const NAMESERVER = '203.0.113.53';
export const nameserver = NAMESERVER;

const registries: OutsideHost[] = registrySites.map((site, i) => ({
  address: `203.0.113.${10 + i}`,
  names: site.hostnames,
  run: [['registry', 'serve', '--name', site.name, '--listen', '0.0.0.0:443']],
}));

/** A registry that somebody set up in a hurry: it signed its own certificate, and answers plain HTTP on port 5000. */
const OWN_REGISTRY = 'registry.internal';
registries.push({
  address: '203.0.113.40',
  names: [OWN_REGISTRY],
  run: [['registry', 'serve', '--name', OWN_REGISTRY, '--listen', '0.0.0.0:443', '--listen-plain', '0.0.0.0:5000']],
});

/** Debian's mirrors. */
registries.push({
  address: '203.0.113.60',
  names: ['deb.debian.org', 'security.debian.org'],
  run: [['web-server', '80', 'deb-mirror']],
});

const records = registries.flatMap((host) => host.names.map((name) => `${name}=${host.address}`));

export const publicHosts: readonly OutsideHost[] = [
  ...registries,
  { address: NAMESERVER, names: [], run: [['dns-server', ...records]] },
];
