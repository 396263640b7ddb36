/** /exec. @models moby 20.10 api/server/router/container/exec.go @fidelity full */
import type { ExecInspect } from '../../../../protocols/docker/types.ts';
import { createExec, type ExecRequest, type ExecSession, runExec } from '../containers/exec.ts';
import { findContainer } from '../engine.ts';
import { conflict, notFound } from '../errors.ts';
import { closeQuietly, connectionSink } from './containers.ts';
import { pumpInput } from './hijack.ts';
import { bodyOf, type Call } from './routes.ts';

const UPGRADED =
  'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n';

function session({ engine, name }: Call): ExecSession {
  const found = engine.execs.get(name);
  if (found === undefined) throw notFound(`No such exec instance: ${name}`);
  return found;
}

export async function execCreate(call: Call): Promise<void> {
  const { ctx, engine, exchange, name } = call;
  const created = createExec(ctx, engine, findContainer(engine, name), bodyOf<ExecRequest>(exchange));
  await call.json(201, { Id: created.id });
}

export async function execStart(call: Call): Promise<void> {
  const { ctx, engine, exchange } = call;
  const one = session(call);
  const { Detach: detach = false, Tty: tty = false } = bodyOf<{ Detach?: boolean; Tty?: boolean }>(exchange);
  if (one.running) throw conflict(`Error: Exec command ${one.id} is already running`);
  if (one.exitCode !== null) throw conflict(`Error: Exec command ${one.id} has already run`);
  if (detach) {
    const finish = await runExec(ctx, engine, one, () => {});
    engine.base.go('exec', finish);
    return await call.empty(200);
  }
  const { AttachStdout: stdout = false, AttachStderr: stderr = false, AttachStdin: stdin = false } = one.request;
  let fd = -1;
  // Nothing is written before the connection has been taken over.
  const finish = await runExec(ctx, engine, one, (streams) =>
    streams.add(async (c, stream, data) => {
      while (fd < 0) await c.sleep(100_000);
      return connectionSink(fd, tty, { stdout, stderr })(c, stream, data);
    }),
  );
  const taken = exchange.hijack();
  await ctx.sys.write(ctx, taken, UPGRADED);
  fd = taken;
  if (stdin)
    ctx.go('exec-stdin', (c) =>
      pumpInput(c, taken, async (inner, data) => {
        if (one.streams === null) return false;
        if (data !== null) {
          await one.streams.writeStdin(inner, data);
          return true;
        }
        await one.streams.closeStdin(inner);
        await engine.containerd.closeStdin(inner, one.container.id, one.id);
        return false;
      }),
    );
  await finish();
  await closeQuietly(ctx, taken);
}

export async function execResize(call: Call): Promise<void> {
  const one = session(call);
  if (one.running)
    await call.engine.containerd.resize(
      call.ctx,
      one.container.id,
      one.id,
      Number(call.query('w')),
      Number(call.query('h')),
    );
  await call.empty(200);
}

export async function execInspect(call: Call): Promise<void> {
  const { id, running, exitCode, pid, container } = session(call);
  const answer: ExecInspect = { ID: id, Running: running, ExitCode: exitCode, Pid: pid, ContainerID: container.id };
  await call.json(200, answer);
}
