import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

const POD = (name: string, volumes: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  terminationGracePeriodSeconds: 1
  volumes: ${volumes}
  containers:
  - {name: c, image: "busybox:1.36", command: [sleep, "3600"]}
---
`;

test('drain refuses what would be lost, cordons all the same, and evicts when it is told to', async () => {
  const pods = POD('ed', '[{name: v, emptyDir: {}}]') + POD('lone', '[]');
  const node = await boot({
    seed: 1,
    scenario: 'containerd',
    files: { '/root/p.yaml': new TextEncoder().encode(pods) },
  });
  const run = async (line: string): Promise<[string, string, number]> => {
    const { stdout, stderr, exitCode } = await node.run(line);
    return [stdout, stderr, exitCode];
  };
  await run('kubectl apply -f p.yaml; kubectl wait --for=condition=Ready pod/ed pod/lone');
  expect(await run('kubectl drain')).toEqual([
    '',
    "error: at least one of `drain NODE` or `drain --selector` is required\nSee 'kubectl drain -h' for help and examples\n",
    1,
  ]);
  expect(await run('kubectl drain nosuch')).toEqual([
    '',
    'Error from server (NotFound): nodes "nosuch" not found\n',
    1,
  ]);
  expect(await run('kubectl drain node-1 -n kube-system --pod-selector=no=such --dry-run=client')).toEqual([
    'node/node-1 cordoned (dry run)\nnode/node-1 drained (dry run)\n',
    '',
    0,
  ]);
  const local = 'cannot delete Pods with local storage (use --delete-emptydir-data to override): default/ed';
  const bare = 'cannot delete Pods that declare no controller (use --force to override)';
  expect(await run('kubectl drain node-1 --ignore-daemonsets')).toEqual([
    'node/node-1 cordoned\n',
    `error: unable to drain node "node-1" due to error: [${local}, ${bare}: default/lone], continuing command...
There are pending nodes to be drained:
 node-1
${local}
${bare}: default/lone
`,
    1,
  ]);
  expect(await run('kubectl drain node-1 --delete-emptydir-data')).toEqual([
    'node/node-1 already cordoned\n',
    `error: unable to drain node "node-1" due to error: ${bare}: default/ed, default/lone, continuing command...
There are pending nodes to be drained:
 node-1
${bare}: default/ed, default/lone
`,
    1,
  ]);
  const warning = 'Warning: deleting Pods that declare no controller: default/ed, default/lone\n';
  const drain = 'kubectl drain node-1 --delete-emptydir-data --force';
  expect(await run(`${drain} --dry-run=client`)).toEqual([
    `node/node-1 already cordoned (dry run)
evicting pod default/ed (dry run)
evicting pod default/lone (dry run)
node/node-1 drained (dry run)
`,
    warning,
    0,
  ]);
  expect(await run('kubectl get pods -o name')).toEqual(['pod/ed\npod/lone\n', '', 0]);
  expect(await run(drain)).toEqual([
    `node/node-1 already cordoned
evicting pod default/ed
evicting pod default/lone
pod/ed evicted
pod/lone evicted
node/node-1 drained
`,
    warning,
    0,
  ]);
  expect(await run('kubectl get pods; kubectl uncordon node-1')).toEqual([
    'node/node-1 uncordoned\n',
    'No resources found in default namespace.\n',
    0,
  ]);
});

test('a budget holds pods back until the time is over; --disable-eviction does not ask it', async () => {
  const node = await boot({ seed: 1, scenario: 'containerd' });
  await node.run('kubectl create deployment web --image=nginx:alpine --replicas=2; sleep 6');
  await node.run('kubectl create pdb web --selector=app=web --min-available=2');
  const drain = 'kubectl drain node-1 --ignore-daemonsets --pod-selector=app=web';
  const held = await node.run(`${drain} --timeout=8s`);
  const [one, two] = [...new Set(held.stdout.match(/web-\S+/g))] as [string, string];
  const evicting = `evicting pod default/${one}\nevicting pod default/${two}\n`;
  expect(held.stdout).toBe(`node/node-1 cordoned\n${evicting.repeat(3)}`);
  const late = (pod: string): string => `error when evicting pods/"${pod}" -n "default": global timeout reached: 8s`;
  const both = `[${late(one)}, ${late(two)}]`;
  const retry = [one, two].map(
    (pod) =>
      `error when evicting pods/"${pod}" -n "default" (will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.\n`,
  );
  expect(
    held.stderr,
  ).toBe(`${retry.join('').repeat(2)}There are pending pods in node "node-1" when an error occurred: ${both}
pod/${one}
pod/${two}
error: unable to drain node "node-1" due to error: ${both}, continuing command...
There are pending nodes to be drained:
 node-1
${late(one)}
${late(two)}
`);
  const deleted = await node.run(`${drain} --disable-eviction --grace-period=1`);
  expect(deleted.stdout).toBe(
    `node/node-1 already cordoned
deleting pod default/${one}
deleting pod default/${two}
pod/${one} deleted
pod/${two} deleted
node/node-1 drained
`,
  );
});
