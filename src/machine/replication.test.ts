/** ReplicationControllers, how deletions reach dependents, and how the control plane is. */
import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';

const CONTROLLER = `apiVersion: v1
kind: ReplicationController
metadata: {name: web}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: nginx, image: "nginx:alpine", ports: [{containerPort: 80}]}]}
`;

const shared = (async () => {
  const files = { '/root/rc.yaml': new TextEncoder().encode(CONTROLLER) };
  const { run } = await boot({ scenario: 'containerd', files });
  return async (line: string): Promise<string> => {
    const { stdout, stderr } = await run(line);
    return stdout + stderr;
  };
})();

test('a ReplicationController keeps its pods, is shown, scaled, exposed, and takes them along', {
  timeout: 30_000,
}, async () => {
  const out = await shared;
  expect(
    await out('kubectl create -f rc.yaml; sleep 8; kubectl get rc -o wide'),
  ).toBe(`replicationcontroller/web created
NAME   DESIRED   CURRENT   READY   AGE   CONTAINERS   IMAGES         SELECTOR
web    2         2         2       8s    nginx        nginx:alpine   app=web
`);
  expect(await out("kubectl describe rc web | sed 's/web-.....$/web-NAME/'")).toBe(`Name:         web
Namespace:    default
Selector:     app=web
Labels:       app=web
Annotations:  <none>
Replicas:     2 current / 2 desired
Pods Status:  2 Running / 0 Waiting / 0 Succeeded / 0 Failed
Pod Template:
  Labels:  app=web
  Containers:
   nginx:
    Image:         nginx:alpine
    Port:          80/TCP
    Host Port:     0/TCP
    Environment:   <none>
    Mounts:        <none>
  Volumes:         <none>
  Node-Selectors:  <none>
  Tolerations:     <none>
Events:
  Type    Reason            Age   From                    Message
  ----    ------            ----  ----                    -------
  Normal  SuccessfulCreate  8s    replication-controller  Created pod: web-NAME
  Normal  SuccessfulCreate  8s    replication-controller  Created pod: web-NAME
`);
  expect(
    await out(
      'kubectl scale rc web --replicas=3; kubectl delete pod -l app=web; sleep 4; kubectl get all | grep -e ^rep -c; kubectl get rc web --no-headers ',
    ),
  ).toMatch(
    /^replicationcontroller\/web scaled\n(pod "web-\w+" deleted from default namespace\n){2,3}1\nweb {3}3 {5}3 {5}3 {5}\d+s\n$/,
  );
  expect(
    await out('kubectl expose rc web; kubectl get svc web -o jsonpath="{.spec.selector}{.spec.ports[0].port}"'),
  ).toBe('service/web exposed\n{"app":"web"}80');
  expect(await out('kubectl rollout status rc/web; kubectl delete rc web; sleep 4; kubectl get pods')).toBe(
    'replicationcontroller "web" deleted from default namespace\nerror: no status viewer has been implemented for ReplicationController\nNo resources found in default namespace.\n',
  );
  expect(
    await out(
      'sed "s/nginx:alpine/x/; s/{app: web}}/{a: b}}/; s/replicas: 2/selector: {c: d}/" rc.yaml | kubectl create -f -',
    ),
  ).toBe(
    'The ReplicationController "web" is invalid: spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`\n',
  );
});

test('a deletion reaches the dependents before, after or not at all', { timeout: 30_000 }, async () => {
  const out = await shared;
  await out('kubectl create deployment d --image=nginx:alpine; sleep 5');
  expect(await out('kubectl delete deployment d --dry-run=server; kubectl get deploy -o name')).toBe(
    'deployment.apps "d" deleted from default namespace (server dry run)\ndeployment.apps/d\n',
  );
  const state =
    "kubectl get deploy,rs,pods -o jsonpath='{range .items[*]}{.kind}:{.metadata.finalizers}:{.metadata.ownerReferences[*].kind} {end}'";
  await out('kubectl delete deployment d --cascade=foreground --wait=false');
  expect(await out(`sleep 0.2; ${state}`)).toBe(
    'Deployment:["foregroundDeletion"]: ReplicaSet:["foregroundDeletion"]:Deployment Pod::ReplicaSet ',
  );
  expect(await out(`sleep 4; ${state}`)).toBe('');
  await out('kubectl create deployment d --image=nginx:alpine; sleep 5; kubectl delete deployment d --cascade=orphan');
  expect(await out(`sleep 2; ${state}`)).toBe('ReplicaSet:: Pod::ReplicaSet ');
  expect(await out(`kubectl delete rs --all >/dev/null; sleep 4; ${state}`)).toBe('');
});

test('the control plane is asked how it is', { timeout: 30_000 }, async () => {
  const out = await shared;
  expect(
    await out('kubectl get componentstatuses; kubectl get cs nosuch'),
  ).toBe(`NAME                 STATUS    MESSAGE   ERROR
controller-manager   Healthy   ok        
scheduler            Healthy   ok        
etcd-0               Healthy   ok        
Warning: v1 ComponentStatus is deprecated in v1.19+
Error from server: Component not found: nosuch
`);
  await out('mv /etc/kubernetes/manifests/kube-scheduler.yaml .; sleep 20');
  expect(
    await out("kubectl get cs scheduler -o jsonpath='{.conditions}' 2>/dev/null; kubectl delete cs scheduler"),
  ).toBe(
    '[{"message":"Get \\"https://127.0.0.1:10259/healthz\\": dial tcp 127.0.0.1:10259: connect: connection refused","status":"False","type":"Healthy"}]Error from server (MethodNotAllowed): the server does not allow this method on the requested resource\n',
  );
  expect(
    await out("kubectl api-resources | grep -e '^comp' -e '^replicationc'"),
  ).toBe(`componentstatuses            cs           v1                             false        ComponentStatus
replicationcontrollers       rc           v1                             true         ReplicationController
`);
});

test('events go on, a kubelet is read through its node, a patch is refused without saying why', {
  timeout: 30_000,
}, async () => {
  const out = await shared;
  await out('kubectl create -f rc.yaml');
  expect(
    await out(
      "timeout 3 kubectl events --watch --for rc/web | sed 's/web-.....$/web-NAME/' & sleep 1; kubectl scale rc web --replicas=3; wait",
    ),
  ).toMatch(
    /LAST SEEN {3}TYPE {5}REASON {13}OBJECT {22}MESSAGE\n(?:\d+s +Normal {3}SuccessfulCreate {3}ReplicationController\/web {3}Created pod: web-NAME\n)+/,
  );
  expect(
    await out('kubectl get --raw /api/v1/nodes/node-1/proxy/healthz; kubectl get --raw /api/v1/nodes/x/proxy/healthz'),
  ).toBe('okError from server (NotFound): nodes "x" not found\n');
  const watching = (query: string): string =>
    `timeout 1 kubectl get --raw '/api/v1/namespaces/kube-public/configmaps?watch=1&${query}' | jq -c '[.type,.object.kind,.object.metadata.name,.object.metadata.annotations]'`;
  expect(await out(watching('sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan'))).toBe(
    '["ADDED","ConfigMap","kube-root-ca.crt",{"kubernetes.io/description":"Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."}]\n["BOOKMARK","ConfigMap",null,{"k8s.io/initial-events-end":"true"}]\n',
  );
  expect(await out(watching('sendInitialEvents=true'))).toBe(
    'The ListOptions "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan\n',
  );
  expect(await out(`kubectl patch rc web --type=json -p '[{"op":"test","path":"/spec/replicas","value":7}]'`)).toBe(
    'The request is invalid: the server rejected our request due to an error in our request\n',
  );
});
