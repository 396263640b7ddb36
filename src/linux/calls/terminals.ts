/** System calls on terminals. */
import type { Context } from '../context.ts';
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { PtyMaster, PtySlave, type Terminal } from '../pty.ts';
import type { Syscalls } from '../syscalls.ts';
import { DevptsFileSystem } from '../vfs/devpts.ts';
import { locate } from './files.ts';
import { groupIn } from './processes.ts';

type TerminalCalls = Pick<
  Syscalls,
  | 'openPty'
  | 'getTermios'
  | 'setTermios'
  | 'getWindowSize'
  | 'setWindowSize'
  | 'setControllingTty'
  | 'setForegroundGroup'
  | 'getForegroundGroup'
>;

export function terminalCalls(kernel: Kernel): TerminalCalls {
  const terminalOf = (ctx: Context, fd: number): Terminal => {
    const file = kernel.file(ctx.process, fd);
    if (file instanceof PtySlave || file instanceof PtyMaster) return file.terminal;
    throw errno('ENOTTY');
  };
  return {
    async openPty(ctx, devpts = '/dev/pts') {
      const { fs } = locate(ctx.process, devpts).mount;
      if (!(fs instanceof DevptsFileSystem)) throw errno('ENODEV');
      const terminal = fs.allocate();
      const master = kernel.install(ctx.process, new PtyMaster(terminal, { read: true, write: true }), true);
      return { master, slavePath: `${devpts}/${terminal.index}` };
    },
    async getTermios(ctx, fd) {
      return { ...terminalOf(ctx, fd).termios };
    },
    async setTermios(ctx, fd, termios) {
      const terminal = terminalOf(ctx, fd);
      const wasCanonical = terminal.termios.canonical;
      Object.assign(terminal.termios, termios);
      if (wasCanonical && !terminal.termios.canonical) terminal.forgetLines();
    },
    async getWindowSize(ctx, fd) {
      return { ...terminalOf(ctx, fd).windowSize };
    },
    async setWindowSize(ctx, fd, size) {
      const terminal = terminalOf(ctx, fd);
      const changed = terminal.windowSize.rows !== size.rows || terminal.windowSize.columns !== size.columns;
      terminal.windowSize = { ...size };
      if (changed && terminal.foregroundGroup !== 0) kernel.signalGroup(terminal.foregroundGroup, 'SIGWINCH');
    },
    async setControllingTty(ctx, fd) {
      const terminal = terminalOf(ctx, fd);
      const { process } = ctx;
      if (process.sessionLeader !== process.pid) throw errno('EPERM');
      process.terminal = terminal;
      terminal.session = process.pid;
      terminal.foregroundGroup = process.processGroup;
    },
    async setForegroundGroup(ctx, fd, group) {
      const terminal = terminalOf(ctx, fd);
      const leader = ctx.process.namespaces.pid.processes.get(group);
      const hostGroup =
        leader?.pid ??
        [...kernel.processes.values()].find((p) => groupIn(kernel, p, ctx.process) === group)?.processGroup;
      if (hostGroup === undefined) throw errno('ESRCH');
      terminal.foregroundGroup = hostGroup;
    },
    async getForegroundGroup(ctx, fd) {
      const terminal = terminalOf(ctx, fd);
      return (
        kernel.processes.get(terminal.foregroundGroup)?.pidIn(ctx.process.namespaces.pid) ?? terminal.foregroundGroup
      );
    },
  };
}
