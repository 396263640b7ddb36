import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';

test('a Service by name: CoreDNS, kube-proxy and the endpoints behind it', async () => {
  const node = await boot({ scenario: 'containerd' });
  const out = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  expect(await out('kubeadm init phase addon all')).toBe(
    '[addons] Applied essential addon: CoreDNS\n[addons] Applied essential addon: kube-proxy\n',
  );
  await node.run(
    'kubectl create deployment web --image=nginx:alpine --replicas=2; kubectl expose deployment web --port=80',
  );
  await node.run('kubectl run client --image=busybox -- sleep 3600; sleep 15');
  expect(await out('kubectl get ds -n kube-system --no-headers')).toMatch(/^kube-proxy +1 +1 +1 +1 +1 /);
  expect(await out('kubectl get deployment coredns -n kube-system --no-headers')).toMatch(/ 2\/2 /);
  expect(await out('kubectl exec client -- nslookup web.default.svc.cluster.local')).toContain('Address: 10.');
  const twelve = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do wget -qO- http://web; done';
  expect(await out(`kubectl exec client -- sh -c "${twelve}" | grep -c "<h1>Welcome to nginx!"`)).toBe('12\n');
  const counts = await out(
    'for p in $(kubectl get pods -l app=web -o name); do kubectl logs $p | grep -c "GET /"; done',
  );
  const each = counts.trim().split('\n').map(Number);
  expect(each.reduce((a, b) => a + b)).toBe(12);
  expect(Math.min(...each)).toBeGreaterThan(0);
  // From the node itself, and from outside by a port of the node.
  expect(await out("curl -s http://$(kubectl get svc web -o jsonpath='{.spec.clusterIP}')")).toContain('Welcome');
  await node.run('kubectl patch svc web -p \'{"spec":{"type":"NodePort"}}\'; sleep 2');
  expect(
    await out("curl -s http://192.168.1.10:$(kubectl get svc web -o jsonpath='{.spec.ports[0].nodePort}')"),
  ).toContain('Welcome');
  // The older object beside the slices, with the server's warning; what is written by hand becomes a slice.
  expect(await out('kubectl get endpoints web kubernetes')).toMatch(
    /^NAME +ENDPOINTS +AGE\nweb +10\.88\.0\.\d+:80,10\.88\.0\.\d+:80 +\d+s\nkubernetes +192\.168\.1\.10:6443 +\S+\nWarning: v1 Endpoints is deprecated in v1\.33\+; use discovery\.k8s\.io\/v1 EndpointSlice\n$/,
  );
  await out(`cat <<Y | kubectl apply -f -
{apiVersion: v1, kind: Service, metadata: {name: ext}, spec: {ports: [{port: 80}]}}
---
{apiVersion: v1, kind: Endpoints, metadata: {name: ext}, subsets: [{addresses: [{ip: $(kubectl get pod -l app=web -o jsonpath='{.items[0].status.podIP}')}], ports: [{port: 80}]}]}
Y`);
  expect(await out('sleep 2; kubectl exec client -- wget -qO- http://ext')).toContain('Welcome to nginx!');
  expect(await out('kubectl delete svc ext; sleep 1; kubectl get ep,endpointslices --no-headers | grep ext')).toMatch(
    /^service "ext" deleted from default namespace\nWarning: [^\n]*\n$/,
  );
  // Without endpoints the address refuses.
  await node.run('kubectl scale deployment web --replicas=0; sleep 5');
  expect(await out('kubectl get ep web --no-headers')).toMatch(/^web +<none> /);
  expect((await node.run("curl -s http://$(kubectl get svc web -o jsonpath='{.spec.clusterIP}')")).exitCode).toBe(7);
  // A name without a dot is asked for in each domain of the search list, for both families, as BusyBox does it.
  const notThere = (name: string): string => `** server can't find ${name}: NXDOMAIN\n\n`;
  const elsewhere = notThere('web.svc.cluster.local') + notThere('web.cluster.local');
  const looked = await node.run('kubectl exec client -- nslookup web');
  expect(looked.stdout.replace(/Address: 10\.\d+\.\d+\.\d+/, 'Address: IP')).toBe(
    `Server:\t\t10.96.0.10\nAddress:\t10.96.0.10:53\n\nName:\tweb.default.svc.cluster.local\nAddress: IP\n\n${elsewhere}\n${elsewhere}`,
  );
  expect(looked.exitCode).toBe(1);
  expect((await node.run('kubectl exec client -- nslookup web.default.svc.cluster.local')).exitCode).toBe(0);
  expect(await out('dig @10.96.0.10 web.default.svc.cluster.local')).toContain(';; flags: qr aa rd; ');
  // The names outside are still found: what the server has asked others for.
  expect(await out('kubectl exec client -- nslookup registry.k8s.io')).toMatch(
    /\n\nNon-authoritative answer:\nName:\tregistry\.k8s\.io\nAddress: 203\.0\.113\.\d+\n\n/,
  );
  // Applets that work as the commands of the node, and one that is only known.
  const tools = 'printf "a\\nb\\n" | nl; seq 3 | paste -sd,; busybox nope; bc';
  expect(await node.run(`kubectl exec client -- sh -c '${tools}'`)).toMatchObject({
    stdout: '     1\ta\n     2\tb\n1,2,3\n',
    stderr: 'nope: applet not found\nbc: an applet that is not simulated\ncommand terminated with exit code 126\n',
  });
});

test('a Job runs to its completion, or to its limit', async () => {
  const node = await boot({ scenario: 'containerd' });
  await node.run('kubectl create job good --image=busybox -- echo done');
  await node.run(`printf 'apiVersion: batch/v1
kind: Job
metadata: {name: bad}
spec:
  backoffLimit: 1
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: busybox, command: ["false"]}]
' | kubectl apply -f -`);
  await node.run('sleep 60');
  const { stdout } = await node.run('kubectl get jobs --no-headers');
  expect(stdout).toMatch(/^bad +Failed +0\/1 /m);
  expect(stdout).toMatch(/^good +Complete +1\/1 /m);
  expect((await node.run('kubectl logs job/good')).stdout).toBe('done\n');
  expect((await node.run('kubectl get pods -l job-name=bad --no-headers')).stdout.trim().split('\n').length).toBe(2);
  await node.run('kubectl delete job bad good; sleep 3');
  expect((await node.run('kubectl get pods')).stderr).toContain('No resources found');
});
