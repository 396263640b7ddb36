import { expect, test } from 'vitest';
import type { Context } from '../../../linux/context.ts';
import { exists, mkdirAll, print, readFile, runCommand, writeFile } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { utf8 } from '../../../linux/rope.ts';
import { TaskExit } from '../../../protocols/containerd/events/generated.ts';
import { DeleteResponse, TaskService } from '../../../protocols/containerd/runtime/task/v3/generated.ts';
import { EventsService } from '../../../protocols/containerd/services/ttrpc/events/v1/generated.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import { dialTtrpc, type TtrpcClient } from '../../../protocols/ttrpc/client.ts';
import { TtrpcServer } from '../../../protocols/ttrpc/server.ts';
import { type TestKernel, testKernel } from '../../../testing/kernel.ts';
import { shimRuncV2Program } from './program.ts';

/**
 * A stand-in for any OCI runtime with runc's command line: what the shim asks of it, without containers. `create` leaves a
 * process behind that waits for a file; the words of the bundle's args decide what it does.
 */
const fakeRuntime: Program = {
  name: 'runc',
  async main(ctx, argv) {
    const verb = argv.find((word) => ['create', 'start', 'delete', 'kill', 'exec'].includes(word)) ?? '';
    const value = (flag: string): string => argv[argv.indexOf(flag) + 1] ?? '';
    const id = argv[argv.length - 1] ?? '';
    const dir = `/run/fake/${verb === 'kill' ? argv[argv.length - 2] : id}`;
    switch (verb) {
      case 'create': {
        const { args } = JSON.parse(await readFile(ctx, `${value('--bundle')}/config.json`)) as { args: string[] };
        if (args[0] === 'nosuch') {
          const msg =
            'runc create failed: unable to start container process: error during container init: exec: "nosuch": executable file not found in $PATH';
          await writeFile(ctx, value('--log'), `${JSON.stringify({ level: 'error', msg, time: '' })}\n`);
          return 1;
        }
        await mkdirAll(ctx, dir);
        const pid = await ctx.sys.fork(ctx, async (child) => {
          while (!(await exists(child, `${dir}/started`))) await child.sleep(1_000_000);
          await print(child, `hello from ${id}\n`);
          if (args[0] === 'sleep') await child.sleep(1e12);
          return Number(args[1] ?? '0');
        });
        await writeFile(ctx, value('--pid-file'), String(pid));
        await writeFile(ctx, `${dir}/pid`, String(pid));
        return 0;
      }
      case 'start':
        await writeFile(ctx, `${dir}/started`, '');
        return 0;
      case 'kill':
        await ctx.sys.kill(ctx, Number(await readFile(ctx, `${dir}/pid`)), 'SIGKILL');
        return 0;
      default:
        return 0;
    }
  },
};

const BUNDLES = '/run/containerd/io.containerd.runtime.v2.task/k8s.io';
const SHIM = '/usr/bin/containerd-shim-runc-v2';

async function makeBundle(ctx: Context, id: string, args: string[], sandbox: string): Promise<string> {
  const bundle = `${BUNDLES}/${id}`;
  await mkdirAll(ctx, bundle);
  const pid = { type: 'pid' };
  await writeFile(
    ctx,
    `${bundle}/config.json`,
    JSON.stringify({ args, annotations: { 'io.kubernetes.cri.sandbox-id': sandbox }, linux: { namespaces: [pid] } }),
  );
  await ctx.sys.mknod(ctx, `${bundle}/out`, 'fifo', 0o600);
  return bundle;
}

async function startShim(ctx: Context, id: string, bundle: string): Promise<TtrpcClient> {
  const env = [...ctx.process.env, 'TTRPC_ADDRESS=/run/containerd/containerd.sock.ttrpc'];
  const argv = [SHIM, '-namespace', 'k8s.io', '-id', id, '-address', '/run/containerd/containerd.sock', 'start'];
  const result = await runCommand(ctx, argv, { env, cwd: bundle });
  expect(utf8(result.stderr)).toBe('');
  const { address, version, protocol } = JSON.parse(utf8(result.stdout)) as {
    address: string;
    version: number;
    protocol: string;
  };
  expect({ version, protocol }).toEqual({ version: 3, protocol: 'ttrpc' });
  expect(address).toMatch(/^unix:\/\/\/run\/containerd\/s\/[0-9a-f]{64}$/);
  return dialTtrpc(ctx, address.slice('unix://'.length));
}

function rig(): TestKernel {
  return testKernel({ programs: [shimRuncV2Program, fakeRuntime] });
}

async function collectEvents(ctx: Context, topics: string[]): Promise<void> {
  await mkdirAll(ctx, '/run/containerd');
  const server = new TtrpcServer();
  server.implement(EventsService, {
    Forward: async (_ctx, { envelope }) => {
      topics.push(envelope?.topic ?? '');
      if (envelope?.topic === '/tasks/exit')
        topics.push(String(TaskExit.decode(envelope.event?.value ?? new Uint8Array(0)).exitStatus));
    },
  });
  const fd = await ctx.sys.listen(ctx, { family: 'unix', path: '/run/containerd/containerd.sock.ttrpc' });
  ctx.go('events', (inner) => server.serve(inner, fd));
}

