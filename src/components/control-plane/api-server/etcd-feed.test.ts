/** What others write into etcd reaches whoever watches the API server at once, and in the order in which it was written. */
import { expect, test } from 'vitest';
import { boot } from '../../../testing/boot.ts';

const ETCDCTL =
  'kubectl -n kube-system exec etcd-node-1 -- etcdctl --cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/healthcheck-client.crt --key /etc/kubernetes/pki/etcd/healthcheck-client.key';
const KEY = '/registry/configmaps/default';
const STRIP = 'kubectl get cm a -o json | jq -c "del(.metadata.resourceVersion) | .data.x=\\"$1\\""';

test("others' writes are told at once, in their order; nonsense counts as nothing; after a break all is listed anew", async () => {
  const node = await boot({ scenario: 'containerd' });
  const out = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  await out('kubectl create configmap a --from-literal=x=1; kubectl create configmap b --from-literal=x=1');
  await out(`text() { ${STRIP}; }; kubectl get cm -o name -w > told & sleep 1`);
  const write = (line: string): Promise<string> => out(`${ETCDCTL} ${line}`);
  expect(await out('cat told')).toBe('configmap/a\nconfigmap/b\nconfigmap/kube-root-ca.crt\n');
  await write(`put ${KEY}/a "$(text 2)"`);
  expect(await out('kubectl get cm a -o jsonpath={.data.x}; tail -n +4 told')).toBe('2configmap/a\n');
  await write(`put ${KEY}/b nonsense`);
  await write(`del ${KEY}/a`);
  expect(await out('tail -n +5 told; kubectl get cm -o name')).toBe(
    'configmap/b\nconfigmap/a\nconfigmap/kube-root-ca.crt\n',
  );
  // Its own write comes after what was there before it.
  await write('put elsewhere 1');
  expect(await out('kubectl create configmap c; sleep 0.1; tail -n +7 told')).toBe(
    'configmap/c created\nconfigmap/c\n',
  );
  await out('kill -9 $(pgrep -x etcd); sleep 30');
  expect(await out('kubectl create configmap d; tail -n +8 told')).toBe('configmap/d created\nconfigmap/d\n');
  await write(`del ${KEY}/d`);
  expect(await out('tail -n +9 told')).toBe('configmap/d\n');
});
