/** Controllers beyond the first ones, the scheduler's harder cases, and containers added to a running pod. */
import { expect, test } from 'vitest';
import { nextDue, parseSchedule } from '../components/control-plane/controller-manager/schedule.ts';
import { boot } from '../testing/boot.ts';

async function node() {
  const { run } = await boot({ scenario: 'containerd' });
  return async (line: string): Promise<string> => {
    const { stdout, stderr } = await run(line);
    return stdout + stderr;
  };
}

/** For tests that clean up after themselves, or that nobody minds. */
const shared = node();

const STATEFUL_SET = `cat <<Y | kubectl apply -f -
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  replicas: 3
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: "nginx:alpine"}]}
Y`;

test('a StatefulSet: numbered pods in order, updated from the last, taken away from the last', {
  timeout: 30_000,
}, async () => {
  const out = await shared;
  expect(await out(STATEFUL_SET)).toBe('statefulset.apps/db created\n');
  expect(await out('kubectl rollout status sts/db')).toMatch(
    /^Waiting for 3 pods to be ready\.\.\.\n(Waiting for 2 pods to be ready\.\.\.\n)+(Waiting for 1 pods to be ready\.\.\.\n)+partitioned roll out complete: 3 new pods have been updated\.\.\.\n$/,
  );
  expect(
    await out('kubectl get sts db --no-headers | tr -s " " | cut -d" " -f1,2; kubectl exec db-1 -- hostname'),
  ).toBe('db 3/3\ndb-1\n');
  await out('kubectl set image sts/db c=nginx:latest; kubectl rollout status sts/db');
  expect(await out("kubectl get pods -l app=db -o jsonpath='{.items[*].spec.containers[0].image}'")).toBe(
    'nginx:latest nginx:latest nginx:latest',
  );
  expect(
    await out('kubectl rollout history sts/db; kubectl rollout undo sts/db; kubectl rollout status sts/db'),
  ).toMatch(
    /^statefulset\.apps\/db \nREVISION {2}CHANGE-CAUSE\n1 {9}<none>\n2 {9}<none>\n\nstatefulset\.apps\/db rolled back\n/,
  );
  expect(
    await out(
      "kubectl get pods -l app=db -o jsonpath='{.items[*].spec.containers[0].image} '; kubectl get controllerrevisions -l app=db | sed 's/db-[0-9a-z]*/db-HASH/' | tr -s ' ' | cut -d' ' -f1-3",
    ),
  ).toMatch(
    /^nginx:alpine nginx:alpine nginx:alpine NAME CONTROLLER REVISION\ndb-HASH statefulset\.apps\/db [23]\ndb-HASH statefulset\.apps\/db [23]\n$/,
  );
  expect(await out('kubectl rollout undo sts/db --to-revision=3; kubectl rollout undo sts/db --to-revision=9')).toBe(
    'statefulset.apps/db skipped rollback (current template already matches revision 3)\nerror: unable to find specified revision 9 in history\n',
  );
  const images = "kubectl get pods -l app=db -o jsonpath='{.items[*].spec.containers[0].image}'";
  const partition = (at: number): string =>
    `kubectl patch sts db -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":${at}}}}}'`;
  expect(
    await out(`${partition(2)}; kubectl set image sts/db c=nginx:latest; kubectl rollout status sts/db | uniq`),
  ).toBe(
    `statefulset.apps/db patched
statefulset.apps/db image updated
Waiting for partitioned roll out to finish: 0 out of 1 new pods have been updated...
Waiting for 1 pods to be ready...
partitioned roll out complete: 1 new pods have been updated...
`,
  );
  // What is below the partition is made again of the former template.
  expect(await out(`kubectl delete pod db-0; sleep 6; ${images}`)).toContain('nginx:alpine nginx:alpine nginx:latest');
  await out(`${partition(0)}; kubectl rollout status sts/db`);
  expect(await out(images)).toBe('nginx:latest nginx:latest nginx:latest');
  expect(await out('kubectl delete pod db-0; sleep 4; kubectl get pods -l app=db --no-headers | cut -d" " -f1')).toBe(
    'pod "db-0" deleted from default namespace\ndb-0\ndb-1\ndb-2\n',
  );
  expect(
    await out('kubectl scale sts db --replicas=1; sleep 8; kubectl get pods -l app=db --no-headers | cut -d" " -f1'),
  ).toBe('statefulset.apps/db scaled\ndb-0\n');
});

