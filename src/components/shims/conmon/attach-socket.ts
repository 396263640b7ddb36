/**
 * Who attaches connects to a packet socket in the bundle: each packet of output begins with a byte that names the
 * stream; what comes back is input.
 * @models conmon 2.1 src/conn_sock.c
 * @fidelity partial: no remote sockets besides `attach`
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { removeAll } from '../../../linux/io.ts';
import { concatBytes } from '../../../protocols/byte-queue.ts';

const PACKET_BYTES = 32_768;
const STREAM_NUMBER = { stdout: 2, stderr: 3 } as const;
/** Longest path of a Unix socket. */
const SUN_PATH_MAX = 108;

export type AttachOptions = {
  bundle: string;
  socketDirectory: string;
  cuuid: string;
  leaveStdinOpen: boolean;
  terminal: boolean;
  /** It is reached by a descriptor of the directory: no path is too long. */
  anyLength?: boolean;
};

export class AttachSocket {
  private readonly clients = new Set<number>();
  private readonly options: AttachOptions;
  private readonly link: string;
  private stdin: number | null = null;

  private constructor(options: AttachOptions, link: string) {
    this.options = options;
    this.link = link;
  }

  /** The bundle's path may be too long for a socket's name: it is reached by a short link. */
  static async open(ctx: Context, options: AttachOptions): Promise<AttachSocket> {
    const whole = `${options.socketDirectory}/${options.cuuid}`;
    const link = options.anyLength === true ? whole : whole.slice(0, SUN_PATH_MAX - '/attach'.length - 1);
    await removeAll(ctx, link);
    await ctx.sys.symlink(ctx, options.bundle, link);
    const path = `${options.bundle}/attach`;
    await removeAll(ctx, path);
    const listener = await ctx.sys.listen(ctx, { family: 'unix', path }, { mode: 0o700, packets: true });
    const socket = new AttachSocket(options, link);
    ctx.go('attach', (inner) => socket.accept(inner, listener));
    return socket;
  }

  /** Where input goes, once it is known. */
  connectStdin(fd: number | null): void {
    this.stdin = fd;
  }

  private async accept(ctx: Context, listener: number): Promise<void> {
    for (;;) {
      const fd = await ctx.sys.accept(ctx, listener);
      this.clients.add(fd);
      ctx.go('attached', (inner) => this.readInput(inner, fd));
    }
  }

  private async readInput(ctx: Context, fd: number): Promise<void> {
    try {
      for (;;) {
        const data = await ctx.sys.readRope(ctx, fd, PACKET_BYTES);
        if (data.length === 0) break;
        if (this.stdin !== null) await ctx.sys.write(ctx, this.stdin, data);
      }
      if (!this.options.leaveStdinOpen && !this.options.terminal) await this.closeStdin(ctx);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await this.drop(ctx, fd);
    }
  }

  private async closeStdin(ctx: Context): Promise<void> {
    if (this.stdin === null) return;
    const fd = this.stdin;
    this.stdin = null;
    await ctx.sys.close(ctx, fd);
  }

  async send(ctx: Context, stream: 'stdout' | 'stderr', data: Uint8Array): Promise<void> {
    for (const fd of [...this.clients]) {
      try {
        await ctx.sys.write(ctx, fd, concatBytes([Uint8Array.of(STREAM_NUMBER[stream]), data]));
      } catch (error) {
        if (!isErrno(error)) throw error;
        await this.drop(ctx, fd);
      }
    }
  }

  private async drop(ctx: Context, fd: number): Promise<void> {
    if (!this.clients.delete(fd)) return;
    await ctx.sys.close(ctx, fd);
  }

  async close(ctx: Context): Promise<void> {
    for (const fd of [...this.clients]) await this.drop(ctx, fd);
    await removeAll(ctx, `${this.options.bundle}/attach`);
    await removeAll(ctx, this.link);
  }
}
