/** The kubelet with its control plane: what the API shows of its pods. */
import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const PODS = `apiVersion: v1
kind: Pod
metadata: {name: order}
spec:
  terminationGracePeriodSeconds: 5
  initContainers:
  - {name: init, image: "busybox:1.36", command: [sh, -c, "echo init"]}
  containers:
  - name: main
    image: nginx:alpine
    readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 2}
    lifecycle: {preStop: {exec: {command: [sleep, "1"]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: crash}
spec:
  containers:
  - {name: c, image: "busybox:1.36", command: [sh, -c, "echo start; sleep 1; exit 1"]}
---
apiVersion: v1
kind: Pod
metadata: {name: cfg}
spec:
  containers:
  - {name: c, image: "busybox:1.36", command: [sleep, "3600"], env: [{name: A, valueFrom: {secretKeyRef: {name: nosecret, key: k}}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: mnt}
spec:
  volumes: [{name: v, secret: {secretName: nosecret}}]
  containers:
  - {name: c, image: "busybox:1.36", command: [sleep, "3600"], volumeMounts: [{name: v, mountPath: /v}]}
---
apiVersion: v1
kind: Pod
metadata: {name: never}
spec:
  restartPolicy: Never
  containers:
  - {name: c, image: "busybox:1.36", command: [sh, -c, "exit 3"]}
---
apiVersion: v1
kind: Pod
metadata: {name: tag}
spec:
  containers:
  - {name: c, image: "nginx:nosuch"}
`;

const EVENTS = 'jq -r \'.items[] | "\\(.type) \\(.reason) \\(.message)"\'';

test('pods good and bad: status, events, logs, deletion', async () => {
  const node = await boot({ seed: 1, scenario: 'containerd', files: { '/root/pods.yaml': text(PODS) } });
  const out = async (line: string): Promise<string> => (await node.run(line)).stdout;
  await node.run('kubectl apply -f /root/pods.yaml; sleep 50');
  const rows = (await out('kubectl get pods --no-headers')).replace(/ +\S+$/gm, '').replace(/ \(\S+ ago\)/g, '');
  expect(rows.replace(/ +/g, ' ')).toMatch(
    /^cfg 0\/1 CreateContainerConfigError 0\ncrash [01]\/1 (Error|Running|CrashLoopBackOff) 3\nmnt 0\/1 ContainerCreating 0\nnever 0\/1 Error 0\norder 1\/1 Running 0\ntag 0\/1 (ErrImagePull|ImagePullBackOff) 0\n$/,
  );
  const events = async (pod: string): Promise<string> =>
    out(`kubectl get events -o json --field-selector involvedObject.name=${pod} | ${EVENTS} | sort -u`);
  expect(await events('cfg')).toContain('Warning Failed Error: secret "nosecret" not found\n');
  expect(await events('mnt')).toContain(
    'Warning FailedMount MountVolume.SetUp failed for volume "v" : secret "nosecret" not found\n',
  );
  expect(await events('tag')).toContain(
    'Warning Failed Failed to pull image "nginx:nosuch": rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:nosuch": failed to resolve image: docker.io/library/nginx:nosuch: not found\n',
  );
  expect(await out('kubectl logs order -c init')).toBe('init\n');
  expect((await node.run('kubectl logs cfg')).stderr).toBe(
    'Error from server (BadRequest): container "c" in pod "cfg" is waiting to start: CreateContainerConfigError\n',
  );
  expect(await out('kubectl exec order -c main -- cat /var/run/secrets/kubernetes.io/serviceaccount/namespace')).toBe(
    'default',
  );
  await node.run('kubectl delete pod --all');
  const directories = (await out('sleep 3; ls /var/lib/kubelet/pods')).trim().split('\n');
  // Static pods' UIDs are hashes, without dashes.
  expect(directories.filter((uid) => uid.includes('-'))).toEqual([]);
  expect(await out('find /sys/fs/cgroup/kubepods.slice -name "*pod*_*.slice"')).toBe('');
}, 60_000);

test('a control plane container that is stopped comes back; a runtime that is stopped makes the node not ready', async () => {
  const node = await boot({ seed: 1, scenario: 'containerd' });
  const status = async (): Promise<string | undefined> =>
    (await node.run('kubectl get nodes --no-headers')).stdout.split(/ +/)[1];
  await node.run('crictl stop $(crictl ps -q --name kube-apiserver); sleep 15');
  expect(await status()).toBe('Ready');
  await node.run('systemctl stop containerd; sleep 45');
  expect(await status()).toBe('NotReady');
  await node.run('systemctl start containerd; sleep 20');
  expect(await status()).toBe('Ready');
}, 60_000);