test('a DaemonSet keeps what its template was, as many as it is told to', { timeout: 30_000 }, async () => {
  const out = await shared;
  await out(`cat <<Y | kubectl apply -f -
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: "nginx:alpine"}]}
Y`);
  expect(
    await out(`kubectl rollout undo ds/agent; kubectl patch ds agent -p '{"spec":{"revisionHistoryLimit":1}}'`),
  ).toBe('daemonset.apps/agent patched\nerror: no last revision to roll back to\n');
  for (const value of ['a', 'b', 'c'])
    await out(`kubectl set env ds/agent MODE=${value}; kubectl rollout status ds/agent`);
  expect(await out(`sleep 2; kubectl rollout history ds agent`)).toBe(
    'daemonset.apps/agent \nREVISION  CHANGE-CAUSE\n3         <none>\n4         <none>\n\n',
  );
  expect(await out(`kubectl rollout history ds agent --revision=3`)).toMatch(
    /^daemonset\.apps\/agent with revision #3\nPod Template:\n[\s\S]*MODE:\tb\n/,
  );
  expect(await out(`kubectl rollout undo ds agent; kubectl rollout status ds/agent`)).toMatch(
    /^daemonset\.apps\/agent rolled back\n/,
  );
  expect(
    await out(
      `kubectl get pods -l app=agent -o jsonpath='{..env[?(@.name=="MODE")].value} {..metadata.labels.pod-template-generation}'; kubectl get ds agent -o jsonpath='{.metadata.annotations.deprecated\\.daemonset\\.template\\.generation}'`,
    ),
  ).toBe('b 55');
  expect(
    await out(
      "kubectl get controllerrevision -l app=agent -o yaml | grep -E '^ *(\\$patch|revision):' | sort | tr -s ' '",
    ),
  ).toBe(' $patch: replace\n $patch: replace\n revision: 4\n revision: 5\n');
  await out('kubectl delete ds agent; sleep 2');
  expect(await out('kubectl get controllerrevisions -l app=agent')).toBe('No resources found in default namespace.\n');
});

test('a CronJob makes Jobs on the minute, keeps three, and takes them along', { timeout: 30_000 }, async () => {
  const out = await node();
  expect(
    await out('kubectl create cronjob cj --image=busybox:1.36 --schedule="*/1 * * * *" -- true; kubectl get cronjob'),
  ).toBe(
    'cronjob.batch/cj created\nNAME   SCHEDULE      TIMEZONE   SUSPEND   ACTIVE   LAST SCHEDULE   AGE\ncj     */1 * * * *   <none>     False     0        <none>          0s\n',
  );
  expect(await out('sleep 310; kubectl get jobs --no-headers | tr -s " " | cut -d" " -f2,3')).toBe(
    'Complete 1/1\nComplete 1/1\nComplete 1/1\n',
  );
  expect(await out('kubectl get events | grep -c "Created job cj-"')).toBe('5\n');
  expect(await out('kubectl create job now --from=cronjob/cj; kubectl wait --for=condition=complete job/now')).toBe(
    'job.batch/now created\njob.batch/now condition met\n',
  );
  expect(await out('kubectl delete cronjob cj; sleep 3; kubectl get jobs,pods')).toBe(
    'cronjob.batch "cj" deleted from default namespace\nNo resources found in default namespace.\n',
  );
});

