/** Where a container's output goes. */
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

test('journald: fields of the container, a priority for each stream, and logs reads it back', async () => {
  await node.run(
    "nerdctl run -d --name jour --log-driver journald busybox sh -c 'echo one; echo bad >&2; sleep 1; printf end'",
  );
  expect(await shown('nerdctl logs -f jour')).toBe('one\n\nbad\n\nend\n');
  expect(await shown('journalctl CONTAINER_NAME=jour -p err -o cat')).toBe('bad\n\n');
  expect(await shown('journalctl CONTAINER_NAME=jour -o json -n 1 | jq -r .IMAGE_NAME,._SYSTEMD_UNIT')).toBe(
    'docker.io/library/busybox:latest\ncontainerd.service\n',
  );
  expect(await shown('nerdctl inspect -f "{{json .HostConfig.LogConfig}}" jour')).toBe(
    '{"driver":"journald","address":"/run/containerd/containerd.sock"}\n',
  );
  await node.run('nerdctl run -d --name tagged --log-driver journald --log-opt tag=app-{{.ID}} busybox echo here');
  expect(await shown('sleep 1; nerdctl logs tagged')).toBe('-- No entries --\n');
  expect(await shown('journalctl -o cat -t app-$(nerdctl ps -aq --filter name=tagged)')).toBe('here\n\n');
}, 30_000);

test('syslog reaches the journal by /dev/log; fluentd refuses, and the container runs all the same', async () => {
  expect(
    await shown(
      "nerdctl run -d --name sys1 --log-driver syslog --log-opt tag=tt --log-opt foo=1 busybox sh -c 'echo hi; echo no >&2'",
    ),
  ).toBe('ID64\nlevel=warning msg="log-opt foo is ignored for syslog log driver"\n');
  expect(await shown('sleep 1; journalctl -t tt -o cat; journalctl -t tt -p err -o cat')).toBe('hi\nno\nno\n');
  expect(await shown('nerdctl logs sys1')).toContain('no log viewer type registered for logging driver \\"syslog\\"');
  expect(await shown('nerdctl run -d --log-driver syslog --log-opt syslog-facility=zz busybox true')).toBe(
    'level=fatal msg="invalid syslog facility"\n',
  );
  expect(await shown('nerdctl run -d --name flu --log-driver fluentd busybox sleep 100')).toContain(
    'fluentd-address is missing for fluentd log driver, the default value 127.0.0.1:24224 will be used',
  );
  expect(await shown('nerdctl ps --filter name=flu --format {{.Status}}')).toBe('Up\n');
  await node.run('nc -l -p 24225 > /tmp/forwarded & sleep 0.2');
  await node.run(
    'nerdctl run -d --name flu2 --log-driver fluentd --log-opt fluentd-address=127.0.0.1:24225 --log-opt tag=t busybox echo over',
  );
  expect(await shown('sleep 1; grep -ac over /tmp/forwarded')).toMatch(/^1\n/);
}, 30_000);

test('json-file is rotated by its options; none keeps nothing; an unknown driver is refused', async () => {
  await node.run(
    "nerdctl run --name rot --log-opt max-size=200 --log-opt max-file=3 busybox sh -c 'for i in 1 2 3 4 5 6 7; do echo $i; done'",
  );
  expect(await shown('ls $(nerdctl inspect -f "{{.LogPath}}" rot)* | wc -l')).toBe('3\n');
  await node.run('nerdctl run -d --name mute --log-driver none busybox echo x');
  expect(await shown('nerdctl logs mute')).toContain('failed to load logging config: failed to read log config file');
  expect(await shown('nerdctl run -d --log-driver nope busybox true')).toBe(
    'level=fatal msg="unknown logging driver \\"nope\\": not found"\n',
  );
}, 30_000);

test("Kata's shim starts the logger too", async () => {
  await node.run("nerdctl run -d --name vm --runtime io.containerd.kata.v2 busybox sh -c 'uname -r; echo err >&2'");
  expect(await shown('sleep 2; nerdctl logs vm')).toBe('6.18.35\nerr\n');
  expect(await shown('nerdctl rm -f vm; pgrep -fc _NERDCTL_INTERNAL_LOGGING.*vm')).toContain('vm\n');
}, 30_000);
