/** Resources of pods that run, changed in place. */
import { beforeAll, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../testing/boot.ts';

let node: BootedNode;

const POD = `apiVersion: v1
kind: Pod
metadata: {name: r}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: c
    image: busybox
    command: [sleep, "100000"]
    resources: {requests: {cpu: 700m, memory: 200Mi}, limits: {cpu: 700m, memory: 200Mi}}
    resizePolicy: [{resourceName: memory, restartPolicy: RestartContainer}]
`;
const CONTAINER = `cri-containerd-$(crictl ps -q --name '^c$').scope`;
const FILES = `cat cpu.max memory.max ${CONTAINER}/cpu.max ${CONTAINER}/memory.max`;

async function out(line: string): Promise<string> {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
}

const resize = (cpu: string, memory: string): Promise<string> =>
  out(
    `kubectl patch pod r --subresource resize -p '{"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"${cpu}","memory":"${memory}"},"limits":{"cpu":"${cpu}","memory":"${memory}"}}}]}}'`,
  );
const conditions = (): Promise<string> =>
  out(
    `kubectl get pod r -o jsonpath='{range .status.conditions[?(@.status=="True")]}{.type}:{.reason}:{.message}{"\\n"}{end}' | grep Resize`,
  );
const actual = (): Promise<string> => out("kubectl get pod r -o jsonpath='{.status.containerStatuses[0].resources}'");

beforeAll(async () => {
  node = await boot({ scenario: 'containerd', files: { '/root/r.yaml': new TextEncoder().encode(POD) } });
  await out('kubectl apply -f r.yaml; kubectl wait --for=condition=Ready pod/r; kubectl get pod r');
  await out('cd /sys/fs/cgroup/kubepods.slice/kubepods-pod*.slice');
});

test('cpu: the runtime is asked, the cgroups change, the container goes on', async () => {
  expect(await out(FILES)).toBe('70000 100000\n209715200\n70000 100000\n209715200\n');
  const id = await out('crictl ps -q --name "^c$"');
  expect(await resize('800m', '200Mi')).toBe('pod/r patched\n');
  expect(await out('kubectl wait --for=condition=PodResizeInProgress pod/r --timeout=2s')).toBe(
    'pod/r condition met\n',
  );
  await out('sleep 2');
  expect(await conditions()).toBe('');
  expect(await out(FILES)).toBe('80000 100000\n209715200\n80000 100000\n209715200\n');
  expect(await actual()).toBe('{"limits":{"cpu":"800m","memory":"200Mi"},"requests":{"cpu":"800m","memory":"200Mi"}}');
  expect(await out(`kubectl get pod r -o jsonpath='{.status.resources}{.status.allocatedResources}'`)).toBe(
    '{"limits":{"cpu":"800m","memory":"200Mi"},"requests":{"cpu":"800m","memory":"200Mi"}}{"cpu":"800m","memory":"200Mi"}',
  );
  expect(await out('crictl ps -q --name "^c$"')).toBe(id);
  const events = await out(
    'kubectl get events --field-selector involvedObject.name=r -o custom-columns=R:.reason,M:.message',
  );
  const details = `{"containers":[{"name":"c","resources":{"limits":{"cpu":"800m","memory":"200Mi"},"requests":{"cpu":"800m","memory":"200Mi"}}}],"generation":2}`;
  expect(events).toContain(`ResizeStarted     Pod resize started: ${details}`);
  expect(events).toContain(`ResizeCompleted   Pod resize completed: ${details}`);
});

test('memory with RestartContainer: the container is started again with it', async () => {
  await resize('800m', '100Mi');
  await out('sleep 6');
  expect(await out('kubectl get pod r --no-headers')).toMatch(/^r +1\/1 +Running +1 /);
  expect(await out(FILES)).toBe('80000 100000\n104857600\n80000 100000\n104857600\n');
  expect(await out('kubectl get events | grep -c "Container c resize requires restart"')).toBe('1\n');
});

test('what the node cannot have is infeasible, what others have is deferred, also across a restart of the kubelet', async () => {
  await resize('64', '100Mi');
  await out('sleep 1');
  expect(await conditions()).toBe(
    "PodResizePending:Infeasible:Node didn't have enough capacity: cpu, requested: 64000, capacity: 2000\n",
  );
  await resize('1', '100Mi');
  await out(
    `kubectl run filler --image=busybox --overrides='{"spec":{"terminationGracePeriodSeconds":1,"containers":[{"name":"f","image":"busybox","command":["sleep","9999"],"resources":{"requests":{"cpu":"300m"}}}]}}'; kubectl wait --for=condition=Ready pod/filler`,
  );
  await resize('1300m', '100Mi');
  await out('sleep 1');
  const deferred =
    "PodResizePending:Deferred:Node didn't have enough resource: cpu, requested: 1300, used: 950, capacity: 2000\n";
  expect(await conditions()).toBe(deferred);
  expect(await out('head -1 cpu.max')).toBe('100000 100000\n');
  await out('systemctl restart kubelet; sleep 5');
  expect(await conditions()).toBe(deferred);
  expect(await out('kubectl get pods --no-headers | grep -c Running')).toBe('2\n');
  // There is room once the other has gone.
  await out('kubectl delete pod filler; sleep 3');
  expect(await conditions()).toBe('');
  expect(await out(`cat cpu.max ${CONTAINER}/cpu.max`)).toBe('130000 100000\n130000 100000\n');
});

test('what the API server refuses', async () => {
  const patch = (resources: string): Promise<string> =>
    out(
      `kubectl patch pod r --subresource resize -p '{"spec":{"containers":[{"name":"c","resources":${resources}}]}}'`,
    );
  expect(await patch('{"requests":{"cpu":"1"}}')).toBe(
    'The Pod "r" is invalid: spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing\n',
  );
  expect(await patch('{"requests":{"cpu":null},"limits":{"cpu":null}}')).toContain('cannot be removed');
  expect(await patch('{"limits":{"ephemeral-storage":"1Gi"}}')).toContain('only cpu and memory resources are mutable');
  // By edit, too.
  await out(`KUBE_EDITOR="sed -i s/1300m/1200m/" kubectl edit pod r --subresource=resize; sleep 2`);
  expect(await out('head -1 cpu.max')).toBe('120000 100000\n');
});

test('a limit below what is in use is not set', async () => {
  await out('kubectl exec r -- sh -c "dd if=/dev/zero of=/dev/shm/x bs=1M count=30"');
  await out('kubectl delete pod r --now');
  await out(
    'sed -i /resizePolicy/d /root/r.yaml; kubectl apply -f /root/r.yaml; kubectl wait --for=condition=Ready pod/r',
  );
  await resize('700m', '100Ki');
  await out('sleep 16');
  expect(await conditions()).toMatch(
    /^PodResizeInProgress:Error:attempting to set container "c" memory limit \(102400\) below current usage \(\d+\)\n$/,
  );
  expect(await out('kubectl get events | grep -c ResizeError')).toBe('1\n');
});

test("the pod's slice is a unit of systemd's, which writes its limits again at a reload, and goes with the pod", async () => {
  await out('kubectl delete pod --all; kubectl create -f /root/r.yaml; kubectl wait --for=condition=Ready pod/r');
  const list = "systemctl list-units --type=slice --plain --no-legend --no-pager | grep -o '^kubepods-pod[^ ]*'";
  const slice = (await out(list)).trim();
  expect(await out("kubectl get pod r -o jsonpath='{.metadata.uid}' | tr - _")).toBe(slice.slice(12, -6));
  expect(await out(`systemctl show -p Description,Transient,MemoryMax,CPUQuotaPerSecUSec ${slice}`)).toBe(
    `CPUQuotaPerSecUSec=700ms\nMemoryMax=209715200\nDescription=libcontainer container ${slice}\nTransient=yes\n`,
  );
  await resize('900m', '200Mi');
  await out('sleep 3; systemctl daemon-reload; systemctl set-property --runtime kubepods.slice CPUWeight=170');
  expect(
    await out(
      `cat /sys/fs/cgroup/kubepods.slice/${slice}/cpu.max; cat /run/systemd/transient/${slice}.d/50-CPUQuota.conf | tail -1`,
    ),
  ).toBe('90000 100000\nCPUQuota=90%\n');
  await out('kubectl delete pod r; sleep 5');
  expect(await out(`${list}; journalctl -o cat --no-pager -u ${slice}`)).toBe(
    `Created slice ${slice} - libcontainer container ${slice}.\nRemoved slice ${slice} - libcontainer container ${slice}.\n`,
  );
});