test('schedules', () => {
  const next = (schedule: string, after: string): string => {
    const parsed = parseSchedule(schedule);
    if (parsed === null) return 'none';
    const due = nextDue(parsed, BigInt(Date.parse(after)) * 1_000_000n);
    return due === null ? 'never' : new Date(Number(due / 1_000_000n)).toISOString();
  };
  expect(next('*/15 * * * *', '2026-11-23T17:00:00Z')).toBe('2026-11-23T17:15:00.000Z');
  expect(next('30 4 1 * *', '2026-12-01T04:30:00Z')).toBe('2027-01-01T04:30:00.000Z');
  expect(next('0 0 29 feb *', '2026-01-01T00:00:00Z')).toBe('2028-02-29T00:00:00.000Z');
  expect(next('0 12 * * mon-fri', '2026-11-27T13:00:00Z')).toBe('2026-11-30T12:00:00.000Z');
  expect(next('0 0 13 * 5', '2026-11-23T00:00:00Z')).toBe('2026-11-27T00:00:00.000Z');
  expect(next('0 0 30 2 *', '2026-01-01T00:00:00Z')).toBe('never');
  expect(next('@hourly', '2026-11-23T17:00:01Z')).toBe('2026-11-23T18:00:00.000Z');
  for (const bad of ['* * * *', '60 * * * *', 'x * * * *', '5-1 * * * *'])
    expect(next(bad, '2026-01-01T00:00:00Z')).toBe('none');
});

test('a pod of a higher priority gets its room', { timeout: 30_000 }, async () => {
  const out = await node();
  const pod = (name: string, extra: string): string =>
    `cat <<Y | kubectl apply -f -\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  terminationGracePeriodSeconds: 1\n  ${extra}\n  containers: [{name: c, image: "busybox:1.36", command: [sleep, "1000"], resources: {requests: {cpu: "1"}}}]\nY`;
  await out(
    'printf "apiVersion: scheduling.k8s.io/v1\\nkind: PriorityClass\\nmetadata: {name: high}\\nvalue: 1000\\n" | kubectl apply -f -',
  );
  await out(pod('low', 'restartPolicy: Never'));
  await out('kubectl wait --for=condition=Ready pod/low');
  await out(pod('vip', 'priorityClassName: high'));
  expect(await out('kubectl wait --for=condition=Ready pod/vip; kubectl get pods --no-headers | cut -d" " -f1')).toBe(
    'pod/vip condition met\nvip\n',
  );
  expect(await out('kubectl get events --field-selector reason=Preempted')).toMatch(
    /Normal +Preempted +pod\/low +Preempted by pod [0-9a-f-]{36} on node node-1\n/,
  );
});

test("kubectl debug: an ephemeral container, one that sees another's processes, a pod on the node", {
  timeout: 30_000,
}, async () => {
  const out = await node();
  await out('kubectl run p1 --image=nginx:alpine; kubectl wait --for=condition=Ready pod/p1');
  expect(await out('kubectl debug p1 --image=busybox:1.36 -c d1 -- sleep 5')).toBe('');
  expect(await out('kubectl debug p1 --image=busybox:1.36 -c d2 --target=p1 -- ps')).toBe(
    'Targeting container "p1". If you don\'t see processes from this container it may be because the container runtime doesn\'t support this feature.\n',
  );
  expect(await out('sleep 3; kubectl logs p1 -c d2')).toMatch(/nginx: master process/);
  expect(await out('kubectl get pod p1 --no-headers | tr -s " " | cut -d" " -f2,3')).toBe('1/1 Running\n');
  expect(
    await out("kubectl get pod p1 -o jsonpath='{.status.ephemeralContainerStatuses[*].state.terminated.reason}'"),
  ).toBe('Completed');
  expect(
    await out('kubectl get events | grep "Started" | tail -1; kubectl describe pod p1 | grep -c ephemeralContainers'),
  ).toMatch(/Container started\n[6-8]\n$/);
  expect(await out('kubectl debug p1 --image=busybox:1.36 -c p1 -- ps')).toContain('Duplicate value: "p1"');
  expect(
    await out('kubectl debug node/node-1 --image=busybox:1.36 -- ls /host/etc/kubernetes | sed "s/node-1-...../X/"'),
  ).toBe('Creating debugging pod node-debugger-X with container debugger on node node-1.\n');
  expect(await out('sleep 3; kubectl logs -l app.kubernetes.io/managed-by=kubectl-debug | head -1')).toBe(
    'admin.conf\n',
  );
});

