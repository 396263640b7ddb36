/** Rollouts: their progress, their history, what a set says of its pods. */
import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';

async function node() {
  const { run } = await boot({ scenario: 'containerd' });
  return async (line: string): Promise<string> => {
    const { stdout, stderr } = await run(line);
    return stdout + stderr;
  };
}

const SETS = (columns: string): string => `kubectl get rs --no-headers -o custom-columns=${columns} | sort`;
const CONDITIONS = (name: string): string =>
  `kubectl get deployment ${name} -o jsonpath='{range .status.conditions[*]}{.type} {.status} {.reason}: {.message}{"\\n"}{end}' | sed 's/${name}-[a-z0-9]*/SET/; s/SET-[a-z0-9]*/POD/'`;

test('the steps of a rollout are those that a cluster made, recorded, and each change is told', async () => {
  const out = await node();
  await out('kubectl create deployment site --image=nginx:1.25 --replicas=3; kubectl rollout status deploy/site');
  const waiting = 'Waiting for deployment "site" rollout to finish: ';
  expect(
    await out('kubectl set image deploy/site nginx=nginx:alpine > /dev/null; kubectl rollout status deploy/site'),
  ).toBe(
    `${`${waiting}1 out of 3 new replicas have been updated...\n`.repeat(3)}${`${waiting}2 out of 3 new replicas have been updated...\n`.repeat(4)}${`${waiting}1 old replicas are pending termination...\n`.repeat(3)}deployment "site" successfully rolled out\n`,
  );
  expect(
    await out(
      'kubectl rollout restart deploy/site > /dev/null; kubectl rollout status deploy/site --timeout=100ms; kubectl rollout status deploy/site --watch=false',
    ),
  ).toMatch(
    /^(Waiting for deployment "site" rollout to finish: 1 out of 3 new replicas have been updated\.\.\.\n)+error: timed out waiting for the condition\n$/,
  );
});

test('a rollout that does not get on: its deadline, scaling in proportion, the way back', async () => {
  const out = await node();
  await out('kubectl create deployment web --image=nginx:1.25 --replicas=4');
  await out(
    "kubectl annotate deployment web kubernetes.io/change-cause='the first'; kubectl rollout status deploy web",
  );
  expect(
    await out(
      'kubectl get rs -o jsonpath=\'{.items[0].metadata.annotations}{"\\n"}{.items[0].status.terminatingReplicas}{"\\n"}\'',
    ),
  ).toBe(
    '{"deployment.kubernetes.io/desired-replicas":"4","deployment.kubernetes.io/max-replicas":"5","deployment.kubernetes.io/revision":"1","kubernetes.io/change-cause":"the first"}\n0\n',
  );
  await out(`kubectl patch deployment web -p '{"spec":{"progressDeadlineSeconds":20}}'`);
  await out('kubectl set image deployment/web nginx=nginx:nosuch');
  await out("kubectl annotate --overwrite deployment web kubernetes.io/change-cause='a wrong image'");
  expect(await out('kubectl rollout status deployment web | tail -1; kubectl get events -o name | wc -l')).toMatch(
    /^Waiting for deployment "web" rollout to finish: 2 out of 4 new replicas have been updated\.\.\.\n\d+\nerror: deployment "web" exceeded its progress deadline\n$/,
  );
  expect(await out(CONDITIONS('web'))).toBe(
    'Available True MinimumReplicasAvailable: Deployment has minimum availability.\nProgressing False ProgressDeadlineExceeded: ReplicaSet "SET" has timed out progressing.\n',
  );
  expect(await out(`kubectl scale deployment web --replicas=8; sleep 5; ${SETS('N:.spec.replicas')}`)).toBe(
    'deployment.apps/web scaled\n4\n6\n',
  );
  expect(await out('kubectl rollout history deployment web')).toBe(
    'deployment.apps/web \nREVISION  CHANGE-CAUSE\n1         the first\n2         a wrong image\n\n',
  );
  expect(await out('kubectl rollout undo deployment web; kubectl rollout status deployment web | tail -1')).toBe(
    'deployment.apps/web rolled back\ndeployment "web" successfully rolled out\n',
  );
  expect(await out('kubectl rollout history deployment web')).toBe(
    'deployment.apps/web \nREVISION  CHANGE-CAUSE\n2         a wrong image\n3         the first\n\n',
  );
});

test('how long a pod must be ready, how many old sets are kept, a pause, a quota, Recreate', async () => {
  const out = await node();
  await out('kubectl create deployment slow --image=busybox:1.36 --replicas=2 -- sleep 1000');
  await out(`kubectl patch deployment slow -p '{"spec":{"minReadySeconds":10,"revisionHistoryLimit":1}}'; sleep 5`);
  const ready = SETS('R:.status.readyReplicas,A:.status.availableReplicas,M:.spec.minReadySeconds');
  expect(await out(ready)).toBe('2     <none>   10\n');
  expect(await out(`sleep 12; ${ready}`)).toBe('2     2     10\n');
  for (const value of ['1', '2', '3'])
    await out(`kubectl set env deployment/slow I=${value}; kubectl rollout status deployment/slow`);
  const revisions = SETS("R:'.metadata.annotations.deployment\\.kubernetes\\.io/revision,N:.spec.replicas'");
  expect(await out(revisions)).toBe('3     0\n4     2\n');
  const progress = `kubectl get deployment slow -o jsonpath='{.status.conditions[?(@.type=="Progressing")].reason}{"\\n"}'`;
  expect(await out(`kubectl rollout pause deployment slow; ${progress}`)).toBe(
    'deployment.apps/slow paused\nDeploymentPaused\n',
  );
  await out('kubectl set env deployment/slow I=9; kubectl scale deployment slow --replicas=3; sleep 20');
  expect(await out(SETS('N:.spec.replicas'))).toBe('3\n');
  await out('kubectl rollout resume deployment slow; kubectl rollout status deployment/slow; sleep 40');
  await out('kubectl create quota q --hard=pods=4; kubectl scale deployment slow --replicas=6; sleep 4');
  expect(await out(CONDITIONS('slow'))).toBe(
    'Progressing True NewReplicaSetAvailable: ReplicaSet "SET" has successfully progressed.\nAvailable False MinimumReplicasUnavailable: Deployment does not have minimum availability.\nReplicaFailure True FailedCreate: pods "POD" is forbidden: exceeded quota: q, requested: pods=1, used: pods=4, limited: pods=4\n',
  );
  expect(await out(`kubectl delete quota q > /dev/null; sleep 60; ${CONDITIONS('slow')}`)).toBe(
    'Progressing True NewReplicaSetAvailable: ReplicaSet "SET" has successfully progressed.\nAvailable True MinimumReplicasAvailable: Deployment has minimum availability.\n',
  );
  await out(
    `kubectl patch deployment slow -p '{"spec":{"strategy":{"type":"Recreate","rollingUpdate":null},"minReadySeconds":0}}'`,
  );
  const going = SETS('N:.spec.replicas,S:.status.replicas,T:.status.terminatingReplicas');
  expect(await out(`kubectl set env deployment/slow I=10; sleep 1; ${going}`)).toBe(
    'deployment.apps/slow env updated\n0     0     0\n0     0     6\n',
  );
  expect(await out(`sleep 45; ${SETS('N:.spec.replicas,R:.status.readyReplicas')}`)).toBe('0     <none>\n6     6\n');
});
