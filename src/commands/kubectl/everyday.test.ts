/** What people do with a running cluster: copy, forward, compare, roll back, ask what they may. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

async function cluster() {
  const { run } = await boot({ scenario: 'containerd' });
  return async (line: string): Promise<string> => {
    const { stdout, stderr } = await run(line);
    return stdout + stderr;
  };
}

test('cp both ways, port-forward, run --expose', { timeout: 30_000 }, async () => {
  const out = await cluster();
  expect(await out('kubectl run web --image=nginx:alpine --port=80 --expose')).toBe(
    'service/web created\npod/web created\n',
  );
  await out('kubectl wait --for=condition=Ready pod/web');
  expect(await out('kubectl cp web:/etc/hostname /tmp/hn; cat /tmp/hn')).toBe(
    "tar: Removing leading `/' from member names\nweb\n",
  );
  expect(await out('echo hello > f; kubectl cp f web:/tmp/; kubectl exec web -- cat /tmp/f')).toBe('hello\n');
  expect(await out('chown 5:6 f; kubectl cp f web:/tmp/g; kubectl exec web -- stat -c "%u %g" /tmp/f /tmp/g')).toBe(
    '0 0\n5 6\n',
  );
  expect(await out('kubectl cp /etc/containerd web:/tmp/c; kubectl exec web -- ls /tmp/c')).toBe(
    'certs.d\nconfig.toml\nrunsc.toml\n',
  );
  expect(await out('kubectl cp /nosuch web:/tmp/x')).toBe("error: /nosuch doesn't exist in local filesystem\n");
  expect(
    await out(
      'kubectl port-forward svc/web 8081:80 & p=$!; sleep 1.5; curl -s http://127.0.0.1:8081/ | head -1; kill $p',
    ),
  ).toContain(
    'Forwarding from 127.0.0.1:8081 -> 80\nForwarding from [::1]:8081 -> 80\nHandling connection for 8081\n<!DOCTYPE html>\n',
  );
  expect(await out('kubectl port-forward pod/nosuch 8080:80')).toBe(
    'Error from server (NotFound): pods "nosuch" not found\n',
  );
});

test('diff and replace', { timeout: 30_000 }, async () => {
  const out = await cluster();
  await out('kubectl run web --image=nginx:alpine; kubectl get pod web -o yaml | sed "s/run: web/run: w2/" > p.yaml');
  expect(await out('kubectl diff -f p.yaml; echo $?')).toMatch(/- {4}run: web\n\+ {4}run: w2\n[\s\S]*\n1\n/);
  expect(await out('kubectl replace -f p.yaml')).toBe('pod/web replaced\n');
  expect(await out('sed -i "s/resourceVersion: .*/resourceVersion: \\"1\\"/" p.yaml; kubectl replace -f p.yaml')).toBe(
    'Error from server (Conflict): error when replacing "p.yaml": Operation cannot be fulfilled on pods "web": the object has been modified; please apply your changes to the latest version and try again\n',
  );
});

test('rollouts: history, undo, pause, resume; set env and resources', { timeout: 30_000 }, async () => {
  const out = await cluster();
  await out('kubectl create deployment site --image=nginx:1.25 --replicas=2; kubectl rollout status deploy/site');
  await out('kubectl set image deploy/site nginx=nginx:alpine; kubectl rollout status deploy/site');
  expect(await out('kubectl rollout history deploy/site')).toBe(
    'deployment.apps/site \nREVISION  CHANGE-CAUSE\n1         <none>\n2         <none>\n\n',
  );
  expect(await out('kubectl rollout undo deploy/site --dry-run=client')).toMatch(
    /^deployment\.apps\/site Pod Template:\n {2}Labels:\tapp=site\n\tpod-template-hash=\w+\n {2}Containers:\n {3}nginx:\n {4}Image:\tnginx:1\.25\n(?: {4}.*\n){4} {2}Volumes:\t<none>\n {2}Node-Selectors:\t<none>\n {2}Tolerations:\t<none>\n \(dry run\)\n$/,
  );
  expect(await out('kubectl rollout undo deploy/site')).toBe('deployment.apps/site rolled back\n');
  await out('kubectl rollout status deploy/site');
  expect(await out("kubectl get deploy site -o jsonpath='{..image}'; kubectl get rs --no-headers | wc -l")).toBe(
    'nginx:1.252\n',
  );
  expect(await out('kubectl rollout history deploy/site | tail -3')).toBe('2         <none>\n3         <none>\n\n');
  expect(
    await out(
      'kubectl rollout pause deploy/site; kubectl set env deploy/site A=b; kubectl get rs --no-headers | wc -l',
    ),
  ).toBe('deployment.apps/site paused\ndeployment.apps/site env updated\n2\n');
  expect(await out('kubectl rollout pause deploy/site')).toBe('error: deployments.apps "site" is already paused\n');
  await out('kubectl rollout resume deploy/site; kubectl rollout status deploy/site');
  expect(await out('kubectl get rs --no-headers | wc -l; kubectl set env deploy/site --list')).toBe(
    '3\n# Deployment site, container nginx\nA=b\n',
  );
  expect(
    await out("kubectl set resources deploy/site --limits=cpu=200m; kubectl get deploy site -o jsonpath='{..limits}'"),
  ).toBe('deployment.apps/site resource requirements updated\n{"cpu":"200m"}');
});

test('explain, auth, config', { timeout: 30_000 }, async () => {
  const out = await cluster();
  expect(await out('kubectl explain pod.spec.runtimeClassName')).toMatch(
    /^KIND: {7}Pod\nVERSION: {4}v1\n\nFIELD: runtimeClassName <string>\n\n\nDESCRIPTION:\n {4}\S/,
  );
  expect(await out('kubectl explain pod.spec.nosuch')).toBe(
    'KIND:       Pod\nVERSION:    v1\n\nerror: field "nosuch" does not exist\n',
  );
  expect(await out('kubectl explain nosuch')).toBe('the server doesn\'t have a resource type "nosuch"\n');
  expect(await out('kubectl auth can-i create pods')).toBe('yes\n');
  expect(await out('kubectl auth can-i --kubeconfig=/etc/kubernetes/scheduler.conf delete secrets; echo $?')).toBe(
    'no\n1\n',
  );
  expect(await out('kubectl config use-context x')).toBe('error: no context exists with the name: "x"\n');
  expect(
    await out(
      'kubectl config set-context dev --cluster=kubernetes --user=kubernetes-admin --namespace=kube-system; kubectl config use-context dev; kubectl get pods --no-headers | wc -l',
    ),
  ).toBe('Context "dev" created.\nSwitched to context "dev".\n4\n');
});
