/**
 * /usr/local/bin/containerd-shim-runsc-v1: gVisor's shim, started once for a pod.
 * @models gVisor release-20260817 shim/cli, pkg/shim/v1 @fidelity partial: ttrpc only; no sandbox or streaming service
 */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { print, printError, readFile } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { DeleteResponse } from '../../../protocols/containerd/runtime/task/v3/generated.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { isGoError, messageOf } from '../shared/errors.ts';
import { type Flags, parseFlags, usage } from '../shared/flags.ts';
import { log } from '../shared/log.ts';
import { unmountAll } from '../shared/mounts.ts';
import { Publisher } from '../shared/publisher.ts';
import { Reaper } from '../shared/reaper.ts';
import { openLog, serveTasks } from '../shared/serve.ts';
import { start } from '../shared/start.ts';
import { savedRuntime } from './options.ts';
import { mustRun } from './runsc.ts';
import { ShimTasks, timestamp } from './task-service.ts';

export const shimRunscV1Program: Program = {
  name: 'containerd-shim-runsc-v1',
  layer: 'shim',
  startCpuNs: LATENCY.runscShimStartNs,
  rssBytes: 18_900 << 10,
  fileBytes: 11_000 << 10,
  threads: 12,
  main,
};

/** It is built with the library of containerd 1.x, whose shims cannot be asked. */
const UNKNOWN = ['info'];
const RUNTIME = 'io.containerd.runsc.v1';
const EXIT_STATUS_KILLED = 137;

async function main(ctx: Context, argv: string[]): Promise<number> {
  const flags = parseFlags(argv.slice(1), UNKNOWN);
  if (typeof flags === 'string') {
    await printError(ctx, `${flags}\n${usage(shimRunscV1Program.name, UNKNOWN)}`);
    return 2;
  }
  if (flags.help) {
    await printError(ctx, usage(shimRunscV1Program.name, UNKNOWN));
    return 0;
  }
  if (flags.version) {
    await print(ctx, `${argv[0]}:\n  Version:  ${VERSION}\n  Revision: \n  Go version: go1.27.1\n\n`);
    return 0;
  }
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
  await serveTasks(ctx, service.handlers(), service.shutdown, publisher);
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
    await log(ctx, 'error', 'failed to remove runsc container', { error: messageOf(error) });
  }
  try {
    await unmountAll(ctx, `${bundle}/rootfs`);
  } catch (error) {
    await log(ctx, 'warning', 'failed to cleanup rootfs mount', { error: messageOf(error) });
  }
  await print(ctx, DeleteResponse.encode({ pid, exitStatus: EXIT_STATUS_KILLED, exitedAt: timestamp(ctx.wallTime) }));
  return 0;
}

const VERSION = 'release-20260817.0';
