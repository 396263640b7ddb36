/** Pid 1 of a node whose disk is ready. */
import type { Kernel } from '../linux/kernel.ts';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function startSystemd(kernel: Kernel): void {
  kernel.startInit('systemd', ['/sbin/init'], [PATH], (ctx) =>
    ctx.sys.execve(ctx, '/sbin/init', ['/sbin/init'], [PATH, 'LANG=C.UTF-8']),
  );
}
