/** What one hop costs: a process is spawned, connects to a Unix socket, makes one CRI call, and exits; tracing on. */
import type { Program } from '../../linux/program.ts';
import { testKernel } from '../../testing/kernel.ts';
import { RuntimeService } from '../cri/generated.ts';
import { dialGrpc } from './client.ts';
import { GrpcServer } from './server.ts';

const server: Program = {
  name: 'server',
  main: async (ctx) => {
    const fd = await ctx.sys.listen(ctx, { family: 'unix', path: '/run/s.sock' });
    const grpc = new GrpcServer();
    grpc.implement(RuntimeService, {
      Version: async () => ({
        version: '0.1.0',
        runtimeName: 'containerd',
        runtimeVersion: 'v2.1.9',
        runtimeApiVersion: 'v1',
      }),
      ListContainers: async () => ({ containers: [] }),
    });
    await grpc.serve(ctx, fd);
    return 0;
  },
};
const client: Program = {
  name: 'client',
  main: async (ctx) => {
    const connection = await dialGrpc(ctx, '/run/s.sock');
    const reply = await connection.call(ctx, RuntimeService.methods.ListContainers, {});
    return reply.containers.length;
  },
};

/** Microseconds per hop: best and median of the batches. `clock` returns milliseconds of real time. */
export async function measureHop(
  clock: () => number,
  batches = 30,
  hops = 200,
): Promise<{ best: number; median: number }> {
  const rig = testKernel({ programs: [server, client] });
  const rounds: number[] = [];
  await rig.act(async (ctx) => {
    const { sys } = ctx;
    await sys.spawn(ctx, '/usr/bin/server', { argv: ['server'] });
    await ctx.sleep(100_000_000);
    for (let batch = 0; batch < batches; batch++) {
      const start = clock();
      for (let i = 0; i < hops; i++) {
        const pid = await sys.spawn(ctx, '/usr/bin/client', { argv: ['client'] });
        await sys.wait(ctx, pid);
      }
      rounds.push(((clock() - start) * 1000) / hops);
    }
  });
  rounds.sort((a, b) => a - b);
  return { best: rounds[0] as number, median: rounds[rounds.length >> 1] as number };
}
