/** Who may what: roles, bindings, accounts and their tokens, nodes; one cluster for all. */
import { beforeAll, expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

let out: (line: string) => Promise<string>;
let code: (line: string) => Promise<number>;

beforeAll(async () => {
  const { run } = await boot({ scenario: 'containerd' });
  out = async (line) => {
    const { stdout, stderr } = await run(line);
    return stdout + stderr;
  };
  code = async (line) => (await run(line)).exitCode;
  await out('kubectl create ns dev; kubectl create sa robot -n dev');
  await out('kubectl create role reader --verb=get,list,watch --resource=pods,pods/log,deploy -n dev');
  await out('kubectl create rolebinding readers --role=reader --serviceaccount=dev:robot --user=jane -n dev');
}, 60_000);

const refused = (user: string, verb: string, what: string, where = 'in the namespace "default"'): string =>
  `Error from server (Forbidden): ${what} is forbidden: User "${user}" cannot ${verb} resource "${what.split(' ')[0]}" in API group "" ${where}\n`;

test('a binding allows what its role says, there and nowhere else', async () => {
  expect(await out('kubectl get pods -n dev --as jane')).toBe('No resources found in dev namespace.\n');
  expect(await out('kubectl get pods --as jane')).toBe(refused('jane', 'list', 'pods'));
  expect(await out('kubectl delete pod web --as jane')).toBe(refused('jane', 'delete', 'pods "web"'));
  expect(await out('kubectl get nodes --as jane')).toBe(refused('jane', 'list', 'nodes', 'at the cluster scope'));
  expect(await out('kubectl auth can-i list deployments -n dev --as jane')).toBe('yes\n');
  expect(await code('kubectl auth can-i delete deployments -n dev --as jane')).toBe(1);
  expect(await out('kubectl auth can-i get pods --subresource=log -n dev --as jane')).toBe('yes\n');
  // What was looked up before is not remembered beyond a change.
  await out('kubectl delete rolebinding readers -n dev');
  expect(await out('kubectl auth can-i list pods -n dev --as jane')).toBe('no\n');
  await out('kubectl create rolebinding readers --role=reader --serviceaccount=dev:robot --user=jane -n dev');
  expect(await out('kubectl auth can-i list pods -n dev --as jane')).toBe('yes\n');
  expect(await out('kubectl auth can-i --list -n dev --as jane | head -7')).toBe(
    `Resources                                       Non-Resource URLs   Resource Names   Verbs
selfsubjectreviews.authentication.k8s.io        []                  []               [create]
selfsubjectaccessreviews.authorization.k8s.io   []                  []               [create]
selfsubjectrulesreviews.authorization.k8s.io    []                  []               [create]
pods/log                                        []                  []               [get list watch]
pods                                            []                  []               [get list watch]
deployments.apps                                []                  []               [get list watch]
`,
  );
});

test('a kubelet changes its own node and what runs there, and no label that would draw pods to it', async () => {
  const kubelet = (line: string): Promise<string> => out(`kubectl --kubeconfig /etc/kubernetes/kubelet.conf ${line}`);
  const forbidden = (what: string): string => `Error from server (Forbidden): ${what}\n`;
  expect(await kubelet('label node node-1 mine=yes topology.kubernetes.io/zone=a')).toBe('node/node-1 labeled\n');
  expect(await kubelet('label node node-1 node-restriction.kubernetes.io/x=y node-role.kubernetes.io/gpu=')).toBe(
    forbidden(
      'nodes "node-1" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/x, node-role.kubernetes.io/gpu',
    ),
  );
  expect(await kubelet('taint node node-1 a=b:NoSchedule')).toBe(
    forbidden('nodes "node-1" is forbidden: node "node-1" is not allowed to modify taints'),
  );
  expect(await kubelet('run x --image=busybox')).toBe(
    forbidden(
      'pods "x" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "node-1" can only create mirror pods',
    ),
  );
  await out('kubectl run elsewhere --image=busybox --overrides=\'{"spec":{"nodeName":"node-9"}}\'');
  expect(await kubelet('delete pod elsewhere')).toBe(
    forbidden('pods "elsewhere" is forbidden: node "node-1" can only delete pods with spec.nodeName set to itself'),
  );
  await out('kubectl delete pod elsewhere --force');
});

test('nobody gives what he has not', async () => {
  await out('kubectl create rolebinding adm --clusterrole=admin --user=boss -n dev');
  expect(await out('kubectl create role more --verb=get,list --resource=nodes -n dev --as boss')).toBe(
    `Error from server (Forbidden): roles.rbac.authorization.k8s.io "more" is forbidden: user "boss" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:
{APIGroups:[""], Resources:["nodes"], Verbs:["get" "list"]}
`,
  );
  expect(await out('kubectl create role more --verb=get --resource=secrets -n dev --as boss')).toBe(
    'role.rbac.authorization.k8s.io/more created\n',
  );
  expect(await out('kubectl create rolebinding all --clusterrole=cluster-admin --user=boss -n dev --as boss')).toMatch(
    /^error: failed to create rolebinding: rolebindings\.rbac\.authorization\.k8s\.io "all" is forbidden: user "boss"/,
  );
  expect(await out('kubectl patch rolebinding adm -n dev --type=merge -p \'{"roleRef":{"name":"view"}}\'')).toBe(
    'The RoleBinding "adm" is invalid: roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"view"}: cannot change roleRef\n',
  );
});

test('a pod speaks as its account, and its token ends with it', async () => {
  await out(
    `kubectl run probe -n dev --image=curlimages/curl --overrides='{"spec":{"serviceAccountName":"robot"}}' --command -- sleep 3600; kubectl wait -n dev --for=condition=Ready pod/probe`,
  );
  const ask = (path: string): Promise<string> =>
    out(
      `kubectl exec -n dev probe -- sh -c 'T=$(cat /var/run/secrets/kubernetes.io/serviceaccount/token); curl -sk -H "Authorization: Bearer $T" https://192.168.1.10:6443/api/v1/namespaces/${path}'`,
    );
  expect(await ask('dev/pods')).toContain('"kind":"PodList"');
  expect(await ask('dev/secrets')).toContain(
    '"message":"secrets is forbidden: User \\"system:serviceaccount:dev:robot\\" cannot list resource \\"secrets\\" in API group \\"\\" in the namespace \\"dev\\""',
  );
  const remote = 'kubectl --kubeconfig /dev/null -s https://192.168.1.10:6443 --insecure-skip-tls-verify --token';
  const token = await out('kubectl exec -n dev probe -- cat /var/run/secrets/kubernetes.io/serviceaccount/token');
  expect(await out(`${remote} ${token} auth whoami`)).toMatch(
    /Username +system:serviceaccount:dev:robot\nUID +[0-9a-f-]{36}\nGroups +\[system:serviceaccounts system:serviceaccounts:dev system:authenticated\]\n(Extra: \S+ +\[\S+\]\n){5}$/,
  );
  await out('kubectl delete pod probe -n dev --now');
  expect(await out(`${remote} ${token} get pods -n dev`)).toBe(
    'error: You must be logged in to the server (Unauthorized)\n',
  );
  expect(await out(`${remote} $(kubectl create token robot -n dev --duration=10m) get pods -n dev`)).toBe(
    'No resources found in dev namespace.\n',
  );
  expect(await out('kubectl create token nobody')).toBe(
    'error: failed to create token: serviceaccounts "nobody" not found\n',
  );
});

test('a kubelet sees what its pods need', async () => {
  const node = 'kubectl --kubeconfig /etc/kubernetes/kubelet.conf';
  const user = 'system:node:node-1';
  expect(await out(`${node} get nodes`)).toBe(
    refused(user, 'list', 'nodes', 'at the cluster scope').replace(
      /\n$/,
      ": node 'node-1' cannot read all nodes, only its own Node object\n",
    ),
  );
  expect(await out(`${node} get node node-1 --no-headers`)).toMatch(/^node-1 +Ready/);
  await out('kubectl create secret generic mine --from-literal=a=b');
  expect(await out(`${node} get secret mine`)).toMatch(
    /no relationship found between node 'node-1' and this object\n$/,
  );
  await out(
    `kubectl run user --image=busybox --overrides='{"spec":{"containers":[{"name":"user","image":"busybox","command":["sleep","3600"],"envFrom":[{"secretRef":{"name":"mine"}}]}]}}'; kubectl wait --for=condition=Ready pod/user`,
  );
  expect(await out(`${node} get secret mine -o jsonpath='{.data.a}'`)).toBe('Yg==');
});

test('what the generators write, and refuse', async () => {
  expect(
    await out(
      'kubectl create role r --verb=get --verb=list --resource=pods,deployments.apps/scale --dry-run=client -o yaml',
    ),
  ).toBe(`apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: r
rules:
- apiGroups:
  - ""
  resources:
  - pods
  verbs:
  - get
  - list
- apiGroups:
  - apps
  resources:
  - deployments/scale
  verbs:
  - get
  - list
`);
  expect(await out('kubectl create role r --verb=get --resource=foos')).toBe(
    'error: the server doesn\'t have a resource type "foos"\n',
  );
  expect(await out('kubectl create role r --resource=pods')).toBe('error: at least one verb must be specified\n');
  expect(await out('kubectl create rolebinding b --user=x')).toBe(
    'error: exactly one of clusterrole or role must be specified\n',
  );
  expect(await out('kubectl describe rolebinding readers -n dev')).toBe(`Name:         readers
Labels:       <none>
Annotations:  <none>
Role:
  Kind:  Role
  Name:  reader
Subjects:
  Kind            Name   Namespace
  ----            ----   ---------
  User            jane   ${''}
  ServiceAccount  robot  dev
`);
});

test('reconcile adds what is missing', async () => {
  await out(
    'kubectl get role reader -n dev -o yaml | sed "s/- pods$/- pods\\n  - services/; /resourceVersion/d; /uid/d" > r.yaml',
  );
  expect(await out('kubectl auth reconcile -f r.yaml')).toBe(`role.rbac.authorization.k8s.io/reader reconciled
	reconciliation required update
	missing rules added:
		{Verbs:[get] APIGroups:[] Resources:[services] ResourceNames:[] NonResourceURLs:[]}
		{Verbs:[list] APIGroups:[] Resources:[services] ResourceNames:[] NonResourceURLs:[]}
		{Verbs:[watch] APIGroups:[] Resources:[services] ResourceNames:[] NonResourceURLs:[]}
`);
  expect(await out('kubectl auth reconcile -f r.yaml')).toBe('role.rbac.authorization.k8s.io/reader reconciled\n');
});
