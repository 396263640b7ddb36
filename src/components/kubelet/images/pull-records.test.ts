/** Who may use an image that is on the node already. */
import { expect, test } from 'vitest';
import { boot } from '../../../testing/boot.ts';

const IMAGE = 'registry.example.com/team/web:1.1';
const secret = (namespace: string, name = 'team', password = 'secret'): string =>
  `kubectl -n ${namespace} create secret docker-registry ${name} --docker-server=registry.example.com --docker-username=learner --docker-password=${password}`;
const pod = (name: string, secretName: string | null): string =>
  `printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"${name}"},"spec":{${
    secretName === null ? '' : `"imagePullSecrets":[{"name":"${secretName}"}],`
  }"containers":[{"name":"c","image":"${IMAGE}"}]}}' > ${name}.json`;

test('a private image that one pod fetched is not there for pods without its credentials', async () => {
  const node = await boot({ scenario: 'containerd' });
  const out = async (line: string): Promise<string> => (await node.run(line)).stdout.trim();
  const reason = (namespace: string, name: string): Promise<string> =>
    out(`kubectl -n ${namespace} get pod ${name} -o jsonpath='{.status.containerStatuses[0].state.waiting.reason}'`);
  await node.run(
    `kubectl create namespace shop; ${secret('default')}; ${pod('web', 'team')}; kubectl apply -f web.json`,
  );
  await node.run('kubectl wait --for=condition=Ready pod/web --timeout=60s');
  const records = 'cat /var/lib/kubelet/image_manager/pulled/* | grep team/web';
  expect(
    JSON.parse(await out(records)).credentialMapping['registry.example.com/team/web'].kubernetesSecrets,
  ).toHaveLength(1);
  expect(await out('ls /var/lib/kubelet/image_manager/pulling')).toBe('');

  await node.run(`${pod('bare', null)}; kubectl apply -f bare.json; sleep 5`);
  expect(await reason('default', 'bare')).toMatch(/^(ErrImagePull|ImagePullBackOff)$/);
  await node.run(`kubectl run never --image=${IMAGE} --image-pull-policy=Never; sleep 3`);
  expect(await reason('default', 'never')).toBe('ErrImageNeverPull');

  // The same account in another namespace is as good; a wrong password is not.
  await node.run(
    `${secret('shop')}; kubectl -n shop apply -f web.json; kubectl -n shop wait --for=condition=Ready pod/web --timeout=60s`,
  );
  expect(await out("kubectl -n shop get events -o jsonpath='{.items[*].message}'")).toContain(
    'already present on machine and can be accessed by the pod',
  );
  expect(
    JSON.parse(await out(records)).credentialMapping['registry.example.com/team/web'].kubernetesSecrets,
  ).toHaveLength(2);
  await node.run(
    `${secret('shop', 'wrong', 'guess')}; ${pod('thief', 'wrong')}; kubectl -n shop apply -f thief.json; sleep 5`,
  );
  expect(await reason('shop', 'thief')).toMatch(/^(ErrImagePull|ImagePullBackOff)$/);

  // Who does not want that says so in the kubelet's configuration.
  await node.run(
    "echo 'imagePullCredentialsVerificationPolicy: NeverVerify' >> /var/lib/kubelet/config.yaml; systemctl restart kubelet; sleep 40",
  );
  expect(await out("kubectl get pod bare never -o jsonpath='{.items[*].status.phase}'")).toBe('Running Running');
}, 60_000);

test('what was on the node before the kubelet pulled it is for everybody', async () => {
  const node = await boot({ scenario: 'containerd' });
  await node.run(`ctr -n k8s.io images pull --user learner:secret ${IMAGE}; kubectl run web --image=${IMAGE}`);
  expect((await node.run('kubectl wait --for=condition=Ready pod/web --timeout=60s')).exitCode).toBe(0);
});
