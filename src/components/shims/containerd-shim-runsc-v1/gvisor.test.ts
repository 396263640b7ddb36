import { describe, expect, it } from 'vitest';
import { type BootedNode, boot } from '../../../testing/boot.ts';

const NO_WARNING = '2>/dev/null';

/** A node with a pod of one busybox container for each handler named: $P_runsc, $C_runsc and so on. */
async function withPods(...handlers: string[]): Promise<BootedNode> {
  const node = await boot({ seed: 1 });
  await node.run(`cat > c.json <<'X'
{"metadata":{"name":"c"},"image":{"image":"docker.io/library/busybox:latest"},"command":["sh","-c","uname -r; trap 'exit 7' TERM; sleep 1000 & wait"],"log_path":"c.log"}
X`);
  await node.run('crictl pull busybox');
  for (const handler of handlers) {
    await node.run(`cat > ${handler}.json <<'X'
{"metadata":{"name":"${handler}","namespace":"default","uid":"u-${handler}","attempt":1},"hostname":"pod-${handler}","log_directory":"/var/log/pods/${handler}","linux":{"security_context":{"namespace_options":{"pid":1}}}}
X`);
    await node.run(`P_${handler}=$(crictl runp --runtime ${handler} ${handler}.json ${NO_WARNING})`);
    await node.run(
      `jq -c '.linux.security_context.namespace_options.pid = 1' c.json > c1.json; C_${handler}=$(crictl create $P_${handler} c1.json ${handler}.json ${NO_WARNING})`,
    );
    await node.run(`crictl start $C_${handler} ${NO_WARNING}`);
  }
  await node.run('sleep 1');
  return node;
}

async function output(node: BootedNode, line: string): Promise<string> {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
}

