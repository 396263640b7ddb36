/** Changing a kubeconfig: what kubectl 1.32 printed for the same lines, but for `preferences`, which 1.34 has dropped when empty. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

async function rig() {
  const files = { '/root/ca.pem': new TextEncoder().encode('x') };
  const { run } = await boot({ scenario: 'containerd', files });
  return async (line: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await run(`KUBECONFIG=/root/kc.yaml kubectl config ${line}`);
    return `${stdout}${stderr}[${exitCode}]`;
  };
}

test('entries are made, changed and told apart', async () => {
  const config = await rig();
  expect(await config('set-cluster c --server=https://h:6443 --insecure-skip-tls-verify=true')).toBe(
    'Cluster "c" set.\n[0]',
  );
  expect(await config('set-cluster d --certificate-authority=ca.pem --tls-server-name=foo')).toBe(
    'Cluster "d" set.\n[0]',
  );
  expect(await config('set-cluster d --certificate-authority=ca.pem --insecure-skip-tls-verify=true')).toBe(
    'error: you cannot specify a certificate authority and insecure mode at the same time\n[1]',
  );
  expect(await config('set-cluster')).toMatch(/^Set a cluster entry[\s\S]*\nerror: Unexpected args: \[\]\n\[1\]$/);
  expect(await config('set-credentials u --username=admin --password=secret')).toBe('User "u" set.\n[0]');
  expect(await config('set-credentials u --token=t --username=admin')).toBe(
    'error: you cannot specify more than one authentication method at the same time: --token, --username/--password\n[1]',
  );
  await config('set-credentials e --exec-command=/x --exec-arg=1,2 --exec-env=A=B --exec-env=C=D');
  await config('set-credentials e --exec-env=A- --exec-env=C=E --exec-interactive-mode=Never');
  expect(await config('set-credentials e --exec-env=A')).toMatch(/\nerror: invalid exec-env format: A\n\[1\]$/);
  expect(await config('set-context x --cluster=c --user=u')).toBe('Context "x" created.\n[0]');
  expect(await config('set-context --current --namespace=n')).toBe('error: no current context is set\n[1]');
  expect(await config('set-context x --current')).toBe(
    'error: you cannot specify both a context name and --current\n[1]',
  );
  expect(await config('use-context x')).toBe('Switched to context "x".\n[0]');
  expect(await config('view')).toBe(`apiVersion: v1
clusters:
- cluster:
    insecure-skip-tls-verify: true
    server: https://h:6443
  name: c
- cluster:
    certificate-authority: ca.pem
    server: ""
    tls-server-name: foo
  name: d
contexts:
- context:
    cluster: c
    user: u
  name: x
current-context: x
kind: Config
users:
- name: e
  user:
    exec:
      args:
      - "1"
      - "2"
      command: /x
      env:
      - name: C
        value: E
      interactiveMode: Never
      provideClusterInfo: false
- name: u
  user:
    password: REDACTED
    username: admin
[0]`);
  expect(await config('delete-context x')).toBe(
    'deleted context x from /root/kc.yaml\nwarning: this removed your active context, use "kubectl config use-context" to select a different one\n[0]',
  );
  expect(await config('delete-context')).toMatch(/^Delete the specified context[\s\S]*\.\n\[0\]$/);
  expect(await config('delete-user')).toBe(
    "error: user to delete is required\nSee 'kubectl config delete-user -h' for help and examples\n[1]",
  );
});

test('single values are set and unset by their paths', async () => {
  const config = await rig();
  const set = async (path: string, value: string): Promise<string> => config(`set ${path} ${value}`);
  expect(await set('clusters.my.dotted.server', 'https://x')).toBe('Property "clusters.my.dotted.server" set.\n[0]');
  expect(await set('clusters.c.insecure-skip-tls-verify', 'maybe')).toBe(
    'error: strconv.ParseBool: parsing "maybe": invalid syntax\n[1]',
  );
  expect(await set('clusters.c.certificate-authority-data', 'Zm9v==')).toBe(
    'error: error decoding input value: illegal base64 data at input byte 4\n[1]',
  );
  expect(await set('clusters.c.certificate-authority-data', 'foo --set-raw-bytes')).toBe(
    'Property "clusters.c.certificate-authority-data" set.\n[0]',
  );
  expect(await set('users.u.act-as', 'jane')).toBe('Property "users.u.act-as" set.\n[0]');
  expect(await set('users.u.exec.command', 'x')).toBe(
    'error: unable to parse one or more field values of users.u.exec.command\n[1]',
  );
  expect(await set('nosuch.c', 'x')).toBe('error: unable to parse nosuch.c after [] at api.Config\n[1]');
  expect(await set('clusters.c', 'x')).toMatch(/^error: can't set a map to a value: map\[c:0x\S+ my\.dotted:0x\S+\]\n/);
  expect(await set('contexts.x.namespace', "''")).toBe('error: you cannot use set to unset a property\n[1]');
  await set('current-context', 'x');
  await set('contexts.x.cluster', 'c');
  expect(await config('view --raw')).toBe(`apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: Zm9v
    server: ""
  name: c
- cluster:
    server: https://x
  name: my.dotted
contexts:
- context:
    cluster: c
    user: ""
  name: x
current-context: x
kind: Config
users:
- name: u
  user:
    as: jane
[0]`);
  expect(await config('unset clusters.c.certificate-authority-data')).toBe(
    'Property "clusters.c.certificate-authority-data" unset.\n[0]',
  );
  expect(await config('unset clusters.nosuch.server')).toBe('error: current map key `nosuch` is invalid\n[1]');
  expect(await config('unset users')).toBe('Property "users" unset.\n[0]');
  expect(await config('view --minify -o json | jq -c .clusters,.users')).toBe(
    '[{"cluster":{"server":""},"name":"c"}]\nnull\n[0]',
  );
});

test('what lies beside the file is found from anywhere', async () => {
  const { run } = await boot({ scenario: 'containerd' });
  const out = async (line: string): Promise<string> => {
    const { stdout, stderr } = await run(line);
    return stdout + stderr;
  };
  await out('mkdir -p k; cp /etc/kubernetes/admin.conf k/config; cp /etc/kubernetes/pki/ca.crt k/');
  await out('kubectl --kubeconfig k/config config unset clusters.kubernetes.certificate-authority-data');
  await out('kubectl --kubeconfig k/config config set-cluster kubernetes --certificate-authority=k/ca.crt');
  expect(await out('grep certificate-authority: k/config')).toBe('    certificate-authority: ca.crt\n');
  expect(await out('cd /tmp; kubectl --kubeconfig /root/k/config get nodes -o name')).toBe('node/node-1\n');
});
