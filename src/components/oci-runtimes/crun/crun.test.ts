/** Against what crun 1.28 printed for the same lines; ids, pids and times are the model's own. */
import { beforeAll, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../../testing/boot.ts';

let node: BootedNode;

beforeAll(async () => {
  node = await boot({ seed: 1 });
  await node.run('mkdir -p /tmp/b/rootfs/bin && cp /usr/bin/sleep /usr/bin/bash /tmp/b/rootfs/bin && cd /tmp/b');
  await node.run('crun spec');
  await node.run(
    'jq \'.process.terminal=false | .process.args=["sleep","300"] | .root.readonly=false\' config.json > x && mv x config.json',
  );
});

const said = async (line: string): Promise<[string, string, number]> => {
  const { stdout, stderr, exitCode } = await node.run(line);
  return [stdout, stderr, exitCode];
};

const row = (status: string, pid = '\\d+'): RegExp =>
  new RegExp(`^NAME PID {7}STATUS   BUNDLE PATH +CREATED +OWNER\nk1   ${pid} +${status} +/tmp/b +\\S+Z +root\n$`);

test('a container from create to delete, each wrong step refused in crun words', async () => {
  expect(await said('crun')).toEqual(['', 'please specify a command\n', 1]);
  expect(await said('crun bogus')).toEqual(['', 'unknown command bogus\n', 1]);
  const nowhere = 'container `k1` does not exist: open `/run/crun/k1/status`: No such file or directory\n';
  expect(await said('crun state k1')).toEqual(['', nowhere, 1]);
  expect(await said('crun create k1')).toEqual(['', '', 0]);
  expect((await node.run('crun list')).stdout).toMatch(row('created'));
  expect(await said('crun create k1')).toEqual(['', 'container `k1` already exists\n', 1]);
  expect(await said('crun start k1')).toEqual(['', '', 0]);
  const noFifo = 'cannot open `/run/crun/k1/exec.fifo`: No such file or directory\n';
  expect(await said('crun start k1')).toEqual(['', noFifo, 1]);
  expect((await node.run('crun list')).stdout).toMatch(row('running'));
  expect(await said('tr "\\0" " " < /proc/$(crun ps k1 | tail -1)/cmdline')).toEqual(['sleep 300 ', '', 0]);
  expect(await said('crun exec k1 bash -c "exit 9"')).toEqual(['', '', 9]);
  const missing = 'executable file `nosuchcmd` not found in $PATH: No such file or directory\n';
  expect(await said('crun exec k1 nosuchcmd')).toEqual(['', missing, 1]);
  await node.run('crun pause k1');
  expect((await node.run('crun list')).stdout).toMatch(row('paused'));
  expect(await said('crun exec k1 sleep 0')).toEqual(['', 'the container `k1` is paused\n', 1]);
  await node.run('crun resume k1');
  expect(await said('crun delete k1')).toEqual(['', 'the container `k1` is not in `created` or `stopped` state\n', 1]);
  expect(await said('crun kill k1 KILL; sleep 0.3; crun exec k1 ls')).toEqual([
    '',
    'the container `k1` is not running\n',
    1,
  ]);
  expect((await node.run('crun list')).stdout).toMatch(row('stopped', '0'));
  expect(await said('crun kill k1')).toEqual(['', 'process not running: No such process\n', 1]);
  expect(await said('crun delete k1')).toEqual(['', '', 0]);
  const gone = 'cannot open directory `/run/crun/k1`: No such file or directory\n';
  expect(await said('crun delete k1')).toEqual(['', gone, 1]);
  expect(await said('crun delete -f nosuch')).toEqual(['', '', 0]);
  expect(await said('ls -d /sys/fs/cgroup/k1')).toEqual([
    '',
    "ls: cannot access '/sys/fs/cgroup/k1': No such file or directory\n",
    2,
  ]);
});

test('run gives the exit code and leaves nothing', async () => {
  await node.run('jq \'.process.args=["bash","-c","echo hi; exit 5"]\' config.json > y && mv y config.json');
  expect(await said('crun run z1; echo $?; crun list -q')).toEqual(['hi\n5\n', '', 0]);
  expect(await said('crun run -b /nosuch z1')).toEqual(['', 'chdir `/nosuch` failed: No such file or directory\n', 1]);
  expect(await said('crun run z1 -b /x')).toEqual(['', 'crun: `run` requires a maximum of 1 arguments\n', 1]);
});

test('with systemd the processes are in a cgroup below the scope, and containerd takes it as a handler', async () => {
  await node.run('jq \'.process.args=["sleep","300"]\' config.json > y && mv y config.json');
  await node.run('crun --systemd-cgroup create s1');
  expect(await said('cat /proc/$(crun ps s1 | tail -1)/cgroup')).toEqual([
    '0::/system.slice/crun-s1.scope/container\n',
    '',
    0,
  ]);
  await node.run('crun delete s1');
  expect((await node.run('ls /run/systemd/transient; systemctl is-active crun-s1.scope')).stdout).toBe('inactive\n');
  const pod = '{"metadata":{"name":"p","namespace":"default","attempt":0,"uid":"u1"},"linux":{}}';
  await node.run(`echo '${pod}' > pod.json; P=$(crictl runp --runtime crun pod.json 2>/dev/null)`);
  expect((await node.run('crun --root /run/containerd/runc/k8s.io list -q')).stdout).toMatch(/^[0-9a-f]{64}\n$/);
  expect((await node.run('ps -eo args | grep -x /pause')).stdout).toBe('/pause\n');
});

test('runc asks systemd for a scope, whose limits outlive a reload, and which goes with the last process', async () => {
  const limits = '.linux.cgroupsPath="machine.slice:lab:r1"|.linux.resources.memory.limit=67108864';
  await node.run(`jq '${limits}' config.json > y && mv y config.json; runc --systemd-cgroup run -d r1`);
  expect(await said('systemctl show -p Description,Transient,Slice,MemoryMax lab-r1.scope')).toEqual([
    'Slice=machine.slice\nMemoryMax=67108864\nDescription=libcontainer container r1\nTransient=yes\n',
    '',
    0,
  ]);
  const max = 'cat /sys/fs/cgroup/machine.slice/lab-r1.scope/memory.max';
  await node.run('runc update --memory 33554432 r1; systemctl daemon-reload');
  expect(await said(max)).toEqual(['33554432\n', '', 0]);
  await node.run('kill -9 $(runc ps r1 | tail -1 | cut -c 12-20); sleep 1');
  expect(await said(`${max}; runc list -q; runc delete r1; ls /run/systemd/transient`)).toEqual([
    'r1\n',
    'cat: /sys/fs/cgroup/machine.slice/lab-r1.scope/memory.max: No such file or directory\n',
    0,
  ]);
});
