/**
 * /usr/bin/containerd-shim-runc-v2: started once for a pod, it outlives containerd and is the parent of the pod's containers.
 * @models containerd 2.1.9 pkg/shim/shim.go, cmd/containerd-shim-runc-v2/manager/manager_linux.go
 * @fidelity partial: ttrpc only; no sandbox or streaming service, no debug socket
 */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { lookPath, mkdirAll, print, printError, readAll, readFile, runCommand } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { utf8 } from '../../../linux/rope.ts';
import { DeleteResponse, TaskService } from '../../../protocols/containerd/runtime/task/v3/generated.ts';
import { RuntimeInfo } from '../../../protocols/containerd/types/generated.ts';
import { Options } from '../../../protocols/containerd/types/runc/options/generated.ts';
import { Any } from '../../../protocols/google/protobuf/generated.ts';
import { digestOf } from '../../../protocols/oci/digest.ts';
import { TtrpcServer } from '../../../protocols/ttrpc/server.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { isGoError, messageOf } from '../shared/errors.ts';
import { log } from '../shared/log.ts';
import { unmountAll } from '../shared/mounts.ts';
import { Publisher } from '../shared/publisher.ts';
import { savedRuntime } from './container.ts';
import { Reaper } from './reaper.ts';
import { DEFAULT_BINARY, mustRun } from './runc.ts';
import { ShimTasks, timestamp } from './task-service.ts';

export const SHIM_RUNC_V2_PATH = '/usr/bin/containerd-shim-runc-v2';
export const SHIM_RUNC_V2_FILE_BYTES = 15_237_288;

export const shimRuncV2Program: Program = {
  name: 'containerd-shim-runc-v2',
  layer: 'shim',
  startCpuNs: LATENCY.shimStartNs,
  rssBytes: 18_900 << 10,
  threads: 12,
  main,
};

const RUNTIME = 'io.containerd.runc.v2';
const SOCKET_DIRECTORY = '/run/containerd/s';
const LISTEN_FD = 3;
const EXIT_STATUS_KILLED = 137;

type Flags = {
  namespace: string;
  id: string;
  address: string;
  bundle: string;
  socket: string;
  debug: boolean;
  version: boolean;
  help: boolean;
  info: boolean;
  rest: string[];
};

async function main(ctx: Context, argv: string[]): Promise<number> {
  const flags = parseFlags(argv.slice(1));
  if (typeof flags === 'string') {
    await printError(ctx, `${flags}\n${USAGE}`);
    return 2;
  }
  if (flags.help) {
    await printError(ctx, USAGE);
    return 0;
  }
  if (flags.version) {
    await print(ctx, `${argv[0]}:\n  Version:  ${VERSION}\n  Revision: \n  Go version: go1.27.1\n\n`);
    return 0;
  }
  if (flags.info) return info(ctx);
  if (flags.namespace === '') {
    await printError(ctx, `${RUNTIME}: shim namespace cannot be empty`);
    return 1;
  }
  try {
    switch (flags.rest[0]) {
      case 'start':
        return await ctx.spanned('start', 'shim', (inner) => start(inner, argv[0] ?? '', flags), { id: flags.id });
      case 'delete':
        return await ctx.spanned('delete', 'shim', (inner) => cleanUp(inner, flags), { id: flags.id });
      default:
        return await serve(ctx, flags);
    }
  } catch (error) {
    if (!isGoError(error) && !isErrno(error)) throw error;
    await printError(ctx, `${RUNTIME}: ${messageOf(error)}`);
    return 1;
  }
}

