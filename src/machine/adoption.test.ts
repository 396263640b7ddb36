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

async function rig() {
  const files = { '/root/set.yaml': new TextEncoder().encode(SET) };
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
