/**
 * The container's terminal: a new pty of its devpts, whose master goes out over the console socket.
 * @models runc libcontainer/init_linux.go setupConsole, console_linux.go @fidelity full
 */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { writeFile } from '../../../linux/io.ts';
import { onPath } from './fault.ts';
import type { InitConfig } from './init-config.ts';

const CONSOLE = '/dev/console';

export async function setupConsole(
  ctx: Context,
  socket: number,
  init: InitConfig,
  asDevConsole: boolean,
): Promise<void> {
  const { sys } = ctx;
  const { master, slavePath } = await onPath('open', '/dev/ptmx', sys.openPty(ctx, '/dev/pts'));
  if (init.console_height > 0 && init.console_width > 0) {
    await sys.setWindowSize(ctx, master, { rows: init.console_height, columns: init.console_width });
  }
  if (asDevConsole) {
    try {
      await writeFile(ctx, CONSOLE, '', { mode: 0o666, append: true });
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    await onPath('mount', CONSOLE, sys.mount(ctx, slavePath, CONSOLE, 'bind', { bind: true }));
  }
  await sys.sendDescriptors(ctx, socket, slavePath, [master]);
  await sys.close(ctx, master);
  const slave = await onPath('open', slavePath, sys.open(ctx, slavePath, { read: true, write: true }));
  for (const fd of [0, 1, 2]) await sys.dup2(ctx, slave, fd);
  if (slave > 2) await sys.close(ctx, slave);
  await sys.setControllingTty(ctx, 0);
}
