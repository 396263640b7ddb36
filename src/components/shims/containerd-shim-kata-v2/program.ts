/**
 * containerd-shim-kata-v2: shim and runtime in one. There is no runc on the host: it makes a virtual machine, once a
 * pod, and has the agent inside make the containers.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/shim/src @fidelity partial: ttrpc only, no sandbox API, no metrics
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { print, printError, readFile } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { DeleteResponse } from '../../../protocols/containerd/runtime/task/v3/generated.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { isGoError, messageOf } from '../shared/errors.ts';
import { type Flags, parseFlags, usage } from '../shared/flags.ts';
import { unmountAll } from '../shared/mounts.ts';
import { Publisher } from '../shared/publisher.ts';
import { Reaper } from '../shared/reaper.ts';
import { openLog, serveTasks } from '../shared/serve.ts';
import { start } from '../shared/start.ts';
import { killQuietly, removeSandboxCgroup, removeSandboxFiles } from './sandbox.ts';
import { KataTasks, timestamp } from './task-service.ts';

const NAME = 'containerd-shim-kata-v2';
const VERSION = '4.1.0';
const ABOUT = `Kata Containers containerd shim (Rust): id: io.containerd.kata.v2, version: ${VERSION}, commit: `;
/** Flags of other shims. */
const UNKNOWN = ['info', 'v', 'h', 'socket', 'debug-socket'];
const EXIT_STATUS_KILLED = 137;
const STARTING = {
  groups: ['io.kubernetes.cri.sandbox-id', 'io.kubernetes.cri-o.SandboxID'],
  bareAddress: true,
};

export const shimKataV2Program: Program = {
  name: NAME,
  layer: 'shim',
  startCpuNs: LATENCY.kataShimStartNs,
  rssBytes: 32_000 << 10,
  threads: 8,
  async main(ctx, argv) {
    const words = argv.slice(1);
    if (words[0] === '--version') {
      await print(ctx, `${ABOUT}\n`);
      return 0;
    }
    const flags = parseFlags(words, UNKNOWN);
    if (typeof flags === 'string') {
      const all = argv.map((word) => JSON.stringify(word)).join(', ');
      return refuse(ctx, `    0: failed to parse argument [${all}]\n    1: ${flags}`);
    }
    if (flags.help) {
      await printError(ctx, usage(NAME));
      return 0;
    }
    try {
      switch (flags.rest[0]) {
        case 'start':
          return await ctx.spanned('start', 'shim', (inner) => start(inner, argv[0] ?? '', flags, STARTING), {
            id: flags.id,
          });
        case 'delete':
          return await ctx.spanned('delete', 'shim', (inner) => cleanUp(inner, flags), { id: flags.id });
        case undefined:
          return await serve(ctx, flags.namespace);
        default:
          return refuse(ctx, '    invalid argument');
      }
    } catch (error) {
      if (!isGoError(error) && !isErrno(error)) throw error;
      await printError(ctx, `${NAME}: ${messageOf(error)}\n`);
      return 1;
    }
  },
};

/** Its main() tells of the error and ends as if there were none. */
async function refuse(ctx: Context, cause: string): Promise<number> {
  await printError(ctx, `${ABOUT}\r\nERROR: ${NAME} failed: parse args\n\nCaused by:\n${cause}\n`);
  return 0;
}

async function serve(ctx: Context, namespace: string): Promise<number> {
  const { sys } = ctx;
  sys.setSubreaper(ctx, true);
  sys.sigaction(ctx, 'SIGPIPE', 'ignore');
  await openLog(ctx);
  const reaper = new Reaper(ctx);
  const publisher = new Publisher(ctx, namespace);
  const service = new KataTasks(ctx, namespace, reaper, publisher);
  // systemd sends one to a scope that is stopped; there is work left then.
  sys.sigaction(ctx, 'SIGTERM', 'ignore');
  await serveTasks(ctx, service.handlers(), service.shutdown, publisher);
  return 0;
}

/** `delete`: the shim that knew is gone. Its hypervisor is found by its command line. */
async function cleanUp(ctx: Context, flags: Flags): Promise<number> {
  const { sys } = ctx;
  let pid = 0;
  for (const { name } of await sys.readDirectory(ctx, '/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const words = await commandLineOf(ctx, name);
    // QEMU has the name of the sandbox, the others an API socket in its directory.
    const isHypervisor =
      words.includes(`sandbox-${flags.id}`) || new RegExp(`--api-sock(et)?\\0/run/vc/vm/${flags.id}/`).test(words);
    if (isHypervisor || words.includes(`/sandboxes/${flags.id}/`)) {
      if (isHypervisor) pid = Number(name);
      await killQuietly(ctx, Number(name));
    }
  }
  const shared = `/run/kata-containers/shared/sandboxes/${flags.id}/shared`;
  try {
    for (const { name, type } of await sys.readDirectory(ctx, shared)) {
      await unmountAll(ctx, type === 'directory' ? `${shared}/${name}/rootfs` : `${shared}/${name}`);
      await unmountAll(ctx, `${shared}/${name}`);
    }
    await removeSandboxCgroup(ctx, flags.id);
    await removeSandboxFiles(ctx, flags.id);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  await print(ctx, DeleteResponse.encode({ pid, exitStatus: EXIT_STATUS_KILLED, exitedAt: timestamp(ctx.wallTime) }));
  return 0;
}

async function commandLineOf(ctx: Context, pid: string): Promise<string> {
  try {
    return await readFile(ctx, `/proc/${pid}/cmdline`);
  } catch (error) {
    if (isErrno(error)) return '';
    throw error;
  }
}
