/** The public registries of the simulation: who answers for which names, and how they authorise. */
import type { Certificate } from '../../protocols/distribution/tls-model.ts';

export type RegistrySite = {
  /** As in image references. */
  readonly name: string;
  /** Host names that must lead to the process serving this site. */
  readonly hostnames: readonly string[];
  readonly certificate: Certificate;
  /** Where clients get tokens; null serves everyone without. */
  readonly token: { readonly realm: string; readonly service: string } | null;
};

export const registrySites: readonly RegistrySite[] = [
  {
    name: 'docker.io',
    hostnames: ['registry-1.docker.io', 'auth.docker.io', 'docker.io', 'index.docker.io'],
    certificate: { subject: 'CN=*.docker.io', issuer: 'Amazon RSA 2048 M03', dnsNames: ['*.docker.io', 'docker.io'] },
    token: { realm: 'https://auth.docker.io/token', service: 'registry.docker.io' },
  },
  {
    name: 'registry.k8s.io',
    hostnames: ['registry.k8s.io'],
    certificate: { subject: 'CN=registry.k8s.io', issuer: 'WR3', dnsNames: ['registry.k8s.io'] },
    token: null,
  },
  {
    name: 'quay.io',
    hostnames: ['quay.io'],
    certificate: { subject: 'CN=quay.io', issuer: 'E6', dnsNames: ['quay.io', '*.quay.io'] },
    token: null,
  },
  {
    name: 'ghcr.io',
    hostnames: ['ghcr.io'],
    certificate: {
      subject: 'CN=*.ghcr.io',
      issuer: 'Sectigo ECC Domain Validation Secure Server CA',
      dnsNames: ['*.ghcr.io', 'ghcr.io'],
    },
    token: { realm: 'https://ghcr.io/token', service: 'ghcr.io' },
  },
];

/** A registry of somebody's own: self-signed, open. */
export function privateSite(name: string): RegistrySite {
  return {
    name,
    hostnames: [name],
    certificate: { subject: `CN=${name}`, issuer: `CN=${name}`, dnsNames: [name] },
    token: null,
  };
}
