import { sha512 } from '@noble/hashes/sha2.js';
import { expect, it } from 'vitest';
import { aggregatedDiscovery } from './discovery.ts';

/** @models apiserver pkg/endpoints/discovery/aggregated etag.go */
function digestOf(text: string): string {
  const { kind: _kind, apiVersion: _version, ...list } = JSON.parse(text) as Record<string, unknown>;
  const digest = sha512(new TextEncoder().encode(JSON.stringify(list)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('');
}

it('the tags are the digests of the documents', () => {
  for (const path of ['/api', '/apis'] as const) {
    const { text, etag } = aggregatedDiscovery(path);
    expect(etag, `the resources below ${path} have changed: write the new digest into discovery.ts`).toBe(
      `"${digestOf(text)}"`,
    );
  }
});
