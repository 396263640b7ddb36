/** What a learner puts into etcd by hand does not stop a lesson from looking there. */
import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';
import { StoredState } from './stored-state.ts';

test('objects as etcd has them, whatever else lies beside them', async () => {
  const node = await boot({ scenario: 'containerd' });
  const pki = '/etc/kubernetes/pki/etcd';
  const put = `kubectl -n kube-system exec etcd-node-1 -- etcdctl --cacert ${pki}/ca.crt --cert ${pki}/server.crt --key ${pki}/server.key put`;
  await node.run('for n in a b; do kubectl create configmap $n --from-literal=x=1; done');
  await node.run(
    `${put} /registry/configmaps/default/a nonsense; ${put} /registry/configmaps/default/c 1; ${put} d '{}'`,
  );
  const state = new StoredState(node.machine.kernel);
  state.read(node.machine.kernel);
  const names = [...state.objects.keys()].filter((key) => key.includes('configmaps/default') || key === 'd');
  expect(names).toEqual(['/registry/configmaps/default/kube-root-ca.crt', '/registry/configmaps/default/b']);
  expect(state.objects.get('/registry/configmaps/default/b')).toMatchObject({ kind: 'ConfigMap', data: { x: '1' } });
});
