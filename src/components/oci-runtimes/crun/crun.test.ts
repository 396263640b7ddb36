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

/** stdout, stderr and exit code of each line, as crun 1.28 gave them on cgroup v1 (what differs there is left out). */
const SAID: readonly (readonly [string, string, string, number])[] = [
  ['crun run -b / x', '', 'load `config.json`: cannot read the file: config.json\n', 1],
  [
    'echo "{}" > e.json; crun run -f e.json x',
    '',
    "load `/tmp/b/e.json`: Required field 'ociVersion' not present\n",
    1,
  ],
  ['spec \'.root.path="nosuch"\'; crun run -f c.json x', '', 'open `nosuch`: No such file or directory\n', 1],
  ["spec 'del(.process.cwd)'; crun run -f c.json x", '', "load `/tmp/b/c.json`: Required field 'cwd' not present\n", 1],
  ["spec 'del(.process.args)'; crun run -f c.json x", '', 'executable path not specified\n', 1],
  ['spec \'.process.args="sleep"\'; crun run -f c.json x', '', 'executable path not specified\n', 1],
  ["spec '.process.user.uid=12'; crun run -f c.json x", '', '', 0],
  ['spec \'.linux.namespaces+=[{"type":"bogus"}]\'; crun run -f c.json x', '', 'invalid namespace type: `bogus`\n', 1],
  ['spec \'.linux.sysctl={"a.b":"1"}\'; crun run -f c.json x', '', 'the sysctl `a.b` is not namespaced\n', 1],
  ['spec \'.process.capabilities.bounding=["CAP_BOGUS"]\'; crun run -f c.json x', '', '', 0],
  [
    'spec \'.process.rlimits=[{"type":"RLIMIT_BOGUS","hard":1,"soft":1}]\'; crun run -f c.json x',
    '',
    'invalid rlimit `RLIMIT_BOGUS`\n',
    1,
  ],
  [
    'crun ps nosuch',
    '',
    'container `nosuch` does not exist: open `/run/crun/nosuch/status`: No such file or directory\n',
    253,
  ],
  ['crun kill nosuch usr1', '', 'unknown signal `usr1`\n', 1],
  ['crun --log-format xml state x', '', 'unknown log format type `xml`\n', 1],
  [
    'crun list --usage',
    'Usage: crun [-q?] [-f FORMAT] [--format=FORMAT] [--quiet] [--help] [--usage]\n            list\n',
    '',
    0,
  ],
  [
    'mkdir /run/crun/half; crun list -q; rmdir /run/crun/half',
    '',
    'error opening file `/run/crun/half/status`: No such file or directory\n',
    0,
  ],
  ['crun create k1; crun start k1; crun exec --user abc k1 true', '', 'invalid UID specified\n', 1],
  ['crun kill k1 99', '', 'send signal to pidfd: Invalid argument\n', 1],
  ['crun exec --preserve-fds x k1 true', '', 'invalid value for `preserve-fds`: Invalid argument\n', 1],
  [
    'echo "{bad" > e.json; crun exec --process e.json k1',
    '',
    'cannot parse the data: quoted object property name expected at position 1\n',
    1,
  ],
  [
    'echo \'{"args":["true"]}\' > e.json; crun exec --process e.json k1; crun delete -f k1',
    '',
    "cannot parse process file: `Required field 'cwd' not present`\n",
    0,
  ],
];

test('what is wrong with a line or a file is told as crun does', async () => {
  await node.run('spec() { jq ".process.args=[\\"sleep\\",\\"0\\"] | $1" config.json > c.json; }');
  for (const [line, stdout, stderr, exitCode] of SAID)
    expect({ line, said: await said(line) }).toEqual({ line, said: [stdout, stderr, exitCode] });
});

test('hooks: which state they read, and what a failing one leads to', async () => {
  const hooked = (stage: string, hook: string): string =>
    `spec '.hooks.${stage}=[${hook}]'; crun run -f c.json k; echo $?; crun list -q`;
  const failed = 'error executing hook `/usr/bin/false` (exit code: 1)\n';
  const path = '{"path":"/usr/bin/false"}';
  expect(await said(hooked('prestart', path))).toEqual(['255\n', failed, 0]);
  expect(await said(hooked('createRuntime', path))).toEqual(['255\n', failed, 0]);
  expect(await said(hooked('createContainer', path))).toEqual(['1\n', failed + failed, 0]);
  expect(await said(hooked('poststart', path))).toEqual(['255\n', failed, 0]);
  expect(await said(hooked('poststop', path))).toEqual(['0\n', 'poststop hook failed with exit code: 1\n', 0]);
  expect(await said(hooked('prestart', '{"path":"/usr/bin/sleep","args":["sleep","9"],"timeout":1}'))).toEqual([
    '1\n',
    'error executing hook `/usr/bin/sleep` (exit code: -1)\ntimeout expired for `/usr/bin/sleep`\n',
    0,
  ]);
  const tee = (stage: string): string => `.hooks.${stage}=[{"path":"/usr/bin/tee","args":["tee","/tmp/h.${stage}"]}]`;
  await node.run(`spec '${['prestart', 'poststart', 'poststop'].map(tee).join('|')}'; crun run -f c.json k`);
  expect(await said('cat /tmp/h.prestart /tmp/h.poststart /tmp/h.poststop | jq -c "[.root, .status]"')).toEqual([
    '["rootfs","created"]\n["rootfs","running"]\n["rootfs","stopped"]\n',
    '',
    0,
  ]);
});

test('runc, for comparison: poststart hooks run at the end of create, and time has its end there, too', async () => {
  const hook = (stage: string, body: string): string =>
    `jq '.process.args=["sleep","0"] | .hooks.${stage}=[${body}]' base.json > config.json`;
  await node.run('cp config.json base.json');
  const failed = '{"path":"/usr/bin/false"}';
  const run = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(`${line}; echo $?; runc list -q`);
    return stdout + stderr.replace(/time="[^"]*" /g, '');
  };
  expect(await run(`${hook('poststart', failed)}; runc create k`)).toBe(
    '1\nlevel=error msg="runc create failed: error running poststart hook #0: exit status 1, stdout: , stderr: "\n',
  );
  expect(await run(`${hook('poststop', failed)}; runc run k`)).toBe(
    '0\nlevel=warning msg="unable to destroy container: error running poststop hook #0: exit status 1, stdout: , stderr: "\n',
  );
  const slow = '{"path":"/usr/bin/sleep","args":["sleep","9"],"timeout":1}';
  expect(await run(`${hook('prestart', slow)}; runc run k`)).toBe(
    '1\nlevel=error msg="runc run failed: unable to start container process: error during container init: error running prestart hook #0: hook ran past specified timeout of 1.0s"\n',
  );
  await node.run('mv base.json config.json');
});
