/**
 * A conmon for each container, in a scope of its own; it starts the runtime, keeps the streams, and calls podman again when
 * the container has ended.
 * @models podman 5.4 libpod/oci_conmon_common.go, oci_conmon_attach_common.go
 * @fidelity partial: the log is k8s-file, where podman takes the journal; the attach socket has its whole path
 */
import { exitText } from '../../../go/exit-text.ts';
import type { Context } from '../../../linux/context.ts';
import { Errno, isErrno } from '../../../linux/errno.ts';
import { exists, LineReader, mkdirAll, readFile, runCommand, writeFile } from '../../../linux/io.ts';
import { utf8 } from '../../../linux/rope.ts';
import type { WaitStatus } from '../../../linux/syscalls.ts';
import { startScope } from '../../../protocols/systemd/scope.ts';
import { Future } from '../../../sim/primitives.ts';
import { failure } from '../../cri-runtimes/shared/errors.ts';
import { GRAPH_ROOT, RUN_ROOT } from '../run.ts';
import type { LibpodContainer } from './database.ts';

export const EXITS = '/run/libpod/exits';
const RUNTIME = '/usr/bin/crun';
const MONITORS = ['/usr/libexec/podman/conmon', '/usr/bin/conmon', '/usr/sbin/conmon'];
const SELF = '/usr/bin/podman';
const CHUNK = 32_768;
const STDERR = 3;

export const CANNOT_INVOKE = 126;
export const NOT_FOUND = 127;

/** A failure that has an exit code of its own. */
export class RuntimeFailure extends Error {
  override readonly name = 'RuntimeFailure';
  readonly exitCode: number;

  constructor(words: string, exitCode: number) {
    super(words);
    this.exitCode = exitCode;
  }
}

export function bundleOf(id: string): string {
  return `${GRAPH_ROOT}/overlay-containers/${id}/userdata`;
}

export function runDirectoryOf(id: string): string {
  return `${RUN_ROOT}/overlay-containers/${id}/userdata`;
}

export function logPathOf(id: string): string {
  return `${bundleOf(id)}/ctr.log`;
}

/** Creates the container in the runtime; its process waits for `start`. */
export async function startMonitor(ctx: Context, container: LibpodContainer): Promise<void> {
  const { sys } = ctx;
  const { id } = container;
  const bundle = bundleOf(id);
  const run = runDirectoryOf(id);
  for (const directory of [EXITS, `/run/libpod/persist/${id}`, '/run/libpod/socket'])
    await mkdirAll(ctx, directory, 0o755);
  const monitor = await findMonitor(ctx);
  const [syncRead, syncWrite] = await sys.pipe(ctx);
  const [startRead, startWrite] = await sys.pipe(ctx);
  const argv = [
    monitor,
    ...['--api-version', '-c', id, '-u', id, '-r', RUNTIME, '-b', bundle, '-p', `${run}/pidfile`, '-n', container.name],
    ...['--exit-dir', EXITS, '--persist-dir', `/run/libpod/persist/${id}`, '--full-attach'],
    ...['--socket-dir-path', '/run/libpod/socket', '-s', '-l', `k8s-file:${logPathOf(id)}`, '--log-level', 'warning'],
    ...(container.terminal ? ['-t'] : container.stdin ? ['-i'] : []),
    ...['--conmon-pidfile', `${run}/conmon.pid`, '--syslog', '--exit-command', SELF],
    ...['container', 'cleanup', ...(container.autoRemove ? ['--rm'] : []), id].flatMap((word) => [
      '--exit-command-arg',
      word,
    ]),
  ];
  let pid: number;
  try {
    pid = await sys.spawn(ctx, monitor, {
      argv,
      env: ['_OCI_SYNCPIPE=3', '_OCI_STARTPIPE=4', ...ctx.process.env.filter((entry) => entry.startsWith('PATH='))],
      stdio: { 0: 'null', 1: 'null', 2: 2, 3: syncWrite, 4: startRead },
      processGroup: 0,
    });
  } catch (error) {
    for (const fd of [syncRead, startWrite]) await sys.close(ctx, fd);
    if (!(error instanceof Errno)) throw error;
    throw failure(`could not find a working conmon binary: fork/exec ${monitor}: ${error.go}`);
  } finally {
    for (const fd of [syncWrite, startRead]) await sys.close(ctx, fd);
  }
  const scope = `libpod-conmon-${id}.scope`;
  const refused = await startScope(ctx, { unit: scope, slice: 'machine.slice', description: scope, pid });
  if (refused !== null && !(await joinScope(ctx, scope, pid)))
    throw failure(`failed to add conmon to systemd sandbox cgroup: ${refused}`);
  await sys.write(ctx, startWrite, Uint8Array.of(0));
  await sys.close(ctx, startWrite);
  const status = (await sys.wait(ctx, pid)) as WaitStatus;
  if (status.exitCode !== 0) throw failure(`conmon failed: ${exitText(status)}`);
  const line = await new LineReader(syncRead).next(ctx);
  await sys.close(ctx, syncRead);
  const told = line === null ? { data: -1 } : (JSON.parse(line) as { data: number; message?: string });
  if (told.data === -1)
    throw runtimeFailure(
      ('message' in told ? told.message : undefined) ??
        'conmon bytes "": readObjectStart: expect { or n, but found \\x00',
    );
  container.pid = told.data;
  container.conmonPid = Number(await readFile(ctx, `${run}/conmon.pid`));
  container.state = 'created';
}

