import { describe, expect, it } from 'vitest';
import type { GoError } from '../../go/errors.ts';
import type { Context } from '../../linux/context.ts';
import { Rope } from '../../linux/rope.ts';
import { newRegistryClient, type RegistryClientOptions } from '../../protocols/distribution/client.ts';
import { defaultHosts, type RegistryHost } from '../../protocols/distribution/hosts.ts';
import { type HttpRequest, newHttpClient } from '../../protocols/distribution/http-client.ts';
import { digestOf, hashBytes } from '../../protocols/oci/digest.ts';
import { gunzip } from '../../protocols/oci/gzip.ts';
import { selectManifests } from '../../protocols/oci/platform.ts';
import { readTar } from '../../protocols/oci/tar.ts';
import type { ImageConfig, ImageIndex, ImageManifest } from '../../protocols/oci/types.ts';
import { testKernel } from '../../testing/kernel.ts';
import { registryProgram } from './registry.ts';

const HOSTS =
  '127.0.0.1 localhost\n127.0.0.1 registry-1.docker.io auth.docker.io evil.docker.io.test\n127.0.0.1 registry.k8s.io\n';

/** Runs `body` on a machine where a registry of that name serves on port 443 (or 5000 without TLS). */
async function withRegistry<T>(
  args: string[],
  body: (ctx: Context) => Promise<T>,
): Promise<{ value: T; trace: ReturnType<typeof testKernel>['trace'] }> {
  const rig = testKernel({
    programs: [registryProgram],
    files: { '/etc/hosts': HOSTS, '/etc/resolv.conf': 'nameserver 10.0.0.53\n' },
  });
  const value = await rig.act(async (ctx) => {
    const pid = await ctx.sys.spawn(ctx, '/usr/bin/registry', { argv: ['registry', 'serve', ...args] });
    await ctx.sleep(1e9);
    const result = await body(ctx);
    await ctx.sys.kill(ctx, pid, 'SIGTERM');
    return result;
  });
  return { value, trace: rig.trace };
}

const docker = ['--name', 'docker.io', '--listen', '0.0.0.0:443'];
const kubernetes = ['--name', 'registry.k8s.io', '--listen', '0.0.0.0:443'];
const plain = ['--name', 'docker.io', '--listen-plain', '127.0.0.1:5000'];

function clientFor(domain: string, more: Partial<RegistryHost> = {}, options: Partial<RegistryClientOptions> = {}) {
  return newRegistryClient({ hosts: defaultHosts(domain).map((host) => ({ ...host, ...more })), ...options });
}

async function errorOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    return (error as GoError).message;
  }
}

async function raw(ctx: Context, request: Partial<HttpRequest>) {
  const client = newHttpClient();
  const response = await client.request(ctx, {
    method: 'GET',
    scheme: 'https',
    host: 'registry.k8s.io',
    target: '/v2/',
    headers: [],
    ...request,
  });
  await client.close(ctx);
  return response;
}

