/**
 * Image references: `busybox` is `docker.io/library/busybox:latest`.
 * @models distribution/reference v0.6 normalize.go, containerd pkg/reference
 * @fidelity full
 */
import { parseQualifiedName } from '@swimlane/docker-reference';
import { digestError } from './digest.ts';

export type ImageReference = { domain: string; path: string; tag: string | null; digest: string | null };

/** A text that is not a reference; `message` is what Go's library says. */
export class InvalidReference extends Error {
  override readonly name = 'InvalidReference';
}

const DEFAULT_DOMAIN = 'docker.io';
const LEGACY_DOMAIN = 'index.docker.io';
const OFFICIAL_PREFIX = 'library/';

/** reference.ParseNormalizedNamed. The library does the grammar; the splitting below follows the newer release. */
export function parseReference(text: string): ImageReference {
  if (/^[a-f0-9]{64}$/.test(text)) {
    throw new InvalidReference(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const [domain, remainder] = splitDomain(text);
  const colon = remainder.indexOf(':');
  const remote = colon < 0 ? remainder : remainder.slice(0, colon);
  if (remote.toLowerCase() !== remote) {
    throw new InvalidReference(`invalid reference format: repository name (${remote}) must be lowercase`);
  }
  const at = remainder.indexOf('@');
  try {
    const parsed = parseQualifiedName(`${domain}/${remainder}`);
    return {
      domain: parsed.domain ?? domain,
      path: parsed.repository ?? remote,
      tag: parsed.tag ?? null,
      digest: parsed.digest ?? null,
    };
  } catch (error) {
    const message = (error as Error).message;
    const wrong = at < 0 ? null : digestError(remainder.slice(at + 1));
    // The library is older than Go's digest package and says "invalid digest format".
    throw new InvalidReference(message.includes('digest') && wrong !== null ? wrong : message);
  }
}

function splitDomain(name: string): [domain: string, remainder: string] {
  const slash = name.indexOf('/');
  const head = slash < 0 ? '' : name.slice(0, slash);
  const isDomain = slash >= 0 && (/[.:]/.test(head) || head === 'localhost' || head.toLowerCase() !== head);
  let domain = isDomain ? head : DEFAULT_DOMAIN;
  let remainder = isDomain ? name.slice(slash + 1) : name;
  if (domain === LEGACY_DOMAIN) domain = DEFAULT_DOMAIN;
  if (domain === DEFAULT_DOMAIN && !remainder.includes('/')) remainder = OFFICIAL_PREFIX + remainder;
  return [domain, remainder];
}

/**
 * distribution.ParseDockerRef: what the CRI plugin stores. A name alone gets `:latest`; with both tag and digest the
 * tag is dropped.
 */
export function parseDockerReference(text: string): ImageReference {
  const reference = parseReference(text);
  if (reference.digest !== null) return { ...reference, tag: null };
  return { ...reference, tag: reference.tag ?? 'latest' };
}

/** `docker.io/library/busybox` */
export function repositoryName(reference: ImageReference): string {
  return `${reference.domain}/${reference.path}`;
}

export function formatReference(reference: ImageReference): string {
  const tag = reference.tag === null ? '' : `:${reference.tag}`;
  const digest = reference.digest === null ? '' : `@${reference.digest}`;
  return repositoryName(reference) + tag + digest;
}

/** The short form docker and nerdctl print: `busybox:latest`. */
export function familiarReference(reference: ImageReference): string {
  return formatReference({ ...reference, domain: '', path: familiarName(reference) }).slice(1);
}

export function familiarName(reference: ImageReference): string {
  if (reference.domain !== DEFAULT_DOMAIN) return repositoryName(reference);
  const rest = reference.path.startsWith(OFFICIAL_PREFIX)
    ? reference.path.slice(OFFICIAL_PREFIX.length)
    : reference.path;
  return rest.includes('/') ? reference.path : rest;
}

/** containerd's own reference (not Docker's): locator and object, nothing assumed. `ctr` takes these. */
export type ReferenceSpec = { locator: string; object: string };

/** reference.Parse of containerd. */
export function parseReferenceSpec(text: string): ReferenceSpec {
  if (text.includes('://')) throw new InvalidReference('invalid reference');
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  const port = /^[^:]*:(.*)$/.exec(host)?.[1];
  if (port !== undefined && !/^\d*$/.test(port)) {
    throw new InvalidReference(`parse "dummy://${text}": invalid port ":${port}" after host`);
  }
  if (host === '') throw new InvalidReference('hostname required');
  const path = slash < 0 ? '' : text.slice(slash);
  const split = path.search(/[:@]/);
  const bare = split < 0 ? path : path.slice(0, split);
  const object = split < 0 ? '' : path.slice(split).replace(/^:/, '');
  return { locator: `${host}${bare}`.replace(/\/+/g, '/').replace(/\/$/, ''), object };
}

export function specHostname(spec: ReferenceSpec): string {
  return spec.locator.split('/')[0] ?? '';
}

/** The digest part of an object such as `latest@sha256:…`, or ''. */
export function specDigest(spec: ReferenceSpec): string {
  const at = spec.object.indexOf('@');
  return at < 0 ? '' : spec.object.slice(at + 1);
}
