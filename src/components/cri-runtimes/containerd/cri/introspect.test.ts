import { expect, test } from 'vitest';
import { boot } from '../../../../testing/boot.ts';

test('what a handler can do is what its program tells its shim when the daemon starts; a shim that does not answer has none', async () => {
  const node = await boot();
  const out = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  const handlers = `crictl info | jq -c '.runtimeHandlers[] | [.name, .features]'`;
  const both = '{"recursive_read_only_mounts":true,"user_namespaces":true}';
  expect(await out(handlers)).toBe(
    `[null,${both}]\n["crun",${both}]\n["kata",null]\n["runc",${both}]\n["runsc",null]\n`,
  );
  await node.run(
    [
      "printf '#!/bin/sh\\necho {}\\n' > /usr/bin/crun",
      'rm /usr/bin/runc',
      `printf '[debug]\\nlevel = "debug"\\n' >> /etc/containerd/config.toml`,
      'systemctl restart containerd',
    ].join('; '),
  );
  expect(await out(handlers)).toBe('[null,null]\n["crun",{}]\n["kata",null]\n["runc",null]\n["runsc",null]\n');
  const told = await out("journalctl -u containerd -o cat --no-pager | grep -o 'level=debug.*runtime .*'");
  expect(told).toContain('level=debug msg="runtime \\"crun\\" supports CRI userns: false"\n');
  expect(told).toContain(
    'level=debug msg="failed to introspect features of runtime \\"kata\\"" error="runtime info has no features"\n',
  );
  expect(told).toContain(
    'level=debug msg="failed to introspect features of runtime \\"runc\\"" error="failed to call PluginInfo: failed to run [/usr/bin/containerd-shim-runc-v2 -info]: exit status 1 (stderr: \\"io.containerd.runc.v2: failed to look up the path of \\\\\\"runc\\\\\\": exec: \\\\\\"runc\\\\\\": executable file not found in $PATH\\")"\n',
  );
});
