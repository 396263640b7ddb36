/** nerdctl as an engineer types it: containers with their logs, networks, volumes and images. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../testing/boot.ts';

let node: BootedNode;

beforeAll(async () => {
  node = await boot({ seed: 1 });
  await node.run('nerdctl pull -q busybox; nerdctl pull -q nginx:alpine');
}, 60_000);

/** Output and exit code, with what a seed decides left out. */
async function shown(line: string): Promise<string> {
  const { stdout, stderr, exitCode } = await node.run(line);
  const text = `${stdout}${stderr}`
    .replace(/[0-9a-f]{64}/g, 'ID64')
    .replace(/time="[^"]*"/g, 'time="T"')
    .replace(/^[0-9a-f]{12}(?= {4})/gm, 'ID')
    .replace(/(Less than a second|\d+ seconds?|About a minute) ago\b */g, 'AGO  ')
    .replace(/ +$/gm, '');
  return `${text}[${exitCode}]`;
}

describe('run', () => {
  test('a detached container has an address, a published port and a log that a program of its own writes', async () => {
    expect(await shown('nerdctl run -d --name web -p 8080:80 nginx:alpine')).toBe('ID64\n[0]');
    expect(await shown('nerdctl ps --format "{{.Names}} {{.Status}} {{.Ports}}"')).toBe(
      'web Up 0.0.0.0:8080->80/tcp\n[0]',
    );
    expect(await shown('nerdctl port web; nerdctl port web 80; nerdctl port web 81/udp')).toMatch(
      /^80\/tcp -> 0\.0\.0\.0:8080\n0\.0\.0\.0:8080\ntime="T" level=fatal msg="no public port 81\/udp published for \\"ID64\\""/,
    );
    expect(await shown('nerdctl run --rm --network host busybox wget -qO- localhost:8080 | grep title')).toContain(
      '<title>Welcome to nginx!</title>',
    );
    expect(await shown('nerdctl run -d -p 8080:80 nginx:alpine')).toContain(
      'bind for :8080 failed: port is already allocated',
    );
    expect(await shown('pgrep -fc _NERDCTL_INTERNAL_LOGGING')).toBe('1\n[0]');
    expect(await shown('nerdctl logs web | tail -1')).toMatch(/start worker process \d+\n\[0\]$/);
    expect(await shown("nerdctl inspect -f '{{.State.Status}} {{.NetworkSettings.IPAddress}}' web")).toBe(
      'running 10.4.0.2\n[0]',
    );
  }, 60_000);

  test('stop takes the port away, start gives it back, rm leaves nothing', async () => {
    expect(await shown('nerdctl stop web')).toBe('web\n[0]');
    expect(await shown('nerdctl ps -a --format "{{.Names}} {{.Status}}"')).toMatch(/^web Exited \(0\) AGO/);
    expect(await shown('nerdctl start web; nerdctl restart -t 1 web')).toBe('web\nweb\n[0]');
    expect(await shown('nerdctl run --rm --network host busybox wget -qO- localhost:8080 | grep -c title')).toBe(
      '1\n[0]',
    );
    expect(await shown('nerdctl rm web')).toContain(
      'container ID64 is in running status. unpause/stop container first or force removal',
    );
    expect(await shown('nerdctl rm -f web')).toBe('web\n[0]');
    expect(await shown('find /var/lib/nerdctl -type f; find /run/nerdctl -type f; pgrep -f sleep.infinity')).toBe(
      '[1]',
    );
  }, 60_000);

  test('an attached one passes its streams and its exit code, and keeps a log as well', async () => {
    expect(await shown("nerdctl run --name once busybox sh -c 'echo out; echo bad >&2; exit 3'")).toBe('out\nbad\n[3]');
    expect(await shown('nerdctl logs once 2>/dev/null')).toBe('out\n[0]');
    expect(await shown('nerdctl logs -t once 2>&1 >/dev/null')).toMatch(/^2026-\S+Z bad\n\[0\]$/);
    expect(await shown('nerdctl wait once; nerdctl rm once')).toBe('3\nonce\n[0]');
    expect(await shown('echo typed | nerdctl run --rm -i busybox cat')).toBe('typed\n[0]');
  }, 60_000);

  test('flags arrive in the container', async () => {
    const run = 'nerdctl run --rm --name flags -e A=b -w /tmp --hostname box -m 64m --cpus 0.5 --pids-limit 20 busybox';
    const script =
      'echo $A; pwd; hostname; cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max /sys/fs/cgroup/pids.max';
    expect(await shown(`${run} sh -c '${script}'`)).toBe('b\n/tmp\nbox\n67108864\n50000 100000\n20\n[0]');
    expect(await shown('nerdctl run --rm --entrypoint echo busybox hi -n')).toBe('hi -n\n[0]');
    expect(await shown('nerdctl run --rm --read-only busybox touch /x')).toContain('Read-only file system');
    expect(await shown('nerdctl run --rm -u 1000:1000 busybox id -u')).toBe('1000\n[0]');
    expect(await shown('nerdctl run --rm --network none busybox ls /sys/class/net')).toBe('lo\n[0]');
  }, 60_000);

  test('what cannot be is told as nerdctl tells it', async () => {
    expect(await shown('nerdctl run busybox nosuch')).toContain('exec: \\"nosuch\\": executable file not found');
    await node.run('nerdctl rm $(nerdctl ps -aq)');
    expect(await shown('nerdctl run -d --rm busybox true')).toBe(
      'time="T" level=fatal msg="flags -d and --rm cannot be specified together"\n[1]',
    );
    expect(await shown('nerdctl run --pull never nothere')).toBe(
      'time="T" level=fatal msg="image not available: \\"nothere\\""\n[1]',
    );
    expect(await shown('nerdctl run')).toBe(
      'time="T" level=fatal msg="requires at least 1 arg(s), only received 0"\n[1]',
    );
    expect(await shown('nerdctl rm nope nada')).toBe(
      'time="T" level=fatal msg="2 errors:\\nno such container: nope\\nno such container: nada"\n[1]',
    );
    expect(await shown('nerdctl container frob')).toBe(
      'time="T" level=fatal msg="unknown subcommand \\"frob\\" for \\"container\\""\n[1]',
    );
    expect(await shown('nerdctl ps --frob')).toBe('time="T" level=fatal msg="unknown flag: --frob"\n[1]');
    expect(await shown('nerdctl build .')).toContain('not simulated: BuildKit');
  }, 60_000);
});

