/**
 * Another process in a running container.
 * @models moby 20.10 daemon/exec.go, daemon/exec_linux.go
 * @fidelity partial: no detach keys
 */

import type { GoError } from '../../../../go/errors.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { readFile } from '../../../../linux/io.ts';
import { GrpcError } from '../../../../protocols/grpc/status.ts';
import {
  ALL_CAPABILITIES,
  DEFAULT_CAPABILITIES,
  DEFAULT_PATH,
  mergeEnv,
} from '../../../../protocols/oci-runtime/default-spec.ts';
import type { User } from '../../../../protocols/oci-runtime/types.ts';
import { type RootReader, resolveUser } from '../../../../protocols/oci-runtime/user.ts';
import { containerEvent, type Engine } from '../engine.ts';
import { ApiError, badRequest, conflict, systemError } from '../errors.ts';
import type { Container } from './container.ts';
import { ContainerStreams } from './streams.ts';

export type ExecRequest = {
  Cmd?: string[];
  User?: string;
  WorkingDir?: string;
  Env?: string[];
  Tty?: boolean;
  Privileged?: boolean;
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
};

export type ExecSession = {
  id: string;
  container: Container;
  request: ExecRequest;
  running: boolean;
  exitCode: number | null;
  pid: number;
  streams: ContainerStreams | null;
};

export function createExec(ctx: Context, engine: Engine, container: Container, request: ExecRequest): ExecSession {
  if (!container.state.Running) throw conflict(`Container ${container.id} is not running`);
  if ((request.Cmd ?? []).length === 0) throw badRequest('No exec command specified');
  const session: ExecSession = {
    id: ctx.random.hex(64),
    container,
    request,
    running: false,
    exitCode: null,
    pid: 0,
    streams: null,
  };
  engine.execs.set(session.id, session);
  containerEvent(ctx, engine, container, `exec_create: ${(request.Cmd ?? []).join(' ')}`, { execID: session.id });
  return session;
}

/** Starts it; `attach` sees the streams before anything flows. Returns its exit code once it is over. */
export async function runExec(
  ctx: Context,
  engine: Engine,
  session: ExecSession,
  attach: (streams: ContainerStreams) => void,
): Promise<() => Promise<number>> {
  const { container, request, id } = session;
  if (!container.state.Running) throw conflict(`Container ${container.id} is not running`);
  const streams = await ContainerStreams.open(engine.base, container.id, id, {
    stdin: request.AttachStdin === true,
    terminal: request.Tty === true,
  });
  attach(streams);
  session.streams = streams;
  streams.start(engine.base);
  try {
    const process = await execProcess(ctx, container, request);
    session.pid = await engine.containerd.exec(ctx, container.id, id, process, streams.io);
  } catch (error) {
    await streams.close(ctx);
    session.exitCode = error instanceof GrpcError && /permission denied/.test(error.description) ? 126 : 127;
    if (error instanceof ApiError) throw error;
    if (!(error instanceof GrpcError)) throw error;
    throw badRequest(/: unknown$/.test(error.description) ? error.description : `${error.description}: unknown`);
  }
  session.running = true;
  containerEvent(ctx, engine, container, `exec_start: ${(request.Cmd ?? []).join(' ')}`, { execID: id });
  return async () => {
    const exit = await engine.containerd.wait(ctx, container.id, id);
    await streams.drained();
    session.running = false;
    session.exitCode = exit?.code ?? 137;
    await engine.containerd.deleteProcess(ctx, container.id, id);
    await streams.close(ctx);
    session.streams = null;
    containerEvent(ctx, engine, container, 'exec_die', { execID: id, exitCode: String(session.exitCode) });
    return session.exitCode;
  };
}

async function execProcess(ctx: Context, container: Container, request: ExecRequest): Promise<string> {
  const { record, host } = container;
  const read: RootReader = async (c, path) => {
    try {
      return await readFile(c, `/proc/${container.state.Pid}/root${path}`);
    } catch (error) {
      if (!isErrno(error)) throw error;
      return null;
    }
  };
  const text = request.User || record.Config.User || '';
  let user: User = { uid: 0, gid: 0 };
  try {
    if (text !== '') user = await resolveUser(ctx, text, read);
  } catch (error) {
    if (typeof (error as GoError).before !== 'string') throw error;
    throw systemError(`unable to find user ${text}: no matching entries in passwd file`);
  }
  const privileged = request.Privileged === true || host.Privileged === true;
  const capabilities = [...(privileged ? ALL_CAPABILITIES : DEFAULT_CAPABILITIES)];
  const env = mergeEnv(
    [
      DEFAULT_PATH,
      `HOSTNAME=${record.Config.Hostname}`,
      ...(request.Tty ? ['TERM=xterm'] : []),
      ...(record.Config.Env ?? []),
    ],
    request.Env ?? [],
  );
  return JSON.stringify({
    ...(request.Tty ? { terminal: true } : {}),
    user,
    args: request.Cmd,
    env,
    cwd: request.WorkingDir || record.Config.WorkingDir || '/',
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
  });
}
