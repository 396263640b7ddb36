/** User namespaces from unshare(1) over runc and crun to a pod with hostUsers: false. */
import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';

type Out = (line: string) => Promise<string>;

async function outputs(options: Parameters<typeof boot>[0] = {}): Promise<Out> {
  const node = await boot(options);
  return async (line) => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
}

test('numbers: nobody until mapped, one’s own as root, and what belongs to others', async () => {
  const out = await outputs();
  expect(await out('unshare -U id')).toBe('uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)\n');
  expect(await out("unshare -Ur sh -c 'id -u; cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups'")).toBe(
    '0\n         0          0          1\n         0          0          1\ndeny\n',
  );
  const asNobody = (line: string): Promise<string> => out(`su nobody -s /bin/bash -c ${JSON.stringify(line)}`);
  expect(
    await asNobody(
      "unshare -Ur sh -c 'id -un; touch /tmp/a; stat -c %U /tmp/a /root; chown 1 /tmp/a'; stat -c %U /tmp/a",
    ),
  ).toBe("root\nroot\nnobody\nnobody\nchown: changing ownership of '/tmp/a': Invalid argument\n");
  expect(await asNobody('unshare -U sh -c "echo 0 0 1 > /proc/self/uid_map"')).toContain('Operation not permitted');
  expect(await asNobody('unshare -Ur sh -c "echo 0 65534 1 > /proc/self/uid_map"')).toContain(
    'Operation not permitted',
  );
  expect(
    await out(
      'unshare -U sh -c "echo 0 0 70000 > /proc/self/uid_map; cat /proc/self/uid_map; echo x > /proc/self/gid_map"',
    ),
  ).toBe(
    'sh: line 1: echo: write error: Operation not permitted\nsh: line 1: echo: write error: Operation not permitted\n',
  );
});

test('privileges reach as far as what the namespace owns', async () => {
  const out = await outputs();
  const asNobody = (line: string): Promise<string> => out(`su nobody -s /bin/bash -c ${JSON.stringify(line)}`);
  expect(await asNobody('unshare -m true; unshare -n true')).toBe(
    'unshare: unshare failed: Operation not permitted\nunshare: unshare failed: Operation not permitted\n',
  );
  expect(await asNobody('unshare -Ur sh -c "grep CapEff /proc/self/status; hostname x; mount -t tmpfs x /mnt"')).toBe(
    'CapEff:\t000001ffffffffff\nhostname: you must be root to change the host name\nmount: /mnt: permission denied.\n       dmesg(1) may have more information after failed mount system call.\n',
  );
  expect(
    await asNobody(
      'unshare -Urmun sh -c "hostname in; hostname; mount -t tmpfs x /mnt; ip link set lo up; stat -fc %T /mnt; mknod /mnt/n c 1 3; mount --bind /root /mnt; ls /mnt; dmesg"',
    ),
  ).toBe(
    "in\ntmpfs\nmknod: /mnt/n: Operation not permitted\nls: cannot open directory '/mnt': Permission denied\ndmesg: read kernel buffer failed: Operation not permitted\n",
  );
  // Who made it may do everything in it, from outside, too; another user may not.
  await out('(su nobody -s /bin/sh -c "unshare -Ur sleep 77" &); sleep 0.1; P=$(pgrep -n sleep)');
  expect(
    await out('su nobody -s /bin/sh -c "nsenter -t $P -U id -u"; su sync -s /bin/sh -c "nsenter -t $P -U id -u"'),
  ).toContain('0\n');
  expect(await out('su sync -s /bin/sh -c "kill $P"; kill -0 $P && echo alive')).toContain('alive');
});

const MAPS =
  '.linux.namespaces += [{"type":"user"}] | .linux.uidMappings=[{"containerID":0,"hostID":100000,"size":65536}] | .linux.gidMappings=.linux.uidMappings';

test.each(['runc', 'crun'])('%s: a container in a user namespace, and id-mapped mounts', async (runtime) => {
  const out = await outputs();
  await out(
    'mkdir -p /b/rootfs /data; ctr images pull docker.io/library/busybox:latest; ctr images mount docker.io/library/busybox:latest /mnt',
  );
  await out(
    'cp -a /mnt/. /b/rootfs/; chown -R 100000:100000 /b/rootfs; echo x > /data/f; cd /b; runc spec; cp config.json base.json',
  );
  const configure = (filter: string): Promise<string> =>
    out(`jq '.process.terminal=false | .root.readonly=false | ${filter}' base.json > config.json`);
  await configure(
    `${MAPS} | .process.args=["sh","-c","id -u; cat /proc/self/uid_map; touch /x; stat -c %u /x /dev/null /proc/sys"]`,
  );
  expect(await out(`${runtime} run one; stat -c %u rootfs/x`)).toBe(
    '0\n         0     100000      65536\n0\n65534\n65534\n100000\n',
  );
  const mapped =
    '"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]';
  await configure(
    `${MAPS} | .mounts += [{"destination":"/m","type":"bind","source":"/data","options":["rbind"],${mapped}},{"destination":"/p","type":"bind","source":"/data","options":["rbind"]}] | .process.args=["sh","-c","stat -c %u /m/f /p/f; echo y > /m/n; echo z > /p/q"]`,
  );
  expect(await out(`${runtime} run two; stat -c %u /data/n; mount | grep -c /data`)).toBe(
    "0\n65534\n0\n0\nsh: can't create /p/q: Permission denied\n",
  );
  await configure(`${MAPS} | .process.args=["sleep","90"]`);
  await out(`${runtime} run -d three; P=$(pgrep -n sleep)`);
  expect(await out(`${runtime} exec three id -u; stat -c %u /proc/$P; ps -o uid= -p $P`)).toBe('0\n100000\n100000\n');
});

