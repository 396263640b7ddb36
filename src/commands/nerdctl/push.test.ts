/** What goes up to a registry is what is there; what comes down again is the same. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('push sends a temporary image of one platform, and every platform only when they are there', async () => {
  const node = await boot({ scenario: 'bare' });
  const out = async (line: string): Promise<string> => (await node.run(line)).stdout.trim();
  await node.run('echo secret | nerdctl login registry.example.com -u learner --password-stdin');
  await node.run('nerdctl pull -q busybox:1.36 && nerdctl tag busybox:1.36 registry.example.com/team/app:v1');

  const whole = await node.run('nerdctl push -q --all-platforms registry.example.com/team/app:v1');
  expect(whole.exitCode).not.toBe(0);
  expect(whole.stderr).toMatch(/not found|unknown to registry/);

  const push = await node.run('nerdctl push -q registry.example.com/team/app:v1');
  expect(push.exitCode).toBe(0);
  const [, digest = ''] = /reduced-platform image \(application\/vnd\.oci\.image\.index\.v1\+json, (sha256:\w+)\)/.exec(
    push.stderr,
  ) as RegExpExecArray;
  expect(await out('ctr -n default images ls -q')).not.toContain('-tmp-reduced-platform');

  await node.run('nerdctl rmi registry.example.com/team/app:v1 && nerdctl pull -q registry.example.com/team/app:v1');
  expect(
    await out(
      "nerdctl image inspect --mode=native registry.example.com/team/app:v1 | jq -r '.[0].Image.Target.digest'",
    ),
  ).toBe(digest);
  expect(await out(`ctr content get ${digest} | jq -c '[.manifests[].platform.architecture]'`)).toBe('["amd64"]');
  expect(await out('nerdctl run --rm registry.example.com/team/app:v1 echo back')).toBe('back');
});
