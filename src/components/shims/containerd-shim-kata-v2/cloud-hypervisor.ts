/**
 * Cloud Hypervisor: told over its REST socket what to make; the guest is reached through a Unix socket of its own.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/hypervisor/{src/ch,ch-config} @fidelity partial: no hot plugging
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { Errno, errno } from '../../../linux/errno.ts';
import { exists } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { HttpStream } from '../../../protocols/distribution/http-stream.ts';
import { encodeRequestHead } from '../../../protocols/http/http1.ts';
import { LATENCY } from '../../../sim/latency.ts';
import type { HypervisorConfig } from './configuration.ts';
import { commandLine } from './guest-command-line.ts';
import { AGENT_PORT, type StartedVm, type Vm } from './hypervisor.ts';
import { inNamespace } from './network.ts';

const GUEST_CID = 3;
const MIB = 1 << 20;

export async function startCloudHypervisor(ctx: Context, config: HypervisorConfig, vm: Vm): Promise<StartedVm> {
  const { sys } = ctx;
  const api = `${vm.runDirectory}/clh-api.sock`;
  const vsock = `${vm.runDirectory}/clh.sock`;
  const errors = await sys.pipe(ctx);
  const spawn = (): Promise<number> =>
    sys.spawn(ctx, config.path, {
      argv: [config.path, '--api-socket', api],
      env: [],
      stdio: { 0: 'null', 1: 'null', 2: errors[1] },
    });
  const vmm = vm.netns === null ? await spawn() : await inNamespace(ctx, vm.netns, spawn);
  await sys.close(ctx, errors[1]);
  while (!(await exists(ctx, api))) await ctx.sleep(LATENCY.kataDialRetryNs);
  const stream = new HttpStream(await sys.connect(ctx, { family: 'unix', path: api }));
  try {
    await put(ctx, stream, 'vm.create', {
      cpus: { boot_vcpus: config.vcpus, max_vcpus: config.vcpus },
      memory: { size: config.memoryMiB * MIB, shared: true },
      payload: { kernel: config.kernel, cmdline: commandLine(config) },
      pmem: [{ file: config.image, discard_writes: true }],
      net: vm.nics.map(({ tap, link }) => ({ tap, mac: link.mac })),
      fs: [{ tag: 'kataShared', socket: vm.socket, num_queues: 1, queue_size: 1024 }],
      vsock: { cid: GUEST_CID, socket: vsock },
      rng: { src: '/dev/urandom' },
      serial: { mode: 'Off' },
      console: { mode: 'Off' },
    });
    await put(ctx, stream, 'vm.boot', null);
  } catch (error) {
    await sys.kill(ctx, vmm, 'SIGKILL');
    await sys.close(ctx, errors[0]);
    throw error;
  } finally {
    await sys.close(ctx, stream.fd);
  }
  return { vmm, errors: errors[0], address: `hvsock://${vsock}:${AGENT_PORT}`, dial: (inner) => dial(inner, vsock) };
}

async function put(ctx: Context, stream: HttpStream, call: string, body: unknown): Promise<void> {
  const text = body === null ? '' : JSON.stringify(body);
  const headers: [string, string][] = [
    ['Host', 'localhost'],
    ['Content-Type', 'application/json'],
    ['Content-Length', String(text.length)],
  ];
  await ctx.sys.write(ctx, stream.fd, encodeRequestHead({ method: 'PUT', target: `/api/v1/${call}`, headers }));
  if (text !== '') await ctx.sys.write(ctx, stream.fd, text);
  const response = await stream.readResponse(ctx, 'PUT');
  if (response === null) throw newError(`${call}: the API socket was closed`);
  const said = response.hasBody ? utf8((await stream.readBody(ctx, response.head.headers, true)).bytes()) : '';
  if (response.head.status >= 300) throw newError(`${call}: ${said}`);
}

/** Hybrid vsock: a line that names the port, and a line in answer. */
async function dial(ctx: Context, path: string): Promise<number> {
  const { sys } = ctx;
  const fd = await sys.connect(ctx, { family: 'unix', path });
  try {
    await sys.write(ctx, fd, `CONNECT ${AGENT_PORT}\n`);
    if (utf8(await sys.read(ctx, fd, 32)).startsWith('OK ')) return fd;
    throw errno('ECONNRESET');
  } catch (error) {
    if (error instanceof Errno) await sys.close(ctx, fd);
    throw error;
  }
}
