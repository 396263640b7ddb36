/**
 * `kata-runtime exec`: asks the shim where the agent is, and connects the terminal to the debug console beside it.
 * @models kata-containers 4.1.0 src/runtime/cmd/kata-runtime/kata-exec.go, pkg/utils/shimclient @fidelity full
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { copyUntilEnd, exists, printError } from '../../linux/io.ts';
import { utf8 } from '../../linux/rope.ts';
import { HttpStream } from '../../protocols/distribution/http-stream.ts';
import { encodeRequestHead } from '../../protocols/http/http1.ts';

const DEBUG_CONSOLE_PORT = 1026;
const TIMEOUT_NS = 3_000_000_000;
const RETRY_NS = 10_000_000;
const ID = '^[a-zA-Z0-9][a-zA-Z0-9_.-]+$';
const PANICKED = 2;

type Refusal = { readonly refusal: string };

export async function exec(ctx: Context, args: readonly string[]): Promise<number> {
  const words = [...args];
  let port = DEBUG_CONSOLE_PORT;
  while (words[0]?.startsWith('-')) {
    const [name, value] = (words.shift() as string).replace(/^--?/, '').split('=');
    const given = value ?? words.shift() ?? '';
    if (name !== 'kata-debug-port') return fail(ctx, `flag provided but not defined: -${name}`);
    if (!/^\d+$/.test(given))
      return fail(
        ctx,
        `invalid value "${given}" for flag -kata-debug-port: strconv.ParseUint: parsing "${given}": invalid syntax`,
      );
    port = Number(given) || DEBUG_CONSOLE_PORT;
  }
  const id = words[0] ?? '';
  if (id === '') return fail(ctx, 'ID cannot be blank');
  if (!new RegExp(ID).test(id)) return fail(ctx, `invalid container/sandbox ID (should match "${ID}")`);
  const connected = await connect(ctx, id, port);
  if (typeof connected !== 'number') return fail(ctx, connected.refusal);
  for (const fd of [0, 1, 2]) if (await ctx.sys.isTty(ctx, fd)) return talk(ctx, connected, fd);
  await printError(ctx, 'panic: provided file is not a console\n\ngoroutine 1 [running]:\n');
  return PANICKED;
}

async function fail(ctx: Context, words: string): Promise<number> {
  await printError(ctx, `${words}\n`);
  return 1;
}

async function connect(ctx: Context, id: string, port: number): Promise<number | Refusal> {
  const [go, rust] = [`/run/vc/sbs/${id}/shim-monitor.sock`, `/run/kata/${id}/shim-monitor.sock`];
  const path = (await exists(ctx, go)) ? go : rust;
  if (!(await exists(ctx, path)))
    return { refusal: `it fails to stat both ${go} and ${rust} with error stat ${rust}: no such file or directory` };
  let answer: { status: number; body: string };
  try {
    answer = await agentUrl(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return { refusal: `Get "http://shim/agent-url": dial unix ${path}: connect: ${error.go}` };
  }
  if (answer.status !== 200) return { refusal: `Failure from ${id} shim-monitor: ${answer.status}` };
  const url = answer.body.trimEnd();
  const vsock = /^vsock:\/\/(\d+):\d+$/.exec(url);
  if (vsock !== null) {
    const cid = Number(vsock[1]);
    const dial = (inner: Context): Promise<number> => inner.sys.connect(inner, { family: 'vsock', cid, port });
    return retried(ctx, dial, `timed out connecting to vsock ${cid}:${port}`);
  }
  const hybrid = /^hvsock:\/\/(.+):\d+$/.exec(url);
  if (hybrid !== null)
    return retried(
      ctx,
      (inner) => dialHybrid(inner, hybrid[1] ?? '', port),
      `timed out connecting to hybrid vsocket hvsock:${hybrid[1]}:${port}`,
    );
  return { refusal: `schema ${url.split(':')[0]} not found` };
}

async function agentUrl(ctx: Context, path: string): Promise<{ status: number; body: string }> {
  const stream = new HttpStream(await ctx.sys.connect(ctx, { family: 'unix', path }));
  const headers: [string, string][] = [
    ['Host', 'shim'],
    ['User-Agent', 'Go-http-client/1.1'],
    ['Connection', 'close'],
  ];
  await ctx.sys.write(ctx, stream.fd, encodeRequestHead({ method: 'GET', target: '/agent-url', headers }));
  const response = await stream.readResponse(ctx, 'GET');
  const body = response === null ? '' : utf8((await stream.readBody(ctx, response.head.headers, true)).bytes());
  await ctx.sys.close(ctx, stream.fd);
  return { status: response?.head.status ?? 0, body };
}

async function dialHybrid(ctx: Context, path: string, port: number): Promise<number> {
  const fd = await ctx.sys.connect(ctx, { family: 'unix', path });
  await ctx.sys.write(ctx, fd, `CONNECT ${port}\n`);
  if (utf8(await ctx.sys.read(ctx, fd, 32)).startsWith('OK ')) return fd;
  await ctx.sys.close(ctx, fd);
  return -1;
}

async function retried(
  ctx: Context,
  dial: (ctx: Context) => Promise<number>,
  words: string,
): Promise<number | Refusal> {
  for (const end = ctx.now + TIMEOUT_NS; ctx.now < end; await ctx.sleep(RETRY_NS)) {
    try {
      const fd = await dial(ctx);
      if (fd >= 0) return fd;
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  return { refusal: `rpc error: code = DeadlineExceeded desc = ${words}` };
}

/** Byte by byte in both directions, until the console's end closes. */
async function talk(ctx: Context, socket: number, terminal: number): Promise<number> {
  const { sys } = ctx;
  const before = await sys.getTermios(ctx, terminal);
  await sys.setTermios(ctx, terminal, { canonical: false, echo: false, signals: false, outputNewline: false });
  ctx.go('console input', (inner) => copyUntilEnd(inner, terminal, socket));
  await copyUntilEnd(ctx, socket, 1);
  await sys.setTermios(ctx, terminal, before);
  return 0;
}
