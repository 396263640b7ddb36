/** Containers that are started again, by the labels that nerdctl leaves and every ten seconds. */
import { beforeAll, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../../testing/boot.ts';

let node: BootedNode;
const run = async (line: string): Promise<string> => {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
};
const start = (name: string, policy: string, script: string): Promise<string> =>
  run(`nerdctl run -d --name ${name} --restart=${policy} busybox sh -c '${script}'`);
const count = (name: string): Promise<string> =>
  run(`ctr c info $(nerdctl ps -aq --no-trunc --filter name=${name}) | jq -r '.Labels["containerd.io/restart.count"]'`);

beforeAll(async () => {
  node = await boot();
  await run('nerdctl pull -q busybox');
}, 60_000);

test('always: again and again, whatever the exit code; ps says so', async () => {
  await start('forever', 'always', 'echo run; sleep 1');
  expect(await run('sleep 4; nerdctl ps -a --filter name=forever')).toMatch(/ Restarting \(0\) /);
  await run('sleep 30');
  expect(Number(await count('forever'))).toBeGreaterThanOrEqual(3);
  expect((await run('nerdctl logs forever')).split('run\n').length - 1).toBeGreaterThanOrEqual(3);
  expect(await run('nerdctl rm -f forever; sleep 12; nerdctl ps -a --filter name=forever -q')).toBe('forever\n');
});

test('on-failure: so many times, and not after a success', async () => {
  await start('failing', 'on-failure:2', 'exit 3');
  await start('fine', 'on-failure', 'exit 0');
  await run('sleep 45');
  expect([await count('failing'), await count('fine')]).toEqual(['2\n', 'null\n']);
  expect(await run('nerdctl ps -a --filter name=failing')).toMatch(/ Exited \(3\) /);
});

test('unless-stopped: a killed one comes back, a stopped one does not', async () => {
  await start('until', 'unless-stopped', 'sleep 1000');
  const pid = await run("nerdctl inspect until --format '{{.State.Pid}}'");
  await run(`kill -9 ${pid.trim()}; sleep 12`);
  expect(await run("nerdctl inspect until --format '{{.State.Status}}'")).toBe('running\n');
  expect(await run("nerdctl inspect until --format '{{.State.Pid}}'")).not.toBe(pid);
  await run('nerdctl stop -t 1 until; sleep 25');
  expect(await run("nerdctl inspect until --format '{{.State.Status}}'")).toBe('exited\n');
});

test('the plugin says what it knows, and without it nerdctl refuses', async () => {
  expect(await run('ctr plugins ls -d id==restart')).toMatch(/Capabilities: +no,always,on-failure,unless-stopped/);
  expect(await run('nerdctl run -d --restart=maybe busybox true')).toContain(
    'unsupported restart policy \\"maybe\\", supported policies are: [\\"no\\" \\"always\\" \\"on-failure\\" \\"unless-stopped\\"]',
  );
  await run(
    `sed -i "1a disabled_plugins = ['io.containerd.monitor.container.v1.restart']" /etc/containerd/config.toml; sed -i '0,/^disabled_plugins = \\[\\]/{//d}' /etc/containerd/config.toml; systemctl restart containerd`,
  );
  expect(await run('nerdctl run -d --restart=always busybox true')).toContain('no restart plugin found');
});
