/** `runsc events`. @models gVisor runsc/cmd/events.go, runsc/boot/events.go @fidelity partial: cpu, memory, pids and names of links */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import type { RunscCall } from './call.ts';
import { connect, loadContainer } from './container.ts';
import { loading } from './state.ts';

type Statistics = { cpuNs: number; memoryBytes: number; pids: number; interfaces: string[] };

const INTERVAL_NS = 5_000_000_000;
const NONE = { limit: 0, failcnt: 0 };
const NO_TRAFFIC = ['RxBytes', 'RxPackets', 'RxErrors', 'RxDropped', 'TxBytes', 'TxPackets', 'TxErrors', 'TxDropped'];

export async function events(ctx: Context, call: RunscCall): Promise<number> {
  const id = call.args[0] ?? '';
  for (;;) {
    const state = await loading(loadContainer(ctx, call, id), 'loading sandbox');
    if (state.status === 'stopped') throw newError('getting container events: sandbox is not running');
    const client = await connect(ctx, state);
    const found = await client.call<Statistics>(ctx, 'containerManager.Event', { cid: state.id });
    await client.close(ctx);
    const event = {
      type: 'stats',
      id: state.id,
      data: {
        cpu: { usage: { total: found.cpuNs } },
        memory: {
          usage: { limit: 0, usage: found.memoryBytes, failcnt: 0 },
          swap: NONE,
          kernel: NONE,
          kernelTCP: NONE,
        },
        pids: { current: found.pids },
        network_interfaces: found.interfaces.map((Name) => ({
          Name,
          ...Object.fromEntries(NO_TRAFFIC.map((name) => [name, 0])),
        })),
      },
    };
    await print(ctx, `${JSON.stringify(event)}\n`);
    if (call.options.get('stats') === 'true') return 0;
    await ctx.sleep(INTERVAL_NS);
  }
}
