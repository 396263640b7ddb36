import { expect, test } from 'vitest';
import type { Context } from '../../linux/context.ts';
import type { Program } from '../../linux/program.ts';
import { ImageService, RuntimeService } from '../../protocols/cri/generated.ts';
import { GrpcServer } from '../../protocols/grpc/server.ts';
import { StreamingServer } from '../../protocols/streaming/server.ts';
import { type TestKernel, testKernel } from '../../testing/kernel.ts';
import { crictlProgram } from './program.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Answers what it is asked: `cat` copies, `fail` exits with 7, `size` tells the terminal's size. */
const fakeRuntime: Program = {
  name: 'fake-runtime',
  main: async (ctx) => {
    const streaming = new StreamingServer({
      exec: async (c, _id, [command], streams) => {
        if (command === 'nosuchcmd') throw new Error('executable file not found in $PATH');
        if (command === 'fail') {
          await streams.stdout?.write(c, encode('hi\n'));
          await streams.stderr?.write(c, encode('err\n'));
          return 7;
        }
        if (command === 'size') {
          const size = await streams.resizes.take();
          await streams.stdout?.write(c, encode(`${size?.width}x${size?.height}`));
        }
        for (let bytes = await streams.stdin?.read(c); bytes != null; bytes = await streams.stdin?.read(c)) {
          await streams.stdout?.write(c, bytes);
          if (command === 'size') return 0;
        }
        return 0;
      },
      attach: async () => {},
      portForward: async (c, id, port, stream) => {
        if (port === 81) throw new Error(`failed to connect to localhost:81 inside namespace "${id}"`);
        const bytes = await stream.read(c);
        await stream.write(c, encode(`${port}:${decode(bytes ?? new Uint8Array(0))}`));
      },
      errorText: (error) => (error as Error).message,
    });
    const listener = await ctx.sys.listen(ctx, { family: 'inet', host: '127.0.0.1', port: 0 });
    const address = ctx.sys.socketAddress(ctx, listener, 'local');
    streaming.baseUrl = `http://127.0.0.1:${address.family === 'inet' ? address.port : 0}`;
    ctx.go('streaming', (c) => streaming.serve(c, listener));
    const server = new GrpcServer();
    server.implement(RuntimeService, {
      Version: async () => ({ version: '0.1.0', runtimeName: 'r', runtimeVersion: '1', runtimeApiVersion: 'v1' }),
      Exec: async (c, { containerId, cmd, tty, stdin, stdout, stderr }) => ({
        url: streaming.execUrl(c, { kind: 'exec', containerId, command: cmd, tty, stdin, stdout, stderr }),
      }),
      PortForward: async (c, { podSandboxId }) => ({ url: streaming.portForwardUrl(c, podSandboxId) }),
      GetContainerEvents: async (c, _request, call) => {
        await call.send(c, { containerId: 'abc', containerEventType: 1 });
      },
    });
    server.implement(ImageService, { ImageFsInfo: async () => ({}) });
    const fd = await ctx.sys.listen(ctx, { family: 'unix', path: '/run/r.sock' });
    await server.serve(ctx, fd);
    return 0;
  },
};

async function startedRig(): Promise<TestKernel> {
  const rig = testKernel({
    programs: [crictlProgram, fakeRuntime],
    files: { '/etc/crictl.yaml': 'runtime-endpoint: unix:///run/r.sock\ntimeout: 10\n' },
  });
  await rig.act(async (ctx) => {
    await ctx.sys.spawn(ctx, '/usr/bin/fake-runtime', { argv: ['fake-runtime'] });
    await ctx.sleep(50_000_000);
  });
  return rig;
}

const crictl = (...words: string[]): string[] => ['/usr/bin/crictl', ...words];

test('exec copies the streams and turns the exit code into words', async () => {
  const rig = await startedRig();
  expect(await rig.exec(crictl('exec', '-i', 'c1', 'cat'), { stdin: 'hello stdin\n' })).toEqual({
    stdout: 'hello stdin\n',
    stderr: '',
    exitCode: 0,
  });
  const failed = await rig.exec(crictl('exec', 'c1', 'fail'));
  expect(failed).toMatchObject({ stdout: 'hi\n', exitCode: 1 });
  expect(failed.stderr).toMatch(
    /^err\ntime="[^"]+" level=fatal msg="execing command in container c1: command terminated with exit code 7"\n$/,
  );
  expect((await rig.exec(crictl('exec', 'c1', 'nosuchcmd'))).stderr).toContain(
    'msg="execing command in container c1: Internal error occurred: error executing command in container: executable file not found in $PATH"',
  );
});

