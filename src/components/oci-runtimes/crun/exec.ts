/** `crun exec`: one more process in a container's namespaces. @models crun src/exec.c, src/libcrun/linux.c libcrun_join_process @fidelity partial: no --apparmor, --process-label */
import type { Context } from '../../../linux/context.ts';
import { Errno, isErrno } from '../../../linux/errno.ts';
import { exists, readFile, writeFile } from '../../../linux/io.ts';
import type { Process, Spec } from '../../../protocols/oci-runtime/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { joinCgroup } from '../shared/cgroup.ts';
import { createConfig } from '../shared/config.ts';
import { setupConsole } from '../shared/console.ts';
import { isGoError } from '../shared/fault.ts';
import { waitForeground } from '../shared/foreground.ts';
import { JsonChannel } from '../shared/json-channel.ts';
import { joinOrder, PROC_NAMES } from '../shared/namespaces.ts';
import { foregroundTty } from '../shared/tty.ts';
import type { CrunCall } from './call.ts';
import { numberOf } from './container.ts';
import { attempt, failure } from './failure.ts';
import {
  closeAbove,
  findExecutable,
  finishProcess,
  initSeccomp,
  joinNamespaces,
  processConfig,
  type SyncMessage,
  wordsOf,
} from './init.ts';
import { parseJson } from './json-c.ts';
import { processOf } from './schema.ts';
import { cgroupOf, directoryOf, isRunning, readStatus, type Status, stateOf } from './status.ts';

const FAILED = 1;

export async function exec(ctx: Context, call: CrunCall): Promise<number> {
  const { sys } = ctx;
  const id = call.args[0] ?? '';
  const status = await readStatus(ctx, call.root, id);
  if (!(await isRunning(ctx, status))) throw failure(`the container \`${id}\` is not running`);
  if ((await stateOf(ctx, call.root, id, status)) === 'paused') throw failure(`the container \`${id}\` is paused`);
  const spec = JSON.parse(await readFile(ctx, `${directoryOf(call.root, id)}/config.json`)) as Spec;
  const process = await processToRun(ctx, call, spec);
  await ctx.cpu(LATENCY.crunConfigNs);
  const detach = call.flag('detach');
  const socket = call.value('console-socket');
  const terminal = process.terminal === true;
  if (terminal && socket === undefined && !(await sys.isTty(ctx, 0))) throw failure('tcgetattr', new Errno('ENOTTY'));
  const preserve = call.value('preserve-fds');
  const preserveFds = preserve === undefined ? 0 : numberOf(preserve, 'preserve-fds');
  if (!detach) sys.setSubreaper(ctx, true);
  const tty = terminal && socket === undefined ? await foregroundTty(ctx) : null;
  const consoleFd =
    tty !== null
      ? tty.childFd
      : terminal
        ? await attempt(
            `connect socket to \`${socket ?? ''}\``,
            sys.connect(ctx, { family: 'unix', path: socket ?? '' }),
          )
        : null;
  if (tty !== null) ctx.go('console', (inner) => tty.attach(inner));
  let pid: number;
  try {
    pid = await ctx.spanned('enter namespaces', 'oci-runtime', (inner) =>
      enter(inner, { id, status, spec, process, consoleFd, preserveFds, subgroup: call.value('cgroup') ?? '' }),
    );
  } catch (error) {
    if (tty !== null) await tty.restore(ctx);
    throw error;
  }
  if (consoleFd !== null) await sys.close(ctx, consoleFd);
  const pidFile = call.value('pid-file');
  if (pidFile !== undefined) await writeFile(ctx, pidFile, String(pid), { mode: 0o700 });
  return detach ? 0 : waitForeground(ctx, pid, tty);
}

