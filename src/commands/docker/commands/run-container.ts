/** docker run, create, exec. @models docker/cli 20.10 cli/command/container/{run,create,exec,opts}.go @fidelity partial: the flags below */
import type { CobraContext, Pflag } from '../../../go/cobra-types.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { getenv, print, printError, readFile } from '../../../linux/io.ts';
import { DockerError } from '../../../protocols/docker/client.ts';
import type { ContainerJson, CreateContainer, ExecInspect, PortBinding } from '../../../protocols/docker/types.ts';
import { parseBytes } from '../bytes.ts';
import { normalized, pull } from '../pull.ts';
import { type Command, Failure, needArguments, type Run, wordsOf } from '../run.ts';
import { copyStreams, resizer } from '../streams.ts';

const CREATE_FLAGS: readonly Pflag[] = [
  { name: 'add-host', kind: 'stringArray', usage: 'Add a line to /etc/hosts (host:ip)' },
  { name: 'attach', short: 'a', kind: 'stringArray', usage: 'Attach STDIN, STDOUT or STDERR' },
  { name: 'cap-add', kind: 'stringArray', usage: 'Add capabilities' },
  { name: 'cap-drop', kind: 'stringArray', usage: 'Drop capabilities' },
  { name: 'cgroup-parent', kind: 'string', usage: 'Parent cgroup' },
  { name: 'cpu-shares', short: 'c', kind: 'int64', usage: 'Relative CPU weight' },
  { name: 'cpu-period', kind: 'int64', usage: 'Period of the CPU quota' },
  { name: 'cpu-quota', kind: 'int64', usage: 'CPU quota' },
  { name: 'cpus', kind: 'string', usage: 'Number of CPUs' },
  { name: 'cpuset-cpus', kind: 'string', usage: 'CPUs to run on' },
  { name: 'device', kind: 'stringArray', usage: 'Add a device of the host' },
  { name: 'dns', kind: 'stringArray', usage: 'DNS servers' },
  { name: 'dns-search', kind: 'stringArray', usage: 'DNS search domains' },
  { name: 'entrypoint', kind: 'string', usage: "Instead of the image's entrypoint" },
  { name: 'env', short: 'e', kind: 'stringArray', usage: 'Set environment variables' },
  { name: 'env-file', kind: 'stringArray', usage: 'Read environment variables from a file' },
  { name: 'expose', kind: 'stringArray', usage: 'Expose ports' },
  { name: 'group-add', kind: 'stringArray', usage: 'Join groups' },
  { name: 'hostname', short: 'h', kind: 'string', usage: 'Host name' },
  { name: 'interactive', short: 'i', kind: 'bool', usage: 'Keep STDIN open' },
  { name: 'ipc', kind: 'string', usage: 'IPC mode' },
  { name: 'label', short: 'l', kind: 'stringArray', usage: 'Set labels' },
  { name: 'log-driver', kind: 'string', usage: 'Log driver' },
  { name: 'memory', short: 'm', kind: 'string', usage: 'Memory limit' },
  { name: 'memory-swap', kind: 'string', usage: 'Memory and swap' },
  { name: 'name', kind: 'string', usage: 'Name of the container' },
  { name: 'network', kind: 'string', usage: 'Network: bridge, host, none, container:NAME' },
  { name: 'net', kind: 'string', usage: 'Network', hidden: true },
  { name: 'oom-score-adj', kind: 'int', usage: "OOM killer's preference" },
  { name: 'pid', kind: 'string', usage: 'PID namespace' },
  { name: 'privileged', kind: 'bool', usage: 'All privileges' },
  { name: 'publish', short: 'p', kind: 'stringArray', usage: 'Publish ports to the host' },
  { name: 'publish-all', short: 'P', kind: 'bool', usage: 'Publish all exposed ports' },
  { name: 'pull', kind: 'string', value: 'missing', usage: 'Pull before: always, missing, never' },
  { name: 'read-only', kind: 'bool', usage: 'Root filesystem read-only' },
  { name: 'restart', kind: 'string', value: 'no', usage: 'Restart policy' },
  { name: 'rm', kind: 'bool', usage: 'Remove it when it exits' },
  { name: 'security-opt', kind: 'stringArray', usage: 'Security options' },
  { name: 'shm-size', kind: 'string', usage: 'Size of /dev/shm' },
  { name: 'stop-signal', kind: 'string', usage: 'Signal to stop it' },
  { name: 'sysctl', kind: 'stringArray', usage: 'Kernel parameters' },
  { name: 'tty', short: 't', kind: 'bool', usage: 'Give it a terminal' },
  { name: 'user', short: 'u', kind: 'string', usage: 'User and group' },
  { name: 'uts', kind: 'string', usage: 'UTS namespace' },
  { name: 'volume', short: 'v', kind: 'stringArray', usage: 'Bind mount a volume' },
  { name: 'workdir', short: 'w', kind: 'string', usage: 'Working directory' },
];

