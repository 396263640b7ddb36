import { parse } from 'smol-toml';
import { expect, test } from 'vitest';
import { boot } from '../../../../testing/boot.ts';

const V2 = `version = 2

[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    [plugins."io.containerd.grpc.v1.cri".cni]
      bin_dir = "/usr/lib/cni"
      conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.internal.v1.opt"]
    path = "/var/lib/containerd/opt"
`;

test('what is printed is read again as the same', async () => {
  const node = await boot();
  const first = await node.run('containerd config default');
  expect(first.stderr).toBe('');
  await node.run('containerd config default > /root/c.toml');
  const again = await node.run('containerd --config /root/c.toml config dump');
  expect(again.stderr + again.stdout).toBe(first.stdout);
  expect(first.stdout).toContain(`  [plugins.'io.containerd.internal.v1.tracing']
  [plugins.'io.containerd.metadata.v1.bolt']
    content_sharing_policy = 'shared'
    no_sync = false

  [plugins.'io.containerd.monitor.container.v1.restart']
`);
  expect(parse(first.stdout)).toMatchObject({
    version: 3,
    plugins: { 'io.containerd.cri.v1.runtime': { containerd: { runtimes: { runc: { sandboxer: 'podsandbox' } } } } },
  });
});

test('a file of version 2 is migrated: only moved keys differ from the defaults', async () => {
  const node = await boot();
  await node.run(`cat > /root/v2.toml <<'EOF'\n${V2}EOF`);
  const result = await node.run('containerd config default > d; containerd -c /root/v2.toml config migrate > m');
  const lines = async (file: string) => (await node.run(`cat ${file}`)).stdout.split('\n');
  const [defaults, migrated] = [await lines('d'), await lines('m')];
  expect(migrated.length, result.stderr).toBe(defaults.length);
  expect(migrated.filter((line, i) => line !== defaults[i])).toEqual([
    "      bin_dirs = ['/usr/lib/cni']",
    "    path = '/var/lib/containerd/opt'",
  ]);
});

test('the words for what is not there', async () => {
  const node = await boot();
  expect(await node.run('containerd config bogus')).toMatchObject({
    stdout: '',
    stderr: "No help topic for 'bogus'\n",
    exitCode: 3,
  });
  expect(await node.run('containerd publish')).toMatchObject({
    stderr: 'containerd: topic required to publish event: invalid argument\n',
    exitCode: 1,
  });
});

test('imports are read as containerd 2.1.9 reads them', async () => {
  const node = await boot();
  const run = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return (stdout + stderr).replace(/^time="[^"]*" /gm, '');
  };
  const main = (text: string): Promise<string> => run(`printf '${text}' > /etc/containerd/config.toml`);
  const part = (text: string): Promise<string> => run(`printf '${text}' > /etc/containerd/conf.d/b.toml`);
  const downloads = "containerd config dump | grep -E '^imports|max_concurrent_downloads'";
  await run('mkdir /etc/containerd/conf.d');
  await main('version = 3\\nimports = ["/etc/containerd/conf.d/*.toml"]\\n');
  await part('version = 3\\n[plugins."io.containerd.cri.v1.images"]\\n  max_concurrent_downloads = 7\\n');
  const merged =
    "imports = ['/etc/containerd/conf.d/*.toml']\n    max_concurrent_downloads = 7\n    max_concurrent_downloads = 3\n";
  expect(await run(downloads)).toBe(merged);
  await part('version = 3\\nnosuch = 1\\n');
  expect(await run('containerd config dump > /dev/null')).toBe(
    'level=warning msg="Ignoring unknown key in TOML" column=1 error="strict mode: fields in the document are missing in the target struct" file=/etc/containerd/conf.d/b.toml key=nosuch row=2\n',
  );
  await part('broken');
  expect(await run('containerd config dump > /dev/null')).toBe(
    'level=error msg="Failure unmarshaling TOML" column=6 error="toml: expected \'=\' after key" file=/etc/containerd/conf.d/b.toml row=1\n' +
      "containerd: failed to unmarshal TOML at row 1 column 6: toml: expected '=' after key\n",
  );
  // A file that is named and not there is no matter.
  await main('version = 3\\nimports = ["/etc/containerd/nowhere.toml"]\\n');
  expect(await run('containerd config dump > /dev/null')).toBe('');
});
