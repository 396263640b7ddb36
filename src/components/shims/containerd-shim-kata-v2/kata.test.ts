import { describe, expect, it } from 'vitest';
import { type BootedNode, boot } from '../../../testing/boot.ts';

const NO_WARNING = '2>/dev/null';

/** A node with a pod of one busybox container for each handler named: $P_kata, $C_kata and so on. */
async function withPods(...handlers: string[]): Promise<BootedNode> {
  const node = await boot({ seed: 1 });
  await node.run(`cat > c.json <<'X'
{"metadata":{"name":"c"},"image":{"image":"docker.io/library/busybox:latest"},"command":["sh","-c","uname -r; sleep 1000"],"log_path":"c.log"}
X`);
  await node.run('crictl pull busybox');
  for (const handler of handlers) {
    await node.run(`cat > ${handler}.json <<'X'
{"metadata":{"name":"${handler}","namespace":"default","uid":"u-${handler}","attempt":1},"hostname":"pod-${handler}","log_directory":"/var/log/pods/${handler}","linux":{}}
X`);
    await node.run(`P_${handler}=$(crictl runp --runtime ${handler} ${handler}.json ${NO_WARNING})`);
    await node.run(`C_${handler}=$(crictl create $P_${handler} c.json ${handler}.json ${NO_WARNING})`);
    await node.run(`crictl start $C_${handler} ${NO_WARNING}`);
  }
  await node.run('sleep 1');
  return node;
}

async function output(node: BootedNode, line: string): Promise<string> {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
}