describe('a running container', () => {
  beforeAll(async () => {
    await node.run('nerdctl run -d --name box -v vol:/data --label a=b busybox sleep 1000');
  }, 60_000);

  test('exec, pause, rename', async () => {
    expect(await shown('nerdctl exec box sh -c "echo kept > /data/f; cat /data/f; exit 4"')).toBe(
      'kept\ntime="T" level=fatal msg="exec failed with exit code 4"\n[1]',
    );
    expect(await shown('nerdctl pause box; nerdctl ps -a --filter status=paused --format {{.Status}}')).toBe(
      'box\nPaused\n[0]',
    );
    expect(await shown('nerdctl pause box')).toContain('is already paused');
    expect(await shown('nerdctl unpause box; nerdctl rename box tub; nerdctl rename tub box')).toBe('box\n[0]');
    expect(await shown('nerdctl run -d --name box busybox true')).toContain('name \\"box\\" is already used by ID');
  }, 60_000);

  test('ps filters and templates', async () => {
    expect(await shown('nerdctl ps --filter label=a=b --filter name=^bo --format "{{.Names}} {{.Image}}"')).toBe(
      'box docker.io/library/busybox:latest\n[0]',
    );
    expect(await shown('nerdctl ps -q --filter label=a=c')).toBe('[0]');
    expect(await shown('nerdctl ps --format "{{.Nope}}"')).toContain("can't evaluate field Nope in type");
    expect(await shown('nerdctl ps --filter frob')).toContain("invalid filter 'frob'");
  }, 60_000);

  test('cp, diff and commit see its files', async () => {
    expect(await shown('nerdctl exec box sh -c "echo new > /new; rm /bin/busybox-none; true" 2>/dev/null')).toBe('[0]');
    expect(await shown('nerdctl cp box:/new /tmp/copied; cat /tmp/copied')).toBe('new\n[0]');
    expect(await shown('nerdctl cp /tmp/copied box:/tmp/back; nerdctl exec box cat /tmp/back')).toBe('new\n[0]');
    expect(await shown('nerdctl cp box:/nothere /tmp/x')).toContain('source path does not exist');
    expect(await shown('nerdctl diff box | grep new')).toBe('A /new\n[0]');
    expect(await shown('nerdctl commit box mine:1; nerdctl run --rm mine:1 cat /new')).toBe('sha256:ID64\nnew\n[0]');
    expect(await shown('nerdctl history -q mine:1 | wc -l')).toBe('3\n[0]');
  }, 60_000);

  test('top and stats', async () => {
    expect(await shown('nerdctl top box')).toMatch(/^UID +PID +PPID .*\nroot .*sleep 1000\n\[0\]$/);
    expect(await shown('nerdctl stats --no-stream --format "{{.Name}} {{.PIDs}}"')).toBe('box 1\n[0]');
  }, 60_000);

  test('volumes outlive it', async () => {
    expect(await shown('nerdctl volume rm vol')).toContain('volume \\"vol\\" is in use (failed precondition)');
    await node.run('nerdctl rm -f box');
    expect(await shown('nerdctl run --rm -v vol:/x busybox cat /x/f')).toBe('kept\n[0]');
    expect(await shown('nerdctl volume ls -q; nerdctl volume rm vol; nerdctl volume ls -q')).toBe('vol\nvol\n[0]');
    expect(await shown('nerdctl volume inspect vol')).toContain('some volumes could not be inspected');
  }, 60_000);
});

