/** What a container is asked to have: lines of its own in /etc/hosts, ports for all that its image exposes. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('more hosts, and ports for all that is exposed', { timeout: 30_000 }, async () => {
  const node = await boot({ scenario: 'docker' });
  await node.run('docker pull -q busybox; docker pull -q nginx:alpine');
  const hosts = await node.run(
    'docker run --rm --add-host foo:1.2.3.4 --add-host gw:host-gateway busybox cat /etc/hosts',
  );
  expect(hosts.stdout).toMatch(/ip6-allrouters\n1\.2\.3\.4\tfoo\n172\.17\.0\.1\tgw\n172\.17\.0\.2\t[0-9a-f]{12}\n$/);
  expect(await node.run('docker run --rm --add-host foo:x busybox true')).toMatchObject({
    stderr:
      'invalid argument "foo:x" for "--add-host" flag: invalid IP address in add-host: "x"\nSee \'docker run --help\'.\n',
    exitCode: 125,
  });
  await node.run('docker run -d -P --name ww nginx:alpine');
  expect((await node.run('docker port ww; curl -s localhost:49153 | head -1')).stdout).toBe(
    '80/tcp -> 0.0.0.0:49153\n<!DOCTYPE html>\n',
  );
});
