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

const records = registries.flatMap((host) => host.names.map((name) => `${name}=${host.address}`));

export const publicHosts: readonly OutsideHost[] = [
  ...registries,
  { address: NAMESERVER, names: [], run: [['dns-server', ...records]] },
];
