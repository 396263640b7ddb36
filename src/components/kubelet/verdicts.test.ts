/** What a pod's status says of an image that would run as root, and of a pod whose time is up while it still runs. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('an image that names no user runs as root, which runAsNonRoot refuses', async () => {
  const node = await boot({ scenario: 'containerd' });
  await node.run(
    `kubectl run nr --image=busybox --overrides='{"spec":{"securityContext":{"runAsNonRoot":true}}}' -- sleep 99; sleep 4`,
  );
  expect((await node.run('kubectl get pod nr --no-headers')).stdout).toMatch(/^nr +0\/1 +CreateContainerConfigError /);
  expect((await node.run('kubectl describe pod nr | tail -1')).stdout).toMatch(
    /Error: container has runAsNonRoot and image will run as root \(pod: "nr_default\(\S+\)", container: nr\)$/m,
  );
});

test('a pod whose deadline has passed is over when its containers are', async () => {
  const node = await boot({ scenario: 'containerd' });
  const status = async (): Promise<unknown> =>
    JSON.parse(
      (
        await node.run(
          "kubectl get pod late -o json | jq '.status|[.phase,.reason,(.containerStatuses[0].state|keys[0])]'",
        )
      ).stdout,
    );
  // The first process of its namespace does not hear SIGTERM: it has its 30 seconds.
  await node.run(
    `kubectl run late --image=busybox --overrides='{"spec":{"activeDeadlineSeconds":5}}' -- sleep 99; sleep 12`,
  );
  expect(await status()).toEqual(['Running', null, 'running']);
  expect((await node.run('kubectl get events | grep DeadlineExceeded')).stdout).toContain('Pod was active on the node');
  await node.run('sleep 30');
  expect(await status()).toEqual(['Failed', 'DeadlineExceeded', 'terminated']);
});
