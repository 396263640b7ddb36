/** The API server's health is etcd's, too; and etcd is where everything is kept, whoever writes there. */
import { expect, test } from 'vitest';
import { boot } from '../../../testing/boot.ts';

const ETCDCTL =
  'kubectl -n kube-system exec etcd-node-1 -- etcdctl --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/healthcheck-client.crt --key /etc/kubernetes/pki/etcd/healthcheck-client.key';

test('health by its name, check by check, and while etcd does not answer', async () => {
  const node = await boot({ scenario: 'containerd' });
  const out = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  expect(await out('kubectl get --raw=/livez; echo; kubectl get --raw=/readyz/etcd; echo')).toBe('ok\nok\n');
  expect(await out("kubectl get --raw='/readyz?verbose&exclude=etcd&exclude=foo'")).toBe(`[+]ping ok
[+]etcd excluded: ok
[+]etcd-readiness ok
[+]poststarthook/rbac/bootstrap-roles ok
[+]poststarthook/scheduling/bootstrap-system-priority-classes ok
[+]poststarthook/bootstrap-controller ok
warn: some health checks cannot be excluded: no matches for "foo"
readyz check passed
`);
  await out('kubectl create configmap a --from-literal=x=1');
  await out(`${ETCDCTL} put /registry/configmaps/default/b nonsense; ${ETCDCTL} del /registry/configmaps/default/a`);
  expect(await out('sleep 2; kubectl get cm -o name')).toBe('configmap/kube-root-ca.crt\n');
  expect(await out('kill -STOP $(pgrep -x etcd); sleep 5; curl -sk https://127.0.0.1:6443/livez')).toBe(`[+]ping ok
[-]etcd failed: reason withheld
[+]poststarthook/rbac/bootstrap-roles ok
[+]poststarthook/scheduling/bootstrap-system-priority-classes ok
[+]poststarthook/bootstrap-controller ok
livez check failed
`);
  expect(await out('kubectl get --raw=/livez/etcd')).toBe(
    'Error from server (InternalError): an error on the server ("[-]etcd failed: reason withheld\\netcd check failed") has prevented the request from succeeding\n',
  );
  expect(
    await out('kill -CONT $(pgrep -x etcd); sleep 12; kubectl get events -A --no-headers | grep Unhealthy | tr -s " "'),
  ).toMatch(/Readiness probe failed: HTTP probe failed with statuscode: 500\n$/);
});
