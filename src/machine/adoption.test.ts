/** Whose a pod is follows its labels; which of too many goes follows their worth. */
import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';

const SET = `apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: set}
spec:
  replicas: 2
  selector: {matchLabels: {app: set}}
  template:
    metadata: {labels: {app: set}}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: "nginx:alpine"}]}
`;

const SETS = ['StatefulSet', 'DaemonSet']
  .map(
    (kind) => `apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${kind.toLowerCase()}}
spec:
  selector: {matchLabels: {app: ${kind.toLowerCase()}}}
  template:
    metadata: {labels: {app: ${kind.toLowerCase()}}}
    spec: {terminationGracePeriodSeconds: 1, containers: [{name: c, image: "nginx:alpine"}]}
`,
  )
  .join('---\n');

async function rig() {
  const text = new TextEncoder();
  const files = { '/root/set.yaml': text.encode(SET), '/root/sets.yaml': text.encode(SETS) };
  const { run } = await boot({ scenario: 'containerd', files });
  const out = async (line: string): Promise<string> => {
    const { stdout, stderr } = await run(line);
    return stdout + stderr;
  };
  const names = async (): Promise<string[]> =>
    (await out('kubectl get pods -o name'))
      .trim()
      .split('\n')
      .map((name) => name.slice(4));
  const owner = (pod: string): Promise<string> =>
    out(`kubectl get pod ${pod} -o jsonpath='{.metadata.ownerReferences[*].name}'`);
  return { out, names, owner };
}

test('a pod is let go and taken back as its labels change; orphans are adopted', async () => {
  const { out, names, owner } = await rig();
  await out('kubectl run lone --image=nginx:alpine -l app=set; sleep 5; kubectl apply -f set.yaml; sleep 5');
  // One was there: one is made.
  expect((await names()).length).toBe(2);
  expect(await owner('lone')).toBe('set');
  expect(await out('kubectl get events --field-selector=involvedObject.kind=ReplicaSet --no-headers | wc -l')).toBe(
    '1\n',
  );
  await out('kubectl label pod lone app=other --overwrite; sleep 5');
  expect((await names()).length).toBe(3);
  expect(await out('kubectl get pod lone -o yaml | grep -c ownerReferences')).toBe('0\n');
  expect(await out('kubectl get rs set --no-headers')).toMatch(/^set +2 +2 +2 /);
  // Back again there is one too many; the others cost less.
  await out('kubectl annotate pod lone controller.kubernetes.io/pod-deletion-cost=1');
  await out('kubectl label pod lone app=set --overwrite; sleep 5');
  expect((await names()).length).toBe(2);
  expect(await owner('lone')).toBe('set');
  await out('kubectl delete rs set --cascade=orphan; sleep 2');
  expect(await owner('lone')).toBe('');
  await out('kubectl apply -f set.yaml; sleep 2');
  expect(await owner('lone')).toBe('set');
  await out('kubectl scale rs set --replicas=1; sleep 4');
  expect(await names()).toEqual(['lone']);
  expect(await out('kubectl annotate pod lone controller.kubernetes.io/pod-deletion-cost=+1 --overwrite')).toBe(
    'The Pod "lone" is invalid: metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer\n',
  );
  // Whoever has another controller is not adopted.
  await out(
    "sed 's/name: set/name: second/; s/replicas: 2/replicas: 0/' set.yaml > second.yaml; kubectl apply -f second.yaml; sleep 3",
  );
  expect(await owner('lone')).toBe('set');
});

const OWNED = 'jsonpath=\'{range .items[*]}{.metadata.name} {.metadata.ownerReferences[*].name}{"\\n"}{end}\'';

test('a Deployment that is made again takes its old ReplicaSet; a relabelled one is let go, with another in its place', {
  timeout: 30_000,
}, async () => {
  const { out, names } = await rig();
  const owned = (): Promise<string> => out(`kubectl get rs -o ${OWNED}`);
  const make = 'kubectl create deployment web --image=nginx:alpine --replicas=2; kubectl rollout status deploy/web';
  await out(make);
  const [before, set] = [await names(), (await out('kubectl get rs -o name')).trim().slice('replicaset.apps/'.length)];
  await out('kubectl delete deployment web --cascade=orphan; sleep 1');
  expect(await owned()).toBe(`${set} \n`);
  expect(await names()).toEqual(before);
  await out(make);
  expect(await owned()).toBe(`${set} web\n`);
  expect(await names()).toEqual(before);
  expect(await out(`kubectl get deploy web -o jsonpath='{.status.conditions[?(@.type=="Progressing")].message}'`)).toBe(
    `ReplicaSet "${set}" has successfully progressed.`,
  );
  expect(await out('kubectl rollout history deploy/web | tail -n +3')).toBe('1         <none>\n\n');

  // Its name is taken by what it has let go: the next hash is another.
  await out(`kubectl label rs ${set} app=other --overwrite; sleep 1; kubectl rollout status deploy/web`);
  const [left = '', made = ''] = (await owned())
    .trim()
    .split('\n')
    .sort((a) => (a.startsWith(set) ? -1 : 1));
  expect(left.trim()).toBe(set);
  expect(made).toMatch(/^web-\w+ web$/);
  expect(await out('kubectl get deploy web -o jsonpath={.status.collisionCount}/{.status.replicas}')).toBe('1/2');
  expect(await names()).toEqual(expect.arrayContaining(before));
  expect((await names()).length).toBe(4);
  // Back again both have the template: the older is the newest revision, the other goes.
  await out(`kubectl label rs ${set} app=web --overwrite; sleep 8`);
  expect(await names()).toEqual(before);
  expect(
    await out(`kubectl get rs ${set} -o jsonpath={.metadata.annotations.deployment\\\\.kubernetes\\\\.io/revision}`),
  ).toBe('2');
});