test('networks: containers find one another by name, and one in use stays', async () => {
  await node.run('nerdctl network create net1; nerdctl run -d --name srv --network net1 nginx:alpine');
  expect(await shown('nerdctl run --rm --network net1 busybox wget -qO- srv | grep -c Welcome')).toMatch(/^\d\n\[0\]$/);
  expect(await shown("nerdctl network inspect -f '{{(index .IPAM.Config 0).Subnet}}' net1")).toBe('10.4.1.0/24\n[0]');
  expect(await shown('nerdctl network rm net1')).toContain('network \\"net1\\" is in use by container');
  expect(await shown('nerdctl network create net1')).toContain('network with name net1 already exists');
  expect(await shown('nerdctl rm -f srv; nerdctl network rm net1; nerdctl network ls -q | wc -l')).toBe(
    'srv\nnet1\n1\n[0]',
  );
}, 60_000);

test('images: tag, save, load, rmi', async () => {
  expect(await shown('nerdctl tag busybox foo:1; nerdctl images --format "{{.Repository}}:{{.Tag}}" foo:1')).toBe(
    'foo:1\n[0]',
  );
  expect(await shown('nerdctl save -o /tmp/foo.tar foo:1; nerdctl rmi foo:1')).toContain(
    'Untagged: docker.io/library/foo:1@sha256:ID64',
  );
  expect(await shown('nerdctl load -q -i /tmp/foo.tar; nerdctl images -q foo:1 | wc -l')).toBe('1\n[0]');
  expect(await shown('nerdctl rmi nothere')).toContain('no such image: nothere');
  await node.run('nerdctl create --name user busybox');
  expect(await shown('nerdctl rmi busybox')).toContain(
    'conflict: unable to delete busybox (must be forced) - image is being used by stopped container ID64',
  );
  expect(await shown('nerdctl container prune -f')).toBe('Deleted Containers:\nID64\n[0]');
}, 60_000);

test('on a terminal: a shell inside, and logs that follow', async () => {
  await node.run("nerdctl run -d --name talker busybox sh -c 'for i in 1 2 3; do echo line $i; sleep 1; done'");
  expect(await shown('nerdctl logs -f talker')).toBe('line 1\nline 2\nline 3\n[0]');
  expect(await shown('nerdctl run --rm -it busybox sh')).toContain('provided file is not a console');
}, 60_000);

test('a terminal of its own: what is typed arrives inside, and it is logged as well', async () => {
  const screen = node.machine.openTerminal({ columns: 80, rows: 24 });
  let seen = '';
  screen.onData((bytes) => {
    seen += new TextDecoder().decode(bytes);
  });
  const type = async (text: string, seconds = 3): Promise<void> => {
    screen.write(new TextEncoder().encode(text));
    await node.machine.advance({ horizon: node.machine.now + seconds * 1e9 });
  };
  await type('');
  await type('nerdctl run -it --name shell busybox sh\r');
  await type('tty; echo in$((1+1))side\r');
  await type('stty size; exit 5\r');
  await type('echo code $?\r');
  await type('nerdctl exec -it nope sh\r');
  expect(seen).toContain('/dev/pts/0');
  expect(seen).toContain('in2side');
  expect(seen).toContain('code 5');
  expect(seen).toContain('no such container nope');
  expect(await shown('nerdctl logs shell | grep -c in2side')).toBe('1\n[0]');
  expect(await shown('nerdctl rm shell')).toBe('shell\n[0]');
}, 60_000);