/** `start`: finds the pod's shim or makes one, and prints where it listens. */
async function start(ctx: Context, self: string, flags: Flags): Promise<number> {
  const { sys } = ctx;
  const group = (await groupOf(ctx)) ?? flags.id;
  const path = `${SOCKET_DIRECTORY}/${digestOf(`${flags.address}/${flags.namespace}/${group}`).slice('sha256:'.length)}`;
  const bootstrap = JSON.stringify({ version: 3, address: `unix://${path}`, protocol: 'ttrpc' });
  await mkdirAll(ctx, SOCKET_DIRECTORY, 0o711);
  let listener: number;
  try {
    listener = await sys.listen(ctx, { family: 'unix', path }, { mode: 0o600 });
  } catch (error) {
    if (!isErrno(error, 'EADDRINUSE')) throw error;
    if (await canConnect(ctx, path)) {
      await print(ctx, bootstrap);
      return 0;
    }
    // Left by a shim that was killed.
    await sys.unlink(ctx, path);
    listener = await sys.listen(ctx, { family: 'unix', path }, { mode: 0o600 });
  }
  const args = [
    self,
    '-namespace',
    flags.namespace,
    '-id',
    flags.id,
    '-address',
    flags.address,
    ...(flags.debug ? ['-debug'] : []),
  ];
  await sys.spawn(ctx, '/proc/self/exe', {
    argv: args,
    env: withDefaults(ctx.process.env, ['GOMAXPROCS=4', `OTEL_SERVICE_NAME=containerd-shim-${flags.id}`]),
    stdio: { 0: 'null', 1: 'null', 2: 'null', [LISTEN_FD]: listener },
    processGroup: 0,
    oomScoreAdj: Math.min(1000, (await parentOomScore(ctx)) + 1),
  });
  await print(ctx, bootstrap);
  return 0;
}

function withDefaults(env: readonly string[], defaults: readonly string[]): string[] {
  return [
    ...env,
    ...defaults.filter((entry) => !env.some((own) => own.startsWith(entry.slice(0, entry.indexOf('=') + 1)))),
  ];
}

async function groupOf(ctx: Context): Promise<string | undefined> {
  const spec = JSON.parse(await readFile(ctx, 'config.json')) as { annotations?: Record<string, string> };
  return spec.annotations?.['io.containerd.runc.v2.group'] ?? spec.annotations?.['io.kubernetes.cri.sandbox-id'];
}

