/** A plugin that cannot be loaded takes those with it that need it, and nothing else: as recorded from containerd 2.1.9. */
import { expect, test } from 'vitest';
import { boot } from '../../../testing/boot.ts';

const CONFIG = `version = 3\\n[plugins."io.containerd.cri.v1.runtime".containerd]\\n  default_runtime_name = "nosuch"\\n`;
const PROBLEM =
  'invalid plugin config: no corresponding runtime configured in `containerd.runtimes` for `containerd` `default_runtime_name = "nosuch"';

test('the CRI with a default runtime that is none', { timeout: 60_000 }, async () => {
  const node = await boot();
  const run = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  await run(`printf '${CONFIG}' > /etc/containerd/config.toml; systemctl restart containerd; sleep 1`);
  expect(await run('ctr plugins ls | awk \'$NF == "error" {print $1 "." $2}\'')).toBe(
    'io.containerd.cri.v1.runtime\nio.containerd.podsandbox.controller.v1.podsandbox\nio.containerd.grpc.v1.sandbox-controllers\nio.containerd.grpc.v1.cri\n',
  );
  expect(await run('ctr plugins ls -d id==cri')).toContain(
    `unable to load CRI runtime service plugin dependency: ${PROBLEM}`,
  );
  expect(await run("journalctl -u containerd -o cat | grep -c 'failed to load plugin'")).toBe('4\n');
  expect(await run('crictl ps')).toContain('code = Unimplemented desc = unknown service runtime.v1.RuntimeService');
  // Who does without the CRI goes on working.
  await run('ctr images pull docker.io/library/busybox:latest > /dev/null');
  expect(await run('ctr run --rm docker.io/library/busybox:latest a echo hello')).toBe('hello\n');
  await run(`printf 'required_plugins = ["io.containerd.grpc.v1.cri"]\\n${CONFIG}' > /etc/containerd/config.toml`);
  expect(await run('systemctl stop containerd; containerd 2>&1 | tail -1')).toBe(
    `containerd: load required plugin io.containerd.grpc.v1.cri: unable to load CRI runtime service plugin dependency: ${PROBLEM}\n`,
  );
});
