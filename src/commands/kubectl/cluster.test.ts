import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

const POD = `apiVersion: v1
kind: Pod
metadata: {name: p1, labels: {app: p1}}
spec:
  containers:
  - {name: a, image: "busybox:1.36", command: [sh, -c, "echo hi; sleep 3600"]}
  - {name: b, image: "busybox:1.36", command: [sleep, "3600"]}
`;

test('a pod from manifest to its end', async () => {
  const node = await boot({
    seed: 1,
    scenario: 'containerd',
    files: { '/root/p1.yaml': new TextEncoder().encode(POD) },
  });
  const run = async (line: string): Promise<[string, string, number]> => {
    const { stdout, stderr, exitCode } = await node.run(line);
    return [stdout, stderr, exitCode];
  };
  expect(await run('kubectl get pods')).toEqual(['', 'No resources found in default namespace.\n', 0]);
  expect(await run('kubectl apply -f p1.yaml')).toEqual(['pod/p1 created\n', '', 0]);
  expect(await run('kubectl apply -f p1.yaml')).toEqual(['pod/p1 unchanged\n', '', 0]);
  expect(await run('kubectl wait --for=condition=Ready pod/p1')).toEqual(['pod/p1 condition met\n', '', 0]);
  expect(await run('sed -i s/app:\\ p1/app:\\ p2/ p1.yaml; kubectl apply -f p1.yaml')).toEqual([
    'pod/p1 configured\n',
    '',
    0,
  ]);
  expect(await run('kubectl get pods -l app=p2 --no-headers | cut -c1-28')).toEqual([
    'p1    2/2   Running   0     \n',
    '',
    0,
  ]);
  expect(await run('kubectl logs p1')).toEqual(['hi\n', 'Defaulted container "a" out of: a, b\n', 0]);
  expect(await run("kubectl exec p1 -c b -- sh -c 'echo out; echo err >&2; exit 7'")).toEqual([
    'out\n',
    'err\ncommand terminated with exit code 7\n',
    7,
  ]);
  expect(await run('kubectl exec p1 hostname')).toEqual([
    '',
    "error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples\n",
    1,
  ]);
  expect(await run("kubectl get pod p1 -o jsonpath='{.status.phase} {.spec.containers[*].name}'")).toEqual([
    'Running a b',
    '',
    0,
  ]);
  expect(await run('kubectl label pod p1 tier=front; kubectl label pod p1 tier=back')).toEqual([
    'pod/p1 labeled\n',
    "error: 'tier' already has a value (front), and --overwrite is false\n",
    1,
  ]);
  expect(await run('kubectl delete pod p1 --now')).toEqual(['pod "p1" deleted from default namespace\n', '', 0]);
  expect(await run('kubectl get pod p1')).toEqual(['', 'Error from server (NotFound): pods "p1" not found\n', 1]);
});

test('generators without a server', async () => {
  const node = await boot({ seed: 1 });
  const { stdout } = await node.run(
    'kubectl create deployment web --image=nginx:1.25 --replicas=3 --dry-run=client -o yaml',
  );
  expect(stdout).toBe(`apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    app: web
  name: web
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
  strategy: {}
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - image: nginx:1.25
        name: nginx
        resources: {}
status: {}
`);
});
