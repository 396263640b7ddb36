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

/**
 * A registry that somebody set up in a hurry: it signed its own certificate, and answers plain HTTP on port 5000. Other
 * ports of it lead over bad roads: 5001 is slow, on 5002 connections break, on 5003 it is busy at first, on 5004 it has
 * too many clients, on 5005 connections break and parts cannot be asked for.
 */
const BAD_ROADS = [
  '',
  ',rate=2000000',
  ',cut=2000000',
  ',busy=503x1',
  ',busy=429x2',
  ',cut=2000000,ranges=no',
  ',busy=429x99',
  ',busy=500x2',
];
const OWN_REGISTRY = 'registry.internal';
registries.push({
  address: '203.0.113.40',
  names: [OWN_REGISTRY],
  run: [
    [
      ...['registry', 'serve', '--name', OWN_REGISTRY, '--listen', '0.0.0.0:443'],
      ...BAD_ROADS.flatMap((manner, i) => ['--listen-plain', `0.0.0.0:${5000 + i}${manner}`]),
    ],
  ],
});

/** Debian's mirrors. */
registries.push({
  address: '203.0.113.60',
  names: ['deb.debian.org', 'security.debian.org'],
  run: [['web-server', '80', 'deb-mirror']],
});

/** Where cri-dockerd is released: the first leads to the second. */
const RELEASES = ['github.com', 'release-assets.githubusercontent.com'];
const SECTIGO = 'Sectigo ECC Domain Validation Secure Server CA';
registries.push({
  address: '203.0.113.61',
  names: RELEASES,
  run: [['web-server', '443', 'release-files', RELEASES.join(','), SECTIGO]],
});

/** The packages of Kubernetes. */
registries.push({
  address: '203.0.113.62',
  names: ['pkgs.k8s.io'],
  run: [['web-server', '443', 'kubernetes-packages', 'pkgs.k8s.io', 'E6']],
});

const records = registries.flatMap((host) => host.names.map((name) => `${name}=${host.address}`));

export const publicHosts: readonly OutsideHost[] = [
  ...registries,
  { address: NAMESERVER, names: [], run: [['dns-server', ...records]] },
];