test('pods and history of StatefulSets and DaemonSets, and the pods of a Job', { timeout: 30_000 }, async () => {
  const { out, names, owner } = await rig();
  const uids = (): Promise<string> =>
    out("kubectl get pods,controllerrevisions -o jsonpath='{.items[*].metadata.uid}'");
  const owners = (): Promise<string> =>
    out(
      "kubectl get pods,controllerrevisions -o jsonpath='{.items[*].metadata.ownerReferences[*].name}' | tr ' ' '\\n' | sort | tr '\\n' ' '",
    );
  await out('kubectl apply -f sets.yaml; sleep 5');
  const before = await uids();
  const [daemon = ''] = await names();
  await out('kubectl delete -f sets.yaml --cascade=orphan; sleep 1');
  expect(await owners()).toBe('');
  await out('kubectl apply -f sets.yaml; sleep 3');
  expect(await owners()).toBe('daemonset daemonset statefulset statefulset ');
  expect(await uids()).toBe(before);
  expect(await out('kubectl get events --field-selector=reason=SuccessfulCreate -o name | wc -l')).toBe('2\n');

  // The node gets another daemon; the old one goes on running. The number is made again once its name is free.
  await out(`kubectl label pod ${daemon} statefulset-0 app=other --overwrite; sleep 4`);
  expect((await names()).length).toBe(3);
  expect([await owner(daemon), await owner('statefulset-0')]).toEqual(['', '']);
  expect(await out('kubectl get pods -l app=other --no-headers | tr -s " " | cut -d" " -f2,3')).toBe(
    '1/1 Running\n1/1 Running\n',
  );
  expect(await out('kubectl get sts,ds --no-headers | tr -s " " | cut -d" " -f1,2,4')).toBe(
    'statefulset.apps/statefulset 0/1\n\ndaemonset.apps/daemonset 1 1\n',
  );
  await out('kubectl delete pod statefulset-0; sleep 12');
  expect(await owner('statefulset-0')).toBe('statefulset');
  // Of two daemons on a node the older stays.
  await out(`kubectl label pod ${daemon} app=daemonset --overwrite; sleep 4`);
  expect(await names()).toEqual([daemon, 'statefulset-0']);
  expect(await owner(daemon)).toBe('daemonset');

  // One that is adopted and is nowhere yet is not too many.
  await out(
    `kubectl run nowhere --image=nginx:alpine -l app=daemonset --overrides='{"spec":{"nodeSelector":{"a":"b"}}}'; sleep 2`,
  );
  expect([await owner('nowhere'), (await names()).length]).toEqual(['daemonset', 3]);
  await out('kubectl delete pod nowhere');

  // One that was made by hand gets its labels, but is of no known revision: it is made anew, others of its name are not its.
  await out('for i in 1 x; do kubectl run statefulset-$i --image=nginx:alpine -l app=bare; done; sleep 3');
  await out('kubectl scale sts statefulset --replicas=2; sleep 1');
  await out('kubectl label pod -l app=bare app=statefulset --overwrite; sleep 8');
  expect(
    await out(
      'kubectl get events --field-selector=involvedObject.kind=StatefulSet -o jsonpath=\'{range .items[*]}{.count} {.message}{"\\n"}{end}\' | grep statefulset-1 | sort',
    ),
  ).toBe(
    ['create', 'delete', 'update']
      .map((verb) => `1 ${verb} Pod statefulset-1 in StatefulSet statefulset successful\n`)
      .join(''),
  );
  expect([await owner('statefulset-1'), await owner('statefulset-x')]).toEqual(['statefulset', '']);
  expect(await out("kubectl describe sts statefulset | grep -o '. Running'")).toBe('2 Running\n');

  await out('kubectl create job job --image=busybox:1.36 -- sleep 60; sleep 3');
  const job = (await names()).find((name) => name.startsWith('job-')) ?? '';
  await out(`kubectl label pod ${job} batch.kubernetes.io/controller-uid=x --overwrite; sleep 3`);
  expect(await owner(job)).toBe('');
  expect(
    await out('kubectl get pods -l batch.kubernetes.io/job-name=job --no-headers | tr -s " " | cut -d" " -f3'),
  ).toBe('Running\nRunning\n');
  const uid = await out('kubectl get job job -o jsonpath={.metadata.uid}');
  // Taken back there is one too many: the newer one goes.
  await out(`kubectl label pod ${job} batch.kubernetes.io/controller-uid=${uid} --overwrite; sleep 3`);
  expect(await owner(job)).toBe('job');
  expect(await out('kubectl get pods -l batch.kubernetes.io/job-name=job --no-headers | grep -v Terminating')).toMatch(
    new RegExp(`^${job} +1/1 +Running .*\n$`),
  );
});