test('a task from create to shutdown', async () => {
  const node = rig();
  await node.act(async (ctx) => {
    const topics: string[] = [];
    await collectEvents(ctx, topics);
    const bundle = await makeBundle(ctx, 'pod', ['exit', '7'], 'pod');
    const shim = await startShim(ctx, 'pod', bundle);
    const { pid } = await shim.call(ctx, TaskService.methods.Create, {
      id: 'pod',
      bundle,
      stdout: `${bundle}/out`,
      rootfs: [],
    });
    expect(await readFile(ctx, `${bundle}/init.pid`)).toBe(String(pid));
    expect(await readFile(ctx, `${bundle}/options.json`)).toBe('{}');
    expect(await shim.call(ctx, TaskService.methods.State, { id: 'pod' })).toMatchObject({ pid, status: 1, bundle });
    const parent = node.kernel.processes.get(pid)?.parent;
    expect(parent?.argv).toEqual([
      SHIM,
      '-namespace',
      'k8s.io',
      '-id',
      'pod',
      '-address',
      '/run/containerd/containerd.sock',
    ]);
    expect(parent?.parent?.pid).toBe(1);
    const out = await ctx.sys.open(ctx, `${bundle}/out`, { read: true });
    await shim.call(ctx, TaskService.methods.Start, { id: 'pod' });
    expect(utf8(await ctx.sys.read(ctx, out))).toBe('hello from pod\n');
    expect(await shim.call(ctx, TaskService.methods.Wait, { id: 'pod' })).toMatchObject({ exitStatus: 7 });
    expect(await shim.call(ctx, TaskService.methods.Delete, { id: 'pod' })).toMatchObject({ pid, exitStatus: 7 });
    await shim.call(ctx, TaskService.methods.Shutdown, { id: 'pod' });
    await ctx.sleep(1e9);
    expect(topics).toEqual(['/tasks/create', '/tasks/start', '/tasks/exit', '7', '/tasks/delete']);
    expect(await exists(ctx, '/run/containerd/s')).toBe(true);
    expect(
      await ctx.sys.readDirectory(ctx, '/run/containerd/s').then((list) => list.filter((e) => !e.name.startsWith('.'))),
    ).toEqual([]);
    expect([...node.kernel.processes.values()].filter((p) => p.comm.startsWith('containerd-shim'))).toEqual([]);
  });
});

test('one shim serves a pod, and kills on request', async () => {
  const node = rig();
  await node.act(async (ctx) => {
    const first = await startShim(ctx, 'pod', await makeBundle(ctx, 'pod', ['sleep'], 'pod'));
    const bundle = await makeBundle(ctx, 'c1', ['sleep'], 'pod');
    const second = await startShim(ctx, 'c1', bundle);
    const shims = [...node.kernel.processes.values()].filter((p) => p.comm.startsWith('containerd-shim'));
    expect(shims.length).toBe(1);
    await second.call(ctx, TaskService.methods.Create, { id: 'c1', bundle });
    await second.call(ctx, TaskService.methods.Start, { id: 'c1' });
    expect((await first.call(ctx, TaskService.methods.Connect, { id: 'c1' })).shimPid).toBe(shims[0]?.pid);
    await first.call(ctx, TaskService.methods.Kill, { id: 'c1', signal: 9 });
    expect(await second.call(ctx, TaskService.methods.Wait, { id: 'c1' })).toMatchObject({ exitStatus: 137 });
  });
});

test("errors carry the runtime's words", async () => {
  const node = rig();
  await node.act(async (ctx) => {
    const failing = async (call: Promise<unknown>): Promise<string> => {
      try {
        await call;
        return 'no error';
      } catch (error) {
        if (!(error instanceof GrpcError)) throw error;
        return `${error.code} ${error.description}`;
      }
    };
    const bundle = await makeBundle(ctx, 'bad', ['nosuch'], 'bad');
    const shim = await startShim(ctx, 'bad', bundle);
    expect(await failing(shim.call(ctx, TaskService.methods.Create, { id: 'bad', bundle }))).toBe(
      '2 OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "nosuch": executable file not found in $PATH',
    );
    expect(await failing(shim.call(ctx, TaskService.methods.State, { id: 'bad' }))).toBe(
      '5 container not created: not found',
    );
    await ctx.sys.unlink(ctx, '/usr/bin/runc');
    await ctx.sys.unlink(ctx, `${bundle}/log.json`);
    expect(await failing(shim.call(ctx, TaskService.methods.Create, { id: 'bad', bundle }))).toBe(
      `2 OCI runtime create failed: unable to retrieve OCI runtime error (open ${bundle}/log.json: no such file or directory): exec: "runc": executable file not found in $PATH`,
    );
  });
});

test('delete after the shim was killed', async () => {
  const node = rig();
  await node.act(async (ctx) => {
    const bundle = await makeBundle(ctx, 'pod', ['sleep'], 'pod');
    const shim = await startShim(ctx, 'pod', bundle);
    const { pid } = await shim.call(ctx, TaskService.methods.Create, { id: 'pod', bundle });
    const { shimPid } = await shim.call(ctx, TaskService.methods.Connect, { id: 'pod' });
    await ctx.sys.kill(ctx, shimPid, 'SIGKILL');
    const { stdout } = await runCommand(
      ctx,
      [
        SHIM,
        '-namespace',
        'k8s.io',
        '-id',
        'pod',
        '-address',
        '/run/containerd/containerd.sock',
        '-bundle',
        bundle,
        'delete',
      ],
      { cwd: bundle },
    );
    expect(DeleteResponse.decode(stdout)).toMatchObject({ pid, exitStatus: 137 });
    expect(utf8((await runCommand(ctx, [SHIM])).stderr)).toBe('io.containerd.runc.v2: shim namespace cannot be empty');
    // The socket that the dead shim left is replaced.
    await startShim(ctx, 'pod', bundle);
  });
});