describe('a pod under gVisor', () => {
  it('runs on the Sentry, beside the same pod under runc and Kata', async () => {
    const node = await withPods('runc', 'runsc', 'kata');
    expect(await output(node, 'for c in $C_runc $C_runsc $C_kata; do crictl logs $c; done')).toBe(
      '6.12.48+deb13-amd64\n4.19.0-gvisor\n6.18.35\n',
    );
    expect(await output(node, 'crictl exec $C_runsc uname -a')).toBe(
      'Linux pod-runsc 4.19.0-gvisor #1 SMP Sun Jan 10 15:06:54 PST 2016 x86_64 GNU/Linux\n',
    );
    expect(await output(node, 'crictl exec $C_runsc dmesg | sed -n "1p;\\$p"')).toMatch(
      /^\[ {4}0\.000000\] Starting gVisor\.\.\.\n\[ {4}\d\.\d{6}\] Ready!\n$/,
    );
    expect(await output(node, 'crictl exec $C_runsc dmesg | wc -l')).toBe('14\n');
    // The one sleep of the host is runc's.
    expect(await output(node, 'pgrep -c -x sleep')).toBe('1\n');
    expect(await output(node, 'crictl exec $C_runsc ps | cut -c1-35')).toBe(
      'PID   USER     TIME  COMMAND\n    1 root      0:00 sh -c uname -r\n    3 root      0:00 sleep 1000\n    7 root      0:00 ps\n',
    );
  });

  it('is a sandbox, gofers, stubs and the runsc that wait, below the shim', async () => {
    const node = await withPods('runsc');
    expect(
      await output(node, 'ps --ppid $(pgrep -f containerd-shim-runsc) -o comm,args | cut -c1-40'),
    ).toMatchInlineSnapshot(`
      "COMMAND         COMMAND
      exe             runsc-gofer --root=/run/
      exe             runsc-sandbox --root=/ru
      runsc           runsc --root=/run/contai
      exe             runsc-gofer --root=/run/
      runsc           runsc --root=/run/contai
      "
    `);
    expect(await output(node, 'ps --ppid $(pgrep -f ^runsc-sandbox) -o comm,rss,args')).toMatchInlineSnapshot(`
      "COMMAND           RSS COMMAND
      exe                64 [exe]
      exe                64 [exe]
      exe                64 [exe]
      exe                64 [exe]
      "
    `);
    expect(await output(node, 'cat /proc/$(pgrep -f ^runsc-sandbox)/cgroup')).toMatch(/^0::\/k8s\.io\/[0-9a-f]{64}\n$/);
    expect(await output(node, 'find /sys/fs/cgroup/k8s.io/$C_runsc -name cgroup.procs | xargs cat')).toBe('');
  });

  it('shows files of its own, and keeps what is written to itself', async () => {
    const node = await withPods('runsc');
    await node.run('crictl exec $C_runsc sh -c "echo inside > /made"');
    expect(await output(node, 'crictl exec $C_runsc cat /made')).toBe('inside\n');
    expect(
      await output(node, 'ls /run/containerd/io.containerd.runtime.v2.task/k8s.io/$C_runsc/rootfs/made'),
    ).toContain('No such file or directory');
    expect(await output(node, 'crictl exec $C_runsc sh -c "mount | grep -v 9p; ls /proc"')).toMatchInlineSnapshot(`
      "none on / type overlay (rw)
      none on /dev type tmpfs (rw,mode=0755)
      none on /sys type sysfs (ro,noexec,dentry_cache_limit=1000)
      none on /proc type proc (rw,noexec,dentry_cache_limit=1000)
      none on /dev/pts type devpts (rw,noexec)
      none on /tmp type tmpfs (rw,mode=01777)
      1
      3
      6
      bus
      cgroups
      cmdline
      cpuinfo
      devices
      filesystems
      fs
      irq
      loadavg
      meminfo
      modules
      mounts
      net
      self
      sentry-meminfo
      stat
      sys
      sysrq-trigger
      thread-self
      uptime
      version
      "
    `);
    expect(
      await output(
        node,
        'crictl exec $C_runsc sh -c "cat /proc/version; grep MemTotal /proc/meminfo; ls /proc/self/ns /sys; cat /proc/self/cgroup | sed s/$HOSTNAME//"',
      ),
    ).toMatchInlineSnapshot(`
      "Linux version 4.19.0-gvisor #1 SMP Sun Jan 10 15:06:54 PST 2016
      MemTotal:        4194304 kB
      /proc/self/ns:
      ipc
      mnt
      net
      pid
      user
      uts

      /sys:
      block
      bus
      class
      dev
      devices
      firmware
      fs
      kernel
      module
      power
      7:pids:/ede65dabb481902bdee90122cc02ba40dcf19f1c983220a7b6860ca665ab7621
      6:memory:/ede65dabb481902bdee90122cc02ba40dcf19f1c983220a7b6860ca665ab7621
      5:job:/ede65dabb481902bdee90122cc02ba40dcf19f1c983220a7b6860ca665ab7621
      4:devices:/ede65dabb481902bdee90122cc02ba40dcf19f1c983220a7b6860ca665ab7621
      3:cpuset:/ede65dabb481902bdee90122cc02ba40dcf19f1c983220a7b6860ca665ab7621
      2:cpuacct:/ede65dabb481902bdee90122cc02ba40dcf19f1c983220a7b6860ca665ab7621
      1:cpu:/ede65dabb481902bdee90122cc02ba40dcf19f1c983220a7b6860ca665ab7621
      "
    `);
  });

  it('refuses what the Sentry does not have', async () => {
    const node = await withPods();
    await node.run(
      `jq -c '.linux.security_context = {"privileged": true}' c.json > cp.json; echo '{"metadata":{"name":"p","namespace":"d","uid":"u","attempt":1},"linux":{"security_context":{"privileged":true}}}' > p.json`,
    );
    await node.run(
      `P=$(crictl runp --runtime runsc p.json ${NO_WARNING}); C=$(crictl create $P cp.json p.json); crictl start $C`,
    );
    expect(
      await output(
        node,
        'crictl exec $C sh -c "mkdir /m; mount -t ext4 /dev/null /m; mount -t tmpfs none /m && echo mounted; unshare -C true; grep CapEff /proc/self/status"',
      ),
    ).toMatchInlineSnapshot(`
      "mounted
      CapEff:	000001ffffffdfff
      mount: mounting /dev/null on /m failed: No such device
      unshare: unshare failed: Invalid argument
      "
    `);
  });

  it('is on the network with the address of the pod', async () => {
    const node = await withPods('runc', 'runsc');
    await node.run(
      `echo '{"metadata":{"name":"n"},"image":{"image":"docker.io/library/nginx:latest"},"log_path":"n.log"}' > n.json`,
    );
    await node.run(`crictl pull nginx; crictl start $(crictl create $P_runsc n.json runsc.json ${NO_WARNING})`);
    await node.run('IP=$(crictl inspectp $P_runsc | jq -r .status.network.ip); sleep 1');
    expect(await output(node, 'crictl exec $C_runc wget -qO- http://$IP/ | head -1')).toBe('<!DOCTYPE html>\n');
    expect(await output(node, 'crictl exec $C_runsc wget -qO- http://127.0.0.1/ | head -1')).toBe('<!DOCTYPE html>\n');
  });

  it('passes streams, exit codes and signals', async () => {
    const node = await withPods('runsc');
    expect(await output(node, 'echo piped | crictl exec -i $C_runsc cat')).toBe('piped\n');
    expect(await output(node, 'crictl exec $C_runsc sh -c "echo out; echo err >&2"')).toBe('out\nerr\n');
    expect((await node.run('crictl exec $C_runsc sh -c "exit 3"')).stderr).toMatch(/terminated with exit code 3"\n$/);
    expect((await node.run('crictl exec $C_runsc nosuch')).stderr).toContain(
      'OCI runtime exec failed: executing processes for container: executing command \\"nosuch\\" in sandbox: error finding executable \\"nosuch\\" in PATH [/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin]: no such file or directory',
    );
    await node.run('crictl stop -t 5 $C_runsc; sleep 1');
    expect(await output(node, 'crictl inspect $C_runsc | jq .status.exitCode')).toBe('7\n');
    expect(await output(node, 'crictl pods -o json | jq -r ".items[].state"; pgrep -f ^runsc-gofer | wc -l')).toBe(
      'SANDBOX_READY\n1\n',
    );
  });

  it('gives exec a terminal, whose Ctrl-C arrives inside', async () => {
    const node = await withPods('runsc');
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
    await type('uname -r\n');
    expect(shown).toContain('\r\n4.19.0-gvisor\r\n');
    await type('sleep 100\n');
    await type('\x03');
    await type('echo after $?\n');
    expect(shown).toContain('after 130\r\n');
    await type('exit\n');
    expect(shown.endsWith('# ')).toBe(true);
  });

  it('starts later than under runc and sooner than under Kata', async () => {
    const node = await withPods('runc');
    const times: number[] = [];
    for (const handler of ['runc', 'runsc', 'kata']) {
      await node.run(
        `echo '{"metadata":{"name":"${handler}","namespace":"d","uid":"${handler}","attempt":1},"linux":{}}' > p.json`,
      );
      times.push((await node.run(`crictl runp --runtime ${handler} p.json`)).virtualMs);
    }
    const [runc = 0, runsc = 0, kata = 0] = times;
    expect(runsc).toBeGreaterThan(runc + 40);
    expect(kata).toBeGreaterThan(runsc + 200);
  });

  it('takes the flags of runsc.toml: platform, files and network', async () => {
    const node = await boot({ seed: 1 });
    await node.run(`cat > /etc/containerd/runsc.toml <<'X'
[runsc_config]
platform = "kvm"
directfs = "false"
network = "host"
X`);
    await node.run(`echo '{"metadata":{"name":"p","namespace":"d","uid":"u","attempt":1},"linux":{}}' > p.json`);
    await node.run(`crictl runp --runtime runsc p.json ${NO_WARNING}`);
    expect(await output(node, 'tr "\\0" "\\n" < /proc/$(pgrep -f ^runsc-sandbox)/cmdline | sed -n 5,7p')).toBe(
      '--platform=kvm\n--directfs=false\n--network=host\n',
    );
    expect(await output(node, 'pgrep -c -x exe')).toBe('2\n');
    // The address stays where it was: nothing is taken over.
    expect(
      await output(node, 'ip netns exec $(ls /var/run/netns) ip -4 -o addr show eth0 | grep -o "inet [0-9]*"'),
    ).toBe('inet 10\n');
  });

  it('is lost with its sandbox, and its files go with it', async () => {
    const node = await withPods('runsc');
    await node.run('kill -9 $(pgrep -f ^runsc-sandbox); sleep 1');
    expect(await output(node, 'crictl ps -a -o json | jq -r ".containers[].state"')).toBe('CONTAINER_EXITED\n');
    expect(await output(node, 'crictl inspect $C_runsc | jq .status.exitCode')).toBe('128\n');
    expect(await output(node, 'crictl pods -o json | jq -r ".items[].state"')).toBe('SANDBOX_NOTREADY\n');
    expect(await output(node, 'pgrep -x exe; pgrep -f ^runsc')).toBe('');
    await node.run('crictl rmp -f $P_runsc');
    expect(
      await output(
        node,
        'ls /run/containerd/runsc/k8s.io; find /sys/fs/cgroup/k8s.io -type d; mount | grep -c k8s.io/$P_runsc',
      ),
    ).toBe('/sys/fs/cgroup/k8s.io\n0\n');
  });

  it('loses a container with its gofer, and nothing else', async () => {
    const node = await withPods('runsc');
    await node.run('kill -9 $(pgrep -f "^runsc-gofer.*$C_runsc"); sleep 1');
    expect(await output(node, 'crictl inspect $C_runsc | jq .status.exitCode')).toBe('137\n');
    expect(await output(node, 'crictl pods -o json | jq -r ".items[].state"')).toBe('SANDBOX_READY\n');
  });

  it('is cleaned up behind a shim that was killed, though nobody reads what runsc still has to say', async () => {
    const node = await withPods('runsc');
    await node.run('pkill -9 -f containerd-shim-runsc; sleep 2');
    expect(await output(node, 'crictl ps -a -o json | jq -r ".containers[].state"')).toBe('CONTAINER_EXITED\n');
    expect(await output(node, 'pgrep -x exe; pgrep -f ^runsc')).toBe('');
  });

  it('stands still while the sandbox is stopped', async () => {
    const node = await withPods('runsc');
    await node.run('kill -STOP $(pgrep -f ^runsc-sandbox)');
    expect((await node.run('timeout 3 crictl exec $C_runsc true')).exitCode).toBe(124);
    await node.run('kill -CONT $(pgrep -f ^runsc-sandbox)');
    expect((await node.run('crictl exec $C_runsc true')).exitCode).toBe(0);
  });

  it('is removed and leaves nothing behind', async () => {
    const node = await withPods('runsc');
    await node.run('crictl rmp -f $P_runsc');
    expect(
      await output(
        node,
        'crictl pods -q; pgrep -f runsc; mount | grep -c overlay; ls /run/containerd/runsc/k8s.io; find /sys/fs/cgroup/k8s.io -type d',
      ),
    ).toBe('0\n/sys/fs/cgroup/k8s.io\n');
  });

  it('is the same history again from the same seed', async () => {
    const once = await withPods('runsc');
    const again = await withPods('runsc');
    expect(again.machine.trace.digest()).toBe(once.machine.trace.digest());
  });
});
