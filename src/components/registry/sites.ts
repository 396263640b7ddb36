/** The public registries of the simulation: who answers for which names, and how they authorise. */
import type { Certificate } from '../../protocols/distribution/tls-model.ts';

export type RegistrySite = {
  /** As in image references. */
  readonly name: string;
  /** Host names that must lead to the process serving this site. */
  readonly hostnames: readonly string[];
  readonly certificate: Certificate;
  readonly access: Access;
  /** Accounts: who may push, and delete; on a site that is not `public` also who may pull. */
  readonly users: ReadonlyMap<string, string>;
  readonly public: boolean;
  /** Pulls without an account in six hours, for each address; null sets no limit. */
  readonly pullLimit: number | null;
};

/** How clients show who they are: by a token from the server that the challenge names, with each request, or not. */
export type Access =
  | { readonly kind: 'token'; readonly realm: string; readonly service: string }
  | { readonly kind: 'basic'; readonly realm: string }
  | { readonly kind: 'open' };

const NOBODY: ReadonlyMap<string, string> = new Map();

/** Wants a name and a password: `learner`, `secret`. Its images are in nobody's public catalogue. */
export const PRIVATE_REGISTRY = 'registry.example.com';

export const registrySites: readonly RegistrySite[] = [
  {
    name: 'docker.io',
    hostnames: ['registry-1.docker.io', 'auth.docker.io', 'docker.io', 'index.docker.io'],
    certificate: { subject: 'CN=*.docker.io', issuer: 'Amazon RSA 2048 M03', dnsNames: ['*.docker.io', 'docker.io'] },
    access: { kind: 'token', realm: 'https://auth.docker.io/token', service: 'registry.docker.io' },
    users: NOBODY,
    public: true,
    pullLimit: 100,
  },
  {
    name: 'registry.k8s.io',
    hostnames: ['registry.k8s.io'],
    certificate: { subject: 'CN=registry.k8s.io', issuer: 'WR3', dnsNames: ['registry.k8s.io'] },
    access: { kind: 'open' },
    users: NOBODY,
    public: true,
    pullLimit: null,
  },
  {
    name: 'quay.io',
    hostnames: ['quay.io'],
    certificate: { subject: 'CN=quay.io', issuer: 'E6', dnsNames: ['quay.io', '*.quay.io'] },
    access: { kind: 'open' },
    users: NOBODY,
    public: true,
    pullLimit: null,
  },
  {
    name: 'ghcr.io',
    hostnames: ['ghcr.io'],
    certificate: {
      subject: 'CN=*.ghcr.io',
      issuer: 'Sectigo ECC Domain Validation Secure Server CA',
      dnsNames: ['*.ghcr.io', 'ghcr.io'],
    },
    access: { kind: 'token', realm: 'https://ghcr.io/token', service: 'ghcr.io' },
    users: NOBODY,
    public: true,
    pullLimit: null,
  },
  {
    name: PRIVATE_REGISTRY,
    hostnames: [PRIVATE_REGISTRY],
    certificate: { subject: `CN=${PRIVATE_REGISTRY}`, issuer: 'E6', dnsNames: [PRIVATE_REGISTRY] },
    access: { kind: 'basic', realm: 'Registry Realm' },
    users: new Map([['learner', 'secret']]),
    public: false,
    pullLimit: null,
  },
  {
    name: 'k8s.gcr.io',
    hostnames: ['k8s.gcr.io'],
    certificate: { subject: 'CN=*.gcr.io', issuer: 'WR3', dnsNames: ['*.gcr.io', 'gcr.io'] },
    access: { kind: 'open' },
    users: NOBODY,
    public: true,
    pullLimit: null,
  },
];

/** A registry of somebody's own: self-signed, open to all, for pushing too. */
export function ownSite(name: string): RegistrySite {
  return {
    name,
    hostnames: [name],
    certificate: { subject: `CN=${name}`, issuer: `CN=${name}`, dnsNames: [name] },
    access: { kind: 'open' },
    users: NOBODY,
    public: true,
    pullLimit: null,
  };
}