async function environment(ctx: Context, cli: CobraContext): Promise<string[]> {
  const out: string[] = [];
  const put = (entry: string): void => {
    if (entry.includes('=')) out.push(entry);
    else {
      const value = getenv(ctx, entry);
      if (value !== undefined) out.push(`${entry}=${value}`);
    }
  };
  for (const file of cli.strings('env-file')) {
    const text = await readFile(ctx, file).catch((error: unknown) => {
      if (!isErrno(error)) throw error;
      throw new Failure(
        `docker: ${error.code === 'EISDIR' ? 'read' : 'open'} ${file}: ${error.go}.\nSee 'docker run --help'.`,
        125,
      );
    });
    for (const line of text.split('\n')) if (line.trim() !== '' && !line.startsWith('#')) put(line.trim());
  }
  for (const entry of cli.strings('env')) put(entry);
  return out;
}

function pairs(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const [key = '', value = ''] = word.split(/=(.*)/s, 2);
      return [key, value];
    }),
  );
}

/** `8080:80`, `127.0.0.1:8080:80/udp`, `80` */
function portBindings(cli: CobraContext): {
  exposed: Record<string, Record<string, never>>;
  bindings: Record<string, PortBinding[]>;
} {
  const exposed: Record<string, Record<string, never>> = {};
  const bindings: Record<string, PortBinding[]> = {};
  for (const port of cli.strings('expose')) exposed[port.includes('/') ? port : `${port}/tcp`] = {};
  for (const text of cli.strings('publish')) {
    const [main = '', protocol = 'tcp'] = text.split('/');
    const parts = main.split(':');
    const container = parts.pop() ?? '';
    const host = parts.pop() ?? '';
    if (!/^\d+$/.test(container) || (host !== '' && !/^\d+$/.test(host)))
      throw new Failure(`docker: Invalid containerPort: ${container}.\nSee 'docker run --help'.`, 125);
    const key = `${container}/${protocol}`;
    exposed[key] = {};
    (bindings[key] ??= []).push({ HostIp: parts.join(':'), HostPort: host });
  }
  return { exposed, bindings };
}

function extraHost(text: string): string {
  const at = text.indexOf(':');
  const address = text.slice(at + 1);
  const flaw = (words: string): Failure =>
    new Failure(
      `invalid argument ${JSON.stringify(text)} for "--add-host" flag: ${words}\nSee 'docker run --help'.`,
      125,
    );
  if (at <= 0) throw flaw(`bad format for add-host: ${JSON.stringify(text)}`);
  if (address !== 'host-gateway' && !/^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*)$/.test(address))
    throw flaw(`invalid IP address in add-host: ${JSON.stringify(address)}`);
  return text;
}

function restartPolicy(text: string): { Name: string; MaximumRetryCount: number } {
  const [name = 'no', count = '0'] = text.split(':');
  return { Name: name, MaximumRetryCount: Number(count) };
}

