/**
 * The debug console: with `agent.debug_console` on the kernel's command line whoever connects to the port gets a shell
 * of the guest itself, outside of every container.
 * @models kata-containers 4.1.0 src/agent/src/console.rs @fidelity partial: over vsock only, not on the serial console
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { copyUntilEnd, exists, readFile } from '../../../../linux/io.ts';

const SHELLS = ['/bin/bash', '/bin/sh'];
const ANY_CID = 4_294_967_295;

export async function startDebugConsole(ctx: Context): Promise<void> {
  const words = (await readFile(ctx, '/proc/cmdline')).trim().split(/\s+/);
  const port = Number(words.map((word) => /^agent\.debug_console_vport=(\d+)$/.exec(word)?.[1]).find(Boolean) ?? 0);
  if (!words.includes('agent.debug_console') || port === 0) return;
  let shell: string | null = null;
  for (const path of SHELLS) if (shell === null && (await exists(ctx, path))) shell = path;
  if (shell === null) return;
  const path = shell;
  const listener = await ctx.sys.listen(ctx, { family: 'vsock', cid: ANY_CID, port });
  ctx.go('debug console', async (inner) => {
    for (;;) {
      const socket = await inner.sys.accept(inner, listener);
      inner.go('debug console session', (c) => session(c, path, socket));
    }
  });
}

async function session(ctx: Context, shell: string, socket: number): Promise<void> {
  const { sys } = ctx;
  const { master, slavePath } = await sys.openPty(ctx);
  const slave = await sys.open(ctx, slavePath, { read: true, write: true });
  const { env } = ctx.process;
  const pid = await sys.fork(ctx, async (child) => {
    await child.sys.setsid(child);
    for (const fd of [0, 1, 2]) await child.sys.dup2(child, slave, fd);
    await child.sys.setControllingTty(child, 0);
    for (const fd of [slave, master, socket]) if (fd > 2) await child.sys.close(child, fd);
    return child.sys.execve(child, shell, [], env);
  });
  await sys.close(ctx, slave);
  ctx.go('debug console input', async (inner) => {
    await copyUntilEnd(inner, socket, master);
    // Whoever typed has gone: so does the shell.
    try {
      await inner.sys.kill(inner, pid, 'SIGKILL');
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  });
  await copyUntilEnd(ctx, master, socket);
  await sys.wait(ctx, pid);
  for (const fd of [master, socket]) {
    try {
      await sys.close(ctx, fd);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
}
