import { describe, expect, test } from 'vitest';
import { readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { ImageService, RuntimeService } from '../../protocols/cri/generated.ts';
import { GrpcServer } from '../../protocols/grpc/server.ts';
import { GrpcError, grpcCode } from '../../protocols/grpc/status.ts';
import { type ExecResult, type TestKernel, testKernel } from '../../testing/kernel.ts';
import { crictlCompletion } from './completion-table.ts';
import { crictlProgram } from './program.ts';

const BOOT = 1_795_453_200_000_000_000n;
const ID = '0b6361bf95c60ef85a3fd49bde784d3c40e310469434654d7c3d173517c716ee';
const POD = '00dc5d68f99e57a10e184cf6f3b2449cf01b3e0455c2485ff222a324c48f9015';
const IMAGE = 'sha256:4214f8236de19553f02a525c5ab71a7c869fd14bf14cf2899ef8cce1495f4b82';
const CONFIG = `runtime-endpoint: unix:///run/containerd/containerd.sock
image-endpoint: unix:///run/containerd/containerd.sock
timeout: 10
debug: false
`;

const container = {
  id: ID,
  podSandboxId: POD,
  metadata: { name: 'busybox' },
  image: { image: 'busybox', userSpecifiedImage: 'busybox' },
  imageRef: IMAGE,
  state: 1 as const,
  createdAt: BOOT,
};

const fakeRuntime: Program = {
  name: 'fake-runtime',
  main: async (ctx) => {
    await ctx.sys.mkdir(ctx, '/run/containerd');
    const fd = await ctx.sys.listen(ctx, { family: 'unix', path: '/run/containerd/containerd.sock' });
    const server = new GrpcServer();
    server.implement(RuntimeService, {
      Version: async () => ({
        version: '0.1.0',
        runtimeName: 'containerd',
        runtimeVersion: '2.1.9+unknown',
        runtimeApiVersion: 'v1',
      }),
      Status: async () => ({
        status: {
          conditions: [
            { type: 'RuntimeReady', status: true },
            { type: 'NetworkReady', status: true },
          ],
        },
        runtimeHandlers: [{ features: { userNamespaces: true } }, { name: 'runsc' }],
        features: { supplementalGroupsPolicy: true },
        info: { config: '{"a":1048576}', text: '"OK"' },
      }),
      RuntimeConfig: async () => ({ linux: { cgroupDriver: 1 } }),
      ListContainers: async (_, { filter }) => ({ containers: filter?.id === 'none' ? [] : [container] }),
      ContainerStatus: async (_, { containerId }) => {
        if (!ID.startsWith(containerId)) {
          throw new GrpcError(
            grpcCode.NotFound,
            `an error occurred when try to find container "${containerId}": not found`,
          );
        }
        const { podSandboxId: _pod, ...status } = container;
        return { status: { ...status, startedAt: BOOT, logPath: '/var/log/busybox.log' } };
      },
      ListPodSandbox: async () => ({
        items: [
          {
            id: POD,
            metadata: { name: 'nginx-sandbox', uid: 'u', namespace: 'default', attempt: 1 },
            createdAt: BOOT,
            labels: { b: '2', a: '1' },
          },
        ],
      }),
      RunPodSandbox: async (_, { config }) => ({ podSandboxId: config?.metadata?.name ?? '' }),
      StartContainer: async () => ({}),
      StopContainer: async () => ({}),
      RemoveContainer: async () => ({}),
      UpdateContainerResources: async () => {
        throw new GrpcError(grpcCode.Unknown, 'unable to set memory limit\n');
      },
      ExecSync: async (_, { cmd }) => {
        return cmd[0] === 'false'
          ? { exitCode: 7, stderr: new TextEncoder().encode('err\n') }
          : { stdout: new TextEncoder().encode('hi\n') };
      },
    });
    server.implement(ImageService, {
      ImageFsInfo: async () => ({}),
      ListImages: async () => ({
        images: [
          {
            id: IMAGE,
            repoTags: ['docker.io/library/busybox:latest'],
            repoDigests: [`docker.io/library/busybox@${IMAGE}`],
            size: 1_087_860n,
          },
          {
            id: `sha256:${'a'.repeat(64)}`,
            repoTags: [],
            repoDigests: [`docker.io/library/alpine@sha256:${'b'.repeat(64)}`],
            size: 304_000n,
          },
        ],
      }),
      PullImage: async (_, { image }) => {
        if (image?.image === 'UPPER') throw new GrpcError(grpcCode.Unknown, 'invalid reference format');
        return { imageRef: IMAGE };
      },
    });
    await server.serve(ctx, fd);
    return 0;
  },
};

function rigWith(files: Record<string, string> = {}): TestKernel {
  return testKernel({ programs: [crictlProgram, fakeRuntime], files: { '/etc/crictl.yaml': CONFIG, ...files } });
}

async function withRuntime(rig = rigWith()): Promise<(line: string) => Promise<ExecResult>> {
  await rig.act(async (ctx) => {
    await ctx.sys.spawn(ctx, '/usr/bin/fake-runtime', { argv: ['fake-runtime'] });
    await ctx.sleep(50_000_000);
  });
  return (line) => rig.exec(['/usr/bin/crictl', ...line.split(' ').filter((word) => word !== '')], { cwd: '/' });
}

/** Times and pids are the only things that vary. */
function steady(text: string): string {
  return text
    .replace(/time="[^"]*"/g, 'time="T"')
    .replace(/([EI])\d{4} [\d:.]{15} +\d+ /g, '$1 STAMP ')
    .replace(/^\d{4}\/\d\d\/\d\d [\d:]{8}/, 'DATE');
}

describe('output', () => {
  test('version, and what it costs', async () => {
    const rig = rigWith();
    const crictl = await withRuntime(rig);
    const start = rig.scheduler.now;
    expect(await crictl('version')).toEqual({
      stdout: 'Version:  0.1.0\nRuntimeName:  containerd\nRuntimeVersion:  2.1.9+unknown\nRuntimeApiVersion:  v1\n',
      stderr: '',
      exitCode: 0,
    });
    const milliseconds = (rig.scheduler.now - start) / 1e6;
    expect(milliseconds).toBeGreaterThan(20);
    expect(milliseconds).toBeLessThan(21.5);
  });

  test('ps and pods', async () => {
    const crictl = await withRuntime();
    const { stdout } = await crictl('ps');
    expect(stdout).toBe(
      'CONTAINER           IMAGE               CREATED                  STATE               NAME                ATTEMPT             POD ID              POD                 NAMESPACE\n' +
        '0b6361bf95c60       busybox             Less than a second ago   Running             busybox             0                   00dc5d68f99e5       unknown             unknown\n',
    );
    expect((await crictl('ps -aq')).stdout).toBe(`${ID}\n`);
    expect((await crictl('ps --id none')).stdout.split('\n')).toHaveLength(2);
    expect((await crictl('pods -v')).stdout).toBe(
      `ID: ${POD}\nName: nginx-sandbox\nUID: u\nNamespace: default\nAttempt: 1\nStatus: Ready\n` +
        'Created: 2026-11-23 17:00:00 +0000 UTC\nLabels:\n\ta -> 1\n\tb -> 2\nRuntime: (default)\n\n',
    );
    expect((await crictl('ps -o json')).stdout).toContain('"createdAt": "1795453200000000000"');
    expect((await crictl('pods --name ^x')).stdout.split('\n')).toHaveLength(2);
  });

  test('images', async () => {
    const crictl = await withRuntime();
    expect((await crictl('images')).stdout).toBe(
      'IMAGE                       TAG                 IMAGE ID            SIZE\n' +
        'docker.io/library/alpine    <none>              aaaaaaaaaaaaa       304kB\n' +
        'docker.io/library/busybox   latest              4214f8236de19       1.09MB\n',
    );
    expect((await crictl('img --filter dangling=true -q')).stdout).toBe(`sha256:${'a'.repeat(64)}\n`);
    const failed = await crictl('images --filter bogus=1');
    expect(steady(failed.stderr)).toBe(
      'time="T" level=fatal msg="listing images: filter images: unknown filter flag: bogus=1"\n',
    );
    expect((await crictl('pull busybox')).stdout).toBe(`Image is up to date for ${IMAGE}\n`);
    expect(steady((await crictl('pull UPPER')).stderr)).toBe(
      'E STAMP remote_image.go:250] "PullImage from image service failed" err="rpc error: code = Unknown desc = invalid reference format" image="UPPER"\n' +
        'time="T" level=fatal msg="pulling image: invalid reference format"\n',
    );
  });

  test('info, inspect, templates', async () => {
    const crictl = await withRuntime();
    const info = JSON.parse((await crictl('info')).stdout) as Record<string, unknown>;
    expect(Object.keys(info)).toEqual(['config', 'features', 'runtimeHandlers', 'status', 'text']);
    expect(info).toMatchObject({
      features: { supplemental_groups_policy: true },
      runtimeHandlers: [{ features: { user_namespaces: true } }, { name: 'runsc' }],
      text: 'OK',
    });
    expect((await crictl('info -o go-template --template {{.config.a}}')).stdout).toBe('1048576\n');
    expect((await crictl('runtime-config')).stdout).toBe('cgroup driver:   CGROUPFS\n');
    const status = (JSON.parse((await crictl(`inspect -q ${ID}`)).stdout) as { status: Record<string, unknown> })
      .status;
    expect(status).toMatchObject({
      createdAt: '2026-11-23T17:00:00Z',
      startedAt: '2026-11-23T17:00:00Z',
      finishedAt: '0001-01-01T00:00:00Z',
      state: 'CONTAINER_RUNNING',
    });
    expect(steady((await crictl('inspect deadbeef')).stderr)).toBe(
      'E STAMP remote_runtime.go:569] "ContainerStatus from runtime service failed" err="rpc error: code = NotFound desc = an error occurred when try to find container \\"deadbeef\\": not found" containerID="deadbeef"\n' +
        'time="T" level=fatal msg="get the status of containers: get container status: rpc error: code = NotFound desc = an error occurred when try to find container \\"deadbeef\\": not found"\n',
    );
    expect(steady((await crictl(`inspect -o bogus ${ID}`)).stderr)).toBe(
      'time="T" level=fatal msg="get the status of containers: unsupported format: \\"bogus\\""\n',
    );
    const unclosed = await crictl(`inspect -o go-template --template {{.nope ${ID}`);
    expect(steady(unclosed.stderr)).toBe(
      'time="T" level=fatal msg="get the status of containers: execute template: failed to generate go-template: template: tmplExecuteRawJSON:1: unclosed action"\n',
    );
  });

  test('start, stop, rm and exec -s', async () => {
    const crictl = await withRuntime();
    expect((await crictl('start abc')).stdout).toBe('abc\n');
    expect(await crictl('stop')).toMatchObject({
      stderr: 'you must specify at least one CONTAINER-ID or use --all\n',
      exitCode: 1,
    });
    expect((await crictl(`rm -f ${ID}`)).stdout).toBe(`${ID}\n${ID}\n`);
    expect(steady((await crictl(`rm ${ID}`)).stderr)).toBe(
      `time="T" level=fatal msg="container \\"${ID}\\" is running, please stop it first"\n`,
    );
    expect((await crictl('exec -s abc echo')).stdout).toBe('hi\n\n\n');
    expect(steady((await crictl('exec -s abc false x')).stderr)).toBe(
      'time="T" level=fatal msg="execing command in container abc synchronously: command \'false x\' exited with 7: err\\n"\n',
    );
    expect(steady((await crictl('update --memory 1000 abc')).stderr)).toBe(
      'E STAMP remote_runtime.go:599] "UpdateContainerResources from runtime service failed" err=<\n' +
        '\trpc error: code = Unknown desc = unable to set memory limit\n > containerID="abc"\n' +
        'time="T" level=fatal msg="updating container resources for \\"abc\\": rpc error: code = Unknown desc = unable to set memory limit\\n"\n',
    );
  });
});

describe('input files', () => {
  const files = {
    '/pod.json': '{"metadata":{"name":"p","namespace":"d","uid":"u"},"linux":{}}',
    '/broken.json': '{"metadata": {"name": "x",}\n',
    '/noname.json': '{"metadata":{"namespace":"default","uid":"u"}}',
    '/wrong.json': '{"metadata":{"attempt":"x"}}',
  };

  test.each([
    [
      'pod.json',
      'p\n',
      'time="T" level=warning msg="cgroup_parent is not set. Use `runtime-config` to get the runtime cgroup driver"\n',
      0,
    ],
    ['nosuch.json', '', 'time="T" level=fatal msg="load podSandboxConfig: config at nosuch.json not found"\n', 1],
    [
      'broken.json',
      '',
      'time="T" level=fatal msg="load podSandboxConfig: error converting YAML to JSON: yaml: line 1: did not find expected \',\' or \'}\'"\n',
      1,
    ],
    [
      'noname.json',
      '',
      'time="T" level=fatal msg="load podSandboxConfig: name or namespace is not in metadata \\"uid:\\\\\\"u\\\\\\" namespace:\\\\\\"default\\\\\\"\\""\n',
      1,
    ],
    [
      'wrong.json',
      '',
      'time="T" level=fatal msg="load podSandboxConfig: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go struct field PodSandboxMetadata.metadata.attempt of type uint32"\n',
      1,
    ],
  ])('runp %s', async (file, stdout, stderr, exitCode) => {
    const crictl = await withRuntime(rigWith(files));
    const result = await crictl(`runp ${file}`);
    expect({ ...result, stderr: steady(result.stderr) }).toEqual({ stdout, stderr, exitCode });
  });
});

describe('connection and usage errors', () => {
  const dialing = (api: string, path: string): string =>
    `time="T" level=fatal msg="validate service connection: validate CRI v1 ${api} API for endpoint \\"unix://${path}\\": rpc error: code = Unavailable desc = connection error: desc = \\"transport: Error while dialing: dial unix ${path}: connect: no such file or directory\\""\n`;

  test.each([
    ['ps', dialing('runtime', '/run/containerd/containerd.sock'), 1],
    ['-r unix:///run/nosuch.sock version', dialing('runtime', '/run/nosuch.sock'), 1],
    ['-i unix:///run/nosuch.sock images', dialing('image', '/run/nosuch.sock'), 1],
    ['-r tcp://127.0.0.1:9 version', 'time="T" level=fatal msg="only support unix socket endpoint"\n', 1],
    ['-r bogus://x version', 'time="T" level=fatal msg="protocol \\"bogus\\" not supported"\n', 1],
    ['bogus', "No help topic for 'bogus'\n", 3],
    ['start', 'time="T" level=fatal msg="ID cannot be empty"\n', 1],
    ['pull', 'time="T" level=fatal msg="image name cannot be empty"\n', 1],
    ['completion bogus', 'time="T" level=fatal msg="only bash, zsh or fish are supported"\n', 1],
    ['config --get bogus', 'time="T" level=fatal msg="no configuration option named bogus"\n', 1],
    [
      '-c /none.yaml ps',
      'time="T" level=warning msg="Config \\"/none.yaml\\" does not exist, trying next: \\"/usr/bin/crictl.yaml\\""\ntime="T" level=fatal msg="load config file: stat /usr/bin/crictl.yaml: no such file or directory"\n',
      1,
    ],
    [
      '-c /bad.yaml ps',
      'time="T" level=fatal msg="load config file: yaml: line 1: did not find expected node content"\n',
      1,
    ],
    ['-c /bad2.yaml ps', 'time="T" level=fatal msg="load config file: Config option \'bogus\' is not valid"\n', 1],
  ])('%s', async (line, stderr, exitCode) => {
    const rig = rigWith({ '/bad.yaml': 'runtime-endpoint: [\n', '/bad2.yaml': 'bogus: 1\n' });
    const result = await rig.exec(['/usr/bin/crictl', ...line.split(' ')]);
    expect({ ...result, stderr: steady(result.stderr) }).toEqual({ stdout: '', stderr, exitCode });
  });

  test('an unknown flag prints the help', async () => {
    const result = await rigWith().exec(['/usr/bin/crictl', 'ps', '--bogus']);
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toMatch(/^Incorrect Usage: flag provided but not defined: -bogus\n\nNAME:\n {3}crictl ps - /);
    expect(steady(result.stderr)).toBe('time="T" level=fatal msg="flag provided but not defined: -bogus"\n');
  });

  test('an unknown state goes through the log package', async () => {
    const crictl = await withRuntime();
    const result = await crictl('pods --state bogus');
    expect([steady(result.stderr), result.exitCode]).toEqual(['DATE --state should be ready or notready\n', 1]);
  });

  test('without a config file the defaults are tried', async () => {
    const rig = testKernel({ programs: [crictlProgram, fakeRuntime] });
    const crictl = await withRuntime(rig);
    const result = await crictl('version');
    expect(result.stdout).toContain('containerd');
    expect(steady(result.stderr)).toBe(
      'time="T" level=warning msg="Config \\"/etc/crictl.yaml\\" does not exist, trying next: \\"/usr/bin/crictl.yaml\\""\n' +
        'time="T" level=warning msg="runtime connect using default endpoints: [unix:///run/containerd/containerd.sock unix:///run/crio/crio.sock unix:///var/run/cri-dockerd.sock]. As the default settings are now deprecated, you should set the endpoint instead."\n',
    );
  });

  test('--debug', async () => {
    const crictl = await withRuntime();
    expect(steady((await crictl('--debug version')).stderr)).toBe(
      'time="T" level=debug msg="Get runtime connection"\n' +
        'time="T" level=debug msg="Using runtime connection timeout: 10s"\n' +
        'time="T" level=debug msg="VersionRequest: version:\\"v1\\""\n' +
        'time="T" level=debug msg="VersionResponse: version:\\"0.1.0\\" runtime_name:\\"containerd\\" runtime_version:\\"2.1.9+unknown\\" runtime_api_version:\\"v1\\""\n',
    );
  });
});

describe('on a terminal', () => {
  test('log lines are coloured and count seconds', async () => {
    const rig = rigWith();
    const line = await rig.act(async (ctx) => {
      const { sys } = ctx;
      const { master, slavePath } = await sys.openPty(ctx);
      const slave = await sys.open(ctx, slavePath, { read: true, write: true });
      const pid = await sys.spawn(ctx, '/usr/bin/crictl', {
        argv: ['crictl', 'start'],
        stdio: { 0: slave, 1: slave, 2: slave },
      });
      await sys.wait(ctx, pid);
      return new TextDecoder().decode(await sys.read(ctx, master, 4096));
    });
    expect(line).toBe(`\u001b[31mFATA\u001b[0m[0000] ${'ID cannot be empty'.padEnd(44)} \r\n`);
  });
});

describe('shell completion and schemas', () => {
  test('scripts name every command and global flag', async () => {
    const rig = rigWith();
    const bash = (await rig.exec(['/usr/bin/crictl', 'completion'])).stdout;
    expect(bash).toMatch(/^_crictl\(\) \{\n {4}local cur opts base\n.*\n.*\n {4}opts="attach\ncheckpoint\n/);
    expect(bash).toContain('\nversion\nhelp\nh\n--config\n');
    expect(bash).toMatch(/--help\n--version"\n.*\n {4}return 0\n\}\n\ncomplete -F _crictl crictl\n$/);
    expect((await rig.exec(['/usr/bin/crictl', 'completion', 'zsh'])).stdout).toMatch(/^#compdef crictl\n/);
    const fish = (await rig.exec(['/usr/bin/crictl', 'completion', 'fish'])).stdout;
    expect(fish).toContain("complete -r -c crictl -n '__fish_crictl_no_subcommand' -a 'images image img' -d '");
    expect(fish).toContain("complete -c crictl -n '__fish_seen_subcommand_from rm' -f -l force -s f -d '");
  });

  test('the table of our shell', () => {
    expect(crictlCompletion).toContain('\ncommand rm  --all -a --force -f --keep-logs -k --help -h\n');
    expect(crictlCompletion).toContain('\nargs rm  @run crictl ps -aq\n');
  });

  test('runp jsonschema', async () => {
    const { stdout } = await rigWith().exec(['/usr/bin/crictl', 'runp', 'js']);
    const schema = JSON.parse(stdout) as { $ref: string; $defs: Record<string, { properties: object }> };
    expect(schema.$ref).toBe('#/$defs/PodSandboxConfig');
    expect(Object.keys(schema.$defs.PodSandboxMetadata?.properties ?? {})).toEqual([
      'name',
      'uid',
      'namespace',
      'attempt',
    ]);
  });
});

describe('config', () => {
  test('reads, changes and completes the file', async () => {
    const rig = rigWith({ '/etc/crictl.yaml': `# ours\n${CONFIG}` });
    const list = await rig.exec(['/usr/bin/crictl', 'config', '--list']);
    expect(list.stdout).toBe(
      '\u001b[2J\u001b[HKEY                    VALUE\n' +
        'runtime-endpoint       unix:///run/containerd/containerd.sock\n' +
        'image-endpoint         unix:///run/containerd/containerd.sock\n' +
        'timeout                10\ndebug                  false\npull-image-on-create   false\ndisable-pull-on-run    false\n',
    );
    await rig.exec(['/usr/bin/crictl', 'config', '--set', 'timeout=15,debug=true']);
    expect(await rig.act((ctx) => readFile(ctx, '/etc/crictl.yaml'))).toBe(
      `# ours\n${CONFIG.replace('10', '15').replace('false', 'true')}pull-image-on-create: false\ndisable-pull-on-run: false\n`,
    );
    const failed = await rig.exec(['/usr/bin/crictl', 'config', '--set', 'debug=maybe']);
    expect(steady(failed.stderr)).toContain(
      'level=fatal msg="parse debug value \'maybe\': strconv.ParseBool: parsing \\"maybe\\": invalid syntax"',
    );
  });
});

describe('logs', () => {
  const LOG = `2026-11-23T17:00:00.000000001Z stdout F out1
2026-11-23T17:00:00.000000002Z stderr F err1
2026-11-23T17:00:01.000000003Z stdout F out2
2026-11-23T17:00:02.000000004Z stdout P partial
`;
  const logRig = (): TestKernel => rigWith({ '/var/log/busybox.log': LOG });

  test.each([
    ['', 'out1\nout2\npartial', 'err1\n'],
    [
      '--timestamps',
      '2026-11-23T17:00:00.000000001Z out1\n2026-11-23T17:00:01.000000003Z out2\n2026-11-23T17:00:02.000000004Z partial',
      '2026-11-23T17:00:00.000000002Z err1\n',
    ],
    ['--tail 1', 'partial', ''],
    ['--tail 0', '', ''],
    ['--since 2026-11-23T17:00:01Z', 'out2\npartial', ''],
    ['--limit-bytes 7', 'out1\n', 'er'],
    ['-s stdout', 'out1\nout2\npartial', ''],
  ])('logs %s', async (flags, stdout, stderr) => {
    const crictl = await withRuntime(logRig());
    expect(await crictl(`logs ${flags} ${ID}`)).toEqual({ stdout, stderr, exitCode: 0 });
  });

  test('follows until it is interrupted', async () => {
    const rig = logRig();
    await withRuntime(rig);
    const text = await rig.act(async (ctx) => {
      const { sys } = ctx;
      const [read, write] = await sys.pipe(ctx);
      const pid = await sys.spawn(ctx, '/usr/bin/crictl', {
        argv: ['crictl', 'logs', '-f', '--tail', '1', ID],
        stdio: { 0: 'null', 1: write, 2: write },
      });
      await sys.close(ctx, write);
      await ctx.sleep(500_000_000);
      const log = await sys.open(ctx, '/var/log/busybox.log', { write: true, append: true });
      await sys.write(ctx, log, '2026-11-23T17:00:05Z stdout F more\n');
      await ctx.sleep(500_000_000);
      await sys.kill(ctx, pid, 'SIGINT');
      const status = await sys.wait(ctx, pid);
      let out = '';
      for (let bytes = await sys.read(ctx, read); bytes.length > 0; bytes = await sys.read(ctx, read)) {
        out += new TextDecoder().decode(bytes);
      }
      return `${out}${status?.exitCode}`;
    });
    expect(text).toBe('partialmore\n0');
  });
});
