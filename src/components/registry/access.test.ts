import { describe, expect, it } from 'vitest';
import type { GoError } from '../../go/errors.ts';
import type { Context } from '../../linux/context.ts';
import { Rope } from '../../linux/rope.ts';
import { newRegistryClient } from '../../protocols/distribution/client.ts';
import { defaultHosts } from '../../protocols/distribution/hosts.ts';
import { newHttpClient } from '../../protocols/distribution/http-client.ts';
import { digestOf } from '../../protocols/oci/digest.ts';
import { MEDIA_TYPES } from '../../protocols/oci/media-types.ts';
import { testKernel } from '../../testing/kernel.ts';
import { registryProgram } from './registry.ts';

const PRIVATE = 'registry.example.com';
const OWN = 'registry.internal';

async function withRegistry<T>(name: string, body: (ctx: Context) => Promise<T>): Promise<T> {
  const rig = testKernel({
    programs: [registryProgram],
    files: { '/etc/hosts': `127.0.0.1 localhost ${name} auth.docker.io registry-1.docker.io\n` },
  });
  return rig.act(async (ctx) => {
    const listen = ['--listen', '0.0.0.0:443', '--listen-plain', '0.0.0.0:5000'];
    const pid = await ctx.sys.spawn(ctx, '/usr/bin/registry', {
      argv: ['registry', 'serve', '--name', name, ...listen],
    });
    await ctx.sleep(1e9);
    const result = await body(ctx);
    await ctx.sys.kill(ctx, pid, 'SIGTERM');
    return result;
  });
}

function clientFor(domain: string, account: [string, string] | null = null) {
  const [username, secret] = account ?? ['', ''];
  return newRegistryClient({
    hosts: defaultHosts(domain),
    ...(account === null ? {} : { credentials: { username, secret } }),
  });
}

async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'done';
  } catch (error) {
    return (error as GoError).message;
  }
}

function smallImage() {
  const config = Rope.text('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}');
  const described = (mediaType: string, content: Rope) => ({
    mediaType,
    digest: digestOf(content),
    size: content.length,
  });
  const configDescriptor = described(MEDIA_TYPES.config, config);
  const manifest = Rope.text(
    JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config: configDescriptor, layers: [] }),
  );
  return { config, configDescriptor, manifest, manifestDescriptor: described(MEDIA_TYPES.manifest, manifest) };
}

describe('a registry that wants to know who asks', () => {
  it('gives a private image to its accounts only', async () => {
    const image = `${PRIVATE}/team/web:1.1`;
    const said = await withRegistry(PRIVATE, async (ctx) => [
      await outcome(clientFor(PRIVATE).resolve(ctx, image)),
      await outcome(clientFor(PRIVATE, ['learner', 'wrong']).resolve(ctx, image)),
      await outcome(clientFor(PRIVATE, ['learner', 'secret']).resolve(ctx, image)),
    ]);
    expect(said[0]).toContain('authorization failed: no basic auth credentials');
    expect(said[1]).toBe(
      `unexpected status from HEAD request to https://${PRIVATE}/v2/team/web/manifests/1.1: 401 Unauthorized`,
    );
    expect(said[2]).toBe('done');
  });

  it('takes a pushed image whole and gives it out again', async () => {
    const { config, configDescriptor, manifest, manifestDescriptor } = smallImage();
    const name = `${PRIVATE}/team/mine:1`;
    const said = await withRegistry(PRIVATE, async (ctx) => {
      const client = clientFor(PRIVATE, ['learner', 'secret']);
      const early = await outcome(client.push(ctx, name, manifestDescriptor, manifest, true));
      await client.push(ctx, name, configDescriptor, config, false);
      await client.push(ctx, name, manifestDescriptor, manifest, true);
      const root = await client.resolve(ctx, name);
      const anonymous = await outcome(clientFor(PRIVATE).push(ctx, name, configDescriptor, config, false));
      return {
        early,
        digest: root.digest,
        again: await client.push(ctx, name, configDescriptor, config, false),
        anonymous,
      };
    });
    expect(said.early).toContain('400 Bad Request');
    expect(said.early).toContain('blob unknown to registry');
    expect(said.digest).toBe(manifestDescriptor.digest);
    expect(said.again).toBe(false);
    expect(said.anonymous).toContain('no basic auth credentials');
  });

  it('refuses content that is not what its digest says, and takes out what it is told to', async () => {
    const { config, configDescriptor } = smallImage();
    const said = await withRegistry(OWN, async (ctx) => {
      const http = newHttpClient();
      const ask = async (method: string, target: string, body?: Rope) =>
        http.request(ctx, {
          method,
          scheme: 'http',
          host: `${OWN}:5000`,
          target,
          headers: [],
          ...(body ? { body } : {}),
        });
      const begun = await ask('POST', '/v2/a/b/blobs/uploads/');
      const location = begun.headers.find(([key]) => key.toLowerCase() === 'location')?.[1] ?? '';
      const half = config.slice(0, 10);
      const statuses = [
        begun.status,
        (await ask('PATCH', location, half)).status,
        (await ask('PUT', `${location}?digest=${configDescriptor.digest}`)).status,
        (await ask('PATCH', location, config.slice(10))).status,
        (await ask('PUT', `${location}?digest=${configDescriptor.digest}`)).status,
        (await ask('PATCH', location, half)).status,
        (await ask('HEAD', `/v2/a/b/blobs/${configDescriptor.digest}`)).status,
        (await ask('DELETE', `/v2/a/b/blobs/${configDescriptor.digest}`)).status,
        (await ask('HEAD', `/v2/a/b/blobs/${configDescriptor.digest}`)).status,
      ];
      await http.close(ctx);
      return statuses;
    });
    expect(said).toEqual([202, 202, 400, 202, 201, 404, 200, 202, 404]);
  });

  it('lets nobody push to a public registry, and counts pulls', async () => {
    const { config, configDescriptor } = smallImage();
    const busybox = 'docker.io/library/busybox:latest';
    const said = await withRegistry('docker.io', async (ctx) => {
      const push = await outcome(
        clientFor('docker.io').push(ctx, 'docker.io/learner/x:1', configDescriptor, config, false),
      );
      const client = clientFor('docker.io');
      const root = await client.resolve(ctx, busybox);
      const fetched: string[] = [];
      for (let i = 0; i < 101; i++) fetched.push(await outcome(client.fetch(ctx, busybox, root)));
      return { push, good: fetched.filter((text) => text === 'done').length, last: fetched.at(-1) };
    });
    expect(said.push).toContain('server message: insufficient_scope: authorization failed');
    expect(said.good).toBe(100);
    expect(said.last).toContain('429 Too Many Requests');
    expect(said.last).toContain('You have reached your unauthenticated pull rate limit.');
  });
});