describe('registry and its client', () => {
  it('pulls an image through the token dance, bulk staying a rope', async () => {
    const { value, trace } = await withRegistry(docker, async (ctx) => {
      const name = 'docker.io/library/nginx:1.27';
      const client = clientFor('docker.io');
      const root = await client.resolve(ctx, name);
      const index = JSON.parse((await client.fetch(ctx, name, root)).toString()) as ImageIndex;
      const [chosen] = selectManifests(index.manifests, { os: 'linux', architecture: 'amd64' });
      if (chosen === undefined) throw new Error('no manifest for amd64');
      const manifest = JSON.parse((await client.fetch(ctx, name, chosen)).toString()) as ImageManifest;
      const config = JSON.parse((await client.fetch(ctx, name, manifest.config)).toString()) as ImageConfig;
      const files: string[] = [];
      for (const [i, layer] of manifest.layers.entries()) {
        const parts: Rope[] = [];
        await client.fetch(ctx, name, layer, async (_, part) => void parts.push(part));
        const blob = Rope.concat(parts);
        expect(digestOf(blob)).toBe(layer.digest);
        expect(blob.wholeSource?.digest).toBe(layer.digest);
        const tar = gunzip(blob);
        expect(digestOf(tar)).toBe(config.rootfs.diff_ids[i]);
        for (const entry of readTar(tar)) files.push(entry.name);
      }
      await client.close(ctx);
      return { root, files: files.length, layers: manifest.layers.length };
    });
    expect(value).toMatchObject({ root: { mediaType: 'application/vnd.oci.image.index.v1+json' }, layers: 7 });
    expect(value.files).toBeGreaterThan(600);
    const calls = trace.events.flatMap((e) =>
      e.kind === 'rpc.response' ? [`${e.method.replace(/sha256:\w+/, 'DIGEST')} ${e.code}`] : [],
    );
    expect(trace.events.every((e) => e.kind !== 'rpc.response' || (trace.payload(e.payload)?.length ?? 0) < 5000)).toBe(
      true,
    );
    expect(calls.slice(0, 5)).toEqual([
      'HEAD /v2/library/nginx/manifests/1.27 401',
      'GET /token?scope=repository%3Alibrary%2Fnginx%3Apull&service=registry.docker.io 200',
      'HEAD /v2/library/nginx/manifests/1.27 200',
      'GET /v2/library/nginx/manifests/DIGEST 200',
      'GET /v2/library/nginx/manifests/DIGEST 200',
    ]);
  });

  it('words its errors as containerd does', async () => {
    const { value } = await withRegistry(docker, async (ctx) => {
      const resolve = (name: string, more: Partial<RegistryHost> = {}) =>
        errorOf(clientFor(name.split('/')[0] ?? '', more).resolve(ctx, name));
      const zero = `sha256:${'0'.repeat(64)}`;
      return [
        await resolve('docker.io/library/nosuchimage:latest'),
        await resolve('docker.io/library/busybox:0.1'),
        await resolve(`docker.io/library/busybox@${zero}`),
        await resolve('127.0.0.1:5999/foo:latest'),
        await resolve('example.com/foo:latest'),
        await resolve('registry.k8s.io/pause:3.10'),
        await resolve('docker.io/library/busybox:latest', { issuers: ['Corporate CA'] }),
        await resolve('docker.io/library/busybox:latest', { scheme: 'http', host: 'registry-1.docker.io:443' }),
        await errorOf(
          clientFor('docker.io').fetch(ctx, 'docker.io/library/busybox:latest', {
            mediaType: 'application/x',
            digest: zero,
            size: 1,
          }),
        ),
      ];
    });
    const zero = `sha256:${'0'.repeat(64)}`;
    expect(value).toEqual([
      'docker.io/library/nosuchimage:latest: not found',
      'docker.io/library/busybox:0.1: not found',
      `docker.io/library/busybox@${zero}: not found`,
      'failed to do request: Head "https://127.0.0.1:5999/v2/foo/manifests/latest": dial tcp 127.0.0.1:5999: connect: connection refused',
      'failed to do request: Head "https://example.com/v2/foo/manifests/latest": dial tcp: lookup example.com on 10.0.0.53:53: dial udp 10.0.0.53:53: connect: network is unreachable',
      'failed to do request: Head "https://registry.k8s.io/v2/pause/manifests/3.10": tls: failed to verify certificate: x509: certificate is valid for *.docker.io, docker.io, not registry.k8s.io',
      'failed to do request: Head "https://registry-1.docker.io/v2/library/busybox/manifests/latest": tls: failed to verify certificate: x509: certificate signed by unknown authority',
      'unexpected status from HEAD request to http://registry-1.docker.io:443/v2/library/busybox/manifests/latest?ns=docker.io: 400 Bad Request',
      `httpReadSeeker: failed open: could not fetch content descriptor ${zero} (application/x) from remote: not found`,
    ]);
  });

  it('falls back to plain HTTP for local registries only', async () => {
    const { value } = await withRegistry(plain, async (ctx) => {
      // The store is docker.io's, so an open request needs its token all the same.
      const ask = (domain: string, more: Partial<RegistryHost>) =>
        errorOf(clientFor(domain, more).resolve(ctx, `${domain}/library/busybox:latest`));
      return [await ask('127.0.0.1:5000', {}), await ask('127.0.0.1:5000', { httpFallback: false })];
    });
    expect(value[0]).toContain('failed to fetch anonymous token: Get "https://auth.docker.io/token?');
    expect(value[1]).toBe(
      'failed to do request: Head "https://127.0.0.1:5000/v2/library/busybox/manifests/latest": http: server gave HTTP response to HTTPS client',
    );
  });

  it('answers as a registry does', async () => {
    const { value } = await withRegistry(kubernetes, async (ctx) => {
      const show = async (request: Partial<HttpRequest>) => {
        const { status, headers, body } = await raw(ctx, request);
        const type = headers.find(([name]) => name === 'Content-Type')?.[1];
        return `${status} ${type} ${body.length > 300 ? `${body.length} bytes` : body.toString()}`;
      };
      const blobs = await raw(ctx, {
        target: '/v2/pause/manifests/3.9',
        headers: [['Accept', 'application/vnd.docker.distribution.manifest.v2+json']],
      });
      const layer = (JSON.parse(blobs.body.toString()) as ImageManifest).layers[0];
      const ranged = await raw(ctx, {
        target: `/v2/pause/blobs/${layer?.digest}`,
        headers: [['Range', 'bytes=10-19']],
      });
      const whole = await raw(ctx, { target: `/v2/pause/blobs/${layer?.digest}` });
      expect(hashBytes(whole.body)).toBe(layer?.digest);
      expect([...ranged.body.bytes()]).toEqual([...whole.body.slice(10, 20).bytes()]);
      expect(ranged.headers).toContainEqual(['Content-Range', `bytes 10-19/${layer?.size}`]);
      return [
        await show({}),
        await show({ target: '/v2/_catalog' }),
        await show({ target: '/v2/pause/tags/list' }),
        await show({ target: '/v2/pause/tags/list?n=1' }),
        await show({ target: '/v2/nope/tags/list' }),
        await show({ target: '/v2/pause/manifests/1.0' }),
        await show({ target: `/v2/pause/blobs/sha256:${'0'.repeat(64)}` }),
        await show({ target: '/v2/pause/blobs/sha256:zz' }),
        await show({ target: '/v2/pause/manifests/3.9', method: 'POST' }),
        await show({ target: '/other' }),
        await show({ scheme: 'http', host: 'registry.k8s.io:443' }),
      ];
    });
    expect(value).toEqual([
      '200 application/json; charset=utf-8 {}',
      '200 application/json; charset=utf-8 {"repositories":["coredns/coredns","e2e-test-images/busybox","e2e-test-images/httpd","e2e-test-images/nginx","e2e-test-images/nonewprivs","etcd","ingress-nginx/controller","kube-apiserver","kube-controller-manager","kube-proxy","kube-scheduler","metrics-server/metrics-server","pause"]}\n',
      '200 application/json; charset=utf-8 {"name":"pause","tags":["3.10","3.10.1","3.2","3.6","3.9"]}\n',
      '200 application/json; charset=utf-8 {"name":"pause","tags":["3.10"]}\n',
      '404 application/json; charset=utf-8 {"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry","detail":{"name":"nope"}}]}\n',
      '404 application/json; charset=utf-8 {"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"1.0"}}]}\n',
      `404 application/json; charset=utf-8 {"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown to registry","detail":"sha256:${'0'.repeat(64)}"}]}\n`,
      '400 application/json; charset=utf-8 {"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match uploaded content"}]}\n',
      '405 application/json; charset=utf-8 {"errors":[{"code":"UNSUPPORTED","message":"The operation is unsupported."}]}\n',
      '404 text/plain; charset=utf-8 404 page not found\n',
      '400 undefined Client sent an HTTP request to an HTTPS server.\n',
    ]);
  });
});