describe('a pod under Kata', () => {
  it('runs on a kernel of its own, in a machine that the host sees as one process', async () => {
    const node = await withPods('runc', 'kata');
    expect(await output(node, 'crictl logs $C_runc; crictl logs $C_kata; uname -r')).toBe(
      '6.12.48+deb13-amd64\n6.18.35\n6.12.48+deb13-amd64\n',
    );
    expect(await output(node, 'crictl exec $C_kata mount | head -1')).toBe(
      'kataShared on / type virtiofs (rw,relatime)\n',
    );
    expect(await output(node, 'crictl exec $C_kata sh -c "hostname; dmesg | head -1 | cut -c1-44"')).toBe(
      'pod-kata\n[    0.000000] Linux version 6.18.35 (@kata-\n',
    );
    // The one sleep on the host is runc's; the shim's children are the machine and its file server.
    expect(await output(node, 'ps -eo comm | grep -c sleep')).toBe('1\n');
    expect(await output(node, 'ps --ppid $(pgrep -f containerd-shim-kata) -o comm=')).toBe(
      'virtiofsd\nqemu-system-x86\n',
    );
    expect(await output(node, 'cat /proc/$(pidof qemu-system-x86_64)/cgroup')).toMatch(
      /^0::\/k8s\.io\/[0-9a-f]{64}\n$/,
    );
    expect(await output(node, 'crictl inspectp $P_kata | jq -r .status.runtimeHandler')).toBe('kata\n');
  });

  it('writes through to the host, reaches out, and passes streams and exit codes', async () => {
    const node = await withPods('runc', 'kata');
    await node.run('crictl exec $C_kata sh -c "echo from the guest > /made"');
    expect(await output(node, 'cat /run/kata-containers/shared/sandboxes/*/shared/$C_kata/rootfs/made')).toBe(
      'from the guest\n',
    );
    expect(await output(node, 'echo piped | crictl exec -i $C_kata cat')).toBe('piped\n');
    expect(await output(node, 'crictl exec $C_kata sh -c "echo out; echo err >&2"')).toBe('out\nerr\n');
    expect((await node.run('crictl exec $C_kata sh -c "exit 3"')).stderr).toMatch(
      /command terminated with exit code 3"\n$/,
    );
    await node.run('sleep 30');
    await node.run(
      `echo '{"metadata":{"name":"n"},"image":{"image":"docker.io/library/nginx:latest"},"log_path":"n.log"}' > n.json`,
    );
    await node.run(`crictl pull nginx; crictl start $(crictl create $P_kata n.json kata.json ${NO_WARNING})`);
    await node.run('IP=$(crictl inspectp $P_kata | jq -r .status.network.ip)');
    expect(await output(node, 'crictl exec $C_runc wget -qO- http://$IP/ | head -1')).toBe('<!DOCTYPE html>\n');
    expect(await output(node, 'crictl exec $C_kata wget -qO- http://127.0.0.1/ | head -1')).toBe('<!DOCTYPE html>\n');
  });

  it('stops, is removed, and leaves nothing behind', async () => {
    const node = await withPods('kata');
    await node.run('crictl rmp -f $P_kata');
    expect(
      await output(
        node,
        'crictl pods -q; pgrep -f kata; mount | grep -i kata; ls /run/vc/vm /run/kata; find /sys/fs/cgroup/k8s.io -type d',
      ),
    ).toBe('/run/kata:\n\n/run/vc/vm:\n/sys/fs/cgroup/k8s.io\n');
  });

  it('is lost when the hypervisor is killed', async () => {
    const node = await withPods('kata');
    await node.run('kill -9 $(pidof qemu-system-x86_64); sleep 1');
    expect(await output(node, 'crictl ps -a -o json | jq -r ".containers[].state"')).toBe('CONTAINER_EXITED\n');
    expect(await output(node, 'crictl inspect $C_kata | jq .status.exitCode')).toBe('255\n');
    expect(await output(node, 'crictl pods -o json | jq -r ".items[].state"')).toBe('SANDBOX_NOTREADY\n');
  });

  it('is lost when the shim is killed: its clean-up ends the machine', async () => {
    const node = await withPods('kata');
    // Whoever waits for the task loses its connection first: hence not 137.
    await node.run('kill -9 $(pgrep -f containerd-shim-kata); sleep 2');
    expect(await output(node, 'pidof qemu-system-x86_64 virtiofsd')).toBe('');
    expect(await output(node, 'crictl inspect $C_kata | jq .status.exitCode')).toBe('255\n');
    await node.run(
      'crictl rmp -fa; ln -sf configuration-cloud-hypervisor.toml /opt/kata/share/defaults/kata-containers/runtime-rs/configuration.toml',
    );
    await node.run(
      `crictl runp --runtime kata kata.json ${NO_WARNING}; kill -9 $(pgrep -f containerd-shim-kata); sleep 2`,
    );
    expect(await output(node, 'pidof cloud-hypervisor virtiofsd')).toBe('');
  });

  it('stands still while the machine is stopped', async () => {
    const node = await withPods('kata');
    await node.run('kill -STOP $(pidof qemu-system-x86_64)');
    expect((await node.run('timeout 3 crictl exec $C_kata true')).exitCode).toBe(124);
    await node.run('kill -CONT $(pidof qemu-system-x86_64)');
    expect((await node.run('crictl exec $C_kata true')).exitCode).toBe(0);
  });

  it('hangs on its files when virtiofsd is killed', async () => {
    const node = await withPods('kata');
    await node.run('kill -9 $(pidof virtiofsd)');
    expect((await node.run('timeout 3 crictl exec $C_kata ls /')).exitCode).toBe(124);
    expect(await output(node, 'pidof qemu-system-x86_64 | wc -w')).toBe('1\n');
  });

  it('does not start without /dev/kvm', async () => {
    const node = await withPods();
    await node.run('rm /dev/kvm; cp c.json p.json');
    const { stderr } = await node.run(
      `echo '{"metadata":{"name":"k","namespace":"d","uid":"u","attempt":1},"linux":{}}' > p.json; crictl runp --runtime kata p.json`,
    );
    expect(stderr).toContain(
      'start vm: Could not access KVM kernel module: No such file or directory\n\tqemu-system-x86_64: failed to initialize kvm: No such file or directory\n',
    );
    expect(await output(node, 'pgrep -f kata; crictl pods -q')).toBe('');
  });

  it('runs under Cloud Hypervisor when the configuration says so, and starts sooner', async () => {
    const node = await withPods('kata');
    await node.run('sed s/u-kata/u-q/ kata.json > q.json; sed s/kata/clh/g kata.json > clh.json');
    const qemu = await node.run(`crictl runp --runtime kata q.json ${NO_WARNING}`);
    await node.run(
      'ln -sf configuration-cloud-hypervisor.toml /opt/kata/share/defaults/kata-containers/runtime-rs/configuration.toml',
    );
    const cloudHypervisor = await node.run(`P=$(crictl runp --runtime kata clh.json ${NO_WARNING})`);
    expect([qemu.exitCode, cloudHypervisor.exitCode]).toEqual([0, 0]);
    expect(cloudHypervisor.virtualMs).toBeLessThan(qemu.virtualMs - 40);
    await node.run(`C=$(crictl create $P c.json clh.json ${NO_WARNING}); crictl start $C`);
    expect(
      await output(node, 'crictl exec $C uname -r; pidof cloud-hypervisor | wc -w; pidof qemu-system-x86_64 | wc -w'),
    ).toBe('6.18.35\n1\n2\n');
    await node.run('kill -9 $(pidof cloud-hypervisor); sleep 1');
    expect(await output(node, 'crictl inspect $C | jq .status.exitCode')).toBe('255\n');
    // What is not the hypervisor's can be charged to a cgroup apart.
    await node.run(
      'crictl rmp -fa; cd /opt/kata/share/defaults/kata-containers/runtime-rs; sed -i s/^sandbox_cgroup_only.*/sandbox_cgroup_only=false/ *clh* *cloud*; cd',
    );
    await node.run(`P=$(crictl runp --runtime kata clh.json ${NO_WARNING})`);
    const apart =
      'for p in cloud-hypervisor virtiofsd containerd-shim-kata-v2; do cut -c1-17 /proc/$(pgrep -f $p | head -1)/cgroup; done';
    expect(await output(node, `${apart}; crictl rmp -f $P > /dev/null; ls -d /sys/fs/cgroup/kata_overhead/*/`)).toMatch(
      /^0::\/k8s\.io\/\w+\n0::\/kata_overhead\n0::\/kata_overhead\nls: /,
    );
  });

  it('gives exec a terminal inside the guest', async () => {
    const node = await withPods('kata');
    const screen = node.machine.openTerminal({ columns: 80, rows: 24 });
    let shown = '';
    screen.onData((bytes) => {
      shown += new TextDecoder().decode(bytes);
    });
    const type = async (text: string): Promise<void> => {
      screen.write(new TextEncoder().encode(text));
      await node.machine.advance({ horizon: node.machine.now + 2_000_000_000 });
    };
    await type('crictl exec -it $(crictl ps -q) sh\n');
    await type('tty; uname -r; stty size\n');
    expect(shown).toContain('/dev/pts/0\r\n6.18.35\r\n');
    await type('exit\n');
    expect(shown.endsWith('# ')).toBe(true);
    // The shim says where the agent is, but nobody listens for a shell there.
    expect(await output(node, 'kata-runtime exec $P_kata')).toMatch(
      /^rpc error: code = DeadlineExceeded desc = timed out connecting to vsock \d+:1026\n$/,
    );
    await node.run(
      "sed -i 's/^reconnect_timeout_ms/debug_console_enabled = true\\n&/' /opt/kata/share/defaults/kata-containers/runtime-rs/configuration-qemu-runtime-rs.toml",
    );
    await node.run(`crictl rmp -fa; P=$(crictl runp --runtime kata kata.json ${NO_WARNING})`);
    shown = '';
    await type('kata-runtime exec $(crictl pods -q)\n');
    await type(
      'tty; uname -r; ps -e -o comm | grep -c pause; cat /proc/cmdline | grep -o agent.debug_console_vport=.*\n',
    );
    expect(shown).toContain('/dev/pts/0\r\n6.18.35\r\n1\r\nagent.debug_console_vport=1026\r\n');
    shown = '';
    await type('exit\n');
    await type('uname -r\n');
    expect(shown).toContain('6.12.48+deb13-amd64');
    expect(await output(node, 'kata-runtime exec; kata-runtime exec nosuch; kata-runtime exec $P')).toBe(
      'ID cannot be blank\nit fails to stat both /run/vc/sbs/nosuch/shim-monitor.sock and /run/kata/nosuch/shim-monitor.sock with error stat /run/kata/nosuch/shim-monitor.sock: no such file or directory\npanic: provided file is not a console\n\ngoroutine 1 [running]:\n',
    );
  });

  it('is as big as the limits of the pod', async () => {
    const node = await withPods('kata');
    await node.run(
      `jq -c '.linux.resources = {"memory_limit_in_bytes":268435456,"cpu_quota":150000,"cpu_period":100000} | .metadata.uid = "u3"' kata.json > small.json`,
    );
    await node.run(`P=$(crictl runp --runtime kata small.json ${NO_WARNING})`);
    await node.run(`C=$(crictl create $P c.json small.json ${NO_WARNING}); crictl start $C`);
    expect(await output(node, 'crictl exec $C sh -c "nproc; free -m | grep Mem | cut -c1-19"')).toBe(
      '2\nMem:            280\n',
    );
  });

  it('grows with its containers when its size is not static, under either hypervisor', async () => {
    const node = await withPods();
    await node.run(
      `sed -i 's/^static_sandbox.*/static_sandbox_resource_mgmt = false/' /opt/kata/share/defaults/kata-containers/runtime-rs/*.toml; echo '{"metadata":{"name":"p","namespace":"d","uid":"u"},"log_directory":"/tmp","linux":{}}' > p.json; jq -c '.metadata.name = "big" | .linux.resources = {"cpu_quota":50000,"cpu_period":100000,"memory_limit_in_bytes":201326592}' c.json > big.json`,
    );
    const size =
      'crictl exec $C sh -c "nproc; cat /sys/devices/system/cpu/online; grep -c processor /proc/cpuinfo; grep MemTotal /proc/meminfo"';
    for (const hypervisor of ['qemu-runtime-rs', 'cloud-hypervisor']) {
      await node.run(
        `ln -sf configuration-${hypervisor}.toml /opt/kata/share/defaults/kata-containers/runtime-rs/configuration.toml; P=$(crictl runp --runtime kata p.json ${NO_WARNING})`,
      );
      await node.run(`C=$(crictl create $P c.json p.json ${NO_WARNING}); crictl start $C`);
      expect(await output(node, size)).toBe('1\n0\n1\nMemTotal:        2044723 kB\n');
      // 192 MiB are two blocks of 128; half a CPU is one, of the two that the node has.
      await node.run(`B=$(crictl create $P big.json p.json ${NO_WARNING}); crictl start $B`);
      expect(await output(node, size)).toBe('2\n0-1\n2\nMemTotal:        2306867 kB\n');
      await node.run('crictl update --memory 402653184 $B');
      expect(await output(node, size)).toBe('2\n0-1\n2\nMemTotal:        2437939 kB\n');
      // CPUs go with it; memory stays.
      await node.run('crictl rm -f $B');
      expect(await output(node, size)).toBe('1\n0\n1\nMemTotal:        2437939 kB\n');
      await node.run('crictl rmp -f $P');
    }
    expect(await output(node, `P=$(crictl runp --runtime kata p.json ${NO_WARNING}); ls /run/kata/$P`)).toBe(
      'shim-monitor.sock\nstate.json\n',
    );
  });

  it('meets the OOM killer of the guest, of which the host sees nothing', async () => {
    const node = await withPods('kata');
    await node.run('crictl update --memory 300000 $C_kata; sleep 1');
    expect(await output(node, 'crictl inspect $C_kata | jq -r ".status.reason, .status.exitCode"')).toBe(
      'OOMKilled\n137\n',
    );
    expect(await output(node, 'dmesg | grep -c oom; pidof qemu-system-x86_64 | wc -w')).toBe('0\n1\n');
  });

  it('boots under Firecracker, which has no way to share the files of an overlay snapshot', async () => {
    const node = await withPods();
    await node.run(
      'ln -sf configuration-rs-fc.toml /opt/kata/share/defaults/kata-containers/runtime-rs/configuration.toml',
    );
    await node.run(`echo '{"metadata":{"name":"k","namespace":"d","uid":"u","attempt":1},"linux":{}}' > p.json`);
    const { stderr, virtualMs } = await node.run('crictl runp --runtime kata p.json');
    expect(stderr).toMatch(
      /Caused by:\n\t {4}0: create container\n\t {4}1: handler rootfs\n\t {4}2: unsupported rootfs Mount \{ source: "overlay", destination: "", fs_type: "overlay", options: \["workdir=.*"\], device_id: None, host_shared_fs_path: None, read_only: false \}\n/,
    );
    expect(virtualMs).toBeGreaterThan(600);
    expect(await output(node, 'pgrep -f kata; ls /run/vc/vm')).toBe('');
  });

  it('stands on disks with the devmapper snapshotter: under Firecracker, which can do nothing else, and under the others', async () => {
    const node = await withPods();
    const directory = '/var/lib/containerd/devmapper';
    // Not configured, without its pool, and as it should be.
    const status = "ctr plugins ls | grep devmapper | awk '{ print $NF }'";
    expect(await output(node, status)).toBe('skip\n');
    await node.run(
      `printf '%s\\n' "[plugins.'io.containerd.snapshotter.v1.devmapper']" 'pool_name = "devpool"' 'root_path = "${directory}"' 'base_image_size = "10GB"' 'discard_blocks = true' >> /etc/containerd/config.toml`,
    );
    for (const handler of ['kata-fc', 'kata-qemu', 'kata-clh', 'runc-dm']) {
      const table = `[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.${handler}`;
      const type = handler === 'runc-dm' ? 'runc' : 'kata';
      const file = { 'kata-fc': 'rs-fc', 'kata-qemu': 'qemu-runtime-rs', 'kata-clh': 'cloud-hypervisor' }[handler];
      await node.run(
        `printf '%s\\n' "${table}]" 'runtime_type = "io.containerd.${type}.v2"' 'snapshotter = "devmapper"' "${table}.options]" '${file === undefined ? 'SystemdCgroup = false' : `ConfigPath = "/opt/kata/share/defaults/kata-containers/runtime-rs/configuration-${file}.toml"`}' >> /etc/containerd/config.toml`,
      );
    }
    await node.run(
      'systemctl restart containerd; echo \'{"metadata":{"name":"p","namespace":"d","uid":"u"},"log_directory":"/tmp","linux":{}}\' > p.json',
    );
    expect(
      await output(
        node,
        `${status}; journalctl -u containerd -o cat | grep "failed to query pool" | grep -c "no such device or address"`,
      ),
    ).toBe('error\n1\n');
    expect(await output(node, 'crictl runp --runtime kata-fc p.json')).toContain('snapshotter not loaded: devmapper');
    await node.run(`truncate -s 100G ${directory}/data; truncate -s 10G ${directory}/meta`);
    await node.run(`D=$(losetup -f --show ${directory}/data); M=$(losetup -f --show ${directory}/meta)`);
    await node.run(
      'dmsetup create devpool --table "0 209715200 thin-pool $M $D 128 32768"; systemctl restart containerd',
    );
    expect(await output(node, status)).toBe('ok\n');

    const start = async (handler: string): Promise<void> => {
      await node.run(`P=$(crictl runp --runtime ${handler} p.json ${NO_WARNING})`);
      await node.run(`C=$(crictl create $P c.json p.json ${NO_WARNING}); crictl start $C; sleep 1`);
    };
    await start('kata-fc');
    expect(
      await output(node, 'crictl logs $C; crictl exec $C sh -c "mount | head -1; tail -n +3 /proc/partitions"'),
    ).toBe(
      '6.18.35\n/dev/vdc on / type ext4 (rw,relatime)\n 254        0     262144 vda\n 254        1     262144 vda1\n 254       16   10485760 vdb\n 254       32   10485760 vdc\n',
    );
    // What a pod is given is copied, as nothing is shared.
    expect(
      await output(
        node,
        'crictl exec $C cat /etc/resolv.conf; pgrep -c virtiofsd; ls /run/kata-containers/shared/sandboxes/$P/shared/$C/rootfs',
      ),
    ).toBe(`${await output(node, 'cat /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/$P/resolv.conf')}0\n`);
    expect(
      await output(
        node,
        'ctr -n k8s.io snapshots --snapshotter devmapper ls | tail -n +2 | wc -l; ctr -n k8s.io snapshots --snapshotter devmapper usage $C | tail -1; dmsetup ls',
      ),
    ).toMatch(/^4\n\w+ +[\d.]+ \w+ +0 *\ndevpool\t\(253:0\)\ndevpool-snap-2\t\(253:1\)\ndevpool-snap-4\t\(253:2\)\n$/);
    // The machine keeps a disk open until another takes its place.
    await node.run('crictl exec $C sh -c "echo mine > /made"; crictl rm -f $C');
    expect(await output(node, 'sleep 1; dmsetup ls | grep -c snap')).toBe('2\n');
    await node.run(`C=$(crictl create $P c.json p.json ${NO_WARNING}); crictl start $C; sleep 6`);
    expect(await output(node, 'dmsetup ls | grep snap | cut -f1; crictl exec $C ls /made')).toMatch(
      /^devpool-snap-2\ndevpool-snap-5\n[\s\S]*ls: \/made: No such file/,
    );
    await node.run('crictl rmp -f $P; sleep 1');
    expect(await output(node, 'dmsetup ls; ls /run/vc/vm; mount | grep -c kata')).toBe('devpool\t(253:0)\n0\n');

    for (const [handler, root] of [
      ['kata-qemu', '/dev/sdb'],
      ['kata-clh', '/dev/vdb'],
      ['runc-dm', '/dev/mapper/devpool-snap-11'],
    ] as const) {
      await start(handler);
      expect(await output(node, 'crictl exec $C mount | head -1')).toBe(`${root} on / type ext4 (rw,relatime)\n`);
      await node.run('crictl rm -f $C; sleep 1');
      expect(await output(node, 'dmsetup ls | grep -c snap')).toBe('1\n');
      await node.run('crictl rmp -f $P; sleep 1');
    }
    expect(await output(node, 'dmsetup ls; pgrep -f kata')).toBe('devpool\t(253:0)\n');
    const run = 'ctr run --rm --snapshotter devmapper --runtime io.containerd.kata.v2';
    await node.run('ctr i pull --snapshotter devmapper docker.io/library/busybox:latest');
    expect(await output(node, `${run} docker.io/library/busybox:latest k1 mount | head -1`)).toBe(
      '/dev/sda on / type ext4 (rw,relatime)\n',
    );
  }, 60_000);

  it('has no network on the host’s, whose cards it finds and cannot have; and waits for one where there is none', async () => {
    const node = await withPods();
    await node.run(
      `echo '{"metadata":{"name":"k","namespace":"d","uid":"u"},"linux":{"security_context":{"namespace_options":{"network":2}}}}' > p.json`,
    );
    await node.run(`P=$(crictl runp --runtime kata p.json ${NO_WARNING})`);
    await node.run(`C=$(crictl create $P c.json p.json ${NO_WARNING}); crictl start $C`);
    expect(await output(node, 'crictl exec $C ls /sys/class/net; ip -o link | grep -c eth0')).toBe('lo\n1\n');
    expect(
      await output(node, 'journalctl -u containerd -o cat | grep -c "network rescan failed.*iommu isn.t set"'),
    ).toBe('2\n');
    const { virtualMs } = await node.run(
      'ctr i pull docker.io/library/busybox:latest > /dev/null; ctr run -d --runtime io.containerd.kata.v2 docker.io/library/busybox:latest k1 sleep 100',
    );
    expect(virtualMs).toBeGreaterThan(5000);
    expect(
      await output(
        node,
        'ls /run/netns | grep -c cnitest; ctr t kill -s KILL k1; sleep 1; ctr t rm k1 2> /dev/null; ls /run/netns',
      ),
    ).toBe('1\n');
  });

  it('takes a network card that comes while it runs, as Docker gives it one', async () => {
    const node = await boot({ seed: 1 });
    await node.run('ctr i pull docker.io/library/busybox:latest > /dev/null');
    await node.run(
      'ctr run -d --runtime io.containerd.kata.v2 docker.io/library/busybox:latest k sleep 100 & sleep 1.7; N=$(ls /run/netns)',
    );
    await node.run(
      'ip link add v0 type veth peer name eth0 netns $N; ip addr add 10.9.0.1/24 dev v0; ip link set v0 up',
    );
    await node.run('ip -n $N link set eth0 up; ip -n $N addr add 10.9.0.2/24 dev eth0; wait');
    expect(
      await output(
        node,
        'ctr t exec --exec-id e k sh -c "ls /sys/class/net; ip route"; ping -c 1 10.9.0.2 | sed -n 2p',
      ),
    ).toBe(
      'eth0\nlo\n10.9.0.0/24 dev eth0 scope link  src 10.9.0.2 \n64 bytes from 10.9.0.2: icmp_seq=1 ttl=64 time=0.030 ms\n',
    );
    expect(
      await output(node, 'ip -n $N -o link | grep -c tap0_kata; ctr t rm -f k 2> /dev/null; sleep 1; ls /run/netns'),
    ).toBe('1\n');
  });

  it('is the same history again from the same seed', async () => {
    const once = await withPods('kata');
    const again = await withPods('kata');
    expect(again.machine.trace.digest()).toBe(once.machine.trace.digest());
  });
});
