import { expect, test } from 'vitest';
import { boot } from './boot.ts';

test('what images of the catalogue do when a pod runs them', async () => {
  const node = await boot({ scenario: 'containerd' });
  const out = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  for (const [name, arguments_] of [
    ['web', '--image=httpd'],
    ['who', '--image=traefik/whoami'],
    ['refused', '--image=postgres:17'],
    ['db', '--image=postgres:17 --env=POSTGRES_PASSWORD=x'],
    ['py', '--image=python:3.13-alpine -- python3 -m http.server 80'],
    ['proxy', '--image=traefik:v3 --restart=Never'],
    ['load', '--image=polinux/stress --restart=Never -- stress --cpu 1 --vm 1 --vm-bytes 64M --vm-keep -t 3s'],
  ])
    expect(await out(`kubectl run ${name} ${arguments_}`)).toBe(`pod/${name} created\n`);
  await node.run('sleep 20');
  await node.run('ip() { kubectl get pod $1 -o jsonpath={.status.podIP}; }');
  expect(await out('curl -s $(ip web)')).toBe('<html><body><h1>It works!</h1></body></html>\n');
  expect(await out('kubectl logs web')).toMatch(/"GET \/ HTTP\/1.1" 200 45\n$/);
  // A graceful restart reads the configuration again.
  await node.run(
    "kubectl exec web -- sh -c 'echo changed > /tmp/index.html; sed -i s,/usr/local/apache2/htdocs,/tmp, conf/httpd.conf; kill -USR1 1'; sleep 1",
  );
  expect(await out('curl -s $(ip web)')).toBe('changed\n');
  expect(await out('curl -s $(ip who)/hi')).toMatch(/^Hostname: who\n(IP: .*\n)+RemoteAddr: .*\nGET \/hi HTTP\/1\.1\n/);
  expect(await out('curl -s $(ip py)/etc/')).toContain('<a href="alpine-release">alpine-release</a>');
  expect(await out('kubectl logs refused')).toContain('superuser password is not specified');
  expect(await out('kubectl logs db')).toContain('database system is ready to accept connections');
  expect(await out('kubectl exec db -- pg_isready')).toBe('/var/run/postgresql:5432 - accepting connections\n');
  expect(await out('kubectl get pod load proxy --no-headers')).toMatch(/load .* Completed .*\nproxy .* Error /);
  expect(await out('kubectl logs load')).toContain('successful run completed in 3s');
  // What has no model says so, and ends as "cannot be run" does.
  expect(await out('kubectl logs proxy')).toContain('traefik: not simulated here');
  expect(
    await out("kubectl get pod proxy -o jsonpath='{.status.containerStatuses[0].state.terminated.exitCode}'"),
  ).toBe('126');
});

test('a worker of stress that goes beyond the memory limit is killed with its container', async () => {
  const node = await boot({ scenario: 'containerd' });
  await node.run(`printf 'apiVersion: v1
kind: Pod
metadata: {name: oom}
spec:
  restartPolicy: Never
  containers:
  - name: m
    image: polinux/stress
    resources: {limits: {memory: 100Mi}}
    command: [stress]
    args: [--vm, "1", --vm-bytes, 250M, --vm-hang, "1"]
' | kubectl apply -f -`);
  await node.run('sleep 6');
  expect((await node.run('kubectl get pod oom --no-headers')).stdout).toMatch(/ OOMKilled /);
  expect((await node.run('dmesg')).stdout).toMatch(/Memory cgroup out of memory: Killed process \d+ \(stress\)/);
});
