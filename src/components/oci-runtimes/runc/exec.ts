/** `runc exec`: one more process in a container's namespaces. @models runc exec.go @fidelity partial: no --apparmor, --process-label or --cgroup of its own */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, readFile, writeFileAtomic } from '../../../linux/io.ts';
import type { Process, Spec } from '../../../protocols/oci-runtime/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { joinCgroup } from '../shared/cgroup.ts';
import type { NamespaceName } from '../shared/config.ts';
import { onPath, pathError, wrapped } from '../shared/fault.ts';
import { waitForeground } from '../shared/foreground.ts';
import { joinOrder } from '../shared/namespaces.ts';
import { foregroundTty } from '../shared/tty.ts';
import { bundleOf, type Container, cgroupOf, loadContainer, statusOf } from './container.ts';
import { initConfig } from './launch.ts';
import { startInit } from './parent.ts';
import type { RuncCall } from './program.ts';
import { decodeJson, validateProcess } from './spec.ts';

/** Errors are reported by the caller, with runc's own exit code for a failed exec. */
export async function exec(ctx: Context, call: RuncCall): Promise<number> {
  try {
    return await execInContainer(ctx, call);
  } catch (error) {
    throw wrapped('exec failed', error);
  }
}

async function execInContainer(ctx: Context, call: RuncCall): Promise<number> {
  const { cli } = call;
  const container = await loadContainer(ctx, call.root, cli.args[0] ?? '');
  const status = await statusOf(ctx, container);
  if (status === 'stopped') throw newError('cannot exec in a stopped container');
  if (status === 'paused' && !cli.bool('ignore-paused'))
    throw newError('cannot exec in a paused container (use --ignore-paused to override)');
  const process = await processToRun(ctx, call, container);
  await ctx.cpu(LATENCY.runcConfigNs);
  const detach = cli.bool('detach');
  const consoleSocket = cli.string('console-socket');
  const terminal = process.terminal === true;
  if (detach && terminal && consoleSocket === '')
    throw newError('cannot allocate tty if runc will detach without setting console socket');
  if ((!detach || !terminal) && consoleSocket !== '')
    throw newError('cannot use console socket if runc will not detach or allocate tty');
  if (!detach && !cli.bool('no-subreaper')) ctx.sys.setSubreaper(ctx, true);
  const tty = terminal && !detach ? await foregroundTty(ctx) : null;
  const consoleFd =
    tty !== null ? tty.childFd : terminal ? await ctx.sys.connect(ctx, { family: 'unix', path: consoleSocket }) : null;
  if (tty !== null) ctx.go('console', (inner) => tty.attach(inner));
  let pid: number;
  try {
    pid = await ctx.spanned('enter namespaces', 'oci-runtime', (inner) =>
      enter(inner, call, container, process, consoleFd),
    );
  } catch (error) {
    if (tty !== null) await tty.restore(ctx);
    throw wrapped('unable to start container process', error);
  }
  if (consoleFd !== null) await ctx.sys.close(ctx, consoleFd);
  const pidFile = cli.string('pid-file');
  if (pidFile !== '') await writeFileAtomic(ctx, pidFile, String(pid), 0o644);
  return detach ? 0 : await waitForeground(ctx, pid, tty);
}

async function enter(
  ctx: Context,
  call: RuncCall,
  container: Container,
  process: Process,
  consoleFd: number | null,
): Promise<number> {
  const paths = Object.entries(container.state.namespace_paths) as [NamespaceName, string][];
  const join: { type: NamespaceName; path: string }[] = [];
  for (const [type, path] of paths) if (await exists(ctx, path)) join.push({ type, path });
  const preserveFds = call.cli.number('preserve-fds');
  return startInit(ctx, call.logger, {
    type: 'setns',
    bootstrap: {
      unshare: [],
      join: joinOrder(join),
      oomScoreAdj: process.oomScoreAdj ?? container.state.config.oom_score_adj,
      uidMap: [],
      gidMap: [],
    },
    config: initConfig(container, process, preserveFds),
    cgroup: cgroupOf(container),
    async enterCgroup(inner, pid) {
      try {
        await joinCgroup(inner, cgroupOf(container), pid);
      } catch (error) {
        throw wrapped(`error adding pid ${pid} to cgroups`, error);
      }
    },
    fifoFd: null,
    consoleFd,
    stdio: consoleFd === null ? [0, 1, 2] : ['null', 'null', 'null'],
    preserveFds,
    mountSources: {},
    cwd: '/',
    hooks: { beforePivot: async () => {}, ready: async () => {} },
  });
}

/** --process names a file; otherwise the container's own process is the model for the one given by the arguments. */
async function processToRun(ctx: Context, call: RuncCall, container: Container): Promise<Process> {
  const { cli } = call;
  const file = cli.string('process');
  if (file !== '') {
    const process = decodeJson(await onPath('open', file, readFile(ctx, file))) as Process;
    validateProcess(process);
    return process;
  }
  const bundle = bundleOf(container);
  await onPath('chdir', bundle, ctx.sys.chdir(ctx, bundle));
  const base = await bundleProcess(ctx);
  const args = cli.args.slice(1);
  if (args.length === 0) throw newError('exec args cannot be empty');
  const process: Process = { ...base, args: [...args], terminal: cli.isSet('tty') ? cli.bool('tty') : false };
  if (cli.string('cwd') !== '') process.cwd = cli.string('cwd');
  process.env = [...(process.env ?? []), ...cli.strings('env')];
  const caps = cli.strings('cap');
  if (caps.length > 0) {
    const sets = { ...process.capabilities };
    for (const set of ['bounding', 'effective', 'permitted'] as const) sets[set] = [...(sets[set] ?? []), ...caps];
    process.capabilities = sets;
  }
  if (cli.isSet('no-new-privs')) process.noNewPrivileges = cli.bool('no-new-privs');
  const user = cli.string('user');
  if (user !== '') process.user = parseUser(user, cli.strings('additional-gids'), process);
  else if (cli.strings('additional-gids').length > 0)
    process.user = { ...process.user, additionalGids: gids(cli.strings('additional-gids')) };
  validateProcess(process);
  return process;
}

async function bundleProcess(ctx: Context): Promise<Process> {
  let text: string;
  try {
    text = await readFile(ctx, 'config.json');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw newError('JSON specification file config.json not found');
    throw pathError('open', 'config.json', error);
  }
  const spec = decodeJson(text) as Spec;
  validateProcess(spec.process);
  return spec.process;
}

function parseUser(text: string, additional: readonly string[], process: Process): Process['user'] {
  const [uid, gid] = text.split(':');
  const number = (value: string, kind: string): number => {
    if (!/^-?\d+$/.test(value))
      throw newError(`parsing ${value} as int for ${kind} failed: strconv.Atoi: parsing "${value}": invalid syntax`);
    return Number(value);
  };
  return {
    ...process.user,
    uid: number(uid ?? '', 'uid'),
    gid: gid === undefined ? process.user.gid : number(gid, 'gid'),
    ...(additional.length > 0 ? { additionalGids: gids(additional) } : {}),
  };
}

function gids(values: readonly string[]): number[] {
  return values.map((value) => {
    const gid = Number(value);
    if (!/^\d+$/.test(value)) throw newError('additional-gids cannot be negative');
    return gid;
  });
}