/** Into a scope that is there already: one that restarts has its last conmon in it still, which waits for this podman. */
async function joinScope(ctx: Context, scope: string, pid: number): Promise<boolean> {
  const processes = `/sys/fs/cgroup/machine.slice/${scope}/cgroup.procs`;
  if (!(await exists(ctx, processes))) return false;
  await writeFile(ctx, processes, String(pid));
  return true;
}

async function findMonitor(ctx: Context): Promise<string> {
  for (const path of MONITORS) if (await exists(ctx, path)) return path;
  throw failure(
    `could not find a working conmon binary (configured options: [${MONITORS.join(' ')}]): invalid argument`,
  );
}

/** What it cannot find, and what it may not execute, have words and exit codes of their own. */
export function runtimeFailure(message: string): RuntimeFailure {
  const words = message.trim();
  if (/permission denied/i.test(words))
    return new RuntimeFailure(`crun: ${words}: OCI permission denied`, CANNOT_INVOKE);
  if (/executable file .* not found|no such file or directory/i.test(words))
    return new RuntimeFailure(
      `crun: ${words}: OCI runtime attempted to invoke a command that was not found`,
      NOT_FOUND,
    );
  return new RuntimeFailure(`crun: ${words}: OCI runtime error`, CANNOT_INVOKE);
}

/** Null, or what the runtime says. */
export async function runtime(ctx: Context, ...args: readonly string[]): Promise<string | null> {
  const { status, stderr } = await runCommand(ctx, [RUNTIME, ...args], { path: RUNTIME, env: ctx.process.env });
  return status.exitCode === 0 ? null : utf8(stderr).trim();
}

/** Takes part in the streams of a container until it ends; `begin` runs once everything is connected. */
export async function attach(
  ctx: Context,
  container: LibpodContainer,
  withInput: boolean,
  begin: () => Promise<void>,
): Promise<void> {
  const { sys } = ctx;
  const fd = await sys.connect(ctx, { family: 'unix', path: `${bundleOf(container.id)}/attach` });
  const ended = new Future<void>(ctx.scheduler);
  ctx.go('attach-output', async (inner) => {
    try {
      for (;;) {
        const packet = await inner.sys.read(inner, fd, CHUNK + 1);
        if (packet.length === 0) break;
        await inner.sys.write(inner, packet[0] === STDERR ? 2 : 1, packet.slice(1));
      }
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    ended.resolve();
  });
  if (withInput)
    ctx.go('attach-input', async (inner) => {
      try {
        for (;;) {
          const data = await inner.sys.read(inner, 0, CHUNK);
          if (data.length === 0) break;
          await inner.sys.write(inner, fd, data);
        }
        await inner.sys.shutdown(inner, fd, 'write');
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    });
  await begin();
  await ended.wait();
  await sys.close(ctx, fd);
}
