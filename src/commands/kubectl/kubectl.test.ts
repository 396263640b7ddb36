import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

/** Klog's time and pid differ from run to run. */
const plain = (text: string): string => text.replace(/^E\d{4} [\d:.]+ +\d+ /gm, 'E ');

const REFUSED = 'The connection to the server localhost:8080 was refused - did you specify the right host or port?\n';
const MEMCACHE =
  'E memcache.go:265] "Unhandled Error" err="couldn\'t get current server API group list: Get \\"http://localhost:8080/api?timeout=32s\\": dial tcp 127.0.0.1:8080: connect: connection refused"\n';

test('without a cluster', async () => {
  const node = await boot({ seed: 1 });
  const run = async (line: string): Promise<[string, string, number]> => {
    const { stdout, stderr, exitCode } = await node.run(line);
    return [stdout, plain(stderr), exitCode];
  };
  expect(await run('kubectl version --client')).toEqual([
    'Client Version: v1.36.4\nKustomize Version: v5.8.1\n',
    '',
    0,
  ]);
  expect(await run('kubectl version')).toEqual(['Client Version: v1.36.4\nKustomize Version: v5.8.1\n', REFUSED, 1]);
  expect(await run('kubectl get pods')).toEqual(['', MEMCACHE.repeat(5) + REFUSED, 1]);
  expect(await run('kubectl gte pods')).toEqual([
    '',
    'error: unknown command "gte" for "kubectl"\n\nDid you mean this?\n\tget\n',
    1,
  ]);
  expect(await run('kubectl get pods --bogus')).toEqual([
    '',
    "error: unknown flag: --bogus\nSee 'kubectl get --help' for usage.\n",
    1,
  ]);
  expect(await run('kubectl get pods --context nosuch')).toEqual([
    '',
    'Error in configuration: context was not found for specified context: nosuch\n',
    1,
  ]);
  expect(await run('kubectl get pods --kubeconfig /nosuch')).toEqual([
    '',
    'error: stat /nosuch: no such file or directory\n',
    1,
  ]);
  expect(await run('kubectl get')).toEqual([
    '',
    `You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.

error: Required resource not specified.
Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).
See 'kubectl get -h' for help and examples
`,
    1,
  ]);
});

test('what may follow, as the script of `kubectl completion bash` asks for it', async () => {
  const node = await boot({ scenario: 'containerd', seed: 1 });
  const out = async (line: string): Promise<string> => (await node.run(line)).stdout;
  await node.run('kubectl wait --for=condition=Ready node --all --timeout=2m');
  const words = async (line: string): Promise<string> => (await out(`kubectl __complete ${line}`)).replace(/\t.*/g, '');
  expect(await out('kubectl __complete roll')).toBe('rollout\tManage the rollout of a resource\n:4\n');
  expect(await words('rollout st')).toBe('status\n:4\n');
  expect(await words("get no ''")).toBe('node-1\n:4\n');
  expect(await words("describe node node-1 ''")).toBe(':4\n');
  expect(await words('get node/')).toBe('node/node-1\n:4\n');
  expect(await words("get pods -n kube-system ''")).toBe(
    'etcd-node-1\nkube-apiserver-node-1\nkube-controller-manager-node-1\nkube-scheduler-node-1\n:4\n',
  );
  expect(await words("get pods -n ''")).toBe('default\nkube-node-lease\nkube-public\nkube-system\n:4\n');
  expect(await words("logs -n kube-system etcd-node-1 -c ''")).toBe('etcd\n:4\n');
  expect(await words('get --output=ya')).toBe('yaml\n:4\n');
  expect(await words('get --output-w')).toBe('--output-watch-events\n:4\n');
  expect(await words("apply -f ''")).toBe('json\nyaml\nyml\n:8\n');
  expect(await words("scale ''")).toBe('deployment\nreplicaset\nreplicationcontroller\nstatefulset\n:4\n');
  expect(await words("taint node ''")).toBe('node-1\n:4\n');
  expect(await words("config use-context ''")).toBe('kubernetes-admin@kubernetes\n:4\n');
  expect(await words("run x ''")).toBe(':0\n');
  expect((await node.run("kubectl __complete get ''")).stderr).toBe(
    'Completion ended with directive: ShellCompDirectiveNoFileComp\n',
  );
  // Nobody who completes wants to read why.
  expect(await node.run("kubectl --server=localhost:1 __complete get ''")).toMatchObject({ exitCode: 0 });
  await node.run(
    'source <(kubectl completion bash); source <(kubeadm completion bash); source <(nerdctl completion bash)',
  );
  expect(await out('complete -p kubectl kubeadm nerdctl')).toBe(
    ['kubectl', 'kubeadm', 'nerdctl'].map((name) => `complete -o default -F __start_${name} ${name}\n`).join(''),
  );
});