async function canConnect(ctx: Context, path: string): Promise<boolean> {
  try {
    await ctx.sys.close(ctx, await ctx.sys.connect(ctx, { family: 'unix', path }));
    return true;
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

async function parentOomScore(ctx: Context): Promise<number> {
  try {
    return Number(await readFile(ctx, `/proc/${ctx.sys.getppid(ctx)}/oom_score_adj`));
  } catch (error) {
    if (isErrno(error)) return 0;
    throw error;
  }
}

/** Without an action: the daemon itself. */
async function serve(ctx: Context, flags: Flags): Promise<number> {
  const { sys } = ctx;
  sys.setSubreaper(ctx, true);
  sys.sigaction(ctx, 'SIGPIPE', 'ignore');
  await openLog(ctx);
  const reaper = new Reaper(ctx);
  const publisher = new Publisher(ctx, flags.namespace);
  const service = new ShimTasks(ctx, flags.namespace, reaper, publisher);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) sys.sigaction(ctx, signal, () => service.shutdown.resolve());
  const server = new TtrpcServer();
  server.implement(TaskService, service.handlers());
  const address = sys.socketAddress(ctx, LISTEN_FD, 'local');
  ctx.go('serve', (inner) => server.serve(inner, LISTEN_FD));
  await service.shutdown.wait();
  for (let polls = 0; !publisher.idle && polls < SHUTDOWN_POLLS_MAX; polls++) await ctx.sleep(SHUTDOWN_POLL_NS);
  await sys.close(ctx, LISTEN_FD);
  if (address.family === 'unix') {
    try {
      await sys.unlink(ctx, address.path);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  return 0;
}

const SHUTDOWN_POLLS_MAX = 20;
const SHUTDOWN_POLL_NS = 10_000_000;

/** stderr becomes the bundle's `log` fifo, if containerd made one and reads it. */
async function openLog(ctx: Context): Promise<void> {
  try {
    const fd = await ctx.sys.open(ctx, 'log', { write: true, nonBlock: true });
    await ctx.sys.dup2(ctx, fd, 2);
    await ctx.sys.close(ctx, fd);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

/** `delete`: run by containerd when it cannot reach the shim any more. */
async function cleanUp(ctx: Context, flags: Flags): Promise<number> {
  const cwd = await ctx.sys.getcwd(ctx);
  const bundle = `${cwd.slice(0, cwd.lastIndexOf('/'))}/${flags.id}`;
  const reaper = new Reaper(ctx);
  const runtime = await savedRuntime(ctx, bundle, flags.namespace);
  let pid = 0;
  try {
    pid = Number(await readFile(ctx, `${bundle}/init.pid`));
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  try {
    await mustRun(ctx, reaper, runtime, ['delete', '--force', flags.id]);
  } catch (error) {
    await log(ctx, 'error', 'failed to remove runc container', { error: messageOf(error) });
  }
  try {
    await unmountAll(ctx, `${bundle}/rootfs`);
  } catch (error) {
    await log(ctx, 'warning', 'failed to cleanup rootfs mount', { error: messageOf(error) });
  }
  await print(ctx, DeleteResponse.encode({ pid, exitStatus: EXIT_STATUS_KILLED, exitedAt: timestamp(ctx.wallTime) }));
  return 0;
}

/** `-info`: the options come in as Any on stdin; what the runtime says of itself goes out in a protobuf. */
async function info(ctx: Context): Promise<number> {
  const given = Any.decode(await readAll(ctx, 0));
  const options = Options.decode(given.value);
  const path = await lookPath(ctx, options.binaryName === '' ? DEFAULT_BINARY : options.binaryName);
  const features = path === null ? null : await runCommand(ctx, [path, 'features']);
  const isKnown = features !== null && features.status.exitCode === 0;
  await print(
    ctx,
    RuntimeInfo.encode({
      name: RUNTIME,
      version: { version: VERSION },
      ...(given.typeUrl === '' ? {} : { options: given }),
      ...(isKnown
        ? {
            features: {
              typeUrl: FEATURES_TYPE,
              value: new TextEncoder().encode(JSON.stringify(JSON.parse(utf8(features.stdout)))),
            },
          }
        : {}),
    }),
  );
  return 0;
}

const VERSION = '2.1.9+unknown';
const FEATURES_TYPE = 'types.containerd.io/opencontainers/runtime-spec/1/features/Features';

const FLAG_NAMES: Readonly<Record<string, 'string' | 'bool'>> = {
  address: 'string',
  bundle: 'string',
  debug: 'bool',
  'debug-socket': 'string',
  id: 'string',
  info: 'bool',
  namespace: 'string',
  'publish-binary': 'string',
  socket: 'string',
  v: 'bool',
  h: 'bool',
  help: 'bool',
};

/** Go's package flag; a string is its complaint. */
function parseFlags(words: readonly string[]): Flags | string {
  const values = new Map<string, string>();
  let i = 0;
  for (; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('-') || word === '-') break;
    if (word === '--') {
      i++;
      break;
    }
    const [name = '', given] = splitOnce(word.replace(/^--?/, ''));
    const kind = FLAG_NAMES[name];
    if (kind === undefined) return `flag provided but not defined: -${name}`;
    if (kind === 'bool') values.set(name, given ?? 'true');
    else if (given !== undefined) values.set(name, given);
    else if (i + 1 < words.length) values.set(name, words[++i] ?? '');
    else return `flag needs an argument: -${name}`;
  }
  const text = (name: string): string => values.get(name) ?? '';
  const on = (name: string): boolean => text(name) === 'true';
  return {
    namespace: text('namespace'),
    id: text('id'),
    address: text('address'),
    bundle: text('bundle'),
    socket: text('socket'),
    debug: on('debug'),
    version: on('v'),
    help: on('h') || on('help'),
    info: on('info'),
    rest: words.slice(i),
  };
}

function splitOnce(word: string): [string, string | undefined] {
  const at = word.indexOf('=');
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

const USAGE = `Usage of containerd-shim-runc-v2:
  -address string
    \tgRPC address of the containerd that started this shim
  -bundle string
    \tdirectory of the bundle, when it is not the working directory
  -debug
    \tlog debug messages too
  -debug-socket string
    \tsocket for debugging
  -id string
    \tid of the task
  -info
    \tread options from stdin, print what the shim can do, and exit
  -namespace string
    \tnamespace the shim belongs to
  -publish-binary string
    \taccepted and not used: events go to TTRPC_ADDRESS
  -socket string
    \tsocket to serve on
  -v\tprint the version and exit
`;