async function enter(
  ctx: Context,
  entry: {
    id: string;
    status: Status;
    spec: Spec;
    process: Process;
    consoleFd: number | null;
    preserveFds: number;
    /** Below the container's cgroup, or empty. */
    subgroup: string;
  },
): Promise<number> {
  const { sys } = ctx;
  const { id, status, spec, process, consoleFd, preserveFds, subgroup } = entry;
  const cgroup = subgroup === '' ? cgroupOf(status) : `${cgroupOf(status)}/${subgroup.replace(/^\/+/, '')}`;
  const config = createConfig(spec, {
    id,
    bundle: status.bundle,
    systemdCgroup: false,
    noPivot: false,
    noNewKeyring: false,
  });
  const own: { user: boolean; path: string }[] = [];
  for (const { type } of joinOrder(config.namespaces)) {
    const path = `/proc/${status.pid}/ns/${PROC_NAMES[type]}`;
    if (await exists(ctx, path)) own.push({ user: type === 'NEWUSER', path });
  }
  const [parentEnd, childEnd] = await sys.socketPair(ctx);
  const sync = new JsonChannel<SyncMessage>(childEnd);
  const { comm } = ctx.process;
  const fail = async (inner: Context, error: unknown): Promise<number> => {
    await sync.tell(inner, { type: 'error', message: wordsOf(failure('error', error)) });
    return FAILED;
  };
  const between = await sys.fork(
    ctx,
    async (inner) => {
      try {
        await joinCgroup(inner, cgroup, inner.sys.getpid(inner));
        await joinNamespaces(inner, own);
        const pid = await inner.sys.fork(
          inner,
          async (last) => {
            try {
              await last.sys.setsid(last);
              const init = processConfig(id, config, process, 0, spec);
              if (consoleFd !== null) await setupConsole(last, consoleFd, init, false);
              if (process.oomScoreAdj !== undefined) last.sys.setOomScoreAdj(last, process.oomScoreAdj);
              await last.cpu(LATENCY.crunFinalizeNs);
              if (!init.no_new_privileges) await initSeccomp(last, config);
              const env = await finishProcess(last, init);
              const path = await findExecutable(last, init, env);
              await sync.send(last, { type: 'ready' });
              await closeAbove(last, 3 + preserveFds);
              if (init.no_new_privileges) await initSeccomp(last, config);
              return await attempt(`exec container process \`${path}\``, last.sys.execve(last, path, init.args, env));
            } catch (error) {
              return await fail(last, error);
            }
          },
          { cloneParent: true, comm },
        );
        await sync.send(inner, { type: 'pid', pid });
        return 0;
      } catch (error) {
        return await fail(inner, error);
      }
    },
    { comm },
  );
  await sys.close(ctx, childEnd);
  const messages = new JsonChannel<SyncMessage>(parentEnd);
  let pid = 0;
  try {
    for (;;) {
      const message = await messages.receive(ctx);
      if (message === null) throw failure('read from sync socket');
      if (message.type === 'error') throw failure(message.message);
      if (message.type === 'pid') {
        pid = message.pid;
        await sys.wait(ctx, between);
      } else if (pid === 0) {
        pid = ((await messages.receive(ctx)) as { pid: number }).pid;
        await sys.wait(ctx, between);
      }
      if (message.type === 'ready') return pid;
    }
  } catch (error) {
    for (const child of [between, pid]) await reap(ctx, child);
    throw error;
  } finally {
    await sys.close(ctx, parentEnd);
  }
}

async function reap(ctx: Context, pid: number): Promise<void> {
  if (pid === 0) return;
  try {
    await ctx.sys.wait(ctx, pid);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

/** --process names a file; otherwise what the arguments give is laid over the container's own process. */
async function processToRun(ctx: Context, call: CrunCall, spec: Spec): Promise<Process> {
  const file = call.value('process');
  if (file !== undefined) {
    const document = parseJson(await attempt(`open \`${file}\``, readFile(ctx, file)));
    try {
      return processOf(document);
    } catch (error) {
      if (!isGoError(error)) throw error;
      throw failure(`cannot parse process file: \`${error.message}\``);
    }
  }
  const base = spec.process as Process;
  const caps = call.values('cap');
  const user = call.value('user');
  return {
    ...base,
    args: call.args.slice(1),
    terminal: call.flag('tty'),
    cwd: call.value('cwd') ?? base.cwd,
    env: [...(base.env ?? []), ...call.values('env')],
    user: user === undefined ? base.user : userOf(user),
    ...(caps.length === 0
      ? {}
      : { capabilities: { bounding: [...caps], effective: [...caps], permitted: [...caps], ambient: [...caps] } }),
    ...(call.flag('no-new-privs') ? { noNewPrivileges: true } : {}),
  };
}

/** `UID[:GID]`, as strtoll reads them. */
function userOf(text: string): { uid: number; gid: number } {
  const [, uid, rest = ''] = /^\s*([-+]?\d+)?(.*)$/s.exec(text) ?? [];
  if (uid === undefined) throw failure('invalid UID specified');
  if (rest === '') return { uid: Number(uid), gid: 0 };
  if (!rest.startsWith(':')) throw failure('invalid USERSPEC specified');
  const [, gid, end = ''] = /^\s*([-+]?\d+)?(.*)$/s.exec(rest.slice(1)) ?? [];
  if (gid === undefined) throw failure('invalid GID specified');
  if (end !== '') throw failure('invalid USERSPEC specified');
  return { uid: Number(uid), gid: Number(gid) };
}
