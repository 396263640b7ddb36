/**
 * Where a registry's requests go.
 * @models containerd core/remotes/docker/config/hosts.go (ConfigureHosts without hosts.toml)
 * @fidelity partial: hosts.toml is read by whoever configures the client
 */
import { isIpAddress, splitHostPort } from './dial.ts';

export type HostCapability = 'pull' | 'resolve' | 'push';

export type RegistryHost = {
  scheme: 'http' | 'https';
  /** With the port if it is not the scheme's own. */
  host: string;
  /** `/v2` */
  path: string;
  capabilities: readonly HostCapability[];
  skipVerify?: boolean;
  /** Believed issuers instead of the public ones. */
  issuers?: readonly string[];
  headers?: readonly (readonly [string, string])[];
  /** Tries HTTPS first and plain HTTP when the other side does not speak TLS. */
  httpFallback?: boolean;
};

export function isLocalhost(address: string): boolean {
  const { host } = splitHostPort(address);
  return host === 'localhost' || (isIpAddress(host) && host.startsWith('127.'));
}

/** The one host of a registry without configuration; `domain` is the reference's. */
export function defaultHosts(domain: string, options: { defaultScheme?: 'http' | 'https' } = {}): RegistryHost[] {
  const base = { path: '/v2', capabilities: ['pull', 'resolve', 'push'] as const };
  if (domain === 'docker.io') return [{ ...base, scheme: 'https', host: 'registry-1.docker.io' }];
  if (options.defaultScheme !== undefined) return [{ ...base, scheme: options.defaultScheme, host: domain }];
  if (!isLocalhost(domain)) return [{ ...base, scheme: 'https', host: domain }];
  const { port } = splitHostPort(domain);
  if (port === 80) return [{ ...base, scheme: 'http', host: domain }];
  const ambiguous = port !== null && port !== 443;
  return [{ ...base, scheme: 'https', host: domain, skipVerify: true, ...(ambiguous ? { httpFallback: true } : {}) }];
}