async function createBody(ctx: Context, cli: CobraContext, attaches: boolean): Promise<CreateContainer> {
  const [image = '', ...command] = cli.args;
  const { exposed, bindings } = portBindings(cli);
  const entrypoint = cli.string('entrypoint');
  const text = (name: string): string => cli.string(name);
  return {
    Image: image,
    Cmd: command.length === 0 ? null : command,
    ...(cli.isSet('entrypoint') ? { Entrypoint: entrypoint === '' ? [''] : [entrypoint] } : { Entrypoint: null }),
    Hostname: text('hostname'),
    User: text('user'),
    WorkingDir: text('workdir'),
    Env: await environment(ctx, cli),
    Labels: pairs(cli.strings('label')),
    Tty: cli.bool('tty'),
    OpenStdin: cli.bool('interactive'),
    StdinOnce: cli.bool('interactive') && attaches,
    AttachStdin: cli.bool('interactive') && attaches,
    AttachStdout: attaches,
    AttachStderr: attaches,
    ExposedPorts: exposed,
    ...(text('stop-signal') === '' ? {} : { StopSignal: text('stop-signal') }),
    HostConfig: {
      Binds: [...cli.strings('volume')].filter((one) => one.includes(':')),
      NetworkMode: text('network') || text('net') || 'default',
      PortBindings: bindings,
      PublishAllPorts: cli.bool('publish-all'),
      ExtraHosts: cli.strings('add-host').map(extraHost),
      RestartPolicy: restartPolicy(text('restart')),
      AutoRemove: cli.bool('rm'),
      CapAdd: [...cli.strings('cap-add')],
      CapDrop: [...cli.strings('cap-drop')],
      Dns: [...cli.strings('dns')],
      DnsSearch: [...cli.strings('dns-search')],
      GroupAdd: [...cli.strings('group-add')],
      IpcMode: text('ipc'),
      PidMode: text('pid'),
      UTSMode: text('uts'),
      OomScoreAdj: cli.number('oom-score-adj'),
      Privileged: cli.bool('privileged'),
      ReadonlyRootfs: cli.bool('read-only'),
      SecurityOpt: [...cli.strings('security-opt')],
      Sysctls: pairs(cli.strings('sysctl')),
      CgroupParent: text('cgroup-parent'),
      CpuShares: cli.number('cpu-shares'),
      CpuPeriod: cli.number('cpu-period'),
      CpuQuota: cli.number('cpu-quota'),
      NanoCpus: text('cpus') === '' ? 0 : Math.round(Number(text('cpus')) * 1e9),
      CpusetCpus: text('cpuset-cpus'),
      ...(text('memory') === '' ? {} : { Memory: parseBytes(text('memory')) }),
      ...(text('memory-swap') === '' ? {} : { MemorySwap: parseBytes(text('memory-swap')) }),
      ...(text('shm-size') === '' ? {} : { ShmSize: parseBytes(text('shm-size')) }),
      LogConfig: { Type: text('log-driver') || 'json-file', Config: {} },
      Devices: cli.strings('device').map((one) => {
        const [host = '', inside = host, permissions = 'rwm'] = one.split(':');
        return { PathOnHost: host, PathInContainer: inside, CgroupPermissions: permissions };
      }),
    },
    ...(cli.strings('volume').some((one) => !one.includes(':'))
      ? {
          Volumes: Object.fromEntries(
            cli
              .strings('volume')
              .filter((one) => !one.includes(':'))
              .map((one) => [one, {}]),
          ),
        }
      : {}),
  };
}

async function createFrom(ctx: Context, { cli, client }: Run, attaches: boolean): Promise<string> {
  const [image = ''] = cli.args;
  const body = await createBody(ctx, cli, attaches);
  const name = cli.string('name');
  const query = { name: name === '' ? undefined : name };
  const create = async (): Promise<string> =>
    (await client.json<{ Id: string }>(ctx, 'POST', '/containers/create', { query, body })).Id;
  const policy = cli.string('pull');
  if (policy === 'always') await pull(ctx, client, image, 2, false);
  try {
    return await create();
  } catch (error) {
    const isMissing = error instanceof DockerError && error.status === 404 && error.message.startsWith('No such image');
    if (!isMissing || policy === 'never') throw error;
    const { full, tag } = normalized(image);
    const shown = full.replace(/^docker\.io\/(?:library\/)?/, '');
    void tag;
    await printError(ctx, `Unable to find image '${shown}' locally\n`);
    await pull(ctx, client, image, 2, false);
    return create();
  }
}

/** Whatever keeps a container from starting ends docker run with 125 to 127. */
function asRunFailure(error: unknown): Failure {
  if (error instanceof Failure && error.exitCode !== 1) return error;
  if (!(error instanceof DockerError) && !(error instanceof Failure)) throw error;
  const words = error instanceof DockerError ? wordsOf(error) : `Error response from daemon: ${error.message}`;
  const isStart = error instanceof DockerError && /OCI runtime|task/.test(error.message);
  const code = !isStart
    ? 125
    : /permission denied/.test(words)
      ? 126
      : /not found|no such file/.test(words)
        ? 127
        : 125;
  const text = error instanceof DockerError && error.status === 0 ? words : words;
  return new Failure(`docker: ${text}${/[.?!]$/.test(text) ? '' : '.'}\nSee 'docker run --help'.`, code);
}

export const runCommand: Command = {
  name: 'run',
  short: 'Run a command in a new container',
  stopsAtArgument: true,
  flags: [
    { name: 'detach', short: 'd', kind: 'bool', usage: 'Run in the background and print the id' },
    ...CREATE_FLAGS,
  ],
  action: async (ctx, run) => {
    const { cli, client } = run;
    needArguments(cli, '[OPTIONS] IMAGE [COMMAND] [ARG...]\n\nRun a command in a new container', 1);
    const detach = cli.bool('detach');
    if (cli.bool('tty') && cli.bool('interactive') && !detach && !(await ctx.sys.isTty(ctx, 0)))
      throw new Failure('the input device is not a TTY');
    let id: string;
    let fd = -1;
    try {
      id = await createFrom(ctx, run, !detach);
      if (!detach) {
        const stdin = cli.bool('interactive') ? '1' : undefined;
        const query = { stream: '1', stdout: '1', stderr: '1', stdin };
        fd = await client.hijack(ctx, `/containers/${id}/attach`, { query });
      }
    } catch (error) {
      throw asRunFailure(error);
    }
    const exit = detach ? null : exitOf(ctx, run, id);
    try {
      await client.json(ctx, 'POST', `/containers/${id}/start`);
    } catch (error) {
      if (fd >= 0) await ctx.sys.close(ctx, fd);
      throw asRunFailure(error);
    }
    if (exit === null) return print(ctx, `${id}\n`);
    const resize = resizer(client, `/containers/${id}/resize`);
    await copyStreams(ctx, fd, { tty: cli.bool('tty'), stdin: cli.bool('interactive'), resize });
    return exit();
  },
};

