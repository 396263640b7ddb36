/**
 * /usr/bin/containerd-shim-runc-v2: started once for a pod, it outlives containerd and is the parent of the pod's containers.
 * @models containerd 2.1.9 pkg/shim/shim.go, cmd/containerd-shim-runc-v2/manager/manager_linux.go
 * @fidelity partial: ttrpc only; no sandbox or streaming service, no debug socket
 */

import { type ParsedJson, parseJson } from '../../../go/json-parse.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { lookPath, print, printError, readAll, readFile, runCommand } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { utf8 } from '../../../linux/rope.ts';
import { DeleteResponse } from '../../../protocols/containerd/runtime/task/v3/generated.ts';
import { RuntimeInfo } from '../../../protocols/containerd/types/generated.ts';
import { Options } from '../../../protocols/containerd/types/runc/options/generated.ts';
import { Any } from '../../../protocols/google/protobuf/generated.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { isGoError, messageOf } from '../shared/errors.ts';
import { type Flags, parseFlags, usage } from '../shared/flags.ts';
import { log } from '../shared/log.ts';
import { unmountAll } from '../shared/mounts.ts';
import { Publisher } from '../shared/publisher.ts';
import { Reaper } from '../shared/reaper.ts';
import { openLog, serveTasks } from '../shared/serve.ts';
import { start } from '../shared/start.ts';
import { savedRuntime } from './container.ts';
import { DEFAULT_BINARY, mustRun } from './runc.ts';
import { ShimTasks, timestamp } from './task-service.ts';

export const SHIM_RUNC_V2_PATH = '/usr/bin/containerd-shim-runc-v2';
export const SHIM_RUNC_V2_FILE_BYTES = 15_237_288;

export const shimRuncV2Program: Program = {
  name: 'containerd-shim-runc-v2',
  layer: 'shim',
  startCpuNs: LATENCY.shimStartNs,
  rssBytes: 18_900 << 10,
  fileBytes: 11_000 << 10,
  threads: 12,
  main,
};

const RUNTIME = 'io.containerd.runc.v2';
const EXIT_STATUS_KILLED = 137;

async function main(ctx: Context, argv: string[]): Promise<number> {
  const flags = parseFlags(argv.slice(1));
  if (typeof flags === 'string') {
    await printError(ctx, `${flags}\n${usage(shimRuncV2Program.name)}`);
    return 2;
  }
  if (flags.help) {
    await printError(ctx, usage(shimRuncV2Program.name));
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
  await serveTasks(ctx, ShimTasks.handlers, service.shutdown, publisher, service);
  return 0;
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
  const name = options.binaryName === '' ? DEFAULT_BINARY : options.binaryName;
  const path = await lookPath(ctx, name);
  if (path === null) {
    const why = name.includes('/') ? `stat ${name}: no such file or directory` : 'executable file not found in $PATH';
    await printError(ctx, `${RUNTIME}: failed to look up the path of ${quote(name)}: exec: ${quote(name)}: ${why}`);
    return 1;
  }
  const features = await featuresOf(ctx, path);
  await print(
    ctx,
    RuntimeInfo.encode({
      name: RUNTIME,
      version: { version: VERSION },
      ...(given.typeUrl === '' ? {} : { options: given }),
      ...(features !== null
        ? {
            features: {
              typeUrl: FEATURES_TYPE,
              value: new TextEncoder().encode(JSON.stringify(features)),
            },
          }
        : {}),
    }),
  );
  return 0;
}

/** null if the program does not tell. */
async function featuresOf(ctx: Context, path: string): Promise<ParsedJson> {
  try {
    const { stdout, status } = await runCommand(ctx, [path, 'features']);
    const parsed = parseJson(utf8(stdout));
    return status.exitCode === 0 && status.signal === null && parsed.ok ? parsed.value : null;
  } catch (error) {
    if (!isErrno(error)) throw error;
    return null;
  }
}

const VERSION = '2.1.9+unknown';
const FEATURES_TYPE = 'types.containerd.io/opencontainers/runtime-spec/1/features/Features';