test('kubectl debug: copies of a pod, and profiles', { timeout: 30_000 }, async () => {
  const out = await node();
  await out(`cat <<Y | kubectl apply -f -
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {a: b}}
spec:
  initContainers: [{name: i, image: "busybox:1.36", command: ["true"]}]
  containers:
  - {name: web, image: "nginx:alpine", livenessProbe: {httpGet: {path: /, port: 80}}}
  - {name: s, image: "busybox:1.36", command: [sleep, inf]}
Y`);
  const shown = (pod: string, query: string): Promise<string> =>
    out(`kubectl get pod ${pod} -o json | jq -c '${query}'`);
  const containers = '[.spec.containers[]|[.name,.image,.command,.livenessProbe!=null]]';
  // Only images: nothing is added; labels and probes stay behind.
  expect(await out("kubectl debug web --copy-to=w2 --set-image='*=busybox,web=nginx:1.27'")).toBe('');
  expect(await shown('w2', containers)).toBe(
    '[["web","nginx:1.27",null,false],["s","busybox",["sleep","inf"],false]]\n',
  );
  expect(await shown('w2', '[.metadata.labels,.spec.shareProcessNamespace,(.spec.initContainers|length)]')).toBe(
    '[null,true,1]\n',
  );
  await out(
    'kubectl debug web --copy-to=w3 --keep-labels --keep-liveness --keep-init-containers=false -c s -- sleep 33',
  );
  expect(await shown('w3', containers)).toBe(
    '[["web","nginx:alpine",null,true],["s","busybox:1.36",["sleep","33"],false]]\n',
  );
  expect(await shown('w3', '[.metadata.labels.a,.spec.initContainers]')).toBe('["b",null]\n');
  expect(await out('kubectl debug web --copy-to=w4')).toBe(
    'error: you must specify --image, --set-image or command arguments.\n',
  );
  expect(await out('kubectl debug web --copy-to=w4 -- sh')).toBe(
    'error: you must specify an existing container or a new image when specifying args.\n',
  );
  expect(await out('kubectl debug web --set-image=a=b')).toBe('error: --set-image may only be used with --copy-to.\n');
  await out('kubectl debug web --image=busybox --profile=netadmin -c d --arguments-only -- ls');
  expect(await shown('web', '.spec.ephemeralContainers[0]|[.args,.command,.securityContext.capabilities.add]')).toBe(
    '[["ls"],null,["NET_ADMIN","NET_RAW"]]\n',
  );
  await out('kubectl debug node/node-1 --image=busybox --profile=restricted');
  const restricted = '.items[0].spec|[.hostPID,(.volumes|length),.containers[0].securityContext.runAsNonRoot]';
  expect(
    await out(`kubectl get pod -l app.kubernetes.io/managed-by=kubectl-debug -o json | jq -c '${restricted}'`),
  ).toBe('[null,1,true]\n');
});

test('a gRPC probe of somebody who does not answer', { timeout: 30_000 }, async () => {
  const out = await shared;
  await out(
    'cat <<Y | kubectl apply -f -\napiVersion: v1\nkind: Pod\nmetadata: {name: g}\nspec:\n  containers: [{name: c, image: "nginx:alpine", readinessProbe: {grpc: {port: 9000}, periodSeconds: 3}}]\nY',
  );
  expect(await out('sleep 9; kubectl describe pod g | tail -1')).toMatch(
    /Readiness probe failed: timeout: failed to connect service "10\.88\.0\.\d+:9000" within 1s: context deadline exceeded\n$/,
  );
});