/** Asks before it starts, so that the answer is there even when the container removes itself. */
function exitOf(ctx: Context, { cli, client }: Run, id: string): () => Promise<number> {
  let code: number | null = null;
  const condition = cli.bool('rm') ? 'removed' : 'next-exit';
  ctx.go('wait', async (c) => {
    try {
      code = (await client.json<{ StatusCode: number }>(c, 'POST', `/containers/${id}/wait`, { query: { condition } }))
        .StatusCode;
    } catch (error) {
      if (!(error instanceof DockerError)) throw error;
      code = 125;
    }
  });
  return async () => {
    while (code === null) await ctx.sleep(1_000_000);
    return code;
  };
}

export const createCommand: Command = {
  name: 'create',
  short: 'Create a new container',
  stopsAtArgument: true,
  flags: CREATE_FLAGS,
  action: async (ctx, run) => {
    needArguments(run.cli, '[OPTIONS] IMAGE [COMMAND] [ARG...]\n\nCreate a new container', 1);
    await print(ctx, `${await createFrom(ctx, run, true)}\n`);
  },
};

export const execCommand: Command = {
  name: 'exec',
  short: 'Run a command in a running container',
  stopsAtArgument: true,
  flags: [
    { name: 'detach', short: 'd', kind: 'bool', usage: 'Do not wait for it' },
    { name: 'env', short: 'e', kind: 'stringArray', usage: 'Set environment variables' },
    { name: 'env-file', kind: 'stringArray', usage: 'Read environment variables from a file' },
    { name: 'interactive', short: 'i', kind: 'bool', usage: 'Keep STDIN open' },
    { name: 'privileged', kind: 'bool', usage: 'All privileges' },
    { name: 'tty', short: 't', kind: 'bool', usage: 'Give it a terminal' },
    { name: 'user', short: 'u', kind: 'string', usage: 'User and group' },
    { name: 'workdir', short: 'w', kind: 'string', usage: 'Working directory' },
  ],
  action: async (ctx, { cli, client }) => {
    needArguments(cli, '[OPTIONS] CONTAINER COMMAND [ARG...]\n\nRun a command in a running container', 2);
    const [name = '', ...command] = cli.args;
    const [tty, stdin, detach] = [cli.bool('tty'), cli.bool('interactive'), cli.bool('detach')];
    // The container is asked for before anything else is said about it.
    await client.json<ContainerJson>(ctx, 'GET', `/containers/${name}/json`);
    if (tty && stdin && !detach && !(await ctx.sys.isTty(ctx, 0))) throw new Failure('the input device is not a TTY');
    const body = {
      Cmd: command,
      Tty: tty,
      User: cli.string('user'),
      WorkingDir: cli.string('workdir'),
      Env: await environment(ctx, cli),
      Privileged: cli.bool('privileged'),
      Detach: detach,
      AttachStdin: stdin && !detach,
      AttachStdout: !detach,
      AttachStderr: !detach,
    };
    const { Id } = await client.json<{ Id: string }>(ctx, 'POST', `/containers/${name}/exec`, { body });
    if (detach) {
      await client.json(ctx, 'POST', `/exec/${Id}/start`, { body: { Detach: true, Tty: tty } });
      return 0;
    }
    try {
      const fd = await client.hijack(ctx, `/exec/${Id}/start`, { body: { Detach: false, Tty: tty } });
      await copyStreams(ctx, fd, { tty, stdin, resize: resizer(client, `/exec/${Id}/resize`) });
    } catch (error) {
      if (!(error instanceof DockerError) || error.status === 0) throw error;
      if (/OCI runtime exec failed|exec failed/.test(error.message)) {
        await print(ctx, `${error.message}\n`);
        return /permission denied/.test(error.message) ? 126 : 127;
      }
      throw error;
    }
    return (await client.json<ExecInspect>(ctx, 'GET', `/exec/${Id}/json`)).ExitCode ?? 0;
  },
};
