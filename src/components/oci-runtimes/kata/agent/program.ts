/**
 * kata-agent: runs inside the VM, makes containers there, and does what the shim asks over vsock.
 * @models kata-containers 4.1.0 src/agent/src/{main,rpc}.rs
 * @fidelity partial: the methods of AgentService that a pod's life needs; no policy, no guest pull
 */
import { isErrno } from '../../../../linux/errno.ts';
import { printError } from '../../../../linux/io.ts';
import type { Program } from '../../../../linux/program.ts';
import { AgentService } from '../../../../protocols/kata/agent/generated.ts';
import { TtrpcServer } from '../../../../protocols/ttrpc/server.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { startDebugConsole } from './console.ts';
import { Agent } from './service.ts';

export const AGENT_VSOCK_PORT = 1024;
const ANY_CID = 4_294_967_295;

export const kataAgentProgram: Program = {
  name: 'kata-agent',
  layer: 'oci-runtime',
  startCpuNs: LATENCY.kataAgentStartNs,
  rssBytes: 14_000 << 10,
  threads: 5,
  async main(ctx) {
    ctx.sys.sigaction(ctx, 'SIGPIPE', 'ignore');
    let listener: number;
    try {
      listener = await ctx.sys.listen(ctx, { family: 'vsock', cid: ANY_CID, port: AGENT_VSOCK_PORT });
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `Error: failed to listen on vsock://-1:${AGENT_VSOCK_PORT}: ${error.code}\n`);
      return 1;
    }
    await startDebugConsole(ctx);
    const server = new TtrpcServer();
    server.implement(AgentService, new Agent(ctx).handlers());
    await server.serve(ctx, listener);
    return 0;
  },
};
