import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

const ON = `printf 'featureGates: {EventedPLEG: true}\\n' >> /var/lib/kubelet/config.yaml
sed -i 's/KUBELET_KUBEADM_ARGS="/&--v=4 /' /var/lib/kubelet/kubeadm-flags.env
systemctl restart kubelet; sleep 8`;

async function node(scenario: 'containerd' | 'crio') {
  const { run } = await boot({ scenario });
  for (const line of ON.split('\n')) await run(line);
  return async (line: string): Promise<string> => (await run(line)).stdout;
}

test('containerd tells of what happens; the kubelet looks for itself again when that has failed five times', async () => {
  const out = await node('containerd');
  await out('kubectl run web --image=nginx:alpine; kubectl wait --for=condition=Ready pod/web');
  // Noticed and started again at once, not within a second; what is between the looks is not asked for.
  const [died, started] = (
    await out(
      `crictl stop -t 0 $(crictl ps -q --name web) > /dev/null; sleep 3; journalctl -u kubelet | grep -oE '[0-9]{2}[.][0-9]{3}.* "Received Container (Stopped|Started)' | tail -2 | cut -c 1-6`,
    )
  )
    .trim()
    .split('\n')
    .map(Number);
  expect((started ?? 0) - (died ?? 0)).toBeGreaterThan(0);
  expect((started ?? 0) - (died ?? 0)).toBeLessThan(0.3);
  expect(await out('kubectl get pod web --no-headers')).toMatch(/^web +1\/1 +Running +1 /);
  await out('kubectl delete pod web; sleep 1');
  expect(await out('crictl ps -a -q --name web; ls /var/lib/kubelet/pods | wc -l')).toMatch(/^4\n$/);
  await out('systemctl restart containerd; sleep 3');
  expect(
    await out(
      'journalctl -u kubelet | grep -c "Evented PLEG: Failed to get container events"; journalctl -u kubelet | grep -c "Fall back to Generic PLEG"',
    ),
  ).toBe('5\n1\n');
  await out('kubectl run again --image=nginx:alpine; kubectl wait --for=condition=Ready pod/again --timeout=60s');
  expect(await out('kubectl get pod again --no-headers')).toMatch(/^again +1\/1 +Running /);
}, 30_000);

test('CRI-O does not tell unless it is asked to: the kubelet falls back at once', async () => {
  const out = await node('crio');
  expect(
    await out('journalctl -u kubelet | grep -E "stream is closed|Fall back" | sed "s/.*] //" | sort | uniq -c'),
  ).toBe(
    '      1 "Fall back to Generic PLEG relisting since Evented PLEG is not working"\n      5 "container events stream is closed" err="EOF"\n',
  );
}, 30_000);
