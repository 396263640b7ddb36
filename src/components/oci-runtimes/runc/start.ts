/** `runc start`: lets the created container's init go on to execve. @models runc start.go, libcontainer/container_linux.go @fidelity full */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { removeAll } from '../../../linux/io.ts';
import { Future } from '../../../sim/primitives.ts';
import { pathError } from '../shared/fault.ts';
import { type Container, EXEC_FIFO, loadContainer, stateDirectory, statusOf } from './container.ts';
import type { RuncCall } from './program.ts';

export async function start(ctx: Context, call: RuncCall): Promise<number> {
  const container = await loadContainer(ctx, call.root, call.cli.args[0] ?? '');
  const status = await statusOf(ctx, container);
  switch (status) {
    case 'created':
      await openFifo(ctx, container);
      return 0;
    case 'stopped':
      throw newError('cannot start a container that has stopped');
    case 'running':
      throw newError('cannot start an already running container');
    default:
      throw newError(`cannot start a container in the ${status} state`);
  }
}

/** Opens exec.fifo for reading, which wakes init in its open for writing; gives up if init dies meanwhile. */
export async function openFifo(ctx: Context, container: Container): Promise<void> {
  const path = `${stateDirectory(container.root, container.id)}/${EXEC_FIFO}`;
  const outcome = new Future<'read' | 'empty' | 'died'>(ctx.scheduler);
  ctx.go('exec fifo', async (inner) => {
    try {
      const fd = await inner.sys.open(inner, path, { read: true });
      const byte = await inner.sys.read(inner, fd, 1);
      await inner.sys.close(inner, fd);
      outcome.resolve(byte.length > 0 ? 'read' : 'empty');
    } catch (error) {
      outcome.reject(isErrno(error) ? pathError('open', path, error) : error);
    }
  });
  ctx.go('init watch', async (inner) => {
    try {
      await inner.sys.waitExit(inner, container.state.init_process_pid);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
    outcome.resolve('died');
  });
  const result = await outcome.wait();
  if (result === 'died') throw newError('container process is already dead');
  if (result === 'empty') throw newError('exec fifo is empty: container init did not signal execve readiness');
  await removeAll(ctx, path);
}
