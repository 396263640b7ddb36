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

test('-v tells of requests; time-outs; kubeconfig in any format; what templates have of their own', async () => {
  const node = await boot({ scenario: 'containerd', seed: 1 });
  const run = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr.replace(/^I\d{4} [\d:.]+ +\d+ /gm, '');
  };
  await node.run('kubectl wait --for=condition=Ready node --all --timeout=2m');
  expect((await run('kubectl get ns default -v=6 -o name')).replace(/^envvar.*\n/gm, '')).toBe(
    'namespace/default\n' +
      'loader.go:407] Config loaded from file:  /root/.kube/config\n' +
      'round_trippers.go:632] "Response" verb="GET" url="https://192.168.1.10:6443/api/v1/namespaces/default" status="200 OK" milliseconds=0\n',
  );
  const seven = await run('kubectl --token=secret create ns x -v=7');
  expect(seven).toContain(
    'round_trippers.go:527] "Request" verb="POST" url="https://192.168.1.10:6443/api/v1/namespaces?fieldManager=kubectl-create&fieldValidation=Strict" headers=<\n' +
      '\tAccept: application/json\n\tAuthorization: Bearer <masked>\n\tContent-Type: application/json\n',
  );
  expect(seven).not.toContain('helper.go');
  expect(await run('kubectl get ns x --no-headers')).toMatch(/^x +Active +\d+s\n$/);
  expect(await run('kubectl get ns default -v=8')).toMatch(
    /helper\.go:105\] "Response Body" body="\{\\"kind\\":\\"Table\\"/,
  );
  const nine = await run('kubectl --token=secret get ns --field-selector metadata.name=x -v=9');
  expect(nine.slice(nine.indexOf('helper'), nine.lastIndexOf('helper'))).toBe(`helper.go:113] "Request Body" body=""
round_trippers.go:527] "Request" curlCommand=<
\tcurl -v -XGET -H "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json" -H "Authorization: Bearer <masked>" -H "User-Agent: kubectl/v1.36.4 (linux/amd64) kubernetes/bb826b1" 'https://192.168.1.10:6443/api/v1/namespaces?fieldSelector=metadata.name%3Dx&limit=500'
 >
round_trippers.go:562] "HTTP Trace: Dial succeed" network="tcp" address="192.168.1.10:6443"
round_trippers.go:632] "Response" verb="GET" url="https://192.168.1.10:6443/api/v1/namespaces?fieldSelector=metadata.name%3Dx&limit=500" status="200 OK" headers=<
\tContent-Length: 624
\tContent-Type: application/json
 > milliseconds=0 dnsLookupMilliseconds=0 dialMilliseconds=0 tlsHandshakeMilliseconds=0 serverProcessingMilliseconds=0
`);
  expect((await run('kubectl get ns y -v=4')).split('\n').slice(0, 7)).toEqual([
    'helpers.go:246] server response object: %s[{',
    '  "kind": "Status",',
    '  "apiVersion": "v1",',
    '  "metadata": {},',
    '  "status": "Failure",',
    '  "message": "namespaces \\"y\\" not found",',
    '  "reason": "NotFound",',
  ]);
  expect(await run("kubectl get ns default -o jsonpath='{range .x}{.y'")).toContain('unclosed action');
  expect(await run("kubectl get ns default -o jsonpath='{range .status}{.phase}-'")).toBe('Active--');
  expect(await run("kubectl get ns default -o jsonpath='{.metadata.name[0]}'")).toMatch(
    /^error: error executing jsonpath "\{\.metadata\.name\[0\]\}": Error executing template: string is not array or slice\. Printing [\s\S]*"Active"\}\}\n\n\n$/,
  );
  const { stdout, stderr } = await node.run("kubectl get ns default -o go-template='{{.kind}} {{.kind.x}}'");
  expect(stdout).toMatch(
    /^Namespace Error executing template: template: output:1:17: [\s\S]*\n\traw data was:\n\t\t\{"apiVersion":"v1",.*\n\tobject given to template engine was:\n\t\tmap\[apiVersion:v1 .* status:map\[phase:Active\]\]\n\n$/,
  );
  expect(stderr).toMatch(
    /^error: error executing template "\{\{\.kind\}\} \{\{\.kind\.x\}\}": template: output:1:17: /,
  );
  const { exitCode, virtualMs } = await node.run('kubectl get pods -w --request-timeout=2s');
  expect([exitCode, Math.round(virtualMs / 1000)]).toEqual([0, 2]);
  await node.run('kubectl run l --image=busybox:1.36 -- sh -c "echo hi; sleep 1000"');
  const cut = 'context deadline exceeded (Client.Timeout or context cancellation while reading body)';
  const follow = await node.run('kubectl logs -f l --request-timeout=2s');
  expect(follow).toMatchObject({
    exitCode: 1,
    // What is not there yet is tried again.
    stdout: 'hi\n',
    stderr: 'container "l" in pod "l" is waiting to start: ContainerCreating\n'.repeat(2) + `${cut}\nerror: ${cut}\n`,
  });
  await node.run("printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n' > c.yaml; kubectl get cm");
  const hung = async (line: string): Promise<string> =>
    await run(`pkill -STOP kube-apiserver; kubectl ${line} --request-timeout=1s; pkill -CONT kube-apiserver`);
  const unheard =
    'net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)\n';
  expect(await hung('get cm')).toBe(`Unable to connect to the server: ${unheard}`);
  expect(await hung('create -f c.yaml')).toBe(
    `error: error when creating "c.yaml": Post "https://192.168.1.10:6443/api/v1/namespaces/default/configmaps?fieldManager=kubectl-create&fieldValidation=Strict&timeout=1s": ${unheard}`,
  );
  expect(await hung('create cm c')).toBe(
    `error: failed to create configmap: Post "https://192.168.1.10:6443/api/v1/namespaces/default/configmaps?fieldManager=kubectl-create&fieldValidation=Strict&timeout=1s": ${unheard}`,
  );
  expect(await run('kubectl get pods --request-timeout=soon')).toMatch(/^error: Invalid timeout value\. /);
  expect(await run("kubectl config view --minify -o jsonpath='{.contexts[0].name}'")).toBe(
    'kubernetes-admin@kubernetes',
  );
  expect(await run('kubectl config view --minify --context=x')).toBe('error: cannot locate context x\n');
  expect(await run('kubectl config view --flatten | grep -c LS0t')).toBe('3\n');
  expect(await run('kubectl config get-contexts -o name')).toBe('kubernetes-admin@kubernetes\n');
  expect(await run('kubectl config get-contexts x')).toBe(
    'CURRENT   NAME   CLUSTER   AUTHINFO   NAMESPACE\nerror: context x not found\n',
  );
  await node.run(
    'kubectl config set-cluster far --proxy-url=http://proxy; kubectl config set-context far --cluster=far',
  );
  expect(await run('kubectl --context=far get pods')).toBe(
    'error: proxy-url: not simulated: reaching the API server by a proxy\n',
  );
  await node.run('kubectl create secret generic s --from-literal=password=s33msi4');
  expect(
    await run(
      `kubectl get secret s -o go-template='{{.data.password|base64decode}} {{exists . "data" "password"}} {{exists . "x"}}'`,
    ),
  ).toBe('s33msi4 true false');
  expect(await run(`kubectl get secret s -o go-template='{{.kind|base64decode}}'`)).toContain(
    'base64 decode failed: illegal base64 data at input byte 4',
  );
  await node.run('kubectl run b --image=busybox:1.36 -- sleep 1000; kubectl wait --for=condition=Ready pod/b');
  expect(await run('kubectl debug b -i --image=busybox:1.36 -c d -- echo too quick')).toContain('too quick\n');
});
