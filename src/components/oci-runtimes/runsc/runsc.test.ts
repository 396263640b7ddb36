import { describe, expect, it } from 'vitest';
import { type BootedNode, boot } from '../../../testing/boot.ts';

/** A bundle of busybox in /b that runs `args`; runsc by hand has no network here. */
async function withBundle(...args: string[]): Promise<BootedNode> {
  const node = await boot({ seed: 1 });
  await node.run('crictl pull busybox; mkdir /b; cd /b');
  await node.run('cp -a /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs rootfs');
  await node.run('runsc spec');
  await setArgs(node, ...args);
  return node;
}

async function setArgs(node: BootedNode, ...args: string[]): Promise<void> {
  await node.run(
    `jq '.process.terminal = false | .process.args = ${JSON.stringify(args)}' config.json > c; mv c config.json`,
  );
}

async function output(node: BootedNode, line: string): Promise<string> {
  const { stdout, stderr, exitCode } = await node.run(line);
  return `${stdout}${stderr}${exitCode === 0 ? '' : `exit ${exitCode}\n`}`;
}

describe('runsc', () => {
  it('takes a container through its life', async () => {
    const node = await withBundle('sleep', '300');
    expect(await output(node, 'runsc list')).toBe(
      'ID          PID         STATUS      BUNDLE      CREATED     OWNER\n',
    );
    expect(await output(node, 'runsc create g1')).toBe('');
    expect(await output(node, 'runsc state g1 | jq -c "del(.pid)"')).toBe(
      '{"ociVersion":"1.2.1","id":"g1","status":"created","bundle":"/b"}\n',
    );
    expect(await output(node, 'ls /var/run/runsc')).toBe('g1_sandbox:g1.lock\ng1_sandbox:g1.state\nrunsc-g1.sock\n');
    expect(await output(node, 'runsc create g1')).toBe(
      'creating container: cannot lock container metadata file: container already exists\nexit 128\n',
    );
    expect(await output(node, 'runsc start g1')).toBe('');
    expect(await output(node, 'runsc start g1')).toBe(
      'starting container: cannot start container "g1" in state running\nexit 128\n',
    );
    expect(await output(node, 'runsc list -quiet')).toBe('g1\n');
    expect(await output(node, 'runsc list -format json | jq -c "map(.status)"')).toBe('["running"]\n');
    expect(await output(node, 'runsc ps g1')).toBe(
      'UID       PID       PPID      C         TTY       STIME     TIME      CMD\n0         1         0         0         ?         17:00     0s        sleep\n',
    );
    expect(await output(node, 'runsc exec g1 ps')).toBe(
      'PID   USER     TIME  COMMAND\n    1 root      0:00 sleep 300\n    2 root      0:00 ps\n',
    );
    expect(await output(node, "runsc exec g1 sh -c 'exit 9'")).toBe('exit 9\n');
    expect(await output(node, 'runsc exec g1 nosuchcmd')).toBe(
      'executing processes for container: executing command "nosuchcmd" in sandbox: error finding executable "nosuchcmd" in PATH [/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin]: no such file or directory\nexit 128\n',
    );
    expect(await output(node, 'runsc pause g1; runsc list | tail -1 | cut -c25-31; runsc resume g1')).toBe('paused \n');
    expect(await output(node, 'runsc delete g1')).toBe(
      'cannot delete container that is not stopped without --force flag\nexit 128\n',
    );
    expect(await output(node, 'runsc kill g1 KILL; sleep 0.5; runsc list | tail -1 | cut -c1-32')).toBe(
      'g1          -1          stopped \n',
    );
    expect(await output(node, 'runsc kill g1 KILL')).toBe('sandbox is not running\nexit 128\n');
    expect(await output(node, 'runsc exec g1 ls')).toBe(
      'executing processes for container: cannot execute in container "g1" in state stopped\nexit 128\n',
    );
    expect(await output(node, 'runsc delete g1')).toBe('');
    expect(await output(node, 'runsc delete g1')).toBe('loading container "g1": file does not exist\nexit 128\n');
    expect(await output(node, 'runsc delete -force g1')).toBe('');
    expect(await output(node, 'runsc wait g1')).toBe('loading container: file does not exist\nexit 128\n');
    expect(await output(node, 'ls /var/run/runsc; pgrep -f ^runsc; pgrep -x exe')).toBe('exit 1\n');
  });

  it('runs to the end with the exit code of the container, in about 137 ms', async () => {
    const node = await withBundle('sh', '-c', 'uname -r; mount | head -1; exit 5');
    const { stdout, exitCode } = await node.run('runsc run g2');
    expect(stdout).toBe(
      '4.19.0-gvisor\nnone on / type 9p (ro,trans=fd,rfdno=3,wfdno=3,aname=/,dfltuid=4294967294,dfltgid=4294967294,dcache=1000,cache=fscache,disable_fifo_open,overlayfs_stale_read,directfs)\n',
    );
    expect(exitCode).toBe(5);
    await setArgs(node, 'true');
    const { virtualMs } = await node.run('runsc run g3');
    expect(virtualMs).toBeGreaterThan(120);
    expect(virtualMs).toBeLessThan(160);
    expect(await output(node, 'ls /var/run/runsc; pgrep -f ^runsc')).toBe('exit 1\n');
  });

  it('says what is wrong as it does', async () => {
    const node = await withBundle('nosuch');
    expect(await output(node, 'runsc run g3')).toBe(
      'running container: starting container: starting root container: starting sandbox: error finding executable "nosuch" in PATH [/usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin]: no such file or directory\nexit 128\n',
    );
    expect(await output(node, 'runsc run -bundle /nosuch g4')).toBe(
      'reading spec: error opening spec file "/nosuch/config.json": open /nosuch/config.json: no such file or directory\nexit 128\n',
    );
    expect(await output(node, 'runsc state nosuch')).toBe('loading container: file does not exist\nexit 128\n');
    expect(await output(node, 'runsc exec nosuch ls')).toBe('loading sandbox: file does not exist\nexit 128\n');
    await node.run('rm /dev/kvm');
    expect(await output(node, 'runsc --platform=kvm create g5')).toBe(
      'creating container: cannot create sandbox: cannot create sandbox process: opening device file for platform "kvm": error opening KVM device file (/dev/kvm): no such file or directory\nexit 128\n',
    );
    expect(await output(node, 'runsc --bogus list 2>&1 | head -2')).toBe(
      'flag provided but not defined: -bogus\nUsage: runsc <flags> <subcommand> <subcommand args>\n',
    );
    expect(await output(node, 'runsc bogus 2>/dev/null')).toBe('exit 128\n');
    expect(await output(node, 'runsc --version')).toBe('runsc version release-20260817.0\nspec: 1.2.1\n');
    expect(await output(node, 'ls /var/run/runsc; pgrep -f ^runsc')).toBe('exit 1\n');
  });

  it('writes through to the host without an overlay', async () => {
    const node = await withBundle('sh', '-c', 'mount | head -1 | cut -c1-19; echo written > /made');
    await node.run('jq ".root.readonly = false" config.json > c; mv c config.json');
    expect(await output(node, 'runsc run g1; ls rootfs/made')).toBe(
      "none on / type over\nls: cannot access 'rootfs/made': No such file or directory\nexit 2\n",
    );
    expect(await output(node, 'runsc --overlay2=none run g1; cat rootfs/made')).toBe('none on / type 9p (\nwritten\n');
  });

  it('asks the gofer for every file if it may not reach them itself', async () => {
    const node = await withBundle('sleep', '300');
    const directories = (): Promise<string> =>
      output(node, 'ls -l /proc/$(pgrep -f ^runsc-sandbox)/fd | grep -c /b/rootfs');
    await node.run('runsc run -detach g1');
    expect(await directories()).toBe('1\n');
    await node.run('runsc delete -force g1; runsc --directfs=false run -detach g1');
    expect(await directories()).toBe('0\nexit 1\n');
    expect(await output(node, 'runsc exec g1 mount | head -1')).toMatch(/,overlayfs_stale_read\)\n$/);
    await node.run('(timeout 3 strace -f -o /s -p $(pgrep -f ^runsc-gofer) &); sleep 0.5');
    expect(
      await output(node, `runsc exec g1 cat /etc/nosuch; sleep 4; grep -A2 '"/etc/nosuch", 11' /s | cut -d' ' -f2-`),
    ).toBe(String.raw`  read(4, "/etc/nosuch", 11)              = 11
  openat(AT_FDCWD, "/b/rootfs/etc/nosuch", O_RDONLY|O_PATH) = -1 ENOENT (No such file or directory)
  write(4, "\6\0\0\0\a\0\0\0ENOENT", 14)  = 14
cat: can't open '/etc/nosuch': No such file or directory
`);
    const { events } = node.machine.trace;
    const asked = events.find((event) => event.kind === 'rpc.request' && event.address === '/etc/nosuch');
    expect(asked).toMatchObject({ protocol: 'lisafs', method: 'OpenAt' });
    await node.run('kill -9 $(pgrep -f ^runsc-gofer); sleep 1');
    expect(await output(node, 'runsc list | cut -c25-32 | tail -1; runsc delete g1')).toBe('stopped \n');
  });

  it('opens the sockets of its programs on the host if the network is to be the host’s', async () => {
    const node = await withBundle('sleep', '300');
    await node.run(`jq 'del(.linux.namespaces[] | select(.type == "network"))' config.json > c; mv c config.json`);
    await node.run('runsc --network=host run -detach g1; S=$(pgrep -f ^runsc-sandbox); ls /proc/$S/fd > /fds');
    expect(
      await output(
        node,
        'for t in net user; do [ $(readlink /proc/$S/ns/$t) = $(readlink /proc/self/ns/$t) ]; echo $?; done',
      ),
    ).toBe('0\n0\n');
    expect(await output(node, 'runsc exec g1 ip -4 addr show eth0 | grep inet')).toContain('192.168.1.10/24');
    await node.run("(runsc exec g1 sh -c 'echo from inside | nc -l -p 8080' > /heard &); sleep 1");
    expect(await output(node, 'ss -Htlnp | grep :8080 | grep -o "users.*" | sed s/pid=$S/PID/')).toBe(
      'users:(("exe",PID,fd=8))\n',
    );
    expect(await output(node, 'echo from outside | nc -w 1 127.0.0.1 8080; cat /heard')).toBe(
      'from inside\nfrom outside\n',
    );
    expect(await output(node, 'sleep 1; ss -Htln | grep :8080; ls /proc/$S/fd | diff /fds -')).toBe('');
    // Neither a raw socket nor, for the groups that it is in, one of ICMP's.
    expect(await output(node, 'runsc exec g1 ping -c 1 127.0.0.1')).toBe(
      'PING 127.0.0.1 (127.0.0.1): 56 data bytes\nping: permission denied (are you root?)\nexit 1\n',
    );
    await node.run('runsc delete -force g1; runsc --network=none run -detach g2');
    expect(await output(node, 'runsc exec g2 ip addr | grep -c mtu')).toBe('1\n');
  });

  it('takes longer for a call by ptrace than by systrap, and least on KVM', async () => {
    const node = await withBundle('dd', 'if=/dev/zero', 'of=/dev/null', 'bs=1', 'count=20000');
    const times: number[] = [];
    for (const platform of ['kvm', 'systrap', 'ptrace'])
      times.push((await node.run(`runsc --platform=${platform} run g1`)).virtualMs);
    const [kvm = 0, systrap = 0, ptrace = 0] = times;
    // 40,000 calls of 763, 1,017 and 15,400 ns; to make a virtual machine takes 4 ms.
    expect(Math.round(systrap - kvm)).toBe(6);
    expect(Math.round((ptrace - systrap) / 100)).toBe(6);
  });

  it('spares the first process no signal', async () => {
    const node = await withBundle('sh', '-c', 'kill -9 $$; echo survived');
    expect(await output(node, 'runsc run g1')).toBe('exit 137\n');
    await setArgs(node, 'sh', '-c', 'kill $$; echo survived');
    expect(await output(node, 'runsc run g1')).toBe('exit 143\n');
  });

  it('takes the terminal it is run from, and gives it back', async () => {
    const node = await withBundle('sh');
    await node.run('jq ".process.terminal = true" config.json > c; mv c config.json');
    const screen = node.machine.openTerminal({ columns: 80, rows: 24 });
    let shown = '';
    screen.onData((bytes) => {
      shown += new TextDecoder().decode(bytes);
    });
    const type = async (text: string): Promise<void> => {
      shown = '';
      screen.write(new TextEncoder().encode(text));
      await node.machine.advance({ horizon: node.machine.now + 2_000_000_000 });
    };
    await type('cd /b; runsc run t1\n');
    await type('uname -r\n');
    expect(shown).toContain('4.19.0-gvisor\r\n');
    await type('sleep 100\n');
    await type('\x03');
    await type('echo after $?\n');
    expect(shown).toContain('after 130\r\n');
    await type('exit 3\n');
    await type('sleep 100\n');
    await type('\x03');
    await type('echo host $?\n');
    expect(shown).toContain('host 130\r\n');
    expect(await output(node, 'runsc list -quiet')).toBe('');
  });
});

