import { expect, test } from 'vitest';
import { boot } from '../../../testing/boot.ts';

test('debug', async () => {
  const node = await boot({ seed: 1 });
  const lines = `crun --version
crun
crun list
crun state nosuch
mkdir -p /tmp/b/rootfs/bin /tmp/b/rootfs/proc; cd /tmp/b; crun spec; crun spec
cat config.json | head -5
crictl pull busybox
cat > /tmp/pod.json <<< '{"metadata":{"name":"p","namespace":"default","attempt":0,"uid":"u1"},"log_directory":"/var/log/pods/p","linux":{}}'
cat > /tmp/c.json <<< '{"metadata":{"name":"c"},"image":{"image":"busybox"},"command":["top"],"log_path":"c.log","linux":{}}'
P=$(crictl runp --runtime crun /tmp/pod.json); echo $P
C=$(crictl create $P /tmp/c.json /tmp/pod.json); crictl start $C
crun --root /run/containerd/runc/k8s.io list
crictl exec $C ps
crictl exec -s $C nosuch
crun --root /run/containerd/runc/k8s.io exec $C sh -c "exit 9"
crun --root /run/containerd/runc/k8s.io state $C
ps -ef --forest | tail -12
crun --root /run/containerd/runc/k8s.io delete $C
crun --root /run/containerd/runc/k8s.io pause $C; crun --root /run/containerd/runc/k8s.io list -q; crun --root /run/containerd/runc/k8s.io resume $C
crictl stop $C; crictl rm $C
crictl rmp -f $P
crun bogus
crun run nosuch -b /nosuch
crun run -b /nosuch z1
crun delete -f nosuch
crun delete nosuch
crun kill --help
ls /run/containerd/runc/k8s.io /sys/fs/cgroup | head -40`.split('\n');
  for (const line of lines) {
    const r = await node.run(line);
    console.log(`$ ${line}   [${r.exitCode}] ${r.virtualMs}ms\n${r.stdout}${r.stderr}`);
  }
  expect(1).toBe(1);
});
