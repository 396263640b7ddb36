/** What changes in a container that runs already: its health, its limits; and its files as an archive. */
import { beforeAll, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../testing/boot.ts';

let node: BootedNode;
const shown = async (line: string): Promise<string> => {
  const { stdout, stderr } = await node.run(line);
  return `${stdout}${stderr}`.replace(/^time="[^"]*" /gm, '').replace(/\b[0-9a-f]{64}\b/g, 'ID64');
};

beforeAll(async () => {
  node = await boot({ scenario: 'bare' });
  await node.run('nerdctl pull -q busybox');
}, 60_000);

test('a health check runs on demand: retries make it unhealthy, one success heals, a timeout kills', async () => {
  const state = "nerdctl inspect -f '{{.State.Health.Status}} {{.State.Health.FailingStreak}}' hc";
  expect(
    await shown("nerdctl run -d --name hc --health-cmd 'test -e /ok' --health-retries 2 busybox sleep 1000"),
  ).toContain('not simulated: timers of systemd');
  await node.run('nerdctl container healthcheck hc');
  expect(await shown(state)).toBe('starting 1\n');
  await node.run('nerdctl container healthcheck hc');
  expect(await shown(state)).toBe('unhealthy 2\n');
  await node.run('nerdctl exec hc touch /ok; nerdctl container healthcheck hc');
  expect(await shown(state)).toBe('healthy 0\n');
  await node.run("nerdctl run -d --name slow --health-cmd 'sleep 10' --health-timeout 1s busybox sleep 1000");
  await node.run('nerdctl container healthcheck slow');
  expect(await shown("nerdctl inspect -f '{{json .State.Health}}' slow")).toContain(
    '"ExitCode":-1,"Output":"Health check exceeded timeout (1s)"',
  );
  expect(await shown('nerdctl run --health-cmd x --no-healthcheck busybox true')).toContain(
    '--no-healthcheck conflicts with --health-* options',
  );
  await node.run('nerdctl run -d --name plain busybox sleep 1000');
  expect(await shown('nerdctl container healthcheck plain')).toContain('container has no health check configured');
}, 30_000);

test('update writes the limits of a running container to its cgroup, and its restart policy to its labels', async () => {
  await node.run('nerdctl run -d --name lim busybox sleep 1000');
  expect(await shown('nerdctl update -m 32m --cpu-quota 20000 --pids-limit 50 lim')).toBe('');
  expect(await shown("nerdctl exec lim sh -c 'cd /sys/fs/cgroup; cat memory.max cpu.max pids.max'")).toBe(
    '33554432\n20000 100000\n50\n',
  );
  await node.run('nerdctl update --restart always lim');
  expect(await shown("nerdctl inspect -f '{{json .Config.Labels}}' lim")).toContain(
    '"containerd.io/restart.policy":"always","containerd.io/restart.status":"running"',
  );
  expect(await shown('nerdctl update -m x lim')).toBe(
    'level=fatal msg="failed to parse memory bytes \\"x\\": invalid size: \'x\'"\n',
  );
}, 30_000);

test('export: an archive of the files of a container', async () => {
  await node.run("nerdctl run --name made busybox sh -c 'echo hello > /made'");
  expect(await shown('nerdctl export made | tar x -C /tmp -f - made; cat /tmp/made')).toBe('hello\n');
  // The applets of busybox are names of one file.
  expect(Number(await shown('nerdctl export made | wc -c'))).toBeLessThan(5_000_000);
}, 30_000);