describe('what is wrong with a line or a file is told as runsc does', () => {
  it('in every step', async () => {
    const node = await withBundle('sleep', '300');
    await node.run(
      `spec() { mkdir -p /r; jq ".root.path=\\"/b/rootfs\\" | .process.args=[\\"true\\"] | $1" config.json > /r/config.json; }`,
    );
    const lines: readonly (readonly [string, string])[] = [
      [
        'runsc spec -bundle /nosuch',
        'opening file "/nosuch/config.json": open /nosuch/config.json: no such file or directory\nexit 128\n',
      ],
      [
        "echo '{bad' > /r.json; mkdir /e; mv /r.json /e/config.json; runsc run -bundle /e x",
        'reading spec: error unmarshaling spec from file "/e/config.json": invalid character \'b\' looking for beginning of object key string\n {bad\n\nexit 128\n',
      ],
      [
        'spec \'.mounts+=[{"destination":"rel","type":"tmpfs","source":"x"}]\'; runsc run -bundle /r x',
        'reading spec: Mount.Destination must be an absolute path: &{rel tmpfs x [] [] []}\nexit 128\n',
      ],
      [
        'spec \'.root.path="/nosuch"\'; runsc run -bundle /r x',
        'running container: creating container: cannot create sandbox: cannot read client sync file: waiting for sandbox to start: EOF\nexit 128\n',
      ],
      [
        'spec \'.process.capabilities.bounding=["CAP_NOSUCH"]\'; runsc run -bundle /r x; ls /var/run/runsc; pgrep -x exe',
        'running container: creating container: cannot create sandbox: cannot read client sync file: waiting for sandbox to start: EOF\nexit 1\n',
      ],
      [
        'spec \'.process.args=["/nosuch"]\'; runsc run -bundle /r x',
        'running container: starting container: starting root container: starting sandbox: creating process: failed to load /nosuch: no such file or directory\nexit 128\n',
      ],
      ['spec \'.process.args=["pwd"] | .process.cwd="/made"\'; runsc run -bundle /r x', '/made\n'],
      [
        'spec .; runsc run -bundle /r a/b',
        'running container: creating container: invalid container id: a/b\nexit 128\n',
      ],
      [
        'spec \'.hooks.prestart=[{"path":"/bin/false"}]\'; runsc run -bundle /r x; runsc list -quiet',
        'running container: creating container: failure executing hook "/bin/false", err: exit status 1\nstdout: \nstderr: \n',
      ],
      [
        'spec \'.hooks.prestart=[{"path":"/bin/sleep","args":["sleep","9"],"timeout":1}]\'; runsc run -bundle /r x',
        'running container: creating container: timeout executing hook "/bin/sleep"\nstdout: \nstderr: \nexit 128\n',
      ],
      [
        'spec \'.hooks=([("prestart","startContainer","poststart","poststop") | {key:., value:[{"path":"/usr/bin/tee","args":["tee","-a","/h"]}]}] | from_entries)\'; runsc run -bundle /r x> /dev/null; grep -o \'"status":"[a-z]*"\' /h',
        '"status":"created"\n"status":"created"\n"status":"stopped"\n',
      ],
      [
        'runsc create g1; runsc exec g1 true',
        'executing processes for container: executing command "true" in sandbox: container "g1" not started\nexit 128\n',
      ],
      [
        'runsc ps g1',
        'getting processes for container: cannot get processes of container "g1" in state created\nexit 128\n',
      ],
      ['runsc start g1; runsc ps -format xml g1', 'unsupported format: xml\nexit 128\n'],
      [
        'runsc exec -cwd /nosuch g1 pwd',
        'executing processes for container: executing command "pwd" in sandbox: failed to find initial working directory "/nosuch": no such file or directory\nexit 128\n',
      ],
      ["runsc exec -env A=b -env C=d g1 sh -c 'echo $A-$C'", 'b-d\n'],
      [
        'runsc exec -cap NOSUCH g1 true',
        'parsing process spec: capabilities error: unknown capability "NOSUCH"\nexit 128\n',
      ],
      [
        'runsc flags ps; runsc flags 2>&1 | grep -A1 "^  -directfs"; runsc help platforms; runsc flags nosuch 2>&1 | head -1',
        `  -format string
    \ttable or json (default "table")
  -directfs
    \tthe Sentry opens files itself, with more rights; otherwise it asks its gofer (default true)
kvm
ptrace
systrap
Subcommand nosuch not understood
`,
      ],
      [
        'runsc debug -ps g1 | sed 1,2d | jq -c "map([.pid,.cmd])"; runsc usage -full g1 | jq -c "[.Anonymous == .Total, .Total > 0]"',
        '[[1,"sleep"]]\n[true,true]\n',
      ],
      ['runsc debug -pid 1', 'loading container: container with PID 1 not found\nexit 128\n'],
      ['runsc kill g1 0', 'unknown signal "0"\nexit 128\n'],
      ['runsc start', 'start <container id>\nexit 128\n'],
      ['runsc delete -force g1; ps -eo comm | grep -c exe', '0\nexit 1\n'],
      // Two processes and the stubs of systrap; on KVM there are none.
      ['runsc run -detach g2; ps -eo comm | grep -c exe; runsc delete -force g2', '5\n'],
      [
        'runsc --platform=kvm run -detach g3; ps -eo comm | grep -c exe; runsc exec g3 uname -r; runsc delete -force g3',
        '2\n4.19.0-gvisor\n',
      ],
    ];
    for (const [line, expected] of lines)
      expect({ line, said: await output(node, line) }).toEqual({ line, said: expected });
    expect((await node.run('runsc --network=bogus list')).stderr.split('\n')[0]).toBe(
      'invalid value "bogus" for flag -network: invalid network type "bogus"',
    );
  });
});
