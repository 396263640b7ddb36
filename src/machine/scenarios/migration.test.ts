/** What a migration to containerd trips over, as far as a node on containerd can show it. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

async function outputs(): Promise<(line: string) => Promise<string>> {
  const node = await boot({ seed: 1, scenario: 'containerd' });
  return async (line) => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
}

test('with the CRI plugin disabled the kubelet ends for want of a service, and comes up once it is back', async () => {
  const out = await outputs();
  const disabled = `'disabled_plugins = ["cri"]'`;
  await out(`cd /etc/containerd; cp config.toml /root; echo ${disabled} > config.toml; systemctl restart containerd`);
  await out('systemctl restart kubelet; sleep 5');
  expect(await out('systemctl is-active containerd kubelet')).toBe('active\nactivating\n');
  expect(await out("journalctl -u kubelet -o cat --no-pager | grep -o 'failed to run Kubelet.*' | tail -1")).toBe(
    'failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \\"unix:///run/containerd/containerd.sock\\": rpc error: code = Unimplemented desc = unknown service runtime.v1.RuntimeService"\n',
  );
  await out('cp /root/config.toml /etc/containerd; systemctl restart containerd; sleep 30');
  expect(await out('systemctl is-active containerd kubelet; kubectl get nodes --no-headers | cut -c1-14')).toBe(
    'active\nactive\nnode-1   Ready\n',
  );
});

test('a flag on a line of its own in kubeadm-flags.env reaches nobody', async () => {
  const out = await outputs();
  const flag = '--container-runtime-endpoint=unix:///run/nobody.sock';
  const file = '/var/lib/kubelet/kubeadm-flags.env';
  await out(`echo '${flag}' >> ${file}; systemctl restart kubelet; sleep 5`);
  expect(await out('journalctl -u kubelet -o cat --no-pager | grep Ignoring')).toBe(
    `kubelet.service: Ignoring invalid environment assignment '${flag}': ${file}\n`,
  );
  expect(await out("systemctl is-active kubelet; tr '\\0' ' ' < /proc/$(pidof kubelet)/cmdline | grep -c nobody")).toBe(
    'active\n0\n',
  );
  await out(`echo 'KUBELET_KUBEADM_ARGS="${flag}"' > ${file}; systemctl restart kubelet; sleep 5`);
  expect(
    await out('systemctl is-active kubelet; journalctl -u kubelet -o cat --no-pager | grep -c nobody.sock'),
  ).toMatch(/^activating\n[1-9]\d*\n$/);
});

test('containerd takes the configuration that its command line names', async () => {
  const out = await outputs();
  await out(`printf 'version = 2\\ndisabled_plugins = ["cri"]\\n' > c.toml`);
  expect(await out('containerd --config c.toml')).toBe(
    'containerd: invalid disabled plugin URI "cri" expect io.containerd.x.vx\n',
  );
});
