/** `cutaway serve` with a real client: Debian's ctr where it is installed. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Machine } from '../machine/machine.ts';
import { Bridge } from './serve/bridge.ts';
import { HostFileSystem } from './serve/host-directory.ts';
import { HostMounts, realMountsBelow } from './serve/host-mounts.ts';
import { sharedSnapshots } from './serve/shared-snapshots.ts';
import { WallClock } from './serve/wall-clock.ts';
import { ScriptSession } from './session.ts';

const directory = mkdtempSync(join(tmpdir(), 'cutaway-serve-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const shared = join(directory, 'shared');
const points = new Set<string>();
let machine: Machine;
beforeAll(async () => {
  mkdirSync(shared);
  machine = await Machine.boot({
    scenario: 'bare',
    seed: 1,
    files: sharedSnapshots(shared),
    mount: { path: shared, open: (kernel) => new HostFileSystem(kernel.newDevice(), shared, points) },
  });
}, 60_000);

async function run(line: string): Promise<string> {
  const [outcome] = await new ScriptSession(machine).run(line);
  return `${outcome?.stdout}${outcome?.stderr}`;
}

test('a host directory is read and written at the same path of the node', async () => {
  writeFileSync(join(shared, 'in'), 'from outside\n');
  expect(
    await run(`cat ${shared}/in; echo hello > ${shared}/out; mkdir ${shared}/d; mv ${shared}/out ${shared}/d/o`),
  ).toBe('from outside\n');
  expect(readFileSync(join(shared, 'd/o'), 'utf8')).toBe('hello\n');
});

test('nothing outside the directory can be reached through a link', async () => {
  writeFileSync(join(directory, 'secret'), 'secret\n');
  symlinkSync(join(directory, 'secret'), join(shared, 'link'));
  symlinkSync(directory, join(shared, 'up'));
  expect(await run(`cat ${shared}/link`)).toContain('No such file or directory');
  expect(await run(`cat ${shared}/up/secret`)).toContain('No such file or directory');
  // The link leads to a file of the node.
  await run(`echo x > ${shared}/link`);
  expect(readFileSync(join(directory, 'secret'), 'utf8')).toBe('secret\n');
});

test('a real mount below the directory is a mount of the node, for as long as it is there', async () => {
  const place = join(shared, 'mounted');
  mkdirSync(place);
  if (spawnSync('mount', ['-t', 'tmpfs', 'none', place]).status !== 0) return;
  const mounts = new HostMounts(machine.kernel, shared, points);
  try {
    writeFileSync(join(place, 'file'), '');
    mounts.follow();
    expect(await run(`ls ${place}; mountpoint ${place}`)).toBe(`file\n${place} is a mountpoint\n`);
  } finally {
    spawnSync('umount', [place]);
  }
  mounts.follow();
  expect(await run(`ls ${place}; mountpoint ${place}`)).toBe(`${place} is not a mountpoint\n`);
});

test('the table of mounts as the kernel writes it', () => {
  const table =
    '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n' +
    '42 27 254:0 /d/a /d/a ro,relatime shared:3 - ext4 /dev/vda rw\n' +
    '43 42 0:5 / /d/a\\040b rw master:1 - tmpfs none rw\n44 27 0:6 / /dd rw - tmpfs none rw\n';
  expect([...realMountsBelow('/d', table)]).toEqual([
    ['/d/a', { shared: true, readOnly: true }],
    ['/d/a b', { shared: false, readOnly: false }],
  ]);
});

test('what comes in over a connection is logged and makes the same history again', async () => {
  const first = await Machine.boot({ scenario: 'bare', seed: 3, readyWallTimeNs: 1_800_000_000_000_000_000n });
  const port = first.connect({ family: 'unix', path: '/run/containerd/containerd.sock' });
  let received = 0;
  port.onData((bytes) => {
    received += bytes.length;
    port.drained();
  });
  await first.advance({ horizon: first.now + 100_000_000 });
  port.write(new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n'));
  await first.advance({ horizon: first.now + 100_000_000 });
  expect(received).toBeGreaterThan(0);
  expect(port.closed).toBe(true);
  const { machine: second } = await Machine.replay(first.savepoint());
  expect(second.trace.digest()).toBe(first.trace.digest());
}, 60_000);

test('a socket that nobody listens on answers nothing and ends', async () => {
  const port = machine.connect({ family: 'unix', path: '/run/none.sock' });
  await machine.advance({ horizon: machine.now + 100_000_000 });
  expect(port.closed).toBe(true);
});

const hasCtr = spawnSync('ctr', ['--version']).status === 0;
if (!hasCtr) console.log('serve: ctr is not installed here; its test is skipped');

test.skipIf(!hasCtr)(
  'the real ctr finds its way about',
  async () => {
    const socket = join(directory, 'c.sock');
    const bridge = new Bridge(machine);
    const clock = new WallClock(
      machine,
      () => bridge.hurried,
      () => bridge.settle(),
    );
    bridge.clock = clock;
    await new Promise<void>((done) => {
      bridge.serverFor({ family: 'unix', path: '/run/containerd/containerd.sock' }).listen(socket, done);
    });
    const running = clock.run();
    const ctr = async (...args: string[]): Promise<string> => {
      const { stdout, stderr } = await promisify(execFile)('ctr', ['-a', socket, '-n', 'k8s.io', ...args], {
        timeout: 20_000,
      });
      return stdout + stderr;
    };
    try {
      expect(await ctr('version')).toContain('2.1.9');
      expect(await ctr('plugins', 'ls')).toContain('io.containerd.snapshotter.v1');
      await ctr('namespaces', 'create', 'other', 'a=b');
      expect(await ctr('namespaces', 'ls')).toMatch(/other +a=b/);
      await ctr('namespaces', 'label', 'other', 'a=c');
      expect(await ctr('namespaces', 'rm', 'other')).toBe('other\n');
      const image = join(shared, 'busybox.tar');
      copyFileSync(await imageTar(), image);
      expect(await ctr('images', 'import', image)).toContain('docker.io/library/busybox:latest');
      expect(await ctr('images', 'ls', '-q')).toContain('docker.io/library/busybox:latest');
      expect(await ctr('images', 'tag', 'docker.io/library/busybox:latest', 'docker.io/library/b:1')).toContain('b:1');
      await ctr('images', 'export', join(directory, 'out.tar'), 'docker.io/library/b:1');
      expect(statSync(join(directory, 'out.tar')).size).toBeGreaterThan(1_000_000);
      expect(await ctr('images', 'rm', 'docker.io/library/b:1')).toContain('b:1');
      expect((await ctr('content', 'ls')).split('\n').length).toBeGreaterThan(3);
      expect(await ctr('snapshots', 'ls')).toContain('Committed');
      await ctr('leases', 'ls');
      const digest = (await ctr('images', 'ls')).match(/sha256:[0-9a-f]{64}/)?.[0] ?? '';
      expect(JSON.parse(await ctr('content', 'get', digest))).toMatchObject({ schemaVersion: 2 });

      // From here on the client mounts snapshots and opens pipes itself: below the directory that both see.
      const { events, stop: stopEvents } = follow(socket);
      const fifos = ['--fifo-dir', join(shared, 'fifo')];
      mkdirSync(join(shared, 'fifo'));
      await ctr('run', '-d', ...fifos, 'docker.io/library/busybox:latest', 'one', 'sleep', '1000');
      expect(await ctr('containers', 'ls')).toMatch(/one +docker.io\/library\/busybox:latest +io.containerd.runc.v2/);
      expect(JSON.parse(await ctr('containers', 'info', 'one'))).toMatchObject({ ID: 'one', SnapshotKey: 'one' });
      expect(await ctr('tasks', 'ls')).toMatch(/one +\d+ +RUNNING/);
      expect(await ctr('tasks', 'exec', ...fifos, '--exec-id', 'e', 'one', 'sh', '-c', 'id -u; echo err >&2')).toBe(
        '0\nerr\n',
      );
      await ctr('tasks', 'exec', '-d', ...fifos, '--exec-id', 'f', 'one', 'sleep', '999');
      expect((await ctr('tasks', 'ps', 'one')).trim().split('\n')).toHaveLength(3);
      await ctr('tasks', 'kill', '-s', 'KILL', 'one');
      await vi.waitFor(async () => expect(await ctr('tasks', 'ls')).toMatch(/one +\d+ +STOPPED/), 10_000);
      await ctr('tasks', 'rm', 'one').catch((error: { stderr: string }) => expect(error.stderr).toContain('137'));
      await ctr('containers', 'rm', 'one');
      expect(await ctr('snapshots', 'ls')).not.toContain('Active');
      expect(readdirSync(join(shared, '.cutaway-snapshots'))).toEqual([]);
      await vi.waitFor(() => expect(events()).toContain('/containers/delete {"id":"one"}'), 10_000);
      for (const topic of ['/containers/create', '/tasks/start', '/tasks/exec-started', '/tasks/exit', '/tasks/delete'])
        expect(events()).toContain(topic);
      stopEvents();
    } finally {
      clock.stop();
      await running;
      bridge.close();
    }
  },
  60_000,
);

/** `ctr events`, for as long as it is wanted. */
function follow(socket: string): { events: () => string; stop: () => void } {
  const child = spawn('ctr', ['-a', socket, '-n', 'k8s.io', 'events']);
  let text = '';
  child.stdout.on('data', (bytes) => {
    text += String(bytes);
  });
  return { events: () => text, stop: () => child.kill('SIGKILL') };
}

/** An image that another node pulled and exported. */
async function imageTar(): Promise<string> {
  const out = join(directory, 'made');
  mkdirSync(out);
  const other = await Machine.boot({
    scenario: 'bare',
    seed: 2,
    mount: { path: out, open: (kernel) => new HostFileSystem(kernel.newDevice(), out) },
  });
  const image = 'docker.io/library/busybox:latest';
  await new ScriptSession(other).run(`ctr images pull ${image}\nctr images export ${out}/image.tar ${image}`);
  return join(out, 'image.tar');
}