test('exec refuses what it cannot do', async () => {
  const rig = await startedRig();
  const message = async (...words: string[]): Promise<string> => {
    return (await rig.exec(crictl('exec', ...words))).stderr.replace(/^time="[^"]*" /, '');
  };
  const where = 'level=fatal msg="execing command in container c1: ';
  expect(await message('-it', 'c1', 'sh')).toBe(`${where}input is not a terminal"\n`);
  expect(await message('-t', 'c1', 'sh')).toBe(`${where}tty=true must be specified with interactive=true"\n`);
  expect(await message('-r', 'bogus', 'c1', 'ls')).toBe(`${where}get executor: unknown transport: bogus"\n`);
  expect(await message('-r', 'websocket', 'c1', 'ls')).toBe(
    `${where}unable to upgrade streaming request: websocket: bad handshake (403 Forbidden)"\n`,
  );
});

async function readSome(ctx: Context, fd: number): Promise<string> {
  return decode(await ctx.sys.read(ctx, fd, 4096));
}

test('exec -it makes the terminal raw and gives it back', async () => {
  const rig = await startedRig();
  await rig.act(async (ctx) => {
    const { sys } = ctx;
    const { master, slavePath } = await sys.openPty(ctx);
    const slave = await sys.open(ctx, slavePath, { read: true, write: true });
    await sys.setWindowSize(ctx, slave, { rows: 30, columns: 100 });
    const before = await sys.getTermios(ctx, slave);
    const pid = await sys.spawn(ctx, '/usr/bin/crictl', {
      argv: ['crictl', 'exec', '-it', 'c1', 'size'],
      stdio: { 0: slave, 1: slave, 2: slave },
    });
    expect(await readSome(ctx, master)).toBe('100x30');
    expect(await sys.getTermios(ctx, slave)).toMatchObject({ canonical: false, echo: false, signals: false });
    // Ctrl-C belongs to the container now, and nothing is echoed.
    await sys.write(ctx, master, '\u0003');
    expect(await readSome(ctx, master)).toBe('\u0003');
    const status = await sys.wait(ctx, pid);
    expect(status?.exitCode).toBe(0);
    expect(await sys.getTermios(ctx, slave)).toEqual(before);
  });
});

test('port-forward carries connections until one fails', async () => {
  const rig = await startedRig();
  const text = await rig.act(async (ctx) => {
    const { sys } = ctx;
    const [read, write] = await sys.pipe(ctx);
    const pid = await sys.spawn(ctx, '/usr/bin/crictl', {
      argv: ['crictl', 'port-forward', 'p1', '18080:80', ':81'],
      stdio: { 0: 'null', 1: write, 2: write },
    });
    await sys.close(ctx, write);
    await ctx.sleep(500_000_000);
    const fd = await sys.connect(ctx, { family: 'inet', host: '127.0.0.1', port: 18_080 });
    await sys.write(ctx, fd, 'ping');
    expect(await readSome(ctx, fd)).toBe('80:ping');
    let out = await readSome(ctx, read);
    const port = Number(/127\.0\.0\.1:(\d+) -> 81/.exec(out)?.[1]);
    const bad = await sys.connect(ctx, { family: 'inet', host: '127.0.0.1', port });
    await sys.write(ctx, bad, 'ping');
    const status = await sys.wait(ctx, pid);
    for (let more = await readSome(ctx, read); more !== ''; more = await readSome(ctx, read)) out += more;
    return `${out}exit ${status?.exitCode}`;
  });
  expect(text).toContain('Forwarding from 127.0.0.1:18080 -> 80\n');
  expect(text).toContain('Handling connection for 18080\n');
  expect(text).toMatch(/ portforward\.go:522\] "Unhandled Error" err="an error occurred forwarding \d+ -> 81: /);
  expect(text).toMatch(/level=fatal msg="port forward: lost connection to pod"\nexit 1$/);
});

test('events print what the stream brings', async () => {
  const rig = await startedRig();
  const { stdout, exitCode } = await rig.exec(crictl('events', '-o', 'go-template', '--template', '{{.containerId}}'));
  expect([stdout, exitCode]).toEqual(['abc\n', 0]);
});