const POD = `apiVersion: v1
kind: Pod
metadata: {name: own}
spec:
  hostUsers: false
  containers:
  - {name: c, image: busybox, command: [sleep, "3600"], volumeMounts: [{name: d, mountPath: /data}]}
  - {name: web, image: "nginx:alpine"}
  volumes: [{name: d, hostPath: {path: /srv/d, type: DirectoryOrCreate}}]
`;

test.each(['containerd', 'crio'] as const)('%s: a pod with hostUsers: false', async (scenario) => {
  const out = await outputs({ scenario, files: { '/root/pod.yaml': new TextEncoder().encode(POD) } });
  await out('kubectl apply -f pod.yaml; kubectl wait --for=condition=Ready pod/own');
  expect(
    await out(
      'kubectl exec own -c c -- sh -c "id -u; cat /proc/self/uid_map; touch /data/f /f; stat -c %u /data/f /f /bin"',
    ),
  ).toBe('0\n         0      65536      65536\n0\n0\n0\n');
  expect(
    await out('stat -c %u /srv/d/f; ps -o uid= -C sleep | tr -d " "; ps -o uid= -C nginx | tr -d " " | sort -u'),
  ).toBe('0\n65536\n65536\n65637\n');
  expect(
    await out('kubectl exec own -c c -- sh -c "mount -t tmpfs t /mnt; mknod /n c 1 3" 2>&1 | grep -c -i "permi"'),
  ).toBe('2\n');
  expect(await out("curl -s -o /dev/null -w '%{http_code}' $(kubectl get pod own -o jsonpath='{.status.podIP}')")).toBe(
    '200',
  );
  await out(
    'sed "s/name: own/name: other/" pod.yaml | kubectl apply -f -; kubectl wait --for=condition=Ready pod/other',
  );
  expect(await out('kubectl exec other -c c -- cat /proc/self/uid_map')).toBe('         0     131072      65536\n');
  await refusedPods(out, scenario === 'crio' ? 'kata' : 'runsc');
  await out(`systemctl restart ${scenario}; sleep 3`);
  expect(await out('kubectl exec own -c web -- id -u')).toBe('0\n');
  await out('kubectl delete pod own other --now; sleep 120');
  expect(await out('mount | grep -c -e pinned -e userns -e mapped; ls /tmp')).toBe('0\n');
  if (scenario === 'crio') await refusals(out);
});

/** The API takes no other namespace of the host with it; the kubelet no handler that cannot. */
async function refusedPods(out: Out, handler: string): Promise<void> {
  expect(
    await out(
      'sed "s/name: own/name: refused/; s/hostUsers: false/&\\n  hostNetwork: true\\n  hostPID: true/" pod.yaml | kubectl apply -f -',
    ),
  ).toBe(
    'The Pod "refused" is invalid: \n* spec.hostNetwork: Forbidden: when `hostUsers` is false\n* spec.hostPID: Forbidden: when `hostUsers` is false\n',
  );
  await out(
    `printf 'apiVersion: node.k8s.io/v1\\nkind: RuntimeClass\\nmetadata: {name: ${handler}}\\nhandler: ${handler}\\n' | kubectl apply -f -`,
  );
  await out(
    `sed "s/name: own/name: refused/; s/hostUsers: false/&\\n  runtimeClassName: ${handler}/" pod.yaml | kubectl apply -f -; sleep 2`,
  );
  expect(await out('kubectl get events -o jsonpath=\'{.items[?(@.reason=="FailedCreatePodSandBox")].message}\'')).toBe(
    `Failed to create pod sandbox: can't set \`spec.hostUsers: false\`, RuntimeClass handler "${handler}" does not support user namespaces`,
  );
  await out('kubectl delete pod refused --now; kubectl delete events --all');
}

/** pinns and the kernel say what is wrong with a map. */
async function refusals(out: Out): Promise<void> {
  const asked = async (filter: string): Promise<string> => {
    await out(
      `jq -n '{metadata:{name:"a",namespace:"d",uid:"u"},log_directory:"/tmp/l",linux:{security_context:{namespace_options:{userns_options:{mode:0,uids:[{host_id:1000,container_id:0,length:9}],gids:[{host_id:1000,container_id:0,length:9}]}}}}} | ${filter}' > p.json`,
    );
    const text = await out('crictl runp p.json 2>&1 | grep fatal');
    return /desc = (.*)"$/s.exec(text.trim())?.[1] ?? text;
  };
  const options = '.linux.security_context.namespace_options.userns_options';
  expect(await asked(`${options}.uids[0].container_id = 1`)).toContain(
    '[pinns:e]: Failed to setresuid: Invalid argument',
  );
  expect(await asked(`${options}.uids += ${options}.uids`)).toContain(
    '[pinns:e]: Cannot write uid mappings: 0-1000-9@0-1000-9@: Invalid argument',
  );
  expect(await asked(`${options}.mode = 1`)).toBe('unsupported pod mode: \\"CONTAINER\\"');
  expect(await asked(`${options}.mode = 3`)).toBe('unsupported pod mode: \\"TARGET\\"');
  // runsc says that it can, but a program with threads cannot join a namespace that pinns has made.
  await out(
    `jq '${options} |= {mode:0,uids:[{host_id:1000,length:9}],gids:[{host_id:1000,length:9}]}' p.json > r.json`,
  );
  expect(await out('crictl runp --runtime runsc r.json 2>&1 | grep -om1 "cannot create gofer.*"')).toMatch(
    /^cannot create gofer process: gofer: error setting namespace of type user and path "\/var\/run\/userns\/[-\da-f]{36}": invalid argument\n$/,
  );
  expect(await out('crictl pods -q --name "^a$"; ls /var/run/userns')).toBe('');
}
