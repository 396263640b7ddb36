import { describe, expect, it } from 'vitest';
import { chainIds, digestError, digestOf } from './digest.ts';
import { formatPlatform, parsePlatform, selectManifests } from './platform.ts';
import { familiarReference, formatReference, parseDockerReference, parseReferenceSpec } from './reference.ts';

const D = `sha256:${'0'.repeat(64)}`;

describe('image references', () => {
  it.each([
    ['busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['busybox:1.28', 'docker.io/library/busybox:1.28', 'busybox:1.28'],
    ['index.docker.io/library/redis', 'docker.io/library/redis:latest', 'redis:latest'],
    ['user/app', 'docker.io/user/app:latest', 'user/app:latest'],
    ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
    ['localhost:5000/a/b', 'localhost:5000/a/b:latest', 'localhost:5000/a/b:latest'],
    ['localhost/a', 'localhost/a:latest', 'localhost/a:latest'],
    [`nginx:1.25@${D}`, `docker.io/library/nginx@${D}`, `nginx@${D}`],
  ])('%s', (text, full, short) => {
    const reference = parseDockerReference(text);
    expect([formatReference(reference), familiarReference(reference)]).toEqual([full, short]);
  });

  it.each([
    ['', 'invalid reference format'],
    ['UPPER/Case', 'invalid reference format: repository name (Case) must be lowercase'],
    ['Busybox', 'invalid reference format: repository name (library/Busybox) must be lowercase'],
    ['busybox:', 'invalid reference format'],
    ['busybox@sha256:abc', 'invalid reference format'],
    [`busybox@sha257:${'0'.repeat(64)}`, 'unsupported digest algorithm'],
    [`busybox@sha256:${'0'.repeat(40)}`, 'invalid checksum digest length'],
    ['a'.repeat(64), `invalid repository name (${'a'.repeat(64)}), cannot specify 64-byte hexadecimal strings`],
    ['-bad-', 'invalid reference format'],
  ])('refuses %s', (text, message) => {
    expect(() => parseDockerReference(text)).toThrow(message);
  });

  it('parses the plain kind that ctr takes', () => {
    expect(parseReferenceSpec('docker.io/library/busybox:latest')).toEqual({
      locator: 'docker.io/library/busybox',
      object: 'latest',
    });
    expect(parseReferenceSpec(`a.io/b@${D}`)).toEqual({ locator: 'a.io/b', object: `@${D}` });
    expect(() => parseReferenceSpec('http://a/b')).toThrow('invalid reference');
  });
});

describe('digests and platforms', () => {
  it('hashes and chains', () => {
    expect(digestOf('')).toBe('sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    const a = `sha256:${'a'.repeat(64)}`;
    expect(chainIds([a, D])).toEqual([a, digestOf(`${a} ${D}`)]);
    expect(digestError(D)).toBeNull();
    expect(digestError('latest')).toBe('invalid checksum digest format');
  });

  it('picks the right manifest of an index', () => {
    const of = (text: string) => ({
      mediaType: '',
      digest: text,
      size: 0,
      platform: parsePlatform(text) ?? { os: '', architecture: '' },
    });
    const manifests = ['linux/arm64/v8', 'linux/386', 'linux/amd64', 'linux/arm/v6', 'linux/arm/v7'].map(of);
    const pick = (host: string) =>
      selectManifests(manifests, parsePlatform(host) ?? { os: '', architecture: '' }).map((d) => d.digest);
    expect(pick('linux/amd64')).toEqual(['linux/amd64', 'linux/386']);
    expect(pick('linux/arm64')).toEqual(['linux/arm64/v8', 'linux/arm/v7', 'linux/arm/v6']);
    expect(pick('linux/s390x')).toEqual([]);
    expect(formatPlatform(parsePlatform('aarch64') ?? { os: '', architecture: '' })).toBe('linux/arm64');
  });
});
