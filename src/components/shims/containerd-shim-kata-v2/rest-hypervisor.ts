/** What is common to hypervisors that are told over a REST socket what to make, and carry vsock themselves. */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { Errno, errno } from '../../../linux/errno.ts';
import { exists } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import { HttpStream } from '../../../protocols/distribution/http-stream.ts';
import { encodeRequestHead } from '../../../protocols/http/http1.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { AGENT_PORT, type StartedVm, type Vm } from './hypervisor.ts';
import { inNamespace } from './network.ts';

export type ApiStart = {
  argv: readonly string[];
  /** The API socket. */
  api: string;
  /** PUT requests in order: target and body. */
  requests: readonly (readonly [target: string, body: unknown])[];
} & Pick<StartedVm, 'address' | 'dial' | 'control'>;

export async function startWithApi(
  ctx: Context,
  vm: Vm,
  { argv, api, requests, address, dial, control }: ApiStart,
): Promise<StartedVm> {
  const { sys } = ctx;
  const errors = await sys.pipe(ctx);
  const spawn = (): Promise<number> =>
    sys.spawn(ctx, argv[0] ?? '', { argv, env: [], stdio: { 0: 'null', 1: 'null', 2: errors[1] } });
  const vmm = vm.netns === null ? await spawn() : await inNamespace(ctx, vm.netns, spawn);
  await sys.close(ctx, errors[1]);
  while (!(await exists(ctx, api))) await ctx.sleep(LATENCY.kataDialRetryNs);
  const stream = new HttpStream(await sys.connect(ctx, { family: 'unix', path: api }));
  try {
    for (const [target, body] of requests) await exchange(ctx, stream, 'PUT', target, body);
  } catch (error) {
    await sys.kill(ctx, vmm, 'SIGKILL');
    await sys.close(ctx, errors[0]);
    throw error;
  } finally {
    await sys.close(ctx, stream.fd);
  }
  return { control, vmm, errors: errors[0], address, dial };
}

/** One request on a connection of its own; what is answered, or null. */
export async function request(
  ctx: Context,
  api: string,
  method: string,
  target: string,
  body: unknown,
): Promise<unknown> {
  const stream = new HttpStream(await ctx.sys.connect(ctx, { family: 'unix', path: api }));
  try {
    return await exchange(ctx, stream, method, target, body);
  } finally {
    await ctx.sys.close(ctx, stream.fd);
  }
}

async function exchange(
  ctx: Context,
  stream: HttpStream,
  method: string,
  target: string,
  body: unknown,
): Promise<unknown> {
  const text = body === null ? '' : JSON.stringify(body);
  const headers: [string, string][] = [
    ['Host', 'localhost'],
    ['Content-Type', 'application/json'],
    ['Content-Length', String(text.length)],
  ];
  await ctx.sys.write(ctx, stream.fd, encodeRequestHead({ method, target, headers }));
  if (text !== '') await ctx.sys.write(ctx, stream.fd, text);
  const response = await stream.readResponse(ctx, method);
  if (response === null) throw newError(`${target}: the API socket was closed`);
  const said = response.hasBody ? utf8((await stream.readBody(ctx, response.head.headers, true)).bytes()) : '';
  if (response.head.status >= 300) throw newError(`${target}: ${said}`);
  return said === '' ? null : JSON.parse(said);
}

/** Hybrid vsock: a line that names the port, and a line in answer. */
export async function dialHybrid(ctx: Context, path: string): Promise<number> {
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
