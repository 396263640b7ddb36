/** The logs of several pods at once. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('the logs of all pods of a selector are followed at the same time, up to a limit', {
  timeout: 30_000,
}, async () => {
  const node = await boot({ scenario: 'containerd' });
  await node.run('kubectl create deploy w --image=nginx:alpine --replicas=3; kubectl rollout status deploy w');
  expect(await node.run('kubectl logs -f -l app=w --max-log-requests 2')).toMatchObject({
    stderr:
      'error: you are attempting to follow 3 log streams, but maximum allowed concurrency is 2, use --max-log-requests to increase the limit\n',
    exitCode: 1,
  });
  const { stdout } = await node.run(
    'kubectl logs -f -l app=w --tail=0 --prefix > log & sleep 2; ' +
      "for ip in $(kubectl get pods -o jsonpath='{.items[*].status.podIP}'); do curl -s $ip > /dev/null; done; " +
      "sleep 1; kill %1; grep -o '^.pod/w-[0-9a-z]*-\\|GET / ' log | sort | uniq -c | tr -s ' '",
  );
  expect(stdout).toMatch(/^ 3 GET \/ \n 3 \[pod\/w-[456789bcdf]+-\n$/);
});
